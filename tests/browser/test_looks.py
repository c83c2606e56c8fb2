"""Every page in both themes and three widths: nothing overlaps, nothing scrolls sideways, what can be read has enough
contrast and a name, nothing is fetched from elsewhere, and the browser has nothing to complain about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from gancore.algorithms import build_algorithm
from gancore.store import RunStore
from gancore.store.checkpoints import Checkpoint
from tests.browser.serving import App, serve
from tests.miniatures import tiny

pytestmark = pytest.mark.browser

PROJECT = Path(__file__).parents[2]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
LOOK = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
WIDTHS = (1440, 1024, 390)
EXPLORED, EXPLORED_VIEWS = "with-weights", ("samples", "between", "directions", "classes", "nearest", "judge")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# Streamlit writes white on the accent and the accent on the background; in dark no colour gives both of them 4.5.
ACCENT, LEAST = "#2a80c2", 4.0
SETTLE = """async () => {
  const busy = "[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true], " +
    "[data-test-script-state=running]"
  const moves = (animation) => animation.playState === "running" &&
    Number.isFinite(animation.effect?.getComputedTiming().endTime)
  const quiet = () => !document.querySelector(busy) && !document.getAnimations().some(moves)
  for (let calm = 0; calm < 4; calm = quiet() ? calm + 1 : 0) await new Promise(requestAnimationFrame)
}"""


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A store with 30 runs of many families: copies of those that come with the project."""
    folder = tmp_path_factory.mktemp("crowded")
    with serve(folder) as app:
        shipped = RunStore(PROJECT / "runs" / "reference").list()
        for run in shipped[:: max(1, len(shipped) // 30)][:30]:
            shutil.copytree(run.path, app.store.root / run.id)
        explored(app.store)
        yield app


def explored(store: RunStore) -> None:
    """A run with a checkpoint, of networks as they begin: those that come with the project have none."""
    config = tiny("cdcgan", {"optim.ema": 0.9})
    path = store.create(config, name="with weights", run_id=EXPLORED).path / "checkpoints" / "last.pt"
    Checkpoint(100, 800, 1.0, build_algorithm(config).state_dict()).save(path)


def replayed() -> str:
    """A textbook case, which comes with the project."""
    return next(run.id for run in RunStore(PROJECT / "runs" / "reference").list() if run.name == "Mode collapse")


def pages(app: App) -> dict[str, str]:
    runs = [run.id for run in app.store.list() if run.id != EXPLORED]
    return {
        "home": "",
        "train": "train",
        "a run": f"train?run={runs[0]}",
        "a replay": f"train?run={replayed()}&replay=1",
        "experiments": "experiments",
        "a question": "experiments?experiment=dcgan-nz",
        "runs": "runs",
        "compare": f"compare?runs={','.join(runs[:4])}",
        "learn": "learn",
        "a lesson": "learn?lesson=game",
        "a lesson of two figures": "learn?lesson=collapse",
    } | {f"explore {view}": f"explore?run={EXPLORED}&view={view}" for view in EXPLORED_VIEWS}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        "home",
        "train",
        "a run",
        "a replay",
        "experiments",
        "a question",
        "runs",
        "compare",
        "learn",
        "a lesson",
        "a lesson of two figures",
        *(f"explore {view}" for view in EXPLORED_VIEWS),
    ],
)
def test_a_page_looks_as_it_should(crowded: App, browser: Browser, theme: str, name: str) -> None:
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    hosts = set[str]()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(f"{crowded.url}/{pages(crowded)[name]}")
    settle(page)
    wrong = {width: said for width in WIDTHS if (said := look_at(page, width))}
    assert not wrong
    assert barriers(page) == []
    page.close()
    assert complaints == []
    assert hosts - {""} == {urlsplit(crowded.url).netloc}


def settle(page: Page) -> None:
    expect(page.get_by_test_id("stMainBlockContainer")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate(SETTLE)


def look_at(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(SETTLE)
    said: list[str] = page.evaluate(LOOK)
    return said


def barriers(page: Page) -> list[str]:
    """What axe-core finds in the way of people who use a keyboard or a screen reader, or see little contrast."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.evaluate(SETTLE)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({ runOnly: rules })", RULES)
    return [
        f"{each['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else each['help']}"
        for each in found["violations"]
        for node in each["nodes"]
        if not is_accent(node)
    ][:10]


def is_accent(node: dict[str, Any]) -> bool:
    data = node["any"][0]["data"] if node["any"] else None
    colors = {data.get("fgColor"), data.get("bgColor")} if isinstance(data, dict) else set()
    return ACCENT in colors and data["contrastRatio"] >= LEAST


def is_complaint(message: ConsoleMessage) -> bool:
    """Streamlit asks below a page's address for what lies at the server's, before it asks there."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def test_what_is_wrong_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.set_content("""<body style="margin: 0"><p style="position: absolute; top: 40px; margin: 0">Two lines</p>
        <p style="position: absolute; top: 46px; margin: 0">at one place</p>
        <p style="position: absolute; top: 100px; left: 380px; white-space: nowrap">too far to the right</p>
        <p style="color: #aaa">pale</p></body>""")
    said = "; ".join(look_at(page, 390))
    assert "“Two lines” and “at one place” lie over each other" in said
    assert "“too far to the right” ends" in said
    assert "the page is" in said
    assert any("color-contrast" in each and "pale" in each for each in barriers(page))
    page.close()
