"""What is measured of toys as one computation."""

from __future__ import annotations

import pytest
from rich.console import Console

from gancore.bench import batched
from gancore.bench.batched import Found, Sweeping, Way


def test_ways_are_compared_round_by_round() -> None:
    slow, fast = Way("slow", 1, (1.0, 4.0, 2.0)), Way("fast", 1, (0.5, 1.0, 0.4))
    assert fast.against(slow) == 4.0


def test_every_way_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = batched.measure(Console(), rounds=1, count=2, steps=2)
    assert [(way.what, way.processes) for way in found] == [
        ("one after another", 1),
        ("one after another", 2),
        ("one computation", 1),
        ("one computation", 2),
    ]
    assert all(seconds > 0 for way in found for seconds in way.seconds)
    monkeypatch.setattr(batched, "find", lambda *_: Found(found, False, [Sweeping("all at once", 12.0, 23.0)]))
    batched.run_benchmarks(Console(width=120), 1)
    printed = capsys.readouterr().out
    assert printed.count("one computation") == 2
    assert "not bit for bit" in printed
    assert "all at once" in printed


def test_a_sweep_is_measured_with_all_that_its_processes_take() -> None:
    sweeps = batched.sweep_all(count=3, steps=2)
    assert [each.what for each in sweeps][::2] == ["one after another", "as one computation on each core"]
    assert all(each.seconds > 0 and each.cpu > 0 for each in sweeps)
