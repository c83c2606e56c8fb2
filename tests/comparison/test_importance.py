"""What matters, where it is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gancore.comparison.importance import FEWEST_RUNS, entangled, importance


def runs(count: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "model.ngf": random.choice([8, 16, 32, 64], count),
            "optim.lr_g": random.choice([1e-4, 2e-4, 5e-4], count),
            "objective.loss": random.choice(["hinge", "wasserstein"], count),
            "model.nz": np.full(count, 100),
        }
    )


def test_the_setting_that_decides_comes_first():
    settings = runs(40)
    found = importance(settings, list(np.log2(settings["model.ngf"]) + 0.01 * np.arange(40)))
    assert found is not None
    assert found.shares[0].path == "model.ngf"
    assert found.shares[0].low > 0.8
    assert {share.path for share in found.shares} == {"model.ngf", "optim.lr_g", "objective.loss"}  # nz never varies
    assert sum(share.mean for share in found.shares) == pytest.approx(1)
    assert found.explained > 0.8


def test_a_choice_matters_as_a_number_does():
    settings = runs(40)
    found = importance(settings, list(np.where(settings["objective.loss"] == "hinge", 5.0, 9.0)))
    assert found is not None
    assert found.shares[0].path == "objective.loss"


def test_noise_explains_nothing_and_is_told_so():
    random = np.random.default_rng(1)
    found = importance(runs(30), list(random.normal(size=30)))
    assert found is not None
    assert found.explained < 0.2
    assert max(share.high - share.low for share in found.shares) > 0.2


def test_the_same_runs_give_the_same_answer():
    settings, values = runs(12), list(np.random.default_rng(2).normal(size=12))
    assert importance(settings, values) == importance(settings, values)


def test_too_few_runs_say_nothing():
    few = FEWEST_RUNS - 1
    assert importance(runs(few), list(range(few))) is None
    assert importance(runs(20)[["model.nz"]], list(range(20))) is None
    assert importance(runs(20), [1.0] * 20) is None


def test_settings_that_were_varied_together_are_named():
    settings = runs(20)
    settings["optim.lr_d"] = settings["optim.lr_g"] * 2
    assert entangled(settings) == [("optim.lr_g", "optim.lr_d")]
