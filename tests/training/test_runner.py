from __future__ import annotations

import io
import json
import math
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gancore.algorithms import GAN
from gancore.config import ConfigError, RunConfig
from gancore.data import Batch, BatchStream, DataUnavailable, Images, load
from gancore.evaluation import evaluator
from gancore.evaluation.evaluator import Evaluator
from gancore.health import Finding
from gancore.pictures.grids import grid
from gancore.rng import StepRng, generator
from gancore.store import Run, RunBusy, RunStore, requests
from gancore.store.checkpoints import BadCheckpoint, load_checkpoint
from gancore.store.evaluations import Evaluation
from gancore.store.records import Status
from gancore.store.requests import Request
from gancore.training import control, heartbeat, runner, watching
from gancore.training.events import Notice, Step
from gancore.training.heartbeat import Superseded
from gancore.training.runner import execute
from gancore.training.watching import preview_due
from tests.miniatures import equal
from tests.plain_networks import plain_dcgan

HeldElsewhere = Callable[[Path], AbstractContextManager[None]]
LONG = {"train.epochs": 10_000}


class Watcher:
    """A sink that remembers what it saw, and may do something at a step."""

    def __init__(self, at: int = 0, do: Callable[[], object] = lambda: None) -> None:
        self.events: list[Step | Notice] = []
        self.times: list[float] = []
        self.started = threading.Event()
        self._at, self._do = at, do

    def __call__(self, event: Step | Notice) -> None:
        self.events.append(event)
        if isinstance(event, Step):
            self.times.append(time.monotonic())
            self.started.set()
            if event.step == self._at:
                self._do()

    def close(self) -> None:
        pass

    @property
    def steps(self) -> list[int]:
        return [event.step for event in self.events if isinstance(event, Step)]


@contextmanager
def executing(run: Run, **options: object) -> Iterator[Callable[[], str]]:
    """Execute in another thread; what it yields waits for the end."""
    outcome: list[str] = []
    thread = threading.Thread(target=lambda: outcome.append(execute(run.path, **options)))
    thread.start()

    def end() -> str:
        thread.join(60)
        assert not thread.is_alive()
        return outcome[0]

    yield end
    thread.join(60)


def break_at(monkeypatch: pytest.MonkeyPatch, step: int, breakage: Callable[[GAN, dict], object]) -> None:
    """Let the algorithm do something else, after its own work, at one step."""
    original = GAN.step

    def broken(self: GAN, next_batch: Callable[[], Batch], rng: StepRng) -> dict[str, torch.Tensor]:
        scalars = original(self, next_batch, rng)
        if rng.step == step:
            breakage(self, scalars)
        return scalars

    monkeypatch.setattr(GAN, "step", broken)


def kinds(run: Run) -> list[str]:
    return [event["kind"] for event in run.events()]


# --- a run to its end -----------------------------------------------------------------------------------------------


def test_a_run_writes_everything_it_promises(store: RunStore, config: RunConfig) -> None:
    run = store.create(config)
    assert execute(run.path) == "finished"
    assert run.state == "finished"
    assert {file.name for file in run.path.iterdir()} == {
        *("config.json", "meta.json", "status.json", "scalars.arrow", "events.jsonl", "summary.json", "data.json"),
        *("lock", "meta.lock"),
        *("samples", "checkpoints"),
    }
    status = run.status
    assert (status.step, status.total_steps, status.attempt, status.error) == (20, 20, 1, None)
    assert status.epoch == pytest.approx((3 * 43 + 40) / 43)
    assert (status.phase, status.device, status.remaining) == ("", str(runner.pick_device()), None)
    assert kinds(run) == ["started", "finished"]

    rows = run.scalars()
    assert list(rows.columns) == [
        *("step", "epoch", "time", "step_time"),
        *("loss_d", "d_real", "d_fake", "grad_norm_d", "loss_g", "d_fake_g", "grad_norm_g"),
    ]
    assert rows["step"].tolist() == list(range(1, 21))
    assert np.isfinite(rows).all().all()
    assert rows["epoch"].tolist() == pytest.approx(
        [(43 * ((n - 1) // 5) + 8 * ((n - 1) % 5 + 1)) / 43 for n in range(1, 21)]
    )
    assert rows["time"].is_monotonic_increasing
    assert (rows["step_time"] > 0).all()

    summary = run.summary
    assert summary["step"] == 20
    assert summary["seconds"] == rows["time"].iloc[-1] == status.seconds
    assert summary["images_per_second"] == pytest.approx(20 * 8 / summary["seconds"])
    assert summary["loss_d"] == pytest.approx(rows["loss_d"].mean(), rel=1e-6)


def test_the_summary_is_the_mean_of_the_last_steps(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SUMMARY_STEPS", 3)
    run = store.create(dcgan)
    execute(run.path)
    rows = run.scalars()
    assert run.summary["loss_g"] == pytest.approx(rows["loss_g"].tail(3).mean(), rel=1e-6)


def test_a_run_of_many_d_steps_counts_every_image(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace({"optim.d_steps": 3}))
    execute(run.path)
    assert run.status.step == 6
    assert run.summary["images_per_second"] == pytest.approx(6 * 3 * 8 / run.summary["seconds"])
    assert run.status.epoch == pytest.approx((3 * 43 + 3 * 8) / 43)  # 18 batches, 5 an epoch


def test_a_run_that_keeps_partial_batches_counts_their_images(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace({"data.last_batch": "keep", "train.keep_epochs": 2, "train.steps": 25}))
    execute(run.path)
    rows = run.scalars()
    ends = [(epoch + done / 43) for epoch in range(5) for done in (8, 16, 24, 32, 40, 43)]
    assert rows["epoch"].tolist() == pytest.approx(ends[:25])
    assert run.status.epoch == pytest.approx(4 + 8 / 43)
    assert run.summary["images_per_second"] == pytest.approx((4 * 43 + 8) / run.summary["seconds"])
    assert list(run.checkpoints()) == ["000012", "000024", "last"]
    assert {0, 6, 25} <= set(run.samples())  # after the first epoch


def test_what_is_trained_is_the_algorithm_on_the_data(store: RunStore, dcgan: RunConfig) -> None:
    """The runner adds nothing: stepping the parts by hand gives the same weights bit for bit."""
    run = store.create(dcgan)
    execute(run.path, max_steps=7)
    algorithm = GAN(dcgan, torch.device("cpu"))
    stream = BatchStream(load(dcgan), 8, dcgan.seed)
    for step in range(1, 8):
        algorithm.step(stream.next, StepRng(dcgan.seed, step))
    saved = load_checkpoint(run.checkpoints()["last"])
    assert (saved.step, saved.drawn) == (7, stream.drawn)
    for name, tensor in algorithm.generator.state_dict().items():
        assert torch.equal(saved.algorithm["generator"][name], tensor)


def test_nothing_global_is_drawn_or_reseeded(store: RunStore, config: RunConfig) -> None:
    torch_state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].tolist()
    execute(store.create(config).path)
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state


def test_watchers_see_every_event_in_order(store: RunStore, dcgan: RunConfig) -> None:
    watcher = Watcher()
    execute(store.create(dcgan).path, watchers=[watcher])
    assert watcher.steps == list(range(1, 21))
    assert [event.kind for event in watcher.events if isinstance(event, Notice)] == ["started", "finished"]
    assert isinstance(watcher.events[0], Notice)
    assert isinstance(watcher.events[-1], Notice)


def test_a_run_trains_with_the_threads_it_was_made_for(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    envelope = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps(envelope | {"threads": 2}))
    seen = []
    try:
        execute(run.path, watchers=[Watcher(at=1, do=lambda: seen.append(torch.get_num_threads()))], max_steps=1)
    finally:
        torch.set_num_threads(1)
    assert seen == [2]


# --- previews and checkpoints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "steps"),
    [
        (1000, {0, 1, 2, 4, 5, 8, 16, 20}),
        (6, {0, 1, 2, 4, 5, 6, 12, 18, 20}),
        (8, {0, 1, 2, 4, 5, 8, 16, 20}),
        (1, set(range(21))),
    ],
)
def test_previews_come_often_at_first_then_regularly_and_after_the_first_epoch(
    store: RunStore, dcgan: RunConfig, every: int, steps: set[int]
) -> None:
    """An epoch has 5 steps."""
    run = store.create(dcgan.replace({"train.preview_every": every}))
    execute(run.path)
    assert set(run.samples()) == steps
    assert [step for step in range(1, 21) if preview_due(step, every)] == sorted(
        steps - {0, 5, 20} | ({5, 20} if every == 1 else set())
    )


def test_previews_show_the_same_noise_all_through(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path)
    noise = torch.randn(64, 4, generator=generator(dcgan.seed, "preview"))
    algorithm = GAN(dcgan, torch.device("cpu"))
    for step, saved in ((0, algorithm), (20, load_into(GAN(dcgan, torch.device("cpu")), run))):
        picture = Image.open(run.samples()[step])
        assert np.array_equal(np.asarray(picture), np.asarray(grid(saved.sample(noise))))


def load_into(algorithm: GAN, run: Run) -> GAN:
    algorithm.load_state_dict(load_checkpoint(run.checkpoints()["last"]).algorithm)
    return algorithm


def test_checkpoints_are_kept_every_so_many_epochs(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace({"train.keep_epochs": 2}))
    execute(run.path)
    assert list(run.checkpoints()) == ["000010", "000020", "last"]
    assert [load_checkpoint(path).step for path in run.checkpoints().values()] == [10, 20, 20]


def test_a_checkpoint_is_plain_tensors_and_numbers(store: RunStore, config: RunConfig) -> None:
    run = store.create(config)
    execute(run.path, max_steps=3)
    saved = torch.load(run.checkpoints()["last"], weights_only=True)
    assert set(saved) == {"step", "drawn", "trained", "algorithm"}
    assert (saved["step"], saved["drawn"]) == (3, 24)
    assert saved["trained"] == run.status.seconds
    assert set(saved["algorithm"]) == {"generator", "discriminator", "optimizer_g", "optimizer_d"}


def test_the_saved_weights_fit_the_plain_network(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=1)
    weights = load_checkpoint(run.checkpoints()["last"]).algorithm["generator"]
    plain = plain_dcgan(4, 2, 2, 1)["generator"]
    outcome = plain.load_state_dict({name.removeprefix("layers."): tensor for name, tensor in weights.items()})
    assert not outcome.missing_keys
    assert not outcome.unexpected_keys


def test_checkpoints_come_by_the_clock(store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step takes 3/8 s of an injected clock, a checkpoint is due after 1 s: every third step.

    The rows that led to one are on the disk before it is, or a run that is killed then could not go on.
    """
    now = [0.0]
    monkeypatch.setattr(watching, "time", FakeTime(now))
    run = store.create(dcgan.replace({"train.checkpoint_seconds": 1.0}))
    saved: list[tuple[int, int]] = []
    original = watching.Checkpoint.save

    def save(self: watching.Checkpoint, path: Path) -> None:
        saved.append((self.step, len(run.scalars())))
        original(self, path)

    monkeypatch.setattr(watching.Checkpoint, "save", save)
    break_every_step(monkeypatch, lambda: now.__setitem__(0, now[0] + 0.375))
    execute(run.path, max_steps=10)
    assert saved == [(3, 3), (6, 6), (9, 9), (10, 10)]


def test_slow_checkpoints_come_less_often(store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saving takes 1/8 s of the injected clock, so at 2 % the next comes 6.25 s later, not 1 s."""
    now = [0.0]
    monkeypatch.setattr(watching, "time", FakeTime(now))
    saved: list[int] = []

    def save(self: watching.Checkpoint, _path: Path) -> None:
        saved.append(self.step)
        now[0] += 0.125

    monkeypatch.setattr(watching.Checkpoint, "save", save)
    break_every_step(monkeypatch, lambda: now.__setitem__(0, now[0] + 1.0))
    execute(store.create(dcgan.replace({"train.checkpoint_seconds": 1.0})).path, max_steps=12)
    assert saved == [1, 8, 12]


class FakeTime:
    """`time`, with a monotonic clock that is told what to say."""

    def __init__(self, now: list[float]) -> None:
        self._now = now
        self.time = time.time

    def monotonic(self) -> float:
        return self._now[0]


def break_every_step(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    original = GAN.step
    monkeypatch.setattr(GAN, "step", lambda *args: (do(), original(*args))[1])


# --- stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "state"), [("stop", "stopped"), ("pause", "paused")])
def test_a_command_takes_effect_within_a_second(store: RunStore, dcgan: RunConfig, command: str, state: str) -> None:
    """At the first step after the next look, and looks are 0.2 s apart: at most one step comes later than that."""
    assert control.CONTROL_SECONDS <= 0.5
    run, watcher = store.create(dcgan.replace(LONG)), Watcher()
    with executing(run, watchers=[watcher]) as end:
        assert watcher.started.wait(60)
        assert run.state == "running"
        run.command(command)
        given = time.monotonic()
        assert end() == state
    assert sum(moment > given + control.CONTROL_SECONDS for moment in watcher.times) <= 1
    assert run.state == state
    assert run.status.step == watcher.steps[-1] == load_checkpoint(run.checkpoints()["last"]).step
    assert run.scalars()["step"].tolist() == watcher.steps
    assert kinds(run) == ["started", state]


def test_only_a_command_for_this_attempt_is_obeyed(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "CONTROL_SECONDS", 0.0)
    run = store.create(dcgan)
    for attempt in ("", "an earlier one"):
        requests.leave(run.path, Request(kind="stop", attempt=attempt))
    execute(run.path, max_steps=3)
    assert (run.status.attempt, run.status.step) == (1, 3)
    assert requests.waiting(run.path) == []  # what nobody will obey does not lie about


def test_a_stop_that_a_worker_had_no_time_to_see_does_not_stop_the_next_attempt(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker holds the lock of a queued run and has not read the state yet; then somebody presses Stop."""
    run = store.create(dcgan)
    run.enqueue()
    original = Run.status.fget

    def press_stop_first(self: Run) -> Status:
        if run.is_held() and not requests.waiting(run.path):
            monkeypatch.setattr(Run, "status", property(original))
            run.command("stop")
        return original(self)

    monkeypatch.setattr(Run, "status", property(press_stop_first))
    assert execute(run.path, expected="queued") == "stopped"  # it is this attempt that was meant
    assert run.status.step == 0
    assert execute(run.path, max_steps=3) == "stopped"
    assert run.status.step == 3


def test_what_an_old_version_asked_in_its_own_way_stops_nothing(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    (run.path / "control.json").write_text(json.dumps({"command": "stop", "attempt": 1}))
    assert execute(run.path, max_steps=3) == "stopped"
    assert run.status.step == 3


def test_an_interrupt_stops_at_the_next_step(store: RunStore, dcgan: RunConfig) -> None:
    run, interrupt = store.create(dcgan), threading.Event()
    assert execute(run.path, watchers=[Watcher(at=7, do=interrupt.set)], interrupt=interrupt) == "stopped"
    assert run.status.step == 7


def test_what_comes_at_the_last_step_is_too_late_to_stop_it(store: RunStore, dcgan: RunConfig) -> None:
    run, interrupt = store.create(dcgan), threading.Event()
    assert execute(run.path, watchers=[Watcher(at=20, do=interrupt.set)], interrupt=interrupt) == "finished"


def test_a_stopped_run_goes_on_where_it_was(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    assert execute(run.path, max_steps=7) == "stopped"
    watcher = Watcher()
    assert execute(run.path, watchers=[watcher]) == "finished"
    assert watcher.steps == list(range(8, 21))
    assert run.scalars()["step"].tolist() == list(range(1, 21))
    assert run.scalars()["time"].is_monotonic_increasing
    assert run.status.attempt == 2
    assert kinds(run) == ["started", "stopped", "resumed", "finished"]
    assert run.events()[2]["message"].endswith("from step 7")


def test_executing_a_finished_run_again_changes_nothing(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path)
    rows, weights = run.scalars(), load_checkpoint(run.checkpoints()["last"]).algorithm["generator"]
    assert execute(run.path) == "finished"
    assert run.scalars().equals(rows)
    again = load_checkpoint(run.checkpoints()["last"]).algorithm["generator"]
    assert all(torch.equal(weights[name], again[name]) for name in weights)


# --- changing settings while it trains ------------------------------------------------------------------------------


@pytest.fixture
def _looks_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "CONTROL_SECONDS", 0.0)


def trained_by_hand(config: RunConfig, until: int, changes: dict[int, dict[str, object]]) -> dict[str, torch.Tensor]:
    """The generator's weights after `until` steps, with settings changed after some of them."""
    algorithm = GAN(config, torch.device("cpu"))
    stream = BatchStream(load(config), config.train.batch_size, config.seed)
    for step in range(1, until + 1):
        algorithm.step(stream.next, StepRng(config.seed, step))
        if step in changes:
            algorithm.steer(algorithm.config.replace(changes[step]))
    return algorithm.generator.state_dict()


def assert_trained(run: Run, expected: dict[str, torch.Tensor]) -> None:
    saved = load_checkpoint(run.checkpoints()["last"]).algorithm["generator"]
    assert all(torch.equal(saved[name], tensor) for name, tensor in expected.items())


@pytest.mark.usefixtures("_looks_at_every_step")
@pytest.mark.parametrize("changes", [{"optim.lr_g": 1e-3}, {"optim.g_steps": 2, "optim.d_steps": 2}], ids=str)
def test_a_change_takes_effect_at_the_next_step(store: RunStore, config: RunConfig, changes: dict) -> None:
    """Nothing but that step and what follows is different, and history and folder say so."""
    run = store.create(config)
    watcher = Watcher(at=3, do=lambda: run.steer(changes))
    assert execute(run.path, watchers=[watcher], max_steps=7) == "stopped"
    assert_trained(run, trained_by_hand(config, 7, {3: changes}))
    assert [(change.changes, change.step) for change in run.changes()] == [(changes, 3)]
    assert run.config_at(2) == run.config == config
    assert run.config_at(3) == run.steered_config
    assert kinds(run) == ["started", "changed", "stopped"]
    assert run.events()[1]["step"] == 3
    assert [event.kind for event in watcher.events if isinstance(event, Notice)] == kinds(run)


@pytest.mark.usefixtures("_looks_at_every_step")
def test_the_history_tells_old_and_new_values(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, watchers=[Watcher(at=3, do=lambda: run.steer({"optim.lr_g": 1e-3, "optim.g_steps": 2}))])
    assert run.events()[1]["message"] == "lr_g 5e-4 → 1e-3, G steps 1 → 2"


@pytest.mark.usefixtures("_looks_at_every_step")
def test_several_changes_take_effect_in_their_order(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)

    def ask() -> None:
        for rate in (0.1, 0.2, 1e-3):
            run.steer({"optim.lr_g": rate})

    later = Watcher(at=5, do=lambda: run.steer({"optim.lr_d": 1e-3}))
    execute(run.path, watchers=[Watcher(at=3, do=ask), later], max_steps=7)
    assert [change.step for change in run.changes()] == [3, 3, 3, 5]
    assert_trained(run, trained_by_hand(dcgan, 7, {3: {"optim.lr_g": 1e-3}, 5: {"optim.lr_d": 1e-3}}))


def test_a_change_reaches_a_run_in_another_thread_within_a_second(store: RunStore, dcgan: RunConfig) -> None:
    run, watcher, interrupt = store.create(dcgan.replace(LONG)), Watcher(), threading.Event()
    with executing(run, watchers=[watcher], interrupt=interrupt):
        assert watcher.started.wait(60)
        run.steer({"optim.lr_g": 1e-3})
        given = time.monotonic()
        while (step := run.changes()[0].step) is None and time.monotonic() < given + 60:
            threading.Event().wait(0.01)
        interrupt.set()
    assert step is not None
    assert sum(moment > given + control.CONTROL_SECONDS for moment in watcher.times[:step]) <= 1


def test_a_change_of_a_run_that_rests_takes_effect_when_it_goes_on(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.steer({"optim.lr_d": 1e-3})
    execute(run.path, max_steps=3)
    run.steer({"optim.lr_g": 1e-3})
    run.steer({"optim.g_steps": 2})
    assert [change.step for change in run.changes()] == [0, None, None]
    execute(run.path, max_steps=4)
    assert [change.step for change in run.changes()] == [0, 3, 3]
    assert_trained(
        run,
        trained_by_hand(dcgan.replace({"optim.lr_d": 1e-3}), 7, {3: {"optim.lr_g": 1e-3, "optim.g_steps": 2}}),
    )
    execute(run.path, max_steps=1)
    assert kinds(run).count("changed") == 3  # each is told once


@pytest.mark.usefixtures("_looks_at_every_step")
def test_a_change_at_the_last_step_of_an_attempt_waits_for_the_next_one(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, watchers=[Watcher(at=7, do=lambda: run.steer({"optim.lr_g": 1e-3}))], max_steps=7)
    assert [change.step for change in run.changes()] == [None]
    assert execute(run.path) == "finished"
    assert [change.step for change in run.changes()] == [7]


@pytest.mark.usefixtures("_looks_at_every_step")
def test_a_change_after_the_last_step_is_refused_and_told(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, watchers=[Watcher(at=20, do=lambda: run.steer({"optim.lr_g": 1e-3}))])
    assert run.changes() == []
    assert requests.waiting(run.path) == []
    (refused,) = [event for event in run.events() if event["code"] == "refused"]
    assert (refused["step"], refused["message"]) == (20, "lr_g 5e-4 → 1e-3 came after the last step and has no effect")
    assert run.config_now == dcgan


@pytest.mark.usefixtures("_looks_at_every_step")
@pytest.mark.parametrize("content", ['{"kind": "change", "changes": {"seed": 3}}', '{"kind": "ch', "[]", ""])
def test_a_change_that_is_damaged_is_told_once_and_ignored(store: RunStore, dcgan: RunConfig, content: str) -> None:
    run = store.create(dcgan)

    def scribble() -> None:
        run.steer({"optim.lr_g": 1e-3})
        (run.path / "requests" / f"{time.time_ns():020d}-0123456789abcdef.json").write_text(content)
        run.steer({"optim.lr_d": 1e-3})

    assert execute(run.path, watchers=[Watcher(at=3, do=scribble)], max_steps=7) == "stopped"
    assert sorted(kinds(run)[1:-1]) == ["changed", "changed", "warning"]
    (refused,) = [event for event in run.events() if event["kind"] == "warning"]
    assert refused["code"] == "refused"
    assert requests.waiting(run.path) == []
    assert_trained(run, trained_by_hand(dcgan, 7, {3: {"optim.lr_g": 1e-3, "optim.lr_d": 1e-3}}))


def test_changes_that_an_old_version_left_take_effect(store: RunStore, dcgan: RunConfig) -> None:
    """It wrote them into changes/ without a step, numbered; one that does not fit is told and ignored."""
    run = store.create(dcgan)
    (run.path / "changes").mkdir()
    for number, changes in enumerate([{"optim.lr_g": 1e-3}, {"seed": 3}], start=1):
        (run.path / "changes" / f"{number:06d}.json").write_text(json.dumps({"changes": changes, "time": 1.0}))
    execute(run.path, max_steps=7)
    assert [(change.number, change.step) for change in run.changes()] == [(1, 0)]
    assert [event["code"] for event in run.events()][1:3] == ["refused", "changed"]
    assert_trained(run, trained_by_hand(dcgan.replace({"optim.lr_g": 1e-3}), 7, {}))


@pytest.mark.usefixtures("_looks_at_every_step")
def test_a_run_ends_at_the_same_step_however_often_d_is_updated(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[int] = []
    original = heartbeat.Heartbeat.end
    monkeypatch.setattr(
        heartbeat.Heartbeat, "end", lambda self, *args: (rates.append(self.images_per_step), original(self, *args))[1]
    )
    run = store.create(dcgan.replace({"train.keep_epochs": 2}))
    execute(run.path, watchers=[Watcher(at=8, do=lambda: run.steer({"optim.d_steps": 2}))])
    assert (run.state, run.status.step, run.status.total_steps) == ("finished", 20, 20)
    assert list(run.checkpoints()) == ["000008", "000010", "000020", "last"]  # the first from before the change
    assert run.summary["images_per_second"] == pytest.approx((8 + 12 * 2) * 8 / run.summary["seconds"])
    assert run.status.epoch == pytest.approx((6 * 43 + 2 * 8) / 43)  # 32 batches, 5 an epoch
    assert rates == [16]


# --- evaluations ----------------------------------------------------------------------------------------------------

MEASURED = {"train.evaluate_every": 4, "train.evaluate_share": 1.0, "train.final_samples": 50}


@pytest.fixture
def _few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "CHEAP_SAMPLES", 20)


def files(run: Run) -> list[str]:
    return sorted(path.name for path in (run.path / "evals").glob("*"))


@pytest.mark.usefixtures("_few_samples")
def test_a_run_is_measured_at_the_steps_it_names_and_at_its_end(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace(MEASURED | {"train.evaluate_every": 8}))
    assert execute(run.path) == "finished"
    assert files(run) == [f"{name}.json" for name in ("000008-raw-cheap", "000016-raw-cheap")] + [
        "000020-raw-cheap.json",
        "000020-raw-full.json",
    ]
    cheap, full = run.evaluations()[0], run.evaluations()[-1]
    assert (cheap.samples, full.samples, full.extractor) == (20, 50, "mnist-cnn-v1")
    assert run.summary["fid (mnist-cnn-v1)"] == full.values["fid"]
    assert run.summary["best_fid (mnist-cnn-v1)"] == min(each.values["fid"] for each in run.evaluations()[:3])
    assert "loss_g" in run.summary
    measured = next(event for event in run.events() if event["kind"] == "measured")
    assert f"FID (mnist-cnn-v1) {full.values['fid']:.3g}" in measured["message"]
    assert "50 samples, raw" in measured["message"]


@pytest.mark.usefixtures("_few_samples")
def test_measuring_changes_nothing_in_the_training(store: RunStore, dcgan: RunConfig) -> None:
    weights = []
    for settings in ({}, MEASURED):
        run = store.create(dcgan.replace(settings | {"optim.ema": 0.9}))
        execute(run.path)
        weights.append(load_checkpoint(run.checkpoints()["last"]).algorithm)
    assert equal(*weights)
    assert {each.weights for each in run.evaluations()} == {"raw", "ema"}


@pytest.mark.usefixtures("_few_samples")
def test_evaluations_keep_to_their_share_of_the_time(store: RunStore, dcgan: RunConfig) -> None:
    """No time is allowed: only the last point, which ends the curve. None at all, and not even that."""
    run = store.create(dcgan.replace(MEASURED | {"train.evaluate_share": 0.0, "train.final_samples": 0}))
    execute(run.path)
    assert files(run) == ["000020-raw-cheap.json"]
    unmeasured = store.create(dcgan.replace({"train.evaluate_share": 1.0}))
    execute(unmeasured.path)
    assert files(unmeasured) == []


@pytest.mark.usefixtures("_few_samples")
def test_a_run_that_goes_on_from_an_earlier_checkpoint_measures_anew(store: RunStore, dcgan: RunConfig) -> None:
    """What was measured after that checkpoint is of weights that are lost."""
    run = store.create(dcgan.replace(MEASURED | {"train.final_samples": 0}))
    execute(run.path, max_steps=6)
    shutil.copy(run.checkpoints()["last"], run.path / "earlier.pt")
    execute(run.path, max_steps=7)
    assert [each.step for each in run.evaluations()] == [4, 8, 12]
    shutil.copy(run.path / "earlier.pt", run.checkpoints()["last"])
    execute(run.path, max_steps=1)
    assert [each.step for each in run.evaluations()] == [4]


@pytest.mark.usefixtures("_looks_at_every_step", "_few_samples")
@pytest.mark.parametrize("command", ["stop", "pause"])
def test_a_run_that_is_not_finished_has_no_final_numbers(store: RunStore, dcgan: RunConfig, command: str) -> None:
    run = store.create(dcgan.replace(MEASURED))
    execute(run.path, watchers=[Watcher(at=6, do=lambda: run.command(command))])
    assert files(run) == ["000004-raw-cheap.json"]


@pytest.mark.usefixtures("_looks_at_every_step", "_few_samples")
def test_measuring_is_given_up_for_a_command(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to stop while it measures at the end, a run ends at once: finished, since nothing is left to train."""
    original = Evaluator.evaluate

    def slow(self: Evaluator, algorithm: GAN, step: int, size: str, *args: object, **options: object) -> Evaluation:
        if size == "full":
            run.command("stop")
        return original(self, algorithm, step, size, *args, **options)

    monkeypatch.setattr(Evaluator, "evaluate", slow)
    run = store.create(dcgan.replace(MEASURED))
    assert execute(run.path) == "finished"
    assert "000020-raw-full.json" not in files(run)
    assert run.status.phase == ""


@pytest.mark.usefixtures("_few_samples")
def test_an_evaluation_that_fails_does_not_end_the_training(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> Evaluation:
        raise ValueError("the disk is upside down")

    monkeypatch.setattr(Evaluator, "evaluate", broken)
    run = store.create(dcgan.replace(MEASURED))
    assert execute(run.path) == "finished"
    warnings = [event["message"] for event in run.events() if event["kind"] == "warning"]
    assert "the samples could not be evaluated: the disk is upside down" in warnings


def test_trouble_is_told_once(store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("collapse", "Mode collapse", 3, "2 of 10 digits come up.", "G repeats itself.", "report 002")
    monkeypatch.setattr(watching, "HEALTH_SECONDS", 0.0)
    monkeypatch.setattr(watching, "HEALTH_SHARE", math.inf)
    monkeypatch.setattr(watching, "examine", lambda run: [finding] if len(run.scalars()) >= 3 else [])
    run = store.create(dcgan)
    execute(run.path, max_steps=dcgan.total_steps - 1)
    execute(run.path)  # another attempt knows what the first one told
    told = [(event["step"], event["message"]) for event in run.events() if event["kind"] == "warning"]
    assert told == [(3, "Mode collapse: 2 of 10 digits come up.")]


# --- locks ----------------------------------------------------------------------------------------------------------


def test_a_run_that_somebody_else_executes_is_busy(
    store: RunStore, dcgan: RunConfig, held_elsewhere: HeldElsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    monkeypatch.setattr(runner, "LOCK_SECONDS", 0.05)
    with held_elsewhere(run.path / "lock"), pytest.raises(RunBusy, match="is running already"):
        execute(run.path)
    assert run.status.attempt == 0
    assert execute(run.path, max_steps=1) == "stopped"


def test_a_running_run_is_busy_in_this_process_too(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, watcher, interrupt = store.create(dcgan.replace(LONG)), Watcher(), threading.Event()
    with executing(run, watchers=[watcher], interrupt=interrupt):
        assert watcher.started.wait(60)
        monkeypatch.setattr(runner, "LOCK_SECONDS", 0.05)
        with pytest.raises(RunBusy):
            execute(run.path)
        with pytest.raises(RunBusy):
            store.delete(run)
        interrupt.set()
    assert run.status.attempt == 1
    assert not run.is_held()


def test_an_attempt_that_was_taken_over_falls_silent(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a shared file system the lock may be lost unseen; the token in status.json tells."""
    monkeypatch.setattr(heartbeat, "PERIOD", 0.01)
    run = store.create(dcgan.replace(LONG))
    changes = {"state": "running", "attempt": 1, "token": "another", "heartbeat": time.time(), "step": 123}
    later = run.status.model_copy(update=changes)
    with pytest.raises(Superseded, match="taken over"):
        execute(run.path, watchers=[Watcher(at=3, do=lambda: take_over(run, later))])
    assert run.status == later
    assert run.checkpoints() == {}
    assert kinds(run) == ["started"]


def take_over(run: Run, later: object) -> None:
    """Until it stays: the heartbeat may be between its look and its write."""
    for _ in range(20):
        run.write_status(later)
        threading.Event().wait(0.01)


@pytest.mark.parametrize("text", ["{", '{"schema": 1, "config": {"model": {"ngf": 0}}}'])
def test_a_folder_that_cannot_be_read_is_not_executed(store: RunStore, dcgan: RunConfig, text: str) -> None:
    run = store.create(dcgan)
    (run.path / "config.json").write_text(text)
    with pytest.raises(ConfigError):
        execute(run.path)
    assert run.status.attempt == 0


# --- failing --------------------------------------------------------------------------------------------------------


def set_nan(_: GAN, scalars: dict[str, torch.Tensor]) -> None:
    scalars["loss_g"] = torch.tensor(float("nan"))


def poison(algorithm: GAN, _: dict[str, torch.Tensor]) -> None:
    next(algorithm.generator.parameters()).data.view(-1)[0] = float("inf")


def test_a_diverged_run_fails_with_step_and_reason_and_keeps_its_data(
    store: RunStore, mlp: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 13, set_nan)
    run = store.create(mlp)
    assert execute(run.path) == "failed"
    assert run.state == "failed"
    assert run.status.error == "the run diverged: loss_g is not a number at step 13."
    rows = run.scalars()
    assert rows["step"].tolist() == list(range(1, 14))
    assert rows["loss_g"].isna().tolist() == [False] * 12 + [True]
    assert {0, 1, 2, 4, 8} <= set(run.samples())
    assert run.summary["step"] >= 13
    assert "loss_d" in run.summary
    assert run.checkpoints() == {}
    assert kinds(run) == ["started", "failed"]
    assert not run.is_held()


def test_a_huge_learning_rate_diverges_by_itself(store: RunStore, mlp: RunConfig) -> None:
    """Least squares through a deep linear D: its score grows without bound until float32 overflows."""
    changes = {"objective.loss": "least_squares", "optim.lr_d": 1.0, "optim.beta2": 0.0, "optim.beta1": 0.0}
    wide = {"model.d_hidden": (64,) * 8, "model.d_leak": 1.0, "model.dropout": 0.0, "train.epochs": 1_000}
    run = store.create(mlp.replace(changes | wide))
    assert execute(run.path) == "failed"
    error = run.status.error
    assert error is not None
    last = run.scalars().iloc[-1]
    assert error.startswith("the run diverged: ")
    assert error.endswith(f" at step {int(last['step']):,}.")
    assert not np.isfinite(last).all()


def test_weights_that_are_not_finite_never_replace_a_checkpoint(
    store: RunStore, mlp: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(mlp)
    execute(run.path, max_steps=5)
    before = run.checkpoints()["last"].read_bytes()
    break_at(monkeypatch, 8, poison)
    assert execute(run.path, max_steps=3) == "failed"
    assert run.status.error == "the run diverged: a weight is not a number at step 8."
    assert run.checkpoints()["last"].read_bytes() == before
    assert [file.name for file in (run.path / "checkpoints").iterdir()] == ["last.pt"]
    monkeypatch.undo()
    assert execute(run.path) == "finished"  # from step 5
    assert run.scalars()["step"].tolist() == list(range(1, 21))


def test_an_exception_fails_the_run_with_one_sentence(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("first line\nsecond line")

    break_at(monkeypatch, 4, explode)
    run = store.create(dcgan)
    assert execute(run.path) == "failed"
    assert run.status.error == "RuntimeError: first line"
    assert "second line" in (run.path / "error.txt").read_text()
    assert run.scalars()["step"].tolist() == [1, 2, 3]
    assert kinds(run) == ["started", "failed"]
    assert run.events()[-1]["message"] == run.status.error


@pytest.mark.parametrize("problem", [MemoryError(), ValueError(""), OSError(28, "No space left on device")])
def test_whatever_goes_wrong_the_run_does_not_go_on_saying_that_it_runs(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def explode(*_: object) -> None:
        raise problem

    break_at(monkeypatch, 2, explode)
    run = store.create(dcgan)
    assert execute(run.path) == "failed"
    assert run.state == "failed"
    codes = {MemoryError: "no-memory", ValueError: "internal", OSError: "no-space"}
    assert run.status.error_code == codes[type(problem)]
    assert "\n" not in str(run.status.error)


@pytest.mark.parametrize(
    "problem",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.\nGPU 0 has ..."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: not enough memory: you tried to ..."),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't allocate memory: you ..."
        ),
        RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"),
        MemoryError(),
    ],
    ids=["CUDA", "Windows", "Linux", "MPS", "Python"],
)
def test_out_of_memory_in_a_step_names_what_to_lower(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def want_too_much(*_: object) -> None:
        raise problem

    with monkeypatch.context() as broken:
        break_at(broken, 2, want_too_much)
        run = store.create(dcgan)
        assert execute(run.path) == "failed"
    assert run.status.error_code == "no-memory"
    for setting in ("batch size", "ngf, ndf", "images"):
        assert setting in str(run.status.error)
    assert execute(run.path) == "finished"


def test_a_dying_process_leaves_an_interrupted_run(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    break_at(monkeypatch, 3, die)
    run = store.create(dcgan)
    with pytest.raises(KeyboardInterrupt):
        execute(run.path)
    assert run.state == "interrupted"


def test_missing_data_fails_the_run_with_what_to_do(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Images:
        raise DataUnavailable("mnist is not here: connect once.")

    monkeypatch.setattr(runner, "load", refuse)
    run = store.create(dcgan)
    assert execute(run.path) == "failed"
    assert run.status.error == "mnist is not here: connect once."


@pytest.mark.parametrize("damage", [b"", b"garbage", None], ids=["empty", "garbage", "half"])
def test_a_damaged_checkpoint_fails_the_run_and_stays(store: RunStore, dcgan: RunConfig, damage: bytes | None) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=3)
    path = run.checkpoints()["last"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if damage is None else damage)
    before, rows = path.read_bytes(), run.scalars()
    assert execute(run.path) == "failed"
    error = str(run.status.error)
    assert error.startswith("the checkpoint last.pt cannot be read (")
    assert error.endswith(").")
    assert path.read_bytes() == before
    assert run.scalars().equals(rows)


@pytest.mark.parametrize(
    "content", [{"step": 1}, [1, 2], {"step": 1, "drawn": 2, "trained": 0.0, "algorithm": {}, "x": 1}]
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "last.pt")
    with pytest.raises(BadCheckpoint, match=r"^the checkpoint last\.pt cannot be read \(TypeError\)$"):
        load_checkpoint(tmp_path / "last.pt")


def test_a_link_in_place_of_the_history_is_not_followed_and_is_said(
    store: RunStore, dcgan: RunConfig, tmp_path: Path
) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (run.path / "events.jsonl").unlink()
    (run.path / "events.jsonl").symlink_to(elsewhere)
    assert execute(run.path) == "failed"
    assert run.status.error == "events.jsonl is no plain file: move it away, then resume the run."
    assert (run.status.error_code, elsewhere.read_text()) == ("bad-file", "mine")


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("owned"),)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"step": Evil()}, tmp_path / "last.pt")
    with pytest.raises(BadCheckpoint):
        load_checkpoint(tmp_path / "last.pt")
    assert not (tmp_path / "owned").exists()


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=3)
    before = run.checkpoints()["last"].read_bytes()

    def fail(_state: object, file: io.BufferedWriter) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", fail)
    assert execute(run.path, max_steps=2) == "failed"
    assert run.status.error_code == "no-space"
    assert run.checkpoints()["last"].read_bytes() == before
    assert [file.name for file in (run.path / "checkpoints").iterdir()] == ["last.pt"]


# --- forks ----------------------------------------------------------------------------------------------------------


def test_a_fork_goes_on_from_its_parents_checkpoint(store: RunStore, dcgan: RunConfig) -> None:
    parent = store.create(dcgan, name="Parent")
    execute(parent.path, max_steps=7)
    run, watcher = store.fork(parent, "last", dcgan.replace({"optim.lr_g": 1e-3})), Watcher()
    assert execute(run.path, watchers=[watcher]) == "finished"
    assert watcher.steps == run.scalars()["step"].tolist() == list(range(8, 21))
    assert store.joined_scalars(run)["step"].tolist() == list(range(1, 21))
    assert store.joined_scalars(run)["time"].is_monotonic_increasing
    assert (run.status.attempt, run.status.step) == (1, 20)
    assert kinds(run) == ["forked", "resumed", "finished"]
    assert set(run.samples()) == {7, 8, 16, 20}
    assert (parent.state, parent.status.step) == ("stopped", 7)
    assert_trained(run, trained_by_hand(dcgan, 20, {7: {"optim.lr_g": 1e-3}}))


def test_a_fork_whose_checkpoint_breaks_fails_with_one_sentence(store: RunStore, dcgan: RunConfig) -> None:
    parent = store.create(dcgan)
    execute(parent.path, max_steps=3)
    run = store.fork(parent, "last", dcgan)
    run.checkpoints()["last"].write_bytes(b"garbage")
    assert execute(run.path) == "failed"
    assert str(run.status.error).startswith("the checkpoint last.pt cannot be read (")
