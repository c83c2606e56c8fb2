"""A synthetic store is a store: what is measured of it is what pages read."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from gancore.bench import store as bench
from gancore.store.index import Index


def test_a_synthetic_store_can_be_listed(tmp_path: Path) -> None:
    store = bench.make_store(tmp_path, 7)
    runs = Index(tmp_path).runs()
    assert len({run.id for run in runs}) == 7
    assert not any(run.damage for run in runs)
    assert {run.state for run in runs} == {"finished"}
    assert len({run.config_now.model.ngf for run in runs}) == 3
    assert len(store.list()[0].samples()) == 21


def test_the_tables_are_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench, "STORES", (3,))
    monkeypatch.setattr(bench, "CURVES", (500,))
    monkeypatch.setattr(bench, "TIMES", 1)
    bench.run_benchmarks(Console(width=120))
    printed = capsys.readouterr().out
    assert "list again" in printed
    assert "what is new" in printed
    assert printed.count(" ms") == 5
