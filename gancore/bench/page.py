"""What pages cost: training beside open tabs, and the bytes that a page sends.

A real server trains a toy while nobody, one tab and several tabs look at it, in turns, so that whatever else the
machine does falls on all alike. A browser on the same machine takes its share, too: on two cores a tab's own drawing
weighs as much as what the server does for it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from gancore.bench.store import make_store
from gancore.experiments import EXPERIMENTS
from gancore.store import Run, RunStore

TABS = (0, 1, 5)
RUNS, COMPARED = 137, 8
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
WARM_UP = 300  # steps of the toy before anything is measured
SETTLE = 4.0  # seconds that tabs are given after they were opened

Command = Callable[[list[str]], list[str]]  # options to the command line of a dashboard


def run_benchmarks(command: Command, seconds: float, rounds: int, console: Console) -> None:
    """Measure training beside tabs, `seconds` each in `rounds` turns, and what pages send; print both."""
    with ExitStack() as stack:
        browser = _browser(stack)
        if browser is None:
            console.print("There is no Chromium or no playwright here (requirements-dev.txt): no tabs are opened.")
        console.print(_training(command, browser, seconds, rounds, console))
        if browser is not None:
            console.print(_bytes(command, browser, console))


def _training(command: Command, browser: Any, seconds: float, rounds: int, console: Console) -> Table:
    rates: dict[int, list[float]] = {tabs: [] for tabs in TABS if browser is not None or tabs == 0}
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder) / "runs")
        toy = store.create(EXPERIMENTS["toy-collapse"].base.replace({"train.epochs": 10_000}), name="toy")
        toy.enqueue()  # a server takes up what waits as soon as it begins
        with _serve(command, store) as url:
            _wait(lambda: toy.status.step > WARM_UP)
            for turn in range(rounds):
                for tabs in rates if turn % 2 == 0 else reversed(rates):
                    with console.status(f"round {turn + 1} of {rounds}: {tabs} tabs"):
                        rates[tabs].append(_rate(toy, browser, url, tabs, seconds))
            toy.command("stop")
            _wait(lambda: toy.state != "running")
    table = Table("tabs", "steps/s", "of those without a tab", "all rounds", box=None, pad_edge=False)
    for tabs, found in rates.items():
        shares = [each / alone for each, alone in zip(found, rates[0], strict=True)]
        spread = f"{min(found):.0f}..{max(found):.0f}"
        table.add_row(str(tabs), f"{median(found):.0f}", f"{100 * median(shares):.0f} %", spread)
    return table


def _rate(run: Run, browser: Any, url: str, tabs: int, seconds: float) -> float:
    """Steps a second of a run while so many tabs show it."""
    pages = [browser.new_page(viewport={"width": 1440, "height": 900}) for _ in range(tabs)]
    for page in pages:
        page.goto(f"{url}/train?run={run.id}")
        page.locator(".film img").wait_for()
    time.sleep(SETTLE)
    before = run.status
    time.sleep(seconds)
    after = run.status
    for page in pages:
        page.close()
    return (after.step - before.step) / max(after.heartbeat - before.heartbeat, 1e-9)


def _bytes(command: Command, browser: Any, console: Console) -> Table:
    table = Table("page", "in messages", "as pictures", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as folder, console.status("pages of many runs"):
        store = make_store(Path(folder) / "runs", RUNS)
        ids = [run.id for run in store.list()[:COMPARED]]
        with _serve(command, store) as url:
            for what, path in ((f"Runs, {RUNS}", "runs"), (f"Compare, {COMPARED}", f"compare?runs={','.join(ids)}")):
                messages, pictures = _sent(browser, f"{url}/{path}")
                table.add_row(what, f"{messages / 1e6:.2f} MB", f"{pictures / 1e6:.2f} MB")
    return table


def _sent(browser: Any, address: str, seconds: float = 12.0) -> tuple[int, int]:
    """Bytes of the messages to a page and of the pictures that it asked for, until it has been there for a while."""
    messages: list[int] = []
    pictures: list[int] = []
    page = browser.new_page(viewport={"width": 1440, "height": 900})

    def count_messages(connection: Any) -> None:
        connection.on("framereceived", lambda payload: messages.append(len(payload)))

    def count_picture(request: Any) -> None:
        if "/pictures/" in request.url:
            pictures.append(request.sizes()["responseBodySize"])

    page.on("websocket", count_messages)
    page.on("requestfinished", count_picture)
    page.goto(address)
    page.wait_for_timeout(1e3 * seconds)
    page.close()
    return sum(messages), sum(pictures)


def _browser(stack: ExitStack) -> Any:
    """A headless Chromium, or None."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    playwright = stack.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
    stack.callback(browser.close)
    return browser


@contextmanager
def _serve(command: Command, store: RunStore) -> Iterator[str]:
    """A dashboard of a store in a process of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    line: Sequence[str] = command(["--server.headless=true", f"--server.port={port}"])
    environment = os.environ | {"GANCORE_RUNS": str(store.root)}
    with subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait(lambda: _answers(port))
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(60)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), 1).close()
    except OSError:
        return False
    return True


def _wait(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the dashboard did not do what was waited for")
        time.sleep(0.2)
