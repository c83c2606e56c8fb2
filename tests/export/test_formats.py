"""Every format of a run: made where there is what it needs, refused in one sentence where there is not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import load as load_weights

from gancore import rng
from gancore.config.kinds import KINDS, ModelKind
from gancore.export.film import LAST_FRAMES
from gancore.export.formats import FORMATS, CannotExport
from gancore.sampling.samples import load_algorithm
from gancore.store import Run, RunStore
from gancore.store.archive import unpack
from gancore.training.runner import execute
from tests.miniatures import conditions, tiny


def trained(store: RunStore, kind: ModelKind = "dcgan", changes: dict[str, Any] | None = None) -> Run:
    run = store.create(tiny(kind, {"train.steps": 5, **(changes or {})}), name="taken")
    assert execute(run.path) == "finished"
    return run


@pytest.fixture
def run(store: RunStore) -> Run:
    return trained(store, changes={"optim.ema": 0.9})


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("script", "zip")])
def test_says_what_lacks(store: RunStore, name: str) -> None:
    new = store.create(tiny("dcgan"), name="new")
    with pytest.raises(CannotExport, match=r"^new has no (checkpoint|curves yet|samples yet)$|nothing to show"):
        FORMATS[name].make(new)


def test_a_missing_package_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gancore.export.formats.find_spec", lambda _: None)
    with pytest.raises(CannotExport, match=r"needs onnx and onnxscript: pip install"):
        FORMATS["onnx"].make(run)


def test_a_damaged_checkpoint_is_said(run: Run) -> None:
    (run.path / "checkpoints" / "last.pt").write_bytes(b"nothing")
    for name in ("onnx", "safetensors"):
        with pytest.raises(CannotExport, match=r"last\.pt cannot be read"):
            FORMATS[name].make(run)


def test_tables_hold_every_step_in_full_precision(run: Run) -> None:
    rows = run.scalars()
    read = pd.read_csv(io.BytesIO(FORMATS["csv"].make(run)))
    pd.testing.assert_frame_equal(read.astype(rows.dtypes), rows, check_exact=True)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(FORMATS["parquet"].make(run))), rows)


def test_a_zip_can_be_imported(run: Run, tmp_path: Path) -> None:
    made = unpack(RunStore(tmp_path / "other"), io.BytesIO(FORMATS["zip"].make(run)))
    assert [each.config for each in made.runs] == [run.config]


def test_a_film_shows_every_grid_and_stays_with_the_last(run: Run) -> None:
    with Image.open(io.BytesIO(FORMATS["gif"].make(run))) as film:
        steps = run.samples()
        assert _duration(film) == (len(steps) + LAST_FRAMES) * 80
        film.seek(film.n_frames - 1)
        with Image.open(steps[max(steps)]) as last:
            scale = film.width // last.width
            large = last.convert("RGB").resize(film.size, Image.Resampling.NEAREST)
            assert scale > 1
            assert np.abs(np.asarray(film.convert("RGB"), int) - np.asarray(large, int)).max() <= 2


def _duration(film: Image.Image) -> int:
    total = 0
    for place in range(film.n_frames):
        film.seek(place)
        total += film.info["duration"]
    return total


def test_weights_are_those_of_the_checkpoint(run: Run) -> None:
    content = FORMATS["safetensors"].make(run)
    weights, algorithm = load_weights(content), load_algorithm(run)
    for name in ("generator", "discriminator", "average"):
        for key, tensor in algorithm.networks[name].state_dict().items():
            assert torch.equal(weights.pop(f"{name}.{key}"), tensor)
    assert weights == {}
    assert run.id.encode() in content[:10_000]


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_gives_what_pytorch_gives(store: RunStore, kind: ModelKind) -> None:
    run = trained(store, kind, {"optim.ema": 0.9})
    _assert_onnx_equals(run)


def test_onnx_gives_points_of_the_plane(store: RunStore) -> None:
    toy = {"data.name": "ring", "model.g_output": "linear", "data.limit": 400}
    _assert_onnx_equals(trained(store, "mlp", toy))


def _assert_onnx_equals(run: Run) -> None:
    session = onnxruntime.InferenceSession(FORMATS["onnx"].make(run))
    algorithm, count = load_algorithm(run), 7
    z, condition = algorithm.latents(count, rng.generator(5, "test")), conditions(run.config, count)
    given = {"z": z.numpy()}
    if condition is not None:
        given["labels" if run.config.kind.condition == "class" else "sources"] = condition.numpy()
    (made,) = session.run(["samples"], given)
    wanted = algorithm.sample(z, condition).numpy()
    assert made.shape == wanted.shape
    assert np.abs(made - wanted).max() < 1e-4
    assert session.get_modelmeta().custom_metadata_map["run"] == run.id
