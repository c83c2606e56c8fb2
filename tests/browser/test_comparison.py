"""Compare below its first screen: the best of twelve, a highlighted run, two grids, a brush, files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from gancore.comparison.curves import smoothed
from gancore.config import RunConfig
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from tests.browser.serving import PROJECT, App

pytestmark = pytest.mark.browser

STEPS = 400


def made(app: App, ngf: int, lr_g: float, shade: int) -> Run:
    """A run that looks finished; its FID is known."""
    run = app.store.create(
        RunConfig().replace({"model.ngf": ngf, "optim.lr_g": lr_g}), name=f"ngf {ngf}, lr_g {lr_g:g}"
    )
    steps = np.arange(1.0, STEPS + 1)
    losses = {"loss_d": np.sin(steps / 9) + 2, "loss_g": np.cos(steps / 9) + 2 + ngf / 64}
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({"step": steps, "epoch": steps / 70, "time": steps / 10} | losses)
    writer.close()
    (run.path / "samples").mkdir()
    for step in (200, 400):
        Image.new("L", (64, 64), shade).save(run.path / "samples" / f"{step:06d}.png")
    for step, size, samples in ((200, "cheap", 1_000), (400, "cheap", 1_000), (400, "full", 10_000)):
        run.add_evaluation(
            Evaluation(
                step=step, weights="raw", size=size, samples=samples, reference="mnist-5k", reference_count=4_500,
                extractor="mnist-cnn-v1", seconds=1.0, values={"fid": fid_of(ngf, lr_g) * (2 if step == 200 else 1)},
                histogram=(samples // 10,) * 10, expected=(100,) * 10,
            )
        )  # fmt: skip
    run.write_status(Status(state="finished", step=STEPS, total_steps=STEPS, seconds=40, attempt=1))
    return run


def fid_of(ngf: int, lr_g: float) -> float:
    return 400 / ngf + 20 * abs(np.log10(lr_g / 5e-4))


@pytest.fixture
def twelve(app: App, new_page: Callable[[], Page]) -> Page:
    """Compare with twelve runs, whose best has ngf 64 and lr_g 5e-4."""
    grid = product((8, 16, 32, 64), (1e-4, 5e-4, 2e-3))
    runs = [made(app, ngf, lr_g, 60 + 15 * place) for place, (ngf, lr_g) in enumerate(grid)]
    page = new_page()
    page.goto(f"{app.url}/compare?runs={','.join(run.id for run in runs)}")
    expect(page.locator(".results tbody tr")).to_have_count(12)
    return page


def test_the_best_of_twelve_takes_one_click_or_none(twelve: Page) -> None:
    expect(twelve.get_by_text("Of 12 runs ngf 64, lr_g 0.0005 has the lowest FID, 6.3")).to_be_visible()  # none
    twelve.locator(".results").get_by_role("button", name="Sort by FID").click()
    first = twelve.locator(".results tbody tr").first
    expect(first).to_contain_text("ngf 64, lr_g 0.0005")
    expect(first.locator(".best")).to_have_text("6.25")
    twelve.locator(".results").get_by_role("button", name="Sort by FID").press("Enter")
    expect(twelve.locator(".results tbody tr").first).to_contain_text("ngf 8")


def test_a_row_highlights_its_run_in_every_chart(twelve: Page) -> None:
    plots = twelve.locator(".curves .plot[data-drawn]")
    expect(plots).not_to_have_count(0)
    row = twelve.locator(".results tbody tr").nth(3)
    name = row.locator(".open").inner_text()
    row.hover()
    for place in range(plots.count()):
        expect(plots.nth(place)).to_have_attribute("data-highlighted", name)
    plots.last.focus()
    plots.last.press("ArrowDown")
    expect(twelve.locator(".results tr.highlighted")).to_have_count(1)


def test_a_figure_and_the_table_are_saved(twelve: Page) -> None:
    chart = twelve.locator(".curves .panel").first
    with twelve.expect_download() as download:
        chart.get_by_role("button", name=re.compile("as SVG")).click()
    svg = download.value.path().read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert svg.count("<path") > 12
    with twelve.expect_download() as download:
        chart.get_by_role("button", name=re.compile("as PNG")).click()
    with Image.open(download.value.path()) as picture:
        assert picture.width == 1920
    with twelve.expect_download() as download:
        twelve.locator(".results .save").click()
    table = pd.read_csv(download.value.path())
    assert len(table) == 12
    assert table["FID"].min() == pytest.approx(6.25)
    expect(twelve.get_by_role("button", name="Save all as HTML")).to_be_enabled()


def test_the_divider_moves_by_pointer_and_by_key(twelve: Page) -> None:
    stage = twelve.locator(".wipe .stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None

    def cut() -> str:
        return stage.evaluate("each => each.style.getPropertyValue('--cut')")

    assert cut() == "50%"
    twelve.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    twelve.mouse.down()
    twelve.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60, steps=4)
    twelve.mouse.up()
    assert float(cut().rstrip("%")) == pytest.approx(25, abs=1)
    before = float(cut().rstrip("%"))
    twelve.locator(".wipe .divider").press("ArrowRight")
    assert float(cut().rstrip("%")) > before
    left, right = (twelve.locator(f".wipe .side.{side} img").get_attribute("src") for side in "ab")
    assert left != right
    twelve.locator(".wipe .steps").press("ArrowLeft")
    expect(twelve.locator(".wipe output")).to_have_text("step 200")


def test_a_brush_selects_runs_and_shows_them_alone(twelve: Page) -> None:
    space = twelve.locator(".space")
    space.scroll_into_view_if_needed()
    space.locator(".keys").get_by_role("button", name=re.compile("along FID")).click()  # its best fifth
    expect(space.locator(".said")).to_have_text(re.compile(r"[1-9]\d* of 12 runs selected"))
    space.locator(".keys").get_by_role("button", name=re.compile("along FID")).press("Escape")
    plot = space.locator(".parallel")
    box = plot.bounding_box()
    assert box is not None
    twelve.mouse.move(box["x"] + 62, box["y"] + 40)  # the axis of ngf, down from its top: ngf 64
    twelve.mouse.down()
    twelve.mouse.move(box["x"] + 62, box["y"] + 70, steps=4)
    twelve.mouse.up()
    expect(space.locator(".said")).to_have_text("3 of 12 runs selected")
    space.get_by_role("button", name="Show only these").click()
    expect(twelve.locator(".results tbody tr")).to_have_count(3)
    expect(twelve).to_have_url(re.compile("hidden="))


def test_the_browser_smooths_and_averages_as_python_does(new_page: Callable[[], Page]) -> None:
    """The functions of curves.js on numbers whose answer is known."""
    page = new_page()
    source = "\n".join((PROJECT / "ui" / "frontend" / name).read_text() for name in ("plot.js", "curves.js"))
    plain = re.sub(r"^export \{.*\}$", "", source, flags=re.MULTILINE)  # here they share a scope without being modules
    page.add_script_tag(content=plain.replace("export default function", "function component"))
    random = np.random.default_rng(0)
    values, span = random.normal(size=300), random.integers(1, 60, 300).astype(float)
    values[[3, 50]] = np.nan
    sent = json.dumps([None if np.isnan(value) else value for value in values.tolist()])
    found = page.evaluate(
        f"Array.from(smooth(Float32Array.from({sent}, (each) => each ?? NaN), {span.tolist()}, 0.97))"
    )
    np.testing.assert_allclose(found, smoothed(values, span, 0.97), rtol=1e-4, atol=1e-5)
    means = page.evaluate("""() => {
        const curves = [{xs: [0, 10], ys: [0, 10]}, {xs: [0, 5, 20], ys: [2, 7, 22]}]
        const {mean, low, high, whole} = averaged(curves, [0, 5, 10, 20], "range", [])
        return [mean, low, high].map((each) => Array.from(each)).concat([whole])
    }""")
    assert means == [[1, 6, 11, 22], [0, 5, 10, 22], [2, 7, 12, 22], [True, True, True, False]]
    low, high = page.evaluate("robustRange([...Array(500).keys()].map((each) => each % 5).concat([4800]), false)")
    assert -2 < low < high < 10
    assert page.evaluate("robustRange([300, 60, 20, 10, 8, 6], false)")[1] > 300  # a curve that falls is no outlier
