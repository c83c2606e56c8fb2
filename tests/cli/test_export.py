"""`export`: a report that can be handed in, or one sentence why there is none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from gancore.experiments import EXPERIMENTS
from gancore.export.script import plain_script
from gancore.store import RunStore
from gancore.sweeps.plan import of_experiment
from gancore.sweeps.sweeps import Sweeps
from tests.cli.calling import Command, assert_refused


@pytest.fixture
def ended(store: RunStore) -> RunStore:
    """One run of dcgan-nz that has ended."""
    config = EXPERIMENTS["dcgan-nz"].arm("nz 10", "quick", 0)
    run = store.create(config, experiment="dcgan-nz", arm="nz 10", scale="quick")
    run.write_status(run.status.model_copy(update={"state": "finished"}))
    return store


@pytest.mark.usefixtures("ended")
def test_writes_a_report(gancore: Command, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    result = gancore("export", "--report", "dcgan-nz", "--author", "A. Student", "--out", str(out))
    assert (result.status, result.lines, result.err) == (0, [str(out)], "")
    content = out.read_text(encoding="utf-8")
    assert content.startswith("<!DOCTYPE html>")
    assert EXPERIMENTS["dcgan-nz"].question in content
    assert "A. Student" in content


def test_reports_a_sweep(gancore: Command, store: RunStore, tmp_path: Path) -> None:
    sweep = Sweeps(store).create(of_experiment("dcgan-nz", "quick", [0], ["nz 10"]))
    run = store.open(sweep.cells[0].run)
    run.write_status(run.status.model_copy(update={"state": "finished"}))
    assert gancore("export", "--sweep", sweep.id, "--out", str(tmp_path / "report.html"), "--quiet").status == 0
    assert run.id in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_compares_runs(gancore: Command, ended: RunStore, tmp_path: Path) -> None:
    (first,) = ended.list()
    second = ended.create(first.config.replace({"seed": 1}), name="again")
    out = tmp_path / "comparison.html"
    result = gancore("export", "--compare", first.id, "--compare", second.id, "--out", str(out))
    assert (result.status, result.lines, result.err) == (0, [str(out)], "")
    assert second.id in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--compare RUN"),
        (("latest", "--format", "tensorboard"), "with tfevents in their name"),
        (("latest", "--format", "onnx"), "has no checkpoint"),
        (("latest", "--format", "csv"), "has no curves yet"),
        (("latest", "--format", "exe"), "exe"),
        (("latest", "--report", "dcgan-nz"), "a run is a file of its own"),
        (("--format", "csv"), "say which run to export"),
        (("../x", "--format", "script"), "run"),
        (("--compare", "latest"), "a comparison takes two runs"),
        (("--compare", "../x"), "run"),
        (("--compare", "latest", "--report", "dcgan-nz"), "a comparison is a file of its own"),
        ((), "--report EXPERIMENT"),
        (("--report", "nix"), "unknown experiment 'nix'"),
        (("--report", "dcgan-ngf"), "none of its runs has ended"),
        (("--report", "dcgan-nz", "--scale", "full"), "at the full scale"),
        (("--sweep", "../x"), "sweep"),
    ],
)
@pytest.mark.usefixtures("ended")
def test_says_what_cannot_be_reported(gancore: Command, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    out = tmp_path / "report.html"
    assert_refused(gancore("export", *arguments, "--out", str(out)), words)
    assert not out.exists()


@pytest.mark.usefixtures("ended")
def test_says_where_it_cannot_write(gancore: Command, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "report.html"
    assert_refused(gancore("export", "--report", "dcgan-nz", "--out", str(out)), str(out), "cannot be written")


def test_takes_a_run_along_as_a_script(gancore: Command, ended: RunStore, tmp_path: Path) -> None:
    (run,) = ended.list()
    out = tmp_path / "run.py"
    result = gancore("export", run.id, "--format", "script", "--out", str(out))
    assert (result.status, result.lines, result.err) == (0, [str(out)], "")
    assert out.read_text(encoding="utf-8") == plain_script(run)


def test_names_the_file_after_the_run(
    gancore: Command, ended: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (run,) = ended.list()
    assert gancore("export", "latest", "--format", "zip").lines == [f"{run.id}.zip"]
    assert zipfile.is_zipfile(tmp_path / f"{run.id}.zip")


def test_a_report_needs_a_file(gancore: Command) -> None:
    assert_refused(gancore("export", "--report", "dcgan-nz"), "--out FILE")
