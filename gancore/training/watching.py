"""What is done beside the steps of a run: previews, checkpoints, evaluations, a look for trouble; when each is due."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gancore.algorithms import Algorithm
from gancore.data import BatchStream
from gancore.evaluation.curves import curve_statistics
from gancore.evaluation.measures import MAIN, MEASURES
from gancore.evaluation.runs import Evaluations, file_evaluation, sum_up
from gancore.files import sync, sync_folder, write_atomic, write_json
from gancore.health import examine
from gancore.pictures.grids import encode_png
from gancore.progress import Cancelled, silent
from gancore.store import Run
from gancore.store.checkpoints import Checkpoint
from gancore.store.evaluations import Evaluation, Size
from gancore.store.records import State
from gancore.text import describe_duration
from gancore.training.control import Every, Inbox
from gancore.training.events import Notice, Step
from gancore.training.heartbeat import Heartbeat, Superseded
from gancore.training.keeping import Keeping
from gancore.training.previews import build_preview
from gancore.training.sinks import Diverged, ScalarSink
from gancore.training.trainer import Trainer

CHECKPOINT_SHARE = 0.02  # of training time that saving may take at most
SUMMARY_STEPS = 100  # over which final numbers are averaged
HEALTH_SECONDS = 10.0  # between looks at whether something goes wrong
HEALTH_SHARE = 0.02  # of training time that these may take at most


class Watch:
    """Looks after one attempt: shows samples, saves, measures, and says what goes wrong."""

    def __init__(
        self,
        run: Run,
        algorithm: Algorithm,
        stream: BatchStream,
        trainer: Trainer,
        scalars: ScalarSink,
        *,
        inbox: Inbox,
        heartbeat: Heartbeat,
        wanted: Callable[[], State | None],  # what else than training is wanted now
        notify: Callable[[Notice], object],
    ) -> None:
        self.run, self.config = run, run.config
        self.algorithm, self.stream, self.trainer, self.scalars = algorithm, stream, trainer, scalars
        self.inbox, self.heartbeat, self.wanted, self.notify = inbox, heartbeat, wanted, notify
        self.picture = build_preview(algorithm, self.config)
        self.evaluations = Evaluations(run, algorithm)
        self.keeping = Keeping(run)
        self._health_due = Every(HEALTH_SECONDS)
        self._examined_at, self._examine_cost = trainer.trained, 0.0
        self._trained_before = trainer.trained
        self._saved_at, self._save_cost = time.monotonic(), 0.0
        self._drawn = set[Path]()  # grids that may not be on the disk yet

    def begin(self) -> None:
        """Show the samples that the attempt begins with."""
        self._preview()
        self._saved_at = time.monotonic()

    def after(self, event: Step) -> None:
        """Do what is due after a step. Raises `Superseded`, and `Diverged` rather than save what is not finite."""
        self._check_that_it_is_ours()
        self.heartbeat.update(step=event.step, epoch=event.epoch, seconds=event.time, scalars=self.scalars.latest)
        first_epoch = self.config.batches_per_epoch // self.config.batches_per_step
        if event.step == first_epoch or preview_due(event.step, self.config.train.preview_every):
            self._preview()
        if self.keeping.due(event.step):
            self._keep()
        if self.evaluations.due(event.step, event.time - self._trained_before):
            self._evaluate("cheap")
        self._take_up_evaluations()
        if event.time - self._examined_at >= self._examine_cost / HEALTH_SHARE and self._health_due():
            self._look_for_problems()
        pause = max(self.config.train.checkpoint_seconds, self._save_cost / CHECKPOINT_SHARE)
        if time.monotonic() - self._saved_at >= pause:
            self._checkpoint("last")

    def before_change(self) -> None:
        """Keep what the networks are before settings change, to go back to."""
        if self.keeping.wanted_before_a_change(self.trainer.step):
            self._keep()

    def end(self, outcome: State) -> None:
        """Save and show what was reached; measure it if nothing is left to train."""
        self.scalars.flush()
        self._checkpoint("last")
        self._preview()
        self._sync_grids()
        if outcome == "finished":
            self._evaluate_at_the_end()
        self._take_up_evaluations()
        self._look_for_problems()
        self.close_books()

    def close_books(self) -> None:
        """Compact the curves and sum them up, after a failure too."""
        with suppress(Diverged):  # it is known by now
            self.scalars.close()
        write_json(self.run.path / "summary.json", self._summary(), durable=True)
        sum_up(self.run)

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
        with suppress(Cancelled), self._without_harm("unmeasured", "the samples could not be evaluated"):
            self.evaluations.prepare(progress=self._show, cancelled=self._is_evaluation_unwanted)
            self.heartbeat.update(phase="")
            progress = self._show if size == "full" else silent
            step, cancelled = self.trainer.step, self._is_evaluation_unwanted
            for made in self.evaluations.make(step, size, progress=progress, cancelled=cancelled):
                if size == "full":
                    self.notify(Notice("measured", step, _describe_evaluation(made)))
        self._check_that_it_is_ours()
        self.heartbeat.update(phase="")

    def _show(self, what: str) -> None:
        """Say in the status what is being measured."""
        self.heartbeat.update(phase=f"evaluating: {what}")

    def _is_evaluation_unwanted(self) -> bool:
        """Whether somebody wants something else than an evaluation, or took the run over."""
        return self.heartbeat.lost.is_set() or self.wanted() is not None

    def _check_that_it_is_ours(self) -> None:
        if self.heartbeat.lost.is_set():
            raise Superseded(f"{self.run.name} was taken over by another attempt")

    def _take_up_evaluations(self) -> None:
        """File what others measured of this run's checkpoints meanwhile."""
        for request in self.inbox.take("evaluation"):
            file_evaluation(self.run, request)

    def _look_for_problems(self) -> None:
        """Write problems into the history, each once, whichever attempt found it first."""
        begin = time.monotonic()
        self.scalars.flush()
        with self._without_harm("undiagnosed", "the check for problems failed"):
            known = {event["code"] for event in self.run.events() if event["kind"] == "warning"}
            for finding in examine(self.run):
                if finding.code not in known:
                    message = f"{finding.title}: {finding.observation}"
                    self.notify(Notice("warning", self.trainer.step, message, finding.code))
        self._examined_at, self._examine_cost = self.trainer.trained, time.monotonic() - begin

    @contextmanager
    def _without_harm(self, code: str, what: str) -> Iterator[None]:
        """Watching a training must not end it: what goes wrong while watching is written into its history."""
        try:
            yield
        except (Superseded, Cancelled):
            raise
        except Exception as problem:
            self.notify(Notice("warning", self.trainer.step, f"{what}: {problem}", code))

    # --- showing and saving -----------------------------------------------------------------------------------------

    def _preview(self) -> None:
        folder = self.run.path / "samples"
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.trainer.step:06d}.png"
        write_atomic(path, encode_png(self.picture()))
        self._drawn.add(path)

    def _keep(self) -> None:
        """Save a checkpoint that stays."""
        self._checkpoint(f"{self.trainer.step:06d}")
        self.keeping.thin()

    def _checkpoint(self, name: str) -> None:
        """Save the state, after the rows and the grids that led to it, and only if it is worth going on from."""
        begin = time.monotonic()
        self.scalars.sync()
        self._sync_grids()
        if not self.algorithm.is_finite():
            raise Diverged(self.trainer.step, "a weight", math.nan)
        state = Checkpoint(self.trainer.step, self.stream.drawn, self.trainer.trained, self.algorithm.state_dict())
        state.save(self.run.path / "checkpoints" / f"{name}.pt")
        if name == "last":
            self._saved_at = time.monotonic()
            self._save_cost = self._saved_at - begin

    def _sync_grids(self) -> None:
        """Wait until what was drawn is on the disk: whoever goes on from here does not draw it again."""
        drawn, self._drawn = self._drawn, set()
        for path in drawn:
            with suppress(FileNotFoundError):  # somebody removed it
                sync(path)
        if drawn:
            sync_folder(self.run.path / "samples")

    def _summary(self) -> dict[str, float]:
        """Means over the last steps, what the curves say besides, and what the steps cost."""
        rows = self.run.scalars()
        last = rows.drop(columns=["step", "epoch", "time", "step_time"], errors="ignore").tail(SUMMARY_STEPS).mean()
        final = {str(name): float(value) for name, value in last.items() if math.isfinite(value)}
        epochs, rest = divmod(self.stream.drawn, self.config.images)  # which counts what was dropped, too
        images = epochs * self.config.images_per_epoch + rest
        speed = images / self.trainer.trained if self.trainer.trained else 0.0
        return (
            final
            | curve_statistics(rows)
            | {"step": self.trainer.step, "seconds": self.trainer.trained, "images_per_second": speed}
        )


def preview_due(step: int, every: int) -> bool:
    """Powers of two at first, when much happens, then every `every` steps."""
    return step % every == 0 or (step < every and step & (step - 1) == 0)


def _describe_evaluation(evaluation: Evaluation) -> str:
    """`FID (mnist-cnn-v1) 4.2, coverage (mnist-cnn-v1) 0.91: 10,000 samples, raw, in 12 s`."""
    named = {MEASURES[key].name(evaluation.extractor): key for key in MAIN if key in evaluation.values}
    values = ", ".join(f"{name} {evaluation.values[key]:{MEASURES[key].digits}}" for name, key in named.items())
    cost = f"{evaluation.samples:,} samples, {evaluation.weights}, in {describe_duration(evaluation.seconds)}"
    return f"{values}: {cost}" if values else cost
