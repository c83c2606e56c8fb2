"""Starting the dashboard and Chromium, for the tests and for the measurements."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from gancore.store import RunStore

PROJECT = Path(__file__).parents[2]
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
    pid: int  # of the server's process


def find_chromium() -> str | None:
    """Debian's Chromium, or Chrome."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serve(
    folder: Path, program: Sequence[str] = ("-m", "streamlit"), *, port: int | None = None, options: Sequence[str] = ()
) -> Iterator[App]:
    """The dashboard as a student starts it, its store and its log in `folder`; a traceback in the log is an error.

    `program` is what stands for Streamlit, for servers that change something first; `options` are further ones of
    Streamlit.
    """
    port = port or free_port()
    command = [sys.executable, *program, "run", "dashboard.py", "--server.headless=true"]
    command += [f"--server.port={port}", *options]
    environment = os.environ | {"GANCORE_RUNS": str(folder / "runs")}
    log = folder / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT) as server,
    ):
        try:
            _wait_for(port, server)
            yield App(f"http://localhost:{port}", RunStore(folder / "runs"), server.pid)
        finally:
            server.terminate()
            server.wait(60)
    assert "Traceback" not in log.read_text(), log.read_text()


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
