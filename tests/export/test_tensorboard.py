"""TensorBoard's own reader loads what was written without it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from gancore.evaluation.measures import full_key
from gancore.export.formats import FORMATS
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.training.runner import execute
from tests.miniatures import tiny


@pytest.fixture
def run(store: RunStore) -> Run:
    run = store.create(tiny("dcgan", {"train.steps": 20, "train.preview_every": 10}))
    assert execute(run.path) == "finished"
    common = {"samples": 100, "reference": "real", "reference_count": 100, "seconds": 1.0}
    for step, fid in ((10, 30.0), (20, 20.0)):
        values = {"fid": fid, "classes": 3.0}
        run.add_evaluation(
            Evaluation(step=step, weights="raw", size="cheap", values=values, histogram=(60, 0, 40), **common)
        )
    return run


@pytest.fixture
def loaded(run: Run, tmp_path: Path) -> EventAccumulator:
    path = tmp_path / "board" / FORMATS["tensorboard"].name(run)
    path.parent.mkdir()
    path.write_bytes(FORMATS["tensorboard"].make(run))
    sizes = dict.fromkeys(("scalars", "images", "histograms", "compressedHistograms", "tensors"), 0)  # all of them
    return EventAccumulator(str(path.parent), size_guidance=sizes).Reload()


def test_every_curve_at_every_step(run: Run, loaded: EventAccumulator) -> None:
    rows = run.scalars()
    names = set(rows.columns) - {"step", "epoch", "time", "step_time"}
    assert {tag for tag in loaded.Tags()["scalars"] if tag.startswith("curves/")} == {
        f"curves/{name}" for name in names
    }
    for name in names:
        events = loaded.Scalars(f"curves/{name}")
        assert [event.step for event in events] == rows["step"].astype(int).tolist()
        assert np.array_equal([event.value for event in events], rows[name].astype("float32"))


def test_every_evaluation_and_its_classes(run: Run, loaded: EventAccumulator) -> None:
    evaluations = run.evaluations()
    (tag,) = [tag for tag in loaded.Tags()["scalars"] if full_key("fid", None) in tag]
    assert [(event.step, event.value) for event in loaded.Scalars(tag)] == [(10, 30.0), (20, 20.0)]
    events = loaded.Histograms("classes cheap-raw")
    assert [event.step for event in events] == [each.step for each in evaluations]
    assert list(events[0].histogram_value.bucket) == [60, 0, 40]
    assert events[0].histogram_value.num == 100


def test_every_sample_grid(run: Run, loaded: EventAccumulator) -> None:
    events = {event.step: event for event in loaded.Images("samples")}
    assert set(events) == set(run.samples())
    for step, path in run.samples().items():
        with Image.open(path) as grid, Image.open(io.BytesIO(events[step].encoded_image_string)) as read:
            assert np.array_equal(np.asarray(grid), np.asarray(read))
            assert (events[step].width, events[step].height) == grid.size


def test_records_are_whole(run: Run, tmp_path: Path) -> None:
    """The reader leaves out what comes after a checksum that is wrong: all must arrive, in order."""
    path = tmp_path / "one.tfevents"
    path.write_bytes(FORMATS["tensorboard"].make(run))
    events = list(EventFileLoader(str(path)).Load())
    assert events[0].file_version == "brain.Event:2"
    steps = [event.step for event in events[1:]]
    assert steps == sorted(steps)
    assert len(steps) == 20 + 2 + len(run.samples())
