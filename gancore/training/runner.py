"""`execute(run_dir)`: the one way in which a run is trained, whoever asks for it."""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from filelock import Timeout

from gancore.algorithms import build_algorithm
from gancore.config import SETTINGS, RunConfig
from gancore.data import BatchStream, DataUnavailable, load
from gancore.evaluation.measures import MAIN, MEASURES
from gancore.evaluation.runs import Evaluations, sum_up
from gancore.files import write_atomic, write_json
from gancore.health import examine
from gancore.pictures.grids import encode_png
from gancore.progress import Cancelled, silent
from gancore.store import Run, RunBusy
from gancore.store.checkpoints import BadCheckpoint, Checkpoint, load_checkpoint
from gancore.store.evaluations import Evaluation, Size
from gancore.store.records import Change, State
from gancore.store.scalars import ScalarWriter
from gancore.text import describe_duration, describe_value
from gancore.training.events import Notice, Step
from gancore.training.heartbeat import Pulse, Superseded
from gancore.training.previews import build_preview
from gancore.training.sinks import Diverged, HistorySink, ScalarSink, Sink
from gancore.training.trainer import Trainer

CONTROL_SECONDS = 0.2  # between looks at control.json, and at changes/
CHECKPOINT_SHARE = 0.02  # of training time that saving may take at most
SUMMARY_STEPS = 100  # over which final numbers are averaged
HEALTH_SECONDS = 10.0  # between looks at whether something goes wrong


class NoDevice(RuntimeError):
    """The device that the settings name is not there; the message is one sentence."""


def execute(
    run_dir: str | Path,
    *,
    watchers: Iterable[Sink] = (),
    max_steps: int | None = None,
    interrupt: threading.Event | None = None,
    expected: State | None = None,
) -> State:
    """Train the run in `run_dir` until it ends or is told to stop, going on from its last checkpoint if it has one.

    `watchers` are sinks besides the run's own; `max_steps` stops this attempt after so many steps; setting `interrupt`
    stops it at the next step; a run that is no longer in the `expected` state is left alone. Returns the state it is
    left in. What goes wrong in training is written into the run (`failed`, with one sentence), not raised. Raises
    `RunBusy` if somebody else executes it, `ConfigError` if it cannot be read, `Superseded` if another machine took it
    over.
    """
    run = Run(Path(run_dir))
    _ = run.config
    lock = run.lock()
    try:
        lock.acquire(timeout=5)  # long enough for a reader that looks whether it is held
    except Timeout:
        raise RunBusy(f"{run.name} is running already") from None
    try:
        state = run.status.state
        if expected is not None and state != expected:  # somebody was quicker to change his mind
            return state
        return _Attempt(run, watchers, max_steps, interrupt or threading.Event()).execute()
    finally:
        lock.release()


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

    def __init__(self, run: Run, watchers: Iterable[Sink], max_steps: int | None, interrupt: threading.Event) -> None:
        self.run = run
        self.config = run.config
        self.watchers = tuple(watchers)
        self.max_steps = math.inf if max_steps is None else max_steps
        self.interrupt = interrupt
        self.steered = self.config  # with the changes that are in effect
        self._changes: deque[Change] = deque()  # those that are not yet
        self._known_changes: set[int] = set()
        self._control_due, self._changes_due = _Every(CONTROL_SECONDS), _Every(CONTROL_SECONDS)
        self._health_due = _Every(HEALTH_SECONDS)
        status = run.status
        self.number = status.attempt + 1
        self.pulse = Pulse(
            run,
            status.model_copy(
                update={
                    "state": "running",
                    "attempt": self.number,
                    "heartbeat": time.time(),
                    "total_steps": self.config.total_steps,
                    "error": None,
                    "phase": "loading data",
                }
            ),
            images_per_step=_images_per_step(self.config),
        )

    def execute(self) -> State:
        """Train, and write down how it ended."""
        (self.run.path / "error.txt").unlink(missing_ok=True)
        self.pulse.start()
        try:
            state, error = self._train(), None
        except Superseded:
            self.pulse.stop()
            raise
        except (Diverged, DataUnavailable, BadCheckpoint, NoDevice) as problem:
            state, error = "failed", f"{str(problem).rstrip('.')}."
        except Exception as problem:  # whatever it is, the run must not be left saying that it runs
            state, error = "failed", f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"
            write_atomic(self.run.path / "error.txt", traceback.format_exc().encode())
        except BaseException:  # the process is dying; the run shows as interrupted
            self.pulse.stop()
            raise
        self.pulse.end(state, error)
        if error:
            self._notify(Notice("failed", self.run.status.step, error))
        return state

    def _train(self) -> State:
        torch.set_num_threads(self.run.threads or torch.get_num_threads())
        self.device = pick_device(self.config.train.device)
        self.pulse.update(device=str(self.device))
        images = load(self.config)
        if (wanted := self._wanted()) is not None:
            self._notify(Notice(wanted, self.run.status.step, "while data were loading"))
            return wanted
        self.pulse.update(phase="")
        self.algorithm = build_algorithm(self.config, self.device)
        self.picture = build_preview(self.algorithm, self.config)
        saved = self._resume()
        self.stream = BatchStream(
            images,
            self.config.train.batch_size,
            self.config.seed,
            shuffle=self.config.data.shuffle,
            scale=self.config.data.range,
            labelled=self.config.labelled,
            drawn=saved.drawn if saved else 0,
            device=self.device,
        )
        self.trainer = Trainer(
            self.algorithm,
            self.stream,
            seed=self.config.seed,
            total_steps=self.config.total_steps,
            step=saved.step if saved else 0,
            trained=saved.trained if saved else 0.0,
        )
        self.run.drop_evaluations(self.trainer.step)
        self.evaluations = Evaluations(self.run, self.algorithm)
        self.scalars = ScalarSink(ScalarWriter(self.run.path / "scalars.arrow", keep_through=self.trainer.step))
        try:
            return self._loop()
        except BaseException as problem:
            if isinstance(problem, Superseded) or not isinstance(problem, Exception):
                self.scalars.abandon()
            else:
                self._close_books()
            raise

    def _resume(self) -> Checkpoint | None:
        path = self.run.checkpoints().get("last")
        if path is None:
            return None
        saved = load_checkpoint(path)
        self.algorithm.load_state_dict(saved.algorithm)
        return saved

    def _loop(self) -> State:
        start = self.trainer.step
        resumed = f"on {self.device}" if start == 0 else f"on {self.device}, from step {start:,}"
        self._notify(Notice("resumed" if start else "started", start, resumed))
        self._trained_before = self.trainer.trained
        self._preview()
        self._steer()
        self._saved_at, self._save_cost = time.monotonic(), 0.0
        outcome: State = "finished"
        for event in self.trainer.run():
            for sink in (self.scalars, *self.watchers):
                sink(event)
            self._after(event)
            wanted = "stopped" if event.step - start >= self.max_steps else self._wanted()
            if wanted and event.step < self.trainer.total_steps:
                outcome = wanted
                break
            self._steer()
        self._end(outcome)
        return outcome

    def _after(self, event: Step) -> None:
        self._stop_if_lost()
        self.pulse.update(step=event.step, epoch=event.epoch, seconds=event.time, scalars=self.scalars.latest)
        first_epoch = self.config.batches_per_epoch // self.config.batches_per_step
        if event.step == first_epoch or preview_due(event.step, self.config.train.preview_every):
            self._preview()
        if self._keep_due(event.step):
            self._checkpoint(f"{event.step:06d}")
        if self.evaluations.due(event.step, event.time - self._trained_before):
            self._evaluate("cheap")
        if self._health_due():
            self._look_for_trouble()
        pause = max(self.config.train.checkpoint_seconds, self._save_cost / CHECKPOINT_SHARE)
        if time.monotonic() - self._saved_at >= pause:
            self._checkpoint("last")

    def _wanted(self) -> State | None:
        """What the outside wants now, looked up a few times a second."""
        if self.interrupt.is_set():
            return "stopped"
        if not self._control_due():
            return None
        control = self.run.control
        if control.attempt != self.number or control.command == "run":
            return None
        return "paused" if control.command == "pause" else "stopped"

    def _steer(self) -> None:
        """Let changes of settings take effect in their order: those of an earlier attempt at their step, new ones now.

        The step is on the disk before a change takes effect. So a resume from an earlier checkpoint lets it take effect
        at the same step, after a `kill -9` too, and equals the run that was not interrupted.
        """
        if self.trainer.step == self.trainer.total_steps:
            return  # no step is left for them
        if self._changes_due():
            self._look_for_changes()
        before = self.steered
        while self._changes and (self._changes[0].step or 0) <= self.trainer.step:
            change = self._changes.popleft()
            if change.step is None:
                self.run.record_change(change, self.trainer.step)
                self._notify(Notice("changed", self.trainer.step, _describe(change, self.steered)))
            self.steered = self.steered.replace(change.changes)
        if self.steered is not before:
            self.algorithm.steer(self.steered)
            self.pulse.images_per_step = _images_per_step(self.steered)

    def _look_for_changes(self) -> None:
        """Take up changes that were not there before; one that cannot be applied is told, and ignored."""
        new = self.run.change_files().keys() - self._known_changes
        if not new:
            return
        changes = {change.number: change for change in self.run.changes()}
        self._known_changes |= new
        self._changes.extend(changes[number] for number in sorted(new & changes.keys()))
        for number in sorted(new - changes.keys()):
            message = f"change {number} of the settings cannot be read or does not fit: it is ignored"
            self._notify(Notice("warning", self.trainer.step, message))

    def _end(self, outcome: State) -> None:
        self.scalars.flush()
        self._checkpoint("last")
        self._preview()
        if outcome == "finished":
            self._evaluate_at_the_end()
        self._look_for_trouble()
        self._close_books()
        self._notify(Notice(outcome, self.trainer.step, f"after {self.trainer.trained:.0f} s of training"))

    # --- measuring ------------------------------------------------------------------------------------------------

    def _evaluate_at_the_end(self) -> None:
        """The last point of the curves, and as many samples as numbers to quote need."""
        train, step = self.config.train, self.trainer.step
        is_measured = any(each.step == step and each.size == "cheap" for each in self.run.evaluations())
        if train.evaluate_every and not is_measured:
            self._evaluate("cheap")
        if train.final_samples:
            self._evaluate("full")

    def _evaluate(self, size: Size) -> None:
        """Measure samples, and say so in the status where that takes long."""
        with suppress(Cancelled), self._without_harm("the samples could not be measured"):
            self.evaluations.prepare(progress=self._show, cancelled=self._is_evaluation_unwanted)
            self.pulse.update(phase="")
            progress = self._show if size == "full" else silent
            made_now = self.evaluations.make(
                self.trainer.step, size, progress=progress, cancelled=self._is_evaluation_unwanted
            )
            for made in made_now:
                if size == "full":
                    self._notify(Notice("measured", self.trainer.step, _describe_evaluation(made)))
        self._stop_if_lost()
        self.pulse.update(phase="")

    def _show(self, what: str) -> None:
        """Say in the status what is being measured."""
        self.pulse.update(phase=f"measuring: {what}")

    def _is_evaluation_unwanted(self) -> bool:
        """Whether somebody wants something else than an evaluation, or took the run over."""
        return self.pulse.lost.is_set() or self._wanted() is not None

    def _stop_if_lost(self) -> None:
        if self.pulse.lost.is_set():
            raise Superseded(f"{self.run.name} was taken over by a later attempt")

    def _look_for_trouble(self) -> None:
        """Write into the history what goes wrong, once for each sign of it, whichever attempt told it first."""
        self.scalars.flush()
        with self._without_harm("what goes wrong could not be told"):
            told = {
                str(event["message"]).partition(":")[0] for event in self.run.events() if event["kind"] == "warning"
            }
            for finding in examine(self.run):
                if finding.title not in told:
                    self._notify(Notice("warning", self.trainer.step, f"{finding.title}: {finding.seen}"))

    @contextmanager
    def _without_harm(self, what: str) -> Iterator[None]:
        """Looking at a training must not end it: what goes wrong with that is told in its history."""
        try:
            yield
        except (Superseded, Cancelled):
            raise
        except Exception as problem:
            self._notify(Notice("warning", self.trainer.step, f"{what}: {problem}"))

    def _close_books(self) -> None:
        """Compact the curves and sum them up, after a failure too."""
        with suppress(Diverged):  # it is known by now
            self.scalars.close()
        write_json(self.run.path / "summary.json", self._summary())
        sum_up(self.run)

    def _preview(self) -> None:
        folder = self.run.path / "samples"
        folder.mkdir(exist_ok=True)
        write_atomic(folder / f"{self.trainer.step:06d}.png", encode_png(self.picture()))

    def _keep_due(self, step: int) -> bool:
        every = self.config.train.keep_epochs * self.config.batches_per_epoch // self.config.batches_per_step
        return every > 0 and step % every == 0

    def _checkpoint(self, name: str) -> None:
        """Save the state, after the rows that led to it, and only if it is worth going on from."""
        begin = time.monotonic()
        self.scalars.sync()
        if not self.algorithm.is_finite():
            raise Diverged(self.trainer.step, "a weight", math.nan)
        state = Checkpoint(self.trainer.step, self.stream.drawn, self.trainer.trained, self.algorithm.state_dict())
        state.save(self.run.path / "checkpoints" / f"{name}.pt")
        if name == "last":
            self._saved_at = time.monotonic()
            self._save_cost = self._saved_at - begin

    def _summary(self) -> dict[str, float]:
        """Means over the last steps, and what they cost."""
        rows = self.run.scalars()
        last = rows.drop(columns=["step", "epoch", "time", "step_time"], errors="ignore").tail(SUMMARY_STEPS).mean()
        final = {str(name): float(value) for name, value in last.items() if math.isfinite(value)}
        epochs, rest = divmod(self.stream.drawn, self.config.images)  # of each epoch, a partial batch was dropped
        batches = epochs * self.config.batches_per_epoch + rest // self.config.train.batch_size
        speed = batches * self.config.train.batch_size / self.trainer.trained if self.trainer.trained else 0.0
        return final | {"step": self.trainer.step, "seconds": self.trainer.trained, "images_per_second": speed}

    def _notify(self, notice: Notice) -> None:
        for sink in (HistorySink(self.run), *self.watchers):
            sink(notice)


class _Every:
    """True at the first call, and then at most once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = -math.inf

    def __call__(self) -> bool:
        now = time.monotonic()
        due = now - self._last >= self._seconds
        if due:
            self._last = now
        return due


def _images_per_step(config: RunConfig) -> int:
    return config.train.batch_size * config.batches_per_step


def _describe_evaluation(evaluation: Evaluation) -> str:
    """`FID (mnist-cnn-v1) 4.2, coverage (mnist-cnn-v1) 0.91: 10,000 samples, raw, in 12 s`."""
    named = {MEASURES[key].name(evaluation.extractor): key for key in MAIN if key in evaluation.values}
    values = ", ".join(f"{name} {evaluation.values[key]:{MEASURES[key].digits}}" for name, key in named.items())
    cost = f"{evaluation.samples:,} samples, {evaluation.weights}, in {describe_duration(evaluation.seconds)}"
    return f"{values}: {cost}" if values else cost


def _describe(change: Change, before: RunConfig) -> str:
    """`lr_g 5e-4 → 1e-3`."""
    old, new = before.flat, change.changes
    parts = (f"{SETTINGS[path].label} {describe_value(old[path])} → {describe_value(new[path])}" for path in new)
    return ", ".join(parts)


def preview_due(step: int, every: int) -> bool:
    """Powers of two at first, when much happens, then every `every` steps."""
    return step % every == 0 or (step < every and step & (step - 1) == 0)
