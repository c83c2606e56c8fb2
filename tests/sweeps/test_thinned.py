from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.sweeps.thinned import copy_thinned, thinned
from gancore.training.runner import execute


@pytest.fixture
def finished(store: RunStore, dcgan: RunConfig) -> Run:
    changes = {"train.epochs": 20, "train.preview_every": 20, "train.final_samples": 20}
    run = store.create(dcgan.replace(changes), name="nz 4", experiment="dcgan-nz")
    assert execute(run.path) == "finished"
    return run


def test_a_copy_says_what_the_run_says(finished: Run, tmp_path: Path) -> None:
    copy = copy_thinned(finished, tmp_path / "reference" / finished.id, rows=30)
    assert copy.config == finished.config
    assert (copy.experiment, copy.name, copy.state) == ("dcgan-nz", "nz 4", "finished")
    assert copy.summary == finished.summary
    assert copy.evaluations() == finished.evaluations() != []
    assert copy.events() == finished.events()
    assert copy.data_fingerprint == finished.data_fingerprint
    assert copy.checkpoints() == {}
    assert [run.id for run in RunStore(tmp_path / "reference").list()] == [finished.id]


def test_its_curve_has_fewer_rows_and_the_same_numbers_in_them(finished: Run, tmp_path: Path) -> None:
    copy = copy_thinned(finished, tmp_path / "copy", rows=30)
    whole, thin = finished.scalars().set_index("step"), copy.scalars().set_index("step")
    assert len(thin) < 40 < len(whole) == 100
    assert {thin.index[0], thin.index[-1]} == {1, 100}
    pd.testing.assert_frame_equal(thin, whole.loc[thin.index, thin.columns])


def test_the_last_grid_stays_as_it_is_and_others_are_smaller(finished: Run, tmp_path: Path) -> None:
    copy = copy_thinned(finished, tmp_path / "copy", grids=3)
    steps = list(copy.samples())
    assert len(steps) == 3
    assert steps[-1] == 100
    assert copy.samples()[100].read_bytes() == finished.samples()[100].read_bytes()
    with Image.open(copy.samples()[steps[0]]) as small, Image.open(finished.samples()[steps[0]]) as whole:
        assert small.size == whole.size
        difference = np.abs(np.asarray(small.convert("L"), int) - np.asarray(whole.convert("L"), int))
        assert difference.mean() < 8  # of 255


def test_a_spike_survives() -> None:
    curves = pd.DataFrame({"step": np.arange(10_000), "loss_g": np.ones(10_000)})
    curves.loc[4_321, "loss_g"] = 50.0
    kept = thinned(curves, 100)
    assert len(kept) <= 110
    assert kept.loc[kept["step"] == 4_321, "loss_g"].tolist() == [50.0]


def test_a_folder_that_is_there_is_not_written_to(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(FileExistsError):
        copy_thinned(finished, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_what_fails_on_the_way_leaves_nothing(finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gancore.sweeps.thinned._write_curves", full)
    with pytest.raises(OSError, match="No space"):
        copy_thinned(finished, tmp_path / "copies" / "copy")
    assert list((tmp_path / "copies").iterdir()) == []
