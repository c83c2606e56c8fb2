from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gancore.algorithms import GAN
from gancore.cli import commands as cli
from gancore.config import SETTINGS, RunConfig
from gancore.evaluation import evaluator
from gancore.experiments import EXPERIMENTS
from gancore.health import Finding
from gancore.pictures.grids import grid
from gancore.sampling.samples import sample
from gancore.store import Run, RunStore
from gancore.training.runner import execute

REPOSITORY = Path(__file__).parents[2]
WaitUntil = Callable[..., None]

TINY = (
    *("data.limit=43", "train.batch_size=8", "train.epochs=4", "train.preview_every=1000"),
    *("model.nz=4", "model.ngf=2", "model.ndf=2", "train.evaluate_every=0", "train.final_samples=0"),
)
SET_TINY = [word for change in TINY for word in ("--set", change)]


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Command = Callable[..., Result]


@pytest.fixture
def gancore(store: RunStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`python -m gancore` in this process, on the test's own store."""
    monkeypatch.setenv("GANCORE_RUNS", str(store.root))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["gancore", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return call


def assert_refused(result: Result, *words: str) -> None:
    """Status 2 and one clear line."""
    assert result.status == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    assert all(word in result.err for word in words)


# --- train ----------------------------------------------------------------------------------------------------------


def test_train_makes_a_run_and_prints_its_id_last(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    result = gancore("train", *SET_TINY, "--name", "My run")
    assert result.status == 0
    run = store.open(result.lines[-1])
    assert run.state == "finished"
    assert run.config == dcgan
    assert run.name == "My run"
    assert "finished at step 20 of 20" in result.err


def test_quietly_nothing_is_printed_but_the_id(gancore: Command, store: RunStore) -> None:
    result = gancore("train", *SET_TINY, "--quiet", "--max-steps", "1")
    assert result.lines == [store.list()[0].id]
    assert result.err == ""


def test_max_steps_stops_a_run_that_can_be_resumed(gancore: Command, store: RunStore) -> None:
    run = store.open(gancore("train", *SET_TINY, "--quiet", "--max-steps", "7").lines[-1])
    assert (run.state, run.status.step) == ("stopped", 7)
    again = gancore("resume", run.id, "--quiet")
    assert (again.status, again.lines) == (0, [run.id])
    assert (run.state, run.status.step) == ("finished", 20)


def test_train_starts_from_an_experiment(gancore: Command, store: RunStore) -> None:
    result = gancore(
        "train", "--experiment", "dcgan-ngf", "--max-steps", "1", "--quiet", *SET_TINY, "--set", "data.name=mnist-5k"
    )
    run = store.open(result.lines[-1])
    assert run.experiment == "dcgan-ngf"
    changed = {change.partition("=")[0] for change in TINY} | {"data.name"}
    assert set(EXPERIMENTS["dcgan-ngf"].runs()[0].differences(run.config)) <= changed


@pytest.mark.parametrize("wrapped", [False, True], ids=["settings", "a run's config.json"])
def test_train_takes_a_config_file(
    gancore: Command, store: RunStore, mlp: RunConfig, tmp_path: Path, wrapped: bool
) -> None:
    path = tmp_path / "config.json"
    path.write_text(mlp.model_dump_json())
    if wrapped:
        path = store.create(mlp).path / "config.json"
    result = gancore("train", "--config", str(path), "--seed", "5", "--max-steps", "1", "--quiet")
    assert store.open(result.lines[-1]).config == mlp.replace({"seed": 5})


FIXED = {
    "data.name": ("mnist-5k", "mnist-5k"),
    "data.limit": ("40", 40),
    "model.kind": ("mlp", "mlp"),
    "model.ngf": ("3", 3),
    "model.ndf": ("3", 3),
    "model.nz": ("5", 5),
    "model.init": ("default", "default"),
    "objective.loss": ("minimax", "minimax"),
    "optim.lr_g": ("0.0005", 0.0005),
    "optim.lr_d": ("5e-5", 5e-5),
    "optim.beta1": ("0", 0.0),
    "optim.g_steps": ("2", 2),
    "optim.d_steps": ("2", 2),
    "train.epochs": ("1", 1),
    "train.batch_size": ("4", 4),
    "train.precision": ("bf16", "bf16"),
    "seed": ("4294967295", 4294967295),
}


@pytest.mark.parametrize(("path", "text", "value"), [(path, *pair) for path, pair in FIXED.items()], ids=list(FIXED))
def test_every_fixed_path_can_be_set(gancore: Command, store: RunStore, path: str, text: str, value: object) -> None:
    result = gancore("train", *SET_TINY, "--set", f"{path}={text}", "--max-steps", "1", "--quiet")
    assert result.status == 0, result.err
    run = store.open(result.lines[-1])
    assert run.config.flat[path] == value
    assert run.status.step == 1


def test_all_of_them_at_once_and_the_last_word_counts(gancore: Command, store: RunStore) -> None:
    changes = [word for path, (text, _) in FIXED.items() for word in ("--set", f"{path}={text}")]
    result = gancore("train", "--seed", "3", *changes, "--set", "model.nz=6", "--max-steps", "1", "--quiet")
    config = store.open(result.lines[-1]).config
    assert {path: config.flat[path] for path in FIXED} == {path: value for path, (_, value) in FIXED.items()} | {
        "model.nz": 6
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("model.ngf", ("PATH=VALUE",)),
        ("model.ngff=3", ("unknown setting model.ngff", "model.ngf?")),
        ("model.ngf=0", ("model.ngf", "from 1 to 1024", "0")),
        ("model.ngf=many", ("model.ngf", '"many"')),
        ("model.ngf=", ("model.ngf",)),
        ("model.g_hidden=a,b", ("model.g_hidden",)),
        ("optim.lr_g=nan", ("optim.lr_g", "finite")),
        ("optim.lr_g=NaN", ("optim.lr_g", "finite")),
        ("optim.lr_g=Infinity", ("optim.lr_g", "finite")),
        ("optim.lr_g=1e999", ("optim.lr_g", "finite")),
        ("train.precision=fp64", ("train.precision", "fp32, bf16")),
        ("data.image_size=28", ("data.image_size", "32")),
        ("data.limit=2", ("train.batch_size",)),
        ("seed=-1", ("seed",)),
        ("=3", ("unknown setting",)),
        ("a\nb=3", ("unknown setting",)),
    ],
)
def test_a_bad_setting_is_one_line_on_stderr(
    gancore: Command, store: RunStore, change: str, words: tuple[str, ...]
) -> None:
    assert_refused(gancore("train", "--set", change), *words)
    assert store.list() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "--experiment", "nonsense"), ("nonsense", "quickstart")),
        (("train", "--experiment", "quickstart", "--config", "x.json"), ("not both",)),
        (("train", "--config", "no-such-file.json"), ("no-such-file.json", "cannot be read")),
        (("train", "--config", "."), ("cannot be read",)),
        (("train", "--max-steps", "0"), ("--max-steps",)),
        (("train", "--seed", "x"), ("--seed",)),
        (("train", "--nonsense"), ("--nonsense",)),
        (("train", "surplus"), ("surplus",)),
        (("nonsense",), ("nonsense",)),
        ((), ("command",)),
        (("resume",), ("RUN",)),
        (("sample", "latest"), ("--out",)),
        (("set", "latest"), ("PATH=VALUE",)),
        (("set", "no-such-run", "optim.lr_g=0.1"), ("no-such-run",)),
        *[((command, "no-such-run"), ("no-such-run",)) for command in ("resume", "stop", "pause", "show", "fork")],
        *[((command, "../../etc"), ("there is no run",)) for command in ("resume", "stop", "pause", "show", "fork")],
        (("show", "latest"), ("there are no runs",)),
        (("sample", "no-such-run", "--out", "x.png"), ("no-such-run",)),
    ],
    ids=lambda value: " ".join(value),
)
def test_bad_input_is_one_line_on_stderr(gancore: Command, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert_refused(gancore(*arguments), *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ("is not JSON",)),
        ("[" * 100_000, ("is not JSON",)),
        ("[]", ("the config must be an object",)),
        ('{"model": {"ngf": 0}}', ("model.ngf must be",)),
        ('{"schema": 1, "config": {"model": {"ngff": 3}}}', ("unknown setting model.ngff",)),
    ],
    ids=["torn", "deep", "list", "bad value", "unknown key"],
)
def test_a_bad_config_file_is_one_line_on_stderr(
    gancore: Command, tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "config.json").write_text(text)
    assert_refused(gancore("train", "--config", str(tmp_path / "config.json")), *words)


def test_a_runs_folder_that_is_a_file_is_said_so(gancore: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(gancore("train", *SET_TINY, "--runs-dir", str(tmp_path / "file")), "file")


def test_a_run_that_fails_says_why_and_ends_with_status_1(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("it broke\nbadly")

    monkeypatch.setattr(GAN, "step", explode)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (1, "error: RuntimeError: it broke\n")
    assert store.open(result.lines[-1]).state == "failed"


def test_ctrl_c_stops_with_a_checkpoint_and_status_130(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, handler = GAN.step, signal.getsignal(signal.SIGINT)

    def press_at_step_3(self: GAN, next_batch: object, rng: object) -> object:
        if rng.step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self, next_batch, rng)

    monkeypatch.setattr(GAN, "step", press_at_step_3)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (130, "")
    run = store.open(result.lines[-1])
    assert (run.state, run.status.step) == ("stopped", 3)
    assert "last" in run.checkpoints()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_ends_at_once(gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def press_twice(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(10)

    monkeypatch.setattr(GAN, "step", press_twice)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (130, "")
    assert store.list()[0].state == "interrupted"


# --- resume, stop, pause --------------------------------------------------------------------------------------------


def test_only_what_can_go_on_is_resumed(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.enqueue()
    assert_refused(gancore("resume", run.id), "queued")
    execute(run.path)
    assert_refused(gancore("resume", run.id), "finished")
    (run.path / "config.json").write_text("{")
    assert_refused(gancore("resume", run.id), "damaged")


@pytest.mark.parametrize(("command", "state"), [("stop", "stopped"), ("pause", "paused")])
def test_a_command_reaches_a_run_that_another_thread_executes(
    gancore: Command, store: RunStore, dcgan: RunConfig, wait_until: WaitUntil, command: str, state: str
) -> None:
    run = store.create(dcgan.replace({"train.epochs": 10_000}))
    thread = threading.Thread(target=execute, args=(run.path,))
    thread.start()
    wait_until(lambda: 2 in run.samples())
    result = gancore(command, "latest")
    thread.join(60)
    assert (result.status, result.lines) == (0, [f"{run.id}: asked to {command}"])
    assert run.state == state


@pytest.mark.parametrize(("command", "state"), [("stop", "stopped"), ("pause", "paused")])
def test_a_command_takes_a_run_out_of_the_queue(
    gancore: Command, store: RunStore, dcgan: RunConfig, command: str, state: str
) -> None:
    run = store.create(dcgan)
    run.enqueue()
    result = gancore(command, run.id, "--quiet")
    assert (result.status, result.out, result.err) == (0, "", "")
    assert run.state == state
    assert_refused(gancore(command, run.id), f"nothing to {command}")


# --- set ------------------------------------------------------------------------------------------------------------


def test_set_changes_a_run_that_another_thread_executes(
    gancore: Command, store: RunStore, dcgan: RunConfig, wait_until: WaitUntil
) -> None:
    run = store.create(dcgan.replace({"train.epochs": 10_000}))
    thread = threading.Thread(target=execute, args=(run.path,))
    thread.start()
    wait_until(lambda: 2 in run.samples())
    result = gancore("set", "latest", "optim.lr_g=1e-3", "optim.d_steps=2")
    wait_until(lambda: run.changes()[0].step is not None)
    run.command("stop")
    thread.join(60)
    assert (result.status, result.lines) == (0, [f"{run.id}: asked for optim.lr_g=0.001, optim.d_steps=2"])
    assert run.config_at(run.status.step) == run.config.replace({"optim.lr_g": 1e-3, "optim.d_steps": 2})


def test_set_changes_a_run_that_rests(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    result = gancore("set", run.id, "optim.lr_g=1e-3", "--quiet")
    assert (result.status, result.out, result.err) == (0, "", "")
    assert json.loads(gancore("show", run.id, "--quiet").out)["settings"]["optim.lr_g"] == 1e-3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("optim.lr_g", ("PATH=VALUE",)),
        ("optim.lr_g=0", ("optim.lr_g must be",)),
        ("optim.lrg=1", ("unknown setting optim.lrg",)),
        ("model.ngf=64", ("model.ngf cannot change while a run trains", "optim.lr_g")),
        ("optim.d_steps=6", ("train.batch_size x optim.d_steps",)),
    ],
)
def test_what_cannot_be_set_is_one_line_on_stderr(
    gancore: Command, store: RunStore, dcgan: RunConfig, change: str, words: tuple[str, ...]
) -> None:
    run = store.create(dcgan)
    assert_refused(gancore("set", run.id, "optim.lr_d=0.1", change), *words)
    assert run.changes() == []


def test_what_is_over_cannot_be_set(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path)
    assert_refused(gancore("set", run.id, "optim.lr_g=0.1"), "finished", "fork")
    (run.path / "config.json").write_text("{")
    assert_refused(gancore("set", run.id, "optim.lr_g=0.1"), "missing or unreadable")


# --- fork -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def parent(store: RunStore, dcgan: RunConfig) -> Run:
    """Stopped at step 7 of 20, with a checkpoint of step 5, and other settings since then."""
    run = store.create(dcgan.replace({"train.keep_epochs": 1}), name="Parent")
    execute(run.path, max_steps=5)
    run.steer({"optim.lr_g": 1e-3})
    execute(run.path, max_steps=2)
    return run


@pytest.mark.parametrize(("options", "step"), [((), 7), (("--checkpoint", "5"), 5), (("--checkpoint", "last"), 7)])
def test_fork_trains_a_run_from_a_checkpoint_and_prints_its_id_last(
    gancore: Command, store: RunStore, parent: Run, options: tuple[str, ...], step: int
) -> None:
    result = gancore("fork", parent.id, *options, "--set", "optim.lr_d=1e-3", "--name", "My fork", "--quiet")
    assert (result.status, result.err) == (0, "")
    run = store.open(result.lines[-1])
    assert (run.state, run.name, run.meta.parent, run.meta.parent_step) == ("finished", "My fork", parent.id, step)
    assert run.config == parent.config.replace({"optim.lr_g": 1e-3, "optim.lr_d": 1e-3})
    assert run.scalars()["step"].tolist() == list(range(step + 1, 21))
    facts = json.loads(gancore("show", run.id, "--quiet").out)
    assert facts["parent"] == {"id": parent.id, "step": step}
    assert f"forked from {parent.id} at step {step}" in gancore("show", run.id).out
    assert "parent" not in json.loads(gancore("show", parent.id, "--quiet").out)


def test_a_fork_can_be_stopped_and_resumed(gancore: Command, store: RunStore, parent: Run) -> None:
    run = store.open(gancore("fork", parent.id, "--max-steps", "2", "--quiet").lines[-1])
    assert (run.state, run.status.step) == ("stopped", 9)
    assert gancore("resume", run.id, "--quiet").lines == [run.id]
    assert run.state == "finished"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--checkpoint", "6"), ("Parent has no checkpoint '000006'",)),
        (("--checkpoint", "../x"), ("Parent has no checkpoint",)),
        (("--set", "model.ngf=4"), ("model.ngf cannot change in a fork", "2")),
        (("--set", "train.epochs=1"), ("train.epochs must be at least 2: the fork starts at step 7",)),
        (("--set", "model.ngf"), ("PATH=VALUE",)),
        (("--set", "nonsense=1"), ("unknown setting",)),
    ],
    ids=" ".join,
)
def test_a_fork_that_cannot_be_is_one_line_on_stderr(
    gancore: Command, store: RunStore, parent: Run, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(gancore("fork", parent.id, *options), *words)
    assert [path.name for path in store.root.iterdir()] == [parent.id]


def test_a_run_without_a_usable_checkpoint_cannot_be_forked(
    gancore: Command, store: RunStore, dcgan: RunConfig, parent: Run
) -> None:
    assert_refused(gancore("fork", store.create(dcgan).id), "has no checkpoint 'last'")
    parent.checkpoints()["last"].write_bytes(b"garbage")
    assert_refused(gancore("fork", parent.id), "the checkpoint last.pt cannot be read")


# --- looking --------------------------------------------------------------------------------------------------------


def test_list_shows_every_run_and_damaged_ones_too(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    assert "No runs yet" in gancore("list").out
    assert gancore("list", "--quiet").out.strip() == ""
    runs = [store.create(dcgan) for _ in range(3)]
    execute(runs[0].path, max_steps=7)
    (runs[1].path / "config.json").write_text("{")
    table = gancore("list").out
    rows = {line.split()[0]: line.split() for line in table.splitlines() if "dcgan" in line}
    assert rows.keys() == {run.id for run in runs}
    assert rows[runs[0].id][1:4] == ["stopped", "7/20", f"{runs[0].summary['loss_d']:.3g}"]
    assert rows[runs[1].id][1] == "damaged"
    assert set(gancore("list", "--quiet").lines) == {run.id for run in runs}


def test_show_says_everything_about_a_run(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan, name="my run")
    execute(run.path, max_steps=7)
    facts = json.loads(gancore("show", run.id, "--quiet").out)
    assert (facts["id"], facts["name"], facts["state"]) == (run.id, "my run", "stopped")
    assert facts["settings"] == json.loads(json.dumps(dcgan.flat))
    assert facts["status"]["step"] == 7
    assert facts["summary"] == run.summary
    text = gancore("show", "latest").out
    assert "step 7 of 20" in text
    assert "my run" in text
    for path in SETTINGS:
        assert (path in text.split()) == dcgan.uses(path)
    assert all(event["message"] in text for event in run.events())


def test_show_explains_damage_and_errors(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    failed, damaged = store.create(dcgan), store.create(dcgan)
    failed.write_status(failed.status.model_copy(update={"state": "failed", "error": "it broke"}))
    (damaged.path / "config.json").write_text("{")
    assert "it broke" in gancore("show", failed.id).out
    assert "config.json is missing or unreadable" in gancore("show", damaged.id).out
    facts = json.loads(gancore("show", damaged.id, "--quiet").out)
    assert (facts["state"], "damage" in facts) == ("damaged", True)


def test_experiments_lists_the_catalogue(gancore: Command) -> None:
    assert gancore("experiments", "--quiet").lines == list(EXPERIMENTS)
    text = gancore("experiments").out
    assert all(name in text for name in EXPERIMENTS)


def test_help_names_every_command(gancore: Command) -> None:
    result = gancore("--help")
    assert result.status == 0
    assert all(
        name in result.out
        for name in ("train", "resume", "stop", "pause", "list", "show", "sample", "evaluate", "bench")
    )
    assert all(name in result.out for name in ("set", "fork"))


# --- sample ---------------------------------------------------------------------------------------------------------


# --- evaluating -------------------------------------------------------------------------------------------------------


def test_evaluate_measures_a_run(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace({"train.keep_epochs": 2}))
    execute(run.path)
    result = gancore("evaluate", run.id, "--samples", "40")
    assert result.status == 0
    made = run.evaluations()[0]
    assert (made.step, made.samples, made.size) == (20, 40, "full")
    for words in ("40 samples at step 20 (raw)", "mnist-5k, training images", "FID (mnist-cnn-v1)", "measured in"):
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
    monkeypatch.setattr(GAN, "sample", lambda *_args, **_options: torch.full((40, 1, 32, 32), float("nan")))
    assert_refused(gancore("evaluate", run.id, "--samples", "40"), "cannot be measured", "finite")


def test_show_names_what_goes_wrong(
    gancore: Command, store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("collapse", "Mode collapse", 3, "2 of 10 digits come up.", "G repeats itself.", "report 002")
    monkeypatch.setattr(cli, "examine", lambda _run: [finding])
    assert "Mode collapse: 2 of 10 digits come up." in gancore("show", store.create(dcgan).id).out


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


# --- as a process ---------------------------------------------------------------------------------------------------


def as_a_process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gancore", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False, **options)


def test_bad_input_ends_the_process_with_2_and_one_line(tmp_path: Path) -> None:
    done = as_a_process("train", "--runs-dir", str(tmp_path), "--set", "model.ngf=0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: model.ngf must be a whole number from 1 to 1024, not 0\n"


@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=str)
def test_a_reader_that_goes_away_gets_no_traceback(store: RunStore, dcgan: RunConfig, options: list[str]) -> None:
    """As `list | head -n 0` does."""
    store.create(dcgan)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "gancore", "list", "--runs-dir", str(store.root), *options]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode in (0, 1), done.stderr) == (True, "")


# --- data -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 20 coloured images of each of two classes, and a cache of the test's own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))
    for number in range(40):
        folder = tmp_path / "pictures" / ("cats" if number % 2 else "dogs")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), (number, 0, 200)).save(folder / f"{number}.png")
    return tmp_path / "pictures"


def test_import_prints_the_name_last(gancore: Command, pictures: Path) -> None:
    (pictures / "notes.txt").write_text("hello")
    result = gancore("import", str(pictures), "--name", "My Pets")
    assert result.status == 0
    assert result.lines == [
        "40 coloured images of 2 classes, 28 x 28 pixels",
        "skipped notes.txt: not an image that can be read",
        "my-pets",
    ]
    assert gancore("import", str(pictures), "--name", "again", "--quiet").lines == ["again"]


def test_import_refuses_in_one_line(gancore: Command, pictures: Path, tmp_path: Path) -> None:
    assert_refused(gancore("import", str(tmp_path / "missing"), "--name", "a"), "No such file")
    assert_refused(gancore("import", str(pictures / "cats"), "--name", "!"), "name")
    (tmp_path / "torn.zip").write_bytes(b"PK torn")
    assert_refused(gancore("import", str(tmp_path / "torn.zip"), "--name", "a"), "zip")


def test_datasets_lists_what_there_is(gancore: Command, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANCORE_DATA", str(pictures / "no data"))
    gancore("import", str(pictures), "--name", "pets")
    shown = gancore("datasets").out
    assert all(word in shown for word in ("mnist-5k", "4,500", "downloads 171 MB", "own=pets", "28 x 28"))
    assert gancore("datasets", "--quiet").lines == ["mnist-5k", "digits-8x8", "ring", "grid", "spirals", "pets"]


OWN = ("data.name=own", "data.own=pets", "train.batch_size=8", "train.epochs=1", "model.nz=4")


def test_an_imported_set_tells_its_counts_and_channels(gancore: Command, pictures: Path, store: RunStore) -> None:
    gancore("import", str(pictures), "--name", "pets")
    small = ("--set", "model.ngf=2", "--set", "model.ndf=2", "--max-steps", "1", "--quiet")
    result = gancore("train", *[word for change in OWN for word in ("--set", change)], *small)
    assert result.status == 0, result.err
    config = store.open(result.lines[-1]).config
    assert config.data.own_counts == (20, 20)
    assert config.model.nc == 3
    given = gancore("train", *[word for change in (*OWN, "model.nc=1") for word in ("--set", change)], *small)
    assert store.open(given.lines[-1]).config.model.nc == 1


def test_a_file_of_settings_may_only_name_the_set(
    gancore: Command, pictures: Path, store: RunStore, tmp_path: Path
) -> None:
    gancore("import", str(pictures), "--name", "pets")
    settings = {"data": {"name": "own", "own": "pets"}, "model": {"ngf": 2, "ndf": 2}, "train": {"batch_size": 8}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    result = gancore("train", "--config", str(tmp_path / "settings.json"), "--max-steps", "1", "--quiet")
    assert result.status == 0, result.err
    assert store.open(result.lines[-1]).config.data.own_counts == (20, 20)


@pytest.mark.parametrize("name", ["", "missing", "../x"])
def test_a_set_that_was_not_imported_is_refused(gancore: Command, pictures: Path, name: str) -> None:
    assert pictures.is_dir()
    assert_refused(gancore("train", "--set", "data.name=own", "--set", f"data.own={name}"), "data.own")
