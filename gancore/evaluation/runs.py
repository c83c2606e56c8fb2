"""Evaluations of runs, written into their folders: of saved ones, and of one that trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property

from gancore.algorithms import Algorithm
from gancore.config import RunConfig
from gancore.evaluation.evaluator import Evaluator, chosen_extractor
from gancore.evaluation.measures import MAIN, best, final, full_key
from gancore.extractors import inception
from gancore.files import write_json
from gancore.progress import Cancelled, Progress, Work, never, silent
from gancore.sampling.samples import load_step
from gancore.store import Run, RunBusy, requests
from gancore.store.discarded import is_undone, rewinds
from gancore.store.evaluations import Evaluation, Size, Weights
from gancore.store.requests import Request

PATIENCE = 60.0  # seconds that whoever executes a run may take to file an evaluation
SECONDS, INCEPTION_SECONDS = 0.5, 100.0  # what a cheap evaluation takes on two cores, before there was one


def evaluate_run(
    run: Run,
    *,
    size: Size = "full",
    checkpoint: str = "last",
    samples: int | None = None,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> list[Evaluation]:
    """Measure a saved run and write its evaluations: of G, and of the average of its weights where there is one.

    Nothing is written unless all is measured. Raises `Cancelled` as soon as it is `cancelled`, `BadCheckpoint` if there
    is none, `DataUnavailable` if the real images are not here, `ValueError` for samples that cannot be measured.
    """
    work = Work(progress, cancelled)
    work.begin("loading the networks")
    known = rewinds(run.path)
    step, algorithm = load_step(run, checkpoint)
    evaluator = Evaluator(run.config)
    made = [evaluator.evaluate(algorithm, step, size, each, samples, work) for each in weights_of(algorithm)]
    work.begin("saving the results")
    _hand_in(run, [Request(kind="evaluation", evaluation=each, rewinds=known) for each in made])
    return made


def _hand_in(run: Run, made: list[Request]) -> None:
    """Have evaluations filed: by whoever executes the run now, or else here.

    Until he has done so or let the run go: what is asked in his last moment nobody would read.
    """
    asked = [requests.leave(run.path, each) for each in made]
    deadline = time.monotonic() + PATIENCE
    while any(requests.waits(run.path, each) for each in asked) and time.monotonic() <= deadline:
        try:
            with run.hold(f"{run.name} is running"):
                for each in requests.waiting(run.path):  # and what somebody else had no time to file
                    if each.kind == "evaluation":
                        file_evaluation(run, each)
                sum_up(run)
                return
        except RunBusy:
            continue


def file_evaluation(run: Run, request: Request) -> None:
    """Add what was measured to a run's evaluations, for the holder of its lock: unless the run went back behind it."""
    made = request.evaluation
    if made is not None and not is_undone(run.path, made.step, request.rewinds):
        run.add_evaluation(made)
    else:
        step = made.step if made is not None else run.status.step
        run.log("warning", step, "an evaluation of samples that the run does not have any more was dropped", "undone")
    requests.remove(run.path, request)


def weights_of(algorithm: Algorithm) -> tuple[Weights, ...]:
    """The networks of an algorithm that samples can be drawn from."""
    return ("raw", "ema") if algorithm.averaged else ("raw",)


def sum_up(run: Run) -> None:
    """Add to summary.json what was measured last at full size, and the best values on the way: for the holder of the
    run's lock.

    Means of curves stay: a translator's `diversity` in training is another than that of its samples.
    """
    evaluations, curves = run.evaluations(), run.scalars().columns
    newest = final(evaluations)
    found = {}
    if newest is not None:
        own = [key for key in newest.values if key not in curves]
        found = {full_key(key, newest.extractor): newest.values[key] for key in own}
    for key in MAIN:
        if winner := best(evaluations, key):
            found[f"best_{full_key(key, winner.extractor)}"] = winner.values[key]
    if found:
        write_json(run.path / "summary.json", run.summary | found, durable=True)


def expected_seconds(config: RunConfig) -> float:
    """About what a cheap evaluation of a run will take."""
    return INCEPTION_SECONDS if chosen_extractor(config)[0] == inception.NAME else SECONDS


class Evaluations:
    """The evaluations of a run that trains, in their share of its time.

    What one costs is the time from its begin to its end, whatever came of it. To `prepare` for them does not count.
    """

    def __init__(self, run: Run, algorithm: Algorithm) -> None:
        self._run, self._algorithm = run, algorithm
        self._config = run.config
        self._seconds, self._next = 0.0, expected_seconds(run.config)  # that all took, and that one will take
        self._failed = False

    def due(self, step: int, trained: float) -> bool:
        """Whether there should be one at this step, `trained` seconds after the attempt began: at the steps that the
        settings name, if that takes no larger a share of the time than they allow, and none failed before."""
        train = self._config.train
        if self._failed or not train.evaluate_every or step % train.evaluate_every:
            return False
        return train.evaluate_share == 1 or self._seconds + self._next <= train.evaluate_share * trained

    def prepare(self, *, progress: Progress = silent, cancelled: Callable[[], bool] = never) -> None:
        """Look at the real images, if they were not yet. Raises `Cancelled`, and what goes wrong."""
        with self._once():
            self._evaluator.prepare(Work(progress, cancelled))

    def make(
        self, step: int, size: Size, *, progress: Progress = silent, cancelled: Callable[[], bool] = never
    ) -> Iterator[Evaluation]:
        """Measure samples of every network that there are samples of; each is written before the next is begun.

        Raises `Cancelled` as soon as it is `cancelled`, and what goes wrong.
        """
        work = Work(progress, cancelled)
        begin = time.perf_counter()
        try:
            with self._once():
                for weights in weights_of(self._algorithm):
                    made = self._evaluator.evaluate(self._algorithm, step, size, weights, work=work)
                    self._run.add_evaluation(made)
                    yield made
        finally:
            self._next = time.perf_counter() - begin
            self._seconds += self._next

    @contextmanager
    def _once(self) -> Iterator[None]:
        """What fails is not tried again: it would cost as much, and fail again."""
        try:
            yield
        except Cancelled:
            raise
        except Exception:
            self._failed = True
            raise

    @cached_property
    def _evaluator(self) -> Evaluator:
        """Made when it is needed first, since it looks at the real images."""
        return Evaluator(self._config)
