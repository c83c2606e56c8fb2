from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gancore.algorithms import GAN
from gancore.config import RunConfig
from gancore.evaluation import evaluator
from gancore.pictures.grids import grid
from gancore.sampling.samples import sample
from gancore.store import RunStore
from gancore.training.runner import execute
from tests.cli.calling import Command, assert_refused


def test_evaluate_measures_a_run(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace({"train.keep_epochs": 2}))
    execute(run.path)
    result = gancore("evaluate", run.id, "--samples", "40")
    assert result.status == 0
    made = run.evaluations()[0]
    assert (made.step, made.samples, made.size) == (20, 40, "full")
    for words in ("40 samples at step 20 (raw)", "mnist-5k, training images", "FID (mnist-cnn-v1)", "evaluated in"):
        assert words in result.out
    assert f"{made.values['fid']:.3g}" in result.out
    assert gancore("evaluate", run.id, "--samples", "40", "--checkpoint", "10").status == 0
    assert [(each.step, each.size) for each in run.evaluations()] == [(10, "full"), (20, "full")]
    summary = json.loads(gancore("show", run.id, "--quiet").out)["summary"]
    assert f"FID (mnist-cnn-v1) {summary['fid (mnist-cnn-v1)']:.3g}" in gancore("list").out


def test_quietly_an_evaluation_is_json(
    gancore: Command, store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator, "CHEAP_SAMPLES", 40)
    run = store.create(dcgan.replace({"optim.ema": 0.9}))
    execute(run.path)
    result = gancore("evaluate", run.id, "--cheap", "--quiet")
    assert [each["weights"] for each in json.loads(result.out)] == ["raw", "ema"]
    assert result.err == ""


def test_a_run_without_a_checkpoint_cannot_be_measured(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    result = gancore("evaluate", store.create(dcgan).id)
    assert (result.status, result.out) == (2, "")
    assert "has no checkpoint 'last'" in result.err
    assert len(result.err.splitlines()) == 1


def test_cheap_evaluations_are_all_of_the_same_size(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    assert_refused(gancore("evaluate", store.create(dcgan).id, "--cheap", "--samples", "50"), "not both")


def test_samples_that_are_no_numbers_are_one_line_on_stderr(
    gancore: Command, store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=1)
    monkeypatch.setattr(
        GAN, "sample", lambda _gan, z, *_args, **_options: torch.full((len(z), 1, 32, 32), float("nan"))
    )
    assert_refused(gancore("evaluate", run.id, "--samples", "40"), "cannot be evaluated", "finite")


def test_sample_writes_a_grid(gancore: Command, store: RunStore, dcgan: RunConfig, tmp_path: Path) -> None:
    run, out = store.create(dcgan), tmp_path / "grid.png"
    assert_refused(gancore("sample", run.id, "--out", str(out)), "no checkpoint")
    execute(run.path, max_steps=3)
    options = ("-n", "10", "--columns", "5", "--seed", "3", "--scale", "3")
    result = gancore("sample", run.id, "--out", str(out), *options)
    assert (result.status, result.lines) == (0, [str(out)])
    expected = np.asarray(grid(sample(run, 10, seed=3), 5)).repeat(3, 0).repeat(3, 1)
    assert np.array_equal(np.asarray(Image.open(out)), expected)


def test_a_file_that_cannot_be_written_is_said_so(
    gancore: Command, store: RunStore, dcgan: RunConfig, tmp_path: Path
) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=1)
    assert_refused(gancore("sample", run.id, "--out", str(tmp_path / "nowhere" / "grid.png")), "cannot be written")
    assert_refused(gancore("sample", run.id, "--out", "x.png", "--checkpoint", "000009"), "000009")
