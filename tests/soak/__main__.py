"""`python -m tests.soak`: use a dashboard for hours, and write down what it holds all the while."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page

from gancore import machine
from gancore.files import write_atomic
from tests.browser.serving import App, open_browser, serve
from tests.soak import gauges
from tests.soak.chart import draw, sentences
from tests.soak.visits import HEADING, next_run, tidy, visits

DOCS = Path(__file__).parents[2] / "docs"
PATIENCE = 60_000  # milliseconds for a page to show something
MOST_ERRORS = 200  # that are kept


class Soak:
    """One dashboard in use: what is done with it, and what that does to it."""

    def __init__(self, app: App, browser: Browser, log: Path, out: Path) -> None:
        self._app, self._browser, self._log, self._out = app, browser, log, out
        self._watching = self._open()  # the tab that stays
        self._watching.goto(app.url)
        self._watching.locator(HEADING).first.wait_for()
        self._session = self._watching.context.new_cdp_session(self._watching)
        self._session.send("Performance.enable")
        self._used = 0.0  # seconds
        self.found: dict[str, Any] = {
            "begun": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": f"{machine.describe()}, Python {platform.python_version()}",
            "versions": machine.versions(),
            "hours": 0.0,
            "rounds": 0,
            "runs": 0,
            "visits": 0,
            "errors": [],
            "measured": [],
        }

    def round(self) -> None:
        """Have a run trained, and look at everything meanwhile, in a tab that is closed afterwards."""
        begin = time.monotonic()
        run = next_run(self._app.store, self.found["rounds"])
        page = self._open()
        for name, visit in visits(self._app, page, run).items():
            try:
                visit()
            except (Error, AssertionError) as problem:
                self._fail(f"{name}: {' '.join(str(problem).split())[:300]}")
            self.found["visits"] += 1
        page.close()
        tidy(self._app.store)
        self.found["rounds"] += 1
        self.found["runs"] += 1
        self._used += time.monotonic() - begin
        self._measure()

    def _measure(self) -> None:
        hours = self._used / 3600
        here = gauges.of_process(self._app.pid) | gauges.of_tab(self._session)
        self.found["hours"] = round(hours, 4)
        self.found["measured"].append(
            {"hours": round(hours, 4)} | {name: round(each, 2) for name, each in here.items()}
        )
        logged = self._log.read_text(errors="replace")
        self.found["log"] = {"tracebacks": logged.count("Traceback"), "errors": logged.count("ERROR")}
        write_atomic(self._out, json.dumps(self.found, indent=1).encode())

    def _open(self) -> Page:
        page = self._browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self._fail(f"in a page: {error}"))
        page.on("console", lambda said: self._fail(f"on the console: {said.text}") if said.type == "error" else None)
        return page

    def _fail(self, what: str) -> None:
        if len(self.found["errors"]) < MOST_ERRORS:
            self.found["errors"].append({"hours": round(self._used / 3600, 4), "what": what})


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="for how long")
    parser.add_argument(
        "--out", type=Path, default=DOCS / "soak.json", help="where the measurements go, a chart beside it"
    )
    parser.add_argument("--folder", type=Path, help="for the store and the log (default: a temporary one)")
    options = parser.parse_args()
    deadline = time.monotonic() + 3600 * options.hours
    with tempfile.TemporaryDirectory() as nowhere:
        folder = options.folder or Path(nowhere)
        folder.mkdir(parents=True, exist_ok=True)
        with serve(folder) as app, open_browser() as browser:
            soak = Soak(app, browser, folder / "server.log", options.out)
            while time.monotonic() < deadline:
                soak.round()
                print(f"round {soak.found['rounds']}: {soak.found['measured'][-1]}", flush=True)
    draw(soak.found, options.out.with_suffix(".png"))
    print(*sentences(soak.found), sep="\n")
    return 1 if soak.found["errors"] or any(soak.found["log"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
