"""What a comparison of many long runs costs: how soon its first picture and its losses are there, and what it sends."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from gancore.bench.page import Command, go_to, open_browser, serve
from gancore.bench.store import make_store
from gancore.bench.waiting import until

COMPARED, STEPS = 50, 25_000
FIRST_PICTURE = '.reel img[src*="pictures/"]'
IS_COMPLETE = """selector => [...document.querySelectorAll("*")].some(
  (each) => each.shadowRoot?.querySelector(selector)?.complete,
)"""
LOSSES = ".curves.low canvas"
SETTLE = 6.0  # seconds in which all of the page arrives
TIMEOUT = 120_000  # milliseconds


@dataclass
class Visit:
    """One opening of the page, in a browser that has never been there, and what comes once it is there."""

    picture: float = 0.0  # seconds until the first grid is seen
    losses: float = 0.0  # seconds until the losses are
    reloaded: float = 0.0  # seconds until the first grid is seen again
    back: float = 0.0  # the same, from another page of the dashboard
    messages: int = 0  # bytes of all, before the page is reloaded
    files: int = 0  # bytes of all, compressed as they were sent


def run_benchmarks(command: Command, times: int, console: Console) -> None:
    """Open a comparison so many times, once more than are counted; print medians."""
    with ExitStack() as stack:
        browser = open_browser(stack)
        if browser is None:
            console.print("There is no Chromium or no playwright here (requirements-dev.txt): nothing is opened.")
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with console.status(f"{COMPARED} runs of {STEPS:,} steps"):
            store = make_store(folder / "runs", COMPARED, STEPS)
        address = "compare?runs=" + ",".join(run.id for run in store.list())
        url = stack.enter_context(serve(command, store))
        visits = []
        for turn in range(times + 1):
            with console.status(f"visit {turn} of {times}"):
                visits.append(_visit(browser, f"{url}/{address}"))
        console.print(_table(visits[1:]))


def _visit(browser: Any, address: str) -> Visit:
    visit, context = Visit(), browser.new_context(viewport={"width": 1440, "height": 900})
    messages: list[int] = []
    files: list[int] = []
    page = context.new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: messages.append(len(data))))
    page.on("requestfinished", lambda request: files.append(request.sizes()["responseBodySize"]))
    begin = time.perf_counter()
    visit.picture = _picture_after(page, partial(page.goto, address, wait_until="commit", timeout=TIMEOUT))
    page.locator(LOSSES).first.wait_for(timeout=TIMEOUT)
    visit.losses = time.perf_counter() - begin
    page.wait_for_timeout(1e3 * SETTLE)
    visit.messages, visit.files = sum(messages), sum(files)
    visit.reloaded = _picture_after(page, partial(page.goto, address, wait_until="commit", timeout=TIMEOUT))
    go_to(page, "Learn")
    until(page, f"selector => !({IS_COMPLETE})(selector)", arg=FIRST_PICTURE, timeout=TIMEOUT)
    page.wait_for_timeout(1e3)
    visit.back = _picture_after(page, partial(go_to, page, "Compare"))
    page.wait_for_timeout(1e3 * SETTLE)
    context.close()
    return visit


def _picture_after(page: Any, ask: Callable[[], object]) -> float:
    begin = time.perf_counter()
    ask()
    until(page, IS_COMPLETE, arg=FIRST_PICTURE, timeout=TIMEOUT)
    return time.perf_counter() - begin


def _table(visits: list[Visit]) -> Table:
    headings = ("first picture", "losses", "reloaded", "from another page", "sent", "in messages")
    table = Table("Compare", *headings, box=None, pad_edge=False)
    waits = ("picture", "losses", "reloaded", "back")
    table.add_row(
        f"{COMPARED} runs of {STEPS:,} steps",
        *(f"{median(getattr(visit, wait) for visit in visits):.2f} s" for wait in waits),
        f"{median(visit.messages + visit.files for visit in visits) / 1e6:.2f} MB",
        f"{median(visit.messages for visit in visits) / 1e6:.2f} MB",
    )
    return table
