"""A real server, a real training, a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gancore.store import RunStore

PROJECT = Path(__file__).parents[2]
expect.set_options(timeout=60_000)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class App:
    """A dashboard that is running, and its store."""

    url: str
    store: RunStore


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        message = "no Chromium here: install Debian's package chromium to run the browser tests"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """The dashboard as a student starts it, with an empty store."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless=true"]
    environment = os.environ | {"GANCORE_RUNS": str(tmp_path / "runs")}
    command.append(f"--server.port={port}")
    log = tmp_path / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT) as server,
    ):
        try:
            _wait_for(port, server)
            yield App(f"http://localhost:{port}", RunStore(tmp_path / "runs"))
        finally:
            server.terminate()
            server.wait(60)
    assert "Traceback" not in log.read_text()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            socket.create_connection(("localhost", port), 1).close()
        except OSError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError("the server did not answer")


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Open a tab of its own; errors in the page fail the test."""
    pages: list[Page] = []
    errors: list[str] = []

    def make() -> Page:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield make
    for page in pages:
        page.close()
    assert not errors
