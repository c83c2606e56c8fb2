from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.soak.chart import GAUGES, draw, growth, sentences
from tests.soak.gauges import of_process, slope


def test_a_slope_is_that_of_the_line_whatever_single_peaks_say() -> None:
    hours = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    values = [10 + 4 * hour for hour in hours]
    assert slope(hours, values) == pytest.approx(4)
    values[3] = 1_000
    assert slope(hours, values) == pytest.approx(4)
    assert slope([1.0], [5.0]) == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux's /proc")
def test_what_a_process_holds(tmp_path: Path) -> None:
    before = of_process(os.getpid())
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    with (tmp_path / "open").open("wb"):
        now = of_process(os.getpid())
    ended.set()
    thread.join()
    assert (now["threads"] - before["threads"], now["files"] - before["files"]) == (1, 1)
    assert 10 < now["memory"] < 100_000


def test_what_is_loaded_first_is_no_growth(tmp_path: Path) -> None:
    measured = [
        dict.fromkeys(GAUGES, 500.0 if hours >= 1 else 100.0) | {"hours": hours} for hours in (0.2, 0.5, 1, 2, 3, 4)
    ]
    assert growth(measured, "memory") == (0.0, 500.0)
    soak = {"hours": 4.0, "rounds": 6, "runs": 6, "visits": 60, "errors": [], "measured": measured}
    assert sentences(soak)[1] == "Server: memory: 500 MB in the middle, +0.0 MB an hour."
    draw(soak, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").stat().st_size > 10_000
