from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from gancore.cli.progress import ProgressSink
from gancore.config import RunConfig
from gancore.store import RunStore
from gancore.store.scalars import ScalarWriter, read_scalars
from gancore.training.events import Notice, Step
from gancore.training.sinks import (
    FLUSH_COST,
    FLUSH_SECONDS,
    FLUSH_SHARE,
    MEAN_SECONDS,
    Diverged,
    HistorySink,
    ScalarSink,
)


class Clock:
    """Time that passes only when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def event(step: int, loss_d: float = 0.5, loss_g: float = 2.0) -> Step:
    scalars = {"loss_d": torch.tensor(loss_d), "loss_g": torch.tensor(loss_g)}
    return Step(step, step / 5, step * 0.25, 0.2, scalars)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scalars.arrow"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink(path: Path, clock: Clock) -> ScalarSink:
    return ScalarSink(ScalarWriter(path), clock)


def test_rows_are_written_several_times_a_second(path: Path, clock: Clock, sink: ScalarSink) -> None:
    written = []
    for step in range(1, 11):
        clock.now = step * FLUSH_SECONDS[0] / 4
        sink(event(step))
        written.append(len(read_scalars(path)))
    assert written == [0, 0, 0, 4, 4, 4, 4, 8, 8, 8]
    sink.close()
    assert read_scalars(path)["step"].tolist() == list(range(1, 11))


@pytest.mark.parametrize(("trained", "pause"), [(10.0, 0.2), (2_500.0, 2_500 * FLUSH_SHARE), (1e6, 1.0)])
def test_rows_of_a_long_run_come_in_larger_portions(path, clock, sink, trained: float, pause: float) -> None:
    def at(now: float) -> int:
        clock.now = now
        sink(Step(1, 0.2, trained, 0.2, event(1).scalars))
        return len(read_scalars(path))

    assert [at(0.99 * pause), at(1.01 * pause)] == [0, 2]
    sink.close()


def test_who_shares_a_processor_with_many_writes_in_larger_portions(path: Path, clock: Clock) -> None:
    """A flush takes 4 ms, so it is due after 0.2 seconds of the run's own training."""

    class Slow(ScalarWriter):
        def append(self, columns: Mapping[str, np.ndarray]) -> None:
            super().append(columns)
            clock.now += 0.2 * FLUSH_COST

    sink, written = ScalarSink(Slow(path), clock), []
    for step in range(1, 7):
        clock.now += 1.0
        sink(Step(step, step / 5, 0.15 * step, 0.15, event(step).scalars))  # several are made together
        written.append(len(read_scalars(path)))
    assert written == [1, 1, 3, 3, 5, 5]
    sink.close()


def test_the_losses_of_the_status_are_means_over_the_last_second(clock: Clock, sink: ScalarSink) -> None:
    for step, loss in enumerate((9.0, 1.0, 2.0, 6.0), start=1):
        clock.now = 0.4 * step
        sink(event(step, loss_d=loss))
    assert sink.latest["loss_d"] == pytest.approx(3.0)  # the first one was more than a second ago
    sink.close()


def test_a_row_holds_what_the_step_said(path: Path, sink: ScalarSink) -> None:
    sink(event(1, loss_d=0.25, loss_g=4.0))
    sink.close()
    assert read_scalars(path).to_dict("records") == [
        {
            "step": 1,
            "epoch": 0.2,
            "time": 0.25,
            "step_time": pytest.approx(0.2),
            "loss_d": 0.25,
            "loss_g": 4.0,
        }
    ]


def test_the_latest_numbers_are_means(clock: Clock, sink: ScalarSink) -> None:
    for step, loss in ((1, 1.0), (2, 3.0)):
        sink(event(step, loss_d=loss))
    assert sink.latest == {}
    sink.flush()
    assert sink.latest == {"loss_d": 2.0, "loss_g": 2.0}
    sink(event(3, loss_d=7.0))
    clock.now = MEAN_SECONDS
    sink.flush()
    assert sink.latest == {"loss_d": 7.0, "loss_g": 2.0}
    sink.flush()  # nothing new
    assert sink.latest == {"loss_d": 7.0, "loss_g": 2.0}
    sink.close()


@pytest.mark.parametrize(
    ("value", "words"), [(float("nan"), "not a number"), (float("inf"), "infinite"), (float("-inf"), "infinite")]
)
def test_the_first_bad_row_is_written_and_told(path: Path, sink: ScalarSink, value: float, words: str) -> None:
    for step in (1, 2):
        sink(event(step))
    sink(event(3, loss_g=value))
    sink(event(4, loss_d=float("nan")))
    with pytest.raises(Diverged, match=f"^the run diverged: loss_g is {words} at step 3$") as problem:
        sink.flush()
    assert problem.value.step == 3
    assert sink.latest["loss_g"] is None
    assert sink.latest["loss_d"] == pytest.approx(0.5)
    sink.close()
    rows = read_scalars(path)
    assert rows["step"].tolist() == [1, 2, 3]
    assert np.array_equal(rows["loss_g"], [2.0, 2.0, value], equal_nan=True)


def test_a_run_that_diverges_at_its_end_still_closes_its_file(path: Path, sink: ScalarSink) -> None:
    sink(event(1, loss_d=float("nan")))
    with pytest.raises(Diverged, match="loss_d"):
        sink.close()
    sink.close()
    assert read_scalars(path)["step"].tolist() == [1]


def test_notices_are_no_rows(path: Path, sink: ScalarSink) -> None:
    sink(Notice("started", 0, "on cpu"))
    sink.close()
    assert not path.exists()


def test_the_history_takes_notices_and_no_steps(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    history = HistorySink(run)
    history(Notice("started", 0, "on cpu"))
    history(event(1))
    history(Notice("stopped", 1, "after 3 s"))
    history.close()
    assert [(line["kind"], line["step"], line["message"]) for line in run.events()] == [
        ("started", 0, "on cpu"),
        ("stopped", 1, "after 3 s"),
    ]


def test_progress_on_a_terminal_shows_steps_and_losses(store: RunStore, dcgan: RunConfig) -> None:
    output = io.StringIO()
    sink = ProgressSink(store.create(dcgan, name="my run"), Console(file=output, width=120, force_terminal=True))
    sink(event(1))  # before the start: nothing to draw on
    sink(Notice("started", 0, "on cpu"))
    for step in range(1, 21):
        sink(event(step, loss_d=step / 4))
    sink(Notice("finished", 20, "after 3 s"))
    sink.close()
    shown = output.getvalue()
    assert "my run" in shown
    assert "step 20/20" in shown
    assert "loss_d 5  loss_g 2" in shown
