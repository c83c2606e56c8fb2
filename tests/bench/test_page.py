"""What pages cost is measured on a real server; without a browser, training alone is."""

from __future__ import annotations

import pytest
from rich.console import Console

from gancore.bench import page
from gancore.cli.dashboard import command


@pytest.mark.browser
def test_training_alone_is_measured_where_there_is_no_browser(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page.shutil, "which", lambda _: None)
    monkeypatch.setattr(page, "SETTLE", 0.0)
    monkeypatch.setattr(page, "WARM_UP", 5)
    page.run_benchmarks(command, seconds=2.5, rounds=1, console=Console(width=120))
    printed = capsys.readouterr().out
    assert "no tabs are opened" in printed
    assert "100 %" in printed
