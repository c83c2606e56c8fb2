"""What pages cost: training beside open tabs, and the bytes that a page sends.

A real server trains a toy while nobody, tabs of a browser here, and clients that only listen look at it, in turns, so
that whatever else the machine does falls on all alike. A browser on the same machine takes its share, too: on two cores
a tab's own drawing weighs more than what the server does for it; and without a screen every tab is in sight, as if in a
window of its own, while one behind another draws nothing. Clients that listen are what tabs on other machines
are for the server, but for the pages' own slow redrawing; those that ask every second are tabs without a stream.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from gancore.bench import shares
from gancore.bench.store import make_store
from gancore.experiments import EXPERIMENTS
from gancore.store import Run, RunStore

TABS = (1, 5)
LISTENERS = 20
RUNS, COMPARED = 137, 8
MANY = 2_000  # runs of a large store
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
WARM_UP = 300  # steps of the toy before anything is measured
PATIENCE = 120_000  # milliseconds that a page may take to open
SETTLE = 4.0  # seconds that tabs are given after they were opened

Command = Callable[[list[str]], list[str]]  # options to the command line of a dashboard


def run_benchmarks(command: Command, seconds: float, rounds: int, console: Console) -> None:
    """Measure training beside tabs, `seconds` each in `rounds` turns, and what pages send; print both."""
    with ExitStack() as stack:
        browser = open_browser(stack)
        if browser is None:
            console.print("There is no Chromium or no playwright here (requirements-dev.txt): no tabs are opened.")
        console.print(_training(command, browser, seconds, rounds, console))
        if browser is not None:
            console.print(_bytes(command, browser, console))
            console.print(_waits(command, browser, console))
            console.print(_experiments(command, browser, console))


def _training(command: Command, browser: Any, seconds: float, rounds: int, console: Console) -> Table:
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder) / "runs")
        toy = store.create(EXPERIMENTS["toy-collapse"].base.replace({"train.steps": 1_000_000}), name="toy")
        toy.enqueue()  # a server takes up what waits as soon as it begins
        with serve(command, store) as url:
            _wait(lambda: toy.status.step > WARM_UP)
            watched = _ways_to_watch(browser, url, toy)
            rates = {who: [] for who in watched}
            spent: dict[str, list[Mapping[str, float]]] = {who: [] for who in watched}
            for turn in range(rounds):
                for who in watched if turn % 2 == 0 else reversed(watched):
                    with console.status(f"round {turn + 1} of {rounds}: {who}"), watched[who]():
                        rate, used = _rate(toy, seconds)
                        rates[who].append(rate)
                        spent[who].append(used)
            toy.command("stop")
            _wait(lambda: toy.state != "running")
    headings = ("steps/s", "of those with nobody", "all rounds", "CPU besides training")
    table = Table("who looks", *headings, box=None, pad_edge=False)
    for who, found in rates.items():
        left = [each / max(alone, 1e-9) for each, alone in zip(found, rates[NOBODY], strict=True)]
        spread = f"{100 * min(left):.0f}..{100 * max(left):.0f} %"
        table.add_row(who, f"{median(found):.0f}", f"{100 * median(left):.0f} %", spread, _in_words(spent[who]))
    return table


def _in_words(spent: Sequence[Mapping[str, float]]) -> str:
    """`renderer 8 %, server 3 %`: of one core, in the middle of all rounds."""
    kinds = {kind: median(each.get(kind, 0.0) for each in spent) for kind in spent[0]}
    return ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in kinds.items() if share >= 0.005)


NOBODY = "nobody"


def _ways_to_watch(browser: Any, url: str, run: Run) -> dict[str, Callable[[], AbstractContextManager[None]]]:
    tabs = TABS if browser is not None else ()
    names = {1: "1 tab"} | {count: f"{count} tabs" for count in TABS if count > 1}
    ways: dict[str, Callable[[], AbstractContextManager[None]]] = {NOBODY: partial(_tabs, browser, url, run, 0)}
    ways |= {names[count]: partial(_tabs, browser, url, run, count) for count in tabs}
    ways[f"{LISTENERS} streams"] = partial(_clients, _listen, f"{url}/live/{run.id}/stream")
    ways[f"{LISTENERS} that ask every second"] = partial(_clients, _ask, f"{url}/live/{run.id}/news")
    return ways


@contextmanager
def _tabs(browser: Any, url: str, run: Run, count: int) -> Iterator[None]:
    """So many tabs that show a run."""
    pages = [browser.new_page(viewport={"width": 1440, "height": 900}) for _ in range(count)]
    for page in pages:
        page.set_default_timeout(PATIENCE)
        page.goto(f"{url}/train?run={run.id}")
        page.locator(".film img").wait_for()
    try:
        yield
    finally:
        for page in pages:
            page.close()


@contextmanager
def _clients(talk: Callable[[str, threading.Event], None], address: str) -> Iterator[None]:
    """Clients without a browser."""
    done = threading.Event()
    threads = [threading.Thread(target=talk, args=(address, done), daemon=True) for _ in range(LISTENERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _listen(address: str, done: threading.Event) -> None:
    with urllib.request.urlopen(address, timeout=30) as stream:
        while not done.is_set() and stream.readline():
            pass


def _ask(address: str, done: threading.Event) -> None:
    while not done.wait(1.0):
        with suppress(OSError), urllib.request.urlopen(address, timeout=30) as answer:
            answer.read()


def _rate(run: Run, seconds: float) -> tuple[float, Mapping[str, float]]:
    """Steps a second of a run, and who used the processors besides."""
    time.sleep(SETTLE)
    before, begun, used = run.status, time.monotonic(), shares.used()
    time.sleep(seconds)
    after, spent = run.status, shares.shares(used, shares.used(), time.monotonic() - begun)
    return (after.step - before.step) / max(after.heartbeat - before.heartbeat, 1e-9), spent


def _bytes(command: Command, browser: Any, console: Console) -> Table:
    table = Table("page", "in messages", "as pictures", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as folder, console.status("pages of many runs"):
        store = make_store(Path(folder) / "runs", RUNS)
        ids = [run.id for run in store.list()[:COMPARED]]
        with serve(command, store) as url:
            for what, path in ((f"Runs, {RUNS}", "runs"), (f"Compare, {COMPARED}", f"compare?runs={','.join(ids)}")):
                messages, pictures = _sent(browser, f"{url}/{path}")
                table.add_row(what, f"{messages / 1e6:.2f} MB", f"{pictures / 1e6:.2f} MB")
    return table


def _waits(command: Command, browser: Any, console: Console) -> Table:
    """Seconds from asking for the Runs page to its first row: in new browsers, but where the table says otherwise."""
    headings = (
        "first server",
        "next server",
        "again",
        "opened with a query",
        "reloaded",
        "from another page",
        "filter",
    )
    table = Table("Runs", *headings, box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as folder, console.status(f"the Runs page with {MANY:,} runs"):
        store = make_store(Path(folder) / "runs", MANY)
        waits = []
        for _ in range(2):
            with serve(command, store) as url:
                waits.append(_first_row(browser, f"{url}/runs"))
                time.sleep(SETTLE)  # what it found out is kept
                again = median(_first_row(browser, f"{url}/runs") for _ in range(3))
                found = median(_first_row(browser, f"{url}/runs?where=ngf+%3D+64+and+lr_g+%3C+0.001") for _ in range(3))
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                reloaded = median(_first_row_of(page, partial(page.goto, f"{url}/runs")) for _ in range(4))
                clicked = median(_first_row_by_menu(page) for _ in range(3))
                filtered = median(_filter(page, count) for count in (500, 600, 700))
                page.close()
        columns = (*waits, again, found, reloaded, clicked, filtered)
        table.add_row(f"{MANY:,}", *(f"{seconds:.2f} s" for seconds in columns))
    return table


def _experiments(command: Command, browser: Any, console: Console) -> Table:
    """Seconds from asking for the Experiments page to its first question, in new browsers."""
    table = Table("Experiments", "first browser", "next browser", box=None, pad_edge=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        console.status("the Experiments page"),
        serve(command, RunStore(Path(folder) / "runs")) as url,
    ):
        waits = [_wait_for(browser, f"{url}/experiments", QUESTION) for _ in range(4)]
    table.add_row("first question", f"{waits[0]:.2f} s", f"{median(waits[1:]):.2f} s")
    return table


QUESTION = '[data-testid="stMainBlockContainer"] h3'


def _wait_for(browser: Any, address: str, selector: str) -> float:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    begin = time.perf_counter()
    page.goto(address)
    page.locator(selector).first.wait_for(timeout=PATIENCE)
    waited = time.perf_counter() - begin
    page.close()
    return waited


def _filter(page: Any, count: int) -> float:
    """Seconds from typing a query to the rows that it finds, so many of them."""
    begin = time.perf_counter()
    page.get_by_role("combobox", name="Find runs").fill(f"seed < {count}")
    page.get_by_text(f"{count} of {MANY:,} runs").wait_for(timeout=PATIENCE)
    return time.perf_counter() - begin


def _first_row(browser: Any, address: str) -> float:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    waited = _first_row_of(page, partial(page.goto, address))
    page.close()
    return waited


def _first_row_of(page: Any, ask: Callable[[], object]) -> float:
    begin = time.perf_counter()
    ask()
    page.locator(".run").first.wait_for(timeout=PATIENCE)
    return time.perf_counter() - begin


def _first_row_by_menu(page: Any) -> float:
    go_to(page, "Learn")
    page.locator(".run").first.wait_for(state="detached")
    page.wait_for_timeout(1e3)
    return _first_row_of(page, partial(go_to, page, "Runs"))


def go_to(page: Any, title: str) -> None:
    """Another page of the dashboard, by its menu."""
    page.get_by_role("link", name=title, exact=True).first.click()


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


def open_browser(stack: ExitStack) -> Any:
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
def serve(command: Command, store: RunStore) -> Iterator[str]:
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
    """Whether the dashboard is there: its port is open while it still imports what it needs."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the dashboard did not do what was waited for")
        time.sleep(0.2)
