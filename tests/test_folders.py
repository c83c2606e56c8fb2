"""Runs of earlier versions: each later version opens, resumes, forks and evaluates the small folders in `folders/`.

Every folder there is named after the version that made it: run folders, `make.py` which made them, and `expected.json`:
what that version read from them, and where its training went. Bits are compared where torch and the processor round as
they did then, else numbers.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from gancore.config import SETTINGS
from gancore.evaluation.runs import evaluate_run
from gancore.store import Run, RunStore
from gancore.store.records import RESUMABLE
from gancore.training.runner import execute

FOLDERS = Path(__file__).parent / "folders"
CLOCKED = ["time", "step_time"]  # columns of the curves that no two trainings share
CHAOTIC = ("default", "cs231n", "translator")  # rounding grows within their few steps to some percent


@cache
def expected(version: str) -> Any:
    """What the version that made the folders knew of them."""
    return json.loads((FOLDERS / version / "expected.json").read_text(encoding="utf-8"))


VERSIONS = sorted(file.parent.name for file in FOLDERS.glob("*/expected.json"))
RUNS = [(version, run_id) for version in VERSIONS for run_id in expected(version)["runs"]]
UNFINISHED = [(version, run_id) for version, run_id in RUNS if expected(version)["runs"][run_id]["ended"]]
TRAINED = [(version, run_id) for version, run_id in RUNS if expected(version)["runs"][run_id]["opened"]["checkpoints"]]
FRESH = [(version, name) for version in VERSIONS for name in expected(version)["fresh"]]

CopyOf = Callable[[str, str], Run]


# --- what is compared; `make.py` writes the same down -------------------------------------------------------------


def opened(run: Run) -> dict[str, Any]:
    """All that can be read from a folder, as JSON has it: counts and names where the content is long."""
    status, meta = run.status, run.meta
    read = {
        "state": run.state,
        "name": meta.name or run.id,  # one that nobody named is called by its settings, which versions may do otherwise
        "tags": meta.tags,
        "notes": meta.notes,
        "starred": meta.starred,
        "parent": [meta.parent, meta.parent_step],
        "experiment": run.experiment,
        "threads": run.threads,
        "created": run.created,
        "kind": run.config.model.kind,
        "progress": [status.step, status.total_steps, status.attempt, status.error],
        "changes": [[change.step, change.changes] for change in run.changes()],
        "curves": [len(run.scalars()), *run.scalars().columns],
        "evaluations": [[each.file, each.samples, len(each.values)] for each in run.evaluations()],
        "events": [[event["kind"], event["step"]] for event in run.events()],
        "samples": list(run.samples()),
        "checkpoints": {name: run.checkpoint_step(name) for name in run.checkpoints()},
        "summary": sorted(run.summary),
    }
    return json.loads(json.dumps(read))  # lists for tuples


def ended(run: Run, start: int) -> dict[str, Any]:
    """Where training from step `start` went: rows of the curves, a digest of the weights, and what else was done."""
    rows = run.scalars().drop(columns=CLOCKED)
    first, last = (
        {name: float(value) if math.isfinite(value) else None for name, value in row.items()}
        for row in (rows[rows["step"] == start + 1].iloc[0], rows.iloc[-1])
    )
    return {
        "name": run.id,
        "state": run.state,
        "steps": run.status.total_steps,
        "changes": [change.step for change in run.changes()],
        "evaluations": [[each.file, each.samples] for each in run.evaluations()],
        "first": first,
        "last": last,
        "weights": digest(torch.load(run.checkpoint_path("last"), weights_only=True)["algorithm"]),
    }


def digest(state: object) -> str:
    """SHA-256 over all tensors in nested dicts and lists, whatever they are called and in whichever order they come."""
    return hashlib.sha256("".join(sorted(_digests(state))).encode()).hexdigest()


def _digests(state: object) -> list[str]:
    if isinstance(state, Tensor):
        head = f"{state.dtype} {tuple(state.shape)} ".encode()
        return [hashlib.sha256(head + state.detach().contiguous().numpy().tobytes()).hexdigest()]
    parts = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else []
    return [found for part in parts for found in _digests(part)]


def environment() -> dict[str, str]:
    """What decides how numbers are rounded. Processors of one capability may differ, so some layers are tried out."""
    torch.set_num_threads(1)
    source = torch.Generator().manual_seed(0)
    layers = [
        nn.Conv2d(1, 4, 4, stride=2, padding=1),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(4, 2, 4, stride=2, padding=1),
        nn.Flatten(),
        nn.Linear(2048, 16),
        nn.Tanh(),
        nn.Linear(16, 3),
        nn.LogSigmoid(),
    ]
    network = nn.Sequential(*layers)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(torch.randn(weights.shape, generator=source) / 10)
    loss = network(torch.randn(8, 1, 32, 32, generator=source)).mean()
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    return {
        "torch": torch.__version__,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "kernels": digest([loss, *gradients]),
    }


def write_fresh(folder: Path, envelope: dict[str, Any]) -> Run:
    """A run at its beginning, of settings as the earlier version wrote them."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(envelope), encoding="utf-8")
    return Run(folder)


# --- tests --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    return environment()


@pytest.fixture
def copy_of(store: RunStore) -> CopyOf:
    """Folders to write in."""

    def copy(version: str, run_id: str) -> Run:
        shutil.copytree(FOLDERS / version / run_id, store.root / run_id)
        return store.open(run_id)

    return copy


def assert_went_there(now: dict[str, Any], there: dict[str, Any], here: dict[str, str], then: dict[str, str]) -> None:
    """Training went where that of an earlier version did: to the same bits where that can be."""
    if all(then[what] == found for what, found in here.items()):
        assert now == there
        return
    rounded = {"first", "last", "weights"}
    assert {what: now[what] for what in now if what not in rounded} == {
        what: there[what] for what in there if what not in rounded
    }
    assert now["first"] == close(there["first"], 1e-4)
    assert now["last"].keys() == there["last"].keys()
    if there["state"] != "failed":  # on its way to infinity
        assert now["last"] == close(there["last"], 1e-4 if now["name"] not in CHAOTIC else 0.25)


def close(row: dict[str, float], share: float) -> Any:
    """Every value within a share of what it was."""
    return pytest.approx(row, rel=share, abs=share / 10)


def test_there_are_folders() -> None:
    assert "0.1" in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_all_runs_are_listed(version: str, tmp_path: Path) -> None:
    shutil.copytree(FOLDERS / version, tmp_path / version)
    store = RunStore(tmp_path / version)
    assert {run.id: run.state for run in store.list()} == {
        run_id: known["opened"]["state"] for run_id, known in expected(version)["runs"].items()
    }
    assert "damaged" not in {run.state for run in store.list()}
    assert [run.id for run in store.queue()] == [run.id for run in store.list() if run.state == "queued"]
    assert store.running() == []
    for run in store.list():
        curves = store.joined_scalars(run)
        assert curves["step"].tolist() == list(range(1, len(curves) + 1)), run.id


@pytest.mark.parametrize(("version", "run_id"), RUNS)
def test_a_folder_says_what_it_said(version: str, run_id: str, copy_of: CopyOf) -> None:
    run = copy_of(version, run_id)
    assert opened(run) == expected(version)["runs"][run_id]["opened"]
    for picture in run.samples().values():
        Image.open(picture).verify()


@pytest.mark.parametrize(("version", "run_id"), RUNS)
def test_settings_are_those_that_were_saved(version: str, run_id: str, copy_of: CopyOf) -> None:
    run = copy_of(version, run_id)
    now = run.config.model_dump(mode="json")
    for path in SETTINGS:
        part, _, name = path.rpartition(".")
        saved = run.envelope["config"][part] if part else run.envelope["config"]
        if name in saved:  # one that was added since has its default
            assert (now[part] if part else now)[name] == saved[name], path


@pytest.mark.parametrize(("version", "run_id"), UNFINISHED)
def test_a_run_goes_on_as_it_would_have(version: str, run_id: str, copy_of: CopyOf, here: dict[str, str]) -> None:
    run = copy_of(version, run_id)
    assert run.state in (*RESUMABLE, "queued")
    start = run.checkpoint_step("last") if run.checkpoints() else 0
    execute(run.path)
    known = expected(version)
    assert_went_there(ended(run, start), known["runs"][run_id]["ended"], here, known["environment"])


@pytest.mark.parametrize(("version", "name"), FRESH)
def test_a_new_run_computes_the_same(version: str, name: str, store: RunStore, here: dict[str, str]) -> None:
    known = expected(version)
    run = write_fresh(store.root / name, known["fresh"][name]["envelope"])
    execute(run.path)
    assert_went_there(ended(run, 0), known["fresh"][name]["ended"], here, known["environment"])


@pytest.mark.parametrize(("version", "run_id"), TRAINED)
def test_every_checkpoint_can_be_forked(version: str, run_id: str, copy_of: CopyOf, store: RunStore) -> None:
    parent = copy_of(version, run_id)
    for name in parent.checkpoints():
        step = parent.checkpoint_step(name)
        settings = parent.config_at(step).replace({"train.evaluate_every": 0, "train.steps": step + 3})
        fork = store.fork(parent, name, settings)
        execute(fork.path, max_steps=2)
        assert (fork.state, fork.status.step) == ("stopped", step + 2)
        assert [run.id for run in store.lineage(fork)] == [parent.id, fork.id]


@pytest.mark.parametrize(("version", "run_id"), TRAINED)
def test_a_run_can_be_evaluated(version: str, run_id: str, copy_of: CopyOf) -> None:
    run = copy_of(version, run_id)
    made = evaluate_run(run, size="cheap", samples=20)
    assert [each.weights for each in made] == (["raw", "ema"] if run.config.optim.ema else ["raw"])
    assert all(each.values and not each.missing for each in made)
    assert all(each in run.evaluations() for each in made)
