from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gancore.colors import D, G
from gancore.experiments import EXPERIMENTS
from gancore.export import curves
from gancore.export.study import Study, of_experiment
from gancore.store import Run, RunStore
from gancore.store.scalars import ScalarWriter

Answer = Callable[..., Run]


def rewrite(run: Run, **columns: np.ndarray) -> None:
    (run.path / "scalars.arrow").unlink()
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append(columns)
    writer.close()


def study(store: RunStore) -> Study:
    found = of_experiment(store.list(), EXPERIMENTS["dcgan-nz"])
    assert found is not None
    return found


def test_mean_lowest_and_highest_of_the_seeds(store: RunStore, answer: Answer) -> None:
    """D's loss is 1, 2 and 4 in three runs, G's rises by one from 2, 3 and 5."""
    for seed in (0, 1, 3):
        answer(seed=seed)
    d, g = curves.bands(study(store).arms[0])
    assert (d.color, g.color) == (D, G)
    assert np.allclose(d.mean, 7 / 3)
    assert np.allclose(d.low, 1)
    assert np.allclose(d.high, 4)
    assert g.mean[-1] - g.mean[0] == pytest.approx(1, abs=0.02)
    assert len(d.steps) == curves.POINTS


def test_thinned_curves_and_whole_ones_make_one_band(store: RunStore, answer: Answer) -> None:
    step = np.arange(1.0, 201)
    rewrite(answer(seed=0), step=step[::10], loss_d=step[::10], loss_g=step[::10])
    rewrite(answer(seed=1), step=step, loss_d=step, loss_g=step)
    d, _ = curves.bands(study(store).arms[0])
    assert len(d.steps) == 20
    assert np.allclose(d.mean, d.steps, atol=6)


def test_what_is_not_finite_is_left_out(store: RunStore, answer: Answer) -> None:
    step = np.arange(1.0, 201)
    diverged = np.where(step > 100, np.nan, 1.0)
    rewrite(answer(seed=0), step=step, loss_d=diverged, loss_g=step * np.nan)
    d, g = curves.bands(study(store).arms[0])
    assert d.steps.max() < 102
    assert np.isfinite(d.mean).all()
    assert len(g.steps) == 0


def test_a_run_without_curves_has_no_band(store: RunStore, answer: Answer) -> None:
    (answer().path / "scalars.arrow").write_bytes(b"no curves")
    assert curves.bands(study(store).arms[0]) == []
