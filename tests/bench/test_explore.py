"""What is measured of a slider is what its page asks for."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from rich.console import Console

from gancore.bench import explore as bench


def test_the_table_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench, "NETWORKS", ("vae-mnist",))
    monkeypatch.setattr(bench, "MOVES", 2)
    monkeypatch.setattr(bench, "_training", lambda _store: nullcontext())
    bench.run_benchmarks(Console(width=120))
    printed = capsys.readouterr().out
    assert printed.count("vae-mnist") == 2
    assert printed.count(" ms, ") == 6
