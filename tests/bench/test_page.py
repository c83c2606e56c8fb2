"""What pages cost is measured on a real server; without a browser, training alone is."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rich.console import Console

from gancore.bench import page, shares
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


@pytest.mark.skipif(not shares.PROC.exists(), reason="only Linux tells it")
def test_who_uses_the_processors_is_told_without_the_thread_that_trains() -> None:
    spin = "def spin():\n while True: pass\n"
    busy = f"import threading\n{spin}threading.Thread(target=spin, daemon=True).start()\nspin()"
    others = shares.used().keys()  # of tests that have a browser

    def used() -> shares.Used:
        return {thread: seconds for thread, seconds in shares.used().items() if thread not in others}

    for name, is_left_out in (("streamlit", True), ("--type=renderer", False)):
        with subprocess.Popen([sys.executable, "-c", busy, name]) as spinning:
            while len(before := used()) < 2 or sum(before.values()) < 0.1:
                assert spinning.poll() is None
            while sum((after := used()).values()) < sum(before.values()) + 0.3:
                assert spinning.poll() is None
            spinning.kill()
        told = shares.shares(before, after, seconds=1.0)
        all_of_it = sum(after.values()) - sum(before.values())
        assert list(told) == ["server" if is_left_out else "renderer"]
        assert (sum(told.values()) < 0.9 * all_of_it) == is_left_out
