"""`execute(run_dir)`: the one way in which a run is trained, whoever asks for it.

It drives an `attempt`, which stops before each step until somebody has made it: `gancore.training.together` drives
several at once.
"""

from __future__ import annotations

import math
import os
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import torch

from gancore.algorithms import Algorithm, build_algorithm
from gancore.data import BatchStream, DataUnavailable, Images, load
from gancore.files import sweep, write_atomic, write_json
from gancore.models.own import BadNetwork
from gancore.store import Run
from gancore.store.checkpoints import BadCheckpoint, Checkpoint, load_checkpoint
from gancore.store.discarded import discard_after, found_after
from gancore.store.records import State, Status
from gancore.store.requests import new_token
from gancore.store.scalars import ScalarWriter, missing_steps
from gancore.training import failures
from gancore.training.control import Inbox, Steering
from gancore.training.events import Notice, Step
from gancore.training.heartbeat import Heartbeat, Superseded
from gancore.training.sinks import Diverged, HistorySink, ScalarSink, Sink
from gancore.training.trainer import Trainer
from gancore.training.watching import Watch

LOCK_SECONDS = 5.0  # that somebody else may hold the run for a moment

Attempt: TypeAlias = Generator[
    Trainer, Step, State
]  # yields the trainer whose next step is to be made; is sent the step


class NoDevice(RuntimeError):
    """The device that the settings name is not there; the message is one sentence."""


class OtherData(RuntimeError):
    """The images are not those that the run was trained on before; the message is one sentence."""


# What can go wrong with a run that is no error of ours, and its code in `Status.error_code`.
_CODES: dict[type[Exception], str] = {
    Diverged: "diverged",
    DataUnavailable: "no-data",
    OtherData: "other-data",
    BadCheckpoint: "bad-checkpoint",
    NoDevice: "no-device",
    BadNetwork: "bad-network",
}


def execute(
    run_dir: str | Path,
    *,
    watchers: Iterable[Sink] = (),
    max_steps: int | None = None,
    interrupt: threading.Event | None = None,
    resumed: bool = False,
    expected: State | None = None,
) -> State:
    """Train the run in `run_dir` until it ends or is told to stop, going on from its last checkpoint if it has one.

    `watchers` are sinks besides the run's own; `max_steps` stops this attempt after so many steps; setting `interrupt`
    stops it at the next step. With `resumed`, somebody sees to it that interrupted runs go on: then `interrupt` leaves
    it as if its process had died, but with a checkpoint: it says that it is running, and nobody holds it. A run that is
    no longer in the `expected` state is left alone. Returns the state it is left in. What goes wrong in training is
    written into the run (`failed`, with one sentence), not raised. Raises `RunBusy` if somebody else executes it,
    `RunNotFound` if its folder is gone, `ConfigError` if it cannot be read, `Superseded` if another machine took it
    over.
    """
    made = attempt(
        run_dir, watchers=watchers, max_steps=max_steps, interrupt=interrupt, resumed=resumed, expected=expected
    )
    try:
        trainer = next(made)
        while True:
            try:
                event = trainer.make_step()
            except BaseException as problem:
                trainer = made.throw(problem)
            else:
                trainer = made.send(event)
    except StopIteration as end:
        state: State = end.value
        return state


def attempt(
    run_dir: str | Path,
    *,
    watchers: Iterable[Sink] = (),
    max_steps: int | None = None,
    interrupt: threading.Event | None = None,
    resumed: bool = False,
    expected: State | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Attempt:
    """`execute`, for somebody who makes the steps; what goes wrong with one is thrown in. `clock` is by what its
    seconds of training are told."""
    run = Run(Path(run_dir))
    _ = run.config
    with run.hold(f"{run.name} is running already", timeout=LOCK_SECONDS):
        status = run.status
        if expected is not None and status.state != expected:  # somebody was quicker to change his mind
            return status.state
        made = _Attempt(run, status, watchers, max_steps, interrupt or threading.Event(), resumed, clock)
        return (yield from made.execute())


def pick_device(wanted: str = "auto") -> torch.device:
    """The device that is wanted; `auto` is CUDA or MPS when there is one, else the CPU. Raises `NoDevice`."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, there in present.items() if there))
    if not present[wanted]:
        raise NoDevice(f"this machine has no {wanted}: set train.device to auto or cpu")
    return torch.device(wanted)


class _Attempt:
    """One execution of a run, from taking it up to letting it go."""

    def __init__(
        self,
        run: Run,
        before: Status,
        watchers: Iterable[Sink],
        max_steps: int | None,
        interrupt: threading.Event,
        resumed: bool,
        clock: Callable[[], float],
    ) -> None:
        self.run, self.config, self.clock = run, run.config, clock
        self.watchers = tuple(watchers)
        self.max_steps = math.inf if max_steps is None else max_steps
        self.interrupt, self.resumed = interrupt, resumed
        self.steering: Steering | None = None  # once it trains
        # A run that waits in the queue has the token of this attempt already: a command to leave the queue that comes
        # too late for that is for whoever took it up.
        token = before.token if before.state == "queued" and before.token else new_token()
        self.inbox = Inbox(run, token)
        self.before = before
        changes = {"state": "running", "attempt": before.attempt + 1, "token": token, "phase": "loading data"}
        changes |= {"error": None, "error_code": "", "total_steps": self.config.total_steps}
        changes |= {"scalars": {}, "rate": None, "remaining": None}
        self.heartbeat = Heartbeat(run, before.model_copy(update=changes), self.config.images_per_step)

    def execute(self) -> Attempt:
        """Train, and write down how it ended."""
        sweep(self.run.path)
        with suppress(OSError):  # a folder in its place
            (self.run.path / "error.txt").unlink(missing_ok=True)
        self.inbox.clear_stale_commands()
        if self.before.state in ("queued", "running"):  # what is asked from now on is for whoever holds the run
            self.inbox.accept(self.before.token)
        try:
            self.heartbeat.start()
            state, error, code = yield from self._train_or_fail()
            if state == "stopped" and self._is_to_be_resumed():
                state = "running"
            else:
                self.inbox.clear_commands()
            self.heartbeat.end(state, error, code)
            if state == "finished" and self.steering:
                with suppress(OSError):  # a full disk does not undo what was finished
                    self.steering.refuse(self.config.total_steps)
        finally:  # whatever happened: a heartbeat that outlives its attempt would say that it runs
            self.heartbeat.stop()
        if error:
            with suppress(OSError):  # a full disk, which the status tells already
                self._notify(Notice("failed", self.run.status.step, error, code))
        return state

    def _train_or_fail(self) -> Generator[Trainer, Step, tuple[State, str | None, str]]:
        """How it ended: the state, and for a failure one sentence and its code."""
        try:
            return (yield from self._train()), None, ""
        except Superseded:
            raise
        except tuple(_CODES) as problem:
            code = next(code for kind, code in _CODES.items() if isinstance(problem, kind))
            return "failed", f"{str(problem).rstrip('.')}.", code
        except Exception as problem:  # whatever it is, the run must not be left saying that it runs
            with suppress(OSError):
                write_atomic(self.run.path / "error.txt", traceback.format_exc().encode())
            return "failed", failures.describe(problem), failures.code(problem)

    def _train(self) -> Attempt:
        torch.set_num_threads(self.run.threads or torch.get_num_threads())
        device = pick_device(self.config.train.device)
        self.heartbeat.update(device=str(device))
        images = load(self.config)
        if (wanted := self._wanted()) is not None:
            self._notify(Notice(wanted, self.run.status.step, "while the data were loading"))
            return wanted
        self._check_data(images)
        self.heartbeat.update(phase="")
        algorithm = build_algorithm(self.config, device)
        saved = self._resume(algorithm)
        stream = self._stream(images, device, saved.drawn if saved else 0)
        trainer = Trainer(
            algorithm,
            stream,
            seed=self.config.seed,
            total_steps=self.config.total_steps,
            step=saved.step if saved else 0,
            trained=saved.trained if saved else 0.0,
            clock=self.clock,
        )
        self.heartbeat.update(step=trainer.step, epoch=stream.epoch, seconds=trainer.trained)
        self._go_back_to(trainer.step)
        scalars = ScalarSink(ScalarWriter(self.run.path / "scalars.arrow", keep_through=trainer.step))
        watch = Watch(
            *(self.run, algorithm, stream, trainer, scalars),
            inbox=self.inbox,
            heartbeat=self.heartbeat,
            wanted=self._wanted,
            notify=self._notify,
        )
        try:
            return (yield from self._loop(trainer, watch, str(device)))
        except BaseException as problem:
            if isinstance(problem, Superseded) or not isinstance(problem, Exception):
                scalars.abandon()
            else:
                watch.close_books()
            raise

    def _loop(self, trainer: Trainer, watch: Watch, device: str) -> Attempt:
        start = trainer.step
        begun = f"on {device}" if start == 0 else f"on {device}, from step {start:,}"
        self._notify(Notice("resumed" if start else "started", start, begun))
        watch.begin()
        self.steering = steering = Steering(self.run, self.inbox, self._notify)
        self._steer(steering, trainer, watch)
        outcome: State = "finished"
        while trainer.step < trainer.total_steps:
            event = yield trainer
            for sink in (watch.scalars, *self.watchers):
                sink(event)
            watch.after(event)
            wanted = "stopped" if event.step - start >= self.max_steps else self._wanted()
            if wanted and event.step < trainer.total_steps:
                outcome = wanted
                break
            self._steer(steering, trainer, watch)
        watch.end(outcome)
        if outcome == "finished":
            steering.refuse(trainer.step)
        self._notify(Notice(outcome, trainer.step, f"after {trainer.trained:.0f} s of training"))
        return outcome

    def _steer(self, steering: Steering, trainer: Trainer, watch: Watch) -> None:
        """Let changes of settings take effect, while there is a step left for them."""
        if trainer.step < trainer.total_steps and steering.apply(trainer.step):
            watch.before_change()
            trainer.algorithm.steer(steering.config)
            self.heartbeat.images_per_step = steering.config.images_per_step

    def _wanted(self) -> State | None:
        """What the outside wants instead of training."""
        if self.interrupt.is_set():
            self.inbox.look()  # what somebody asked for a moment ago counts more
            return self.inbox.command() or "stopped"
        return self.inbox.command()

    def _is_to_be_resumed(self) -> bool:
        """Whether it was stopped only since the process ends, and not since somebody asked for it."""
        return self.resumed and self.interrupt.is_set() and self.inbox.command() is None

    # --- taking the run up --------------------------------------------------------------------------------------------

    def _check_data(self, images: Images) -> None:
        """Write down which images the run is trained on; refuse others than before. Raises `OtherData`."""
        fingerprint = images.fingerprint()
        if self.run.data_fingerprint is None:
            write_json(self.run.path / "data.json", {"fingerprint": fingerprint}, durable=True)
        elif self.run.data_fingerprint != fingerprint:
            raise OtherData(
                f"the images of {self.config.data.name} differ from those that this run was trained on: restore "
                "those, or start a new run"
            )

    def _resume(self, algorithm: Algorithm) -> Checkpoint | None:
        path = self.run.path / "checkpoints" / "last.pt"
        if not os.path.lexists(path):
            return None
        saved = load_checkpoint(path)  # which refuses what is no plain file
        algorithm.load_state_dict(saved.algorithm)
        return saved

    def _stream(self, images: Images, device: torch.device, drawn: int) -> BatchStream:
        return BatchStream(
            images,
            self.config.train.batch_size,
            self.config.seed,
            least=self.config.least_batch,
            shuffle=self.config.data.shuffle,
            scale=self.config.data.range,
            labelled=self.config.labelled,
            drawn=drawn,
            device=device,
        )

    def _go_back_to(self, step: int) -> None:
        """Set aside what came after the checkpoint, and say what the curves lack before it."""
        name = f"{step:06d}-{self.run.status.token}"
        if later := found_after(self.run.path, step):
            message = f"what came after step {step:,} is set aside in discarded/{name}: {later}"
            self._notify(Notice("rewound", step, message, "rewound"))  # before: it may be killed on the way
            discard_after(self.run.path, step, name)
        first = (self.run.meta.parent_step or 0) + 1
        if gap := missing_steps(self.run.path / "scalars.arrow", first, step):
            message = f"the curves lack steps {gap[0]:,} to {gap[1]:,}: their file was damaged"
            self._notify(Notice("warning", step, message, "gap"))

    def _notify(self, notice: Notice) -> None:
        for sink in (HistorySink(self.run), *self.watchers):
            sink(notice)
