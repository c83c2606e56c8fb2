"""What a comparison of many long runs costs: how soon its first picture and its losses are there, and what it sends."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from gancore.bench.page import Command, open_browser, serve
from gancore.bench.store import make_store

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
    """One opening of the page, in a browser that has never been there."""

    picture: float = 0.0  # seconds until the first grid is seen
    losses: float = 0.0  # seconds until the losses are
    messages: list[int] = field(default_factory=list)  # bytes of each
    answers: list[int] = field(default_factory=list)  # bytes of each file, compressed as it was sent

    @property
    def sent(self) -> int:
        """Bytes in all."""
        return sum(self.messages) + sum(self.answers)


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
    page = context.new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: visit.messages.append(len(data))))
    page.on("requestfinished", lambda request: visit.answers.append(request.sizes()["responseBodySize"]))
    begin = time.perf_counter()
    page.goto(address, wait_until="commit", timeout=TIMEOUT)
    page.wait_for_function(IS_COMPLETE, arg=FIRST_PICTURE, timeout=TIMEOUT)
    visit.picture = time.perf_counter() - begin
    page.locator(LOSSES).first.wait_for(timeout=TIMEOUT)
    visit.losses = time.perf_counter() - begin
    page.wait_for_timeout(1e3 * SETTLE)
    context.close()
    return visit


def _table(visits: list[Visit]) -> Table:
    table = Table("Compare", "first picture", "losses", "sent", "in messages", box=None, pad_edge=False)
    table.add_row(
        f"{COMPARED} runs of {STEPS:,} steps",
        *(f"{median(found):.2f} s" for found in ([each.picture for each in visits], [each.losses for each in visits])),
        *(
            f"{median(found) / 1e6:.2f} MB"
            for found in ([each.sent for each in visits], [sum(each.messages) for each in visits])
        ),
    )
    return table
