"""A recorded training that fails, found on Home and played back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gancore.bench.waiting import until

pytestmark = pytest.mark.browser

LOSSES = '.chart[aria-label^="Losses"]'
FURTHEST = "element => Math.max(...(element._fullData ?? []).flatMap(trace => [...trace.x]))"


def test_a_teacher_shows_a_collapse(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(app.url)
    page.get_by_role("link", name="Mode collapse").click()

    # It plays by itself, from the first step, and the film and the curves go with it.
    expect(page.locator(".player output")).not_to_have_text(re.compile("^step 0 "))
    expect(page.locator(LOSSES)).to_have_attribute("data-replayed", re.compile("[1-9]"))
    page.get_by_role("button", name="Pause").click()

    # The keyboard moves it: at the start there is nothing yet, at the end all that was recorded.
    slider = page.get_by_role("slider", name="Step of the replay")
    found = page.locator(".player li").filter(has_text="real images")
    slider.press("Home")
    expect(page.locator(".player output")).to_have_text(re.compile("^step 0 "))
    expect(page.locator(".film .caption")).to_have_text(re.compile("^step 0 "))
    expect(found.first).not_to_be_visible()
    slider.press("End")
    expect(page.locator(".player output")).to_have_text(re.compile("^step 900 of 900"))
    expect(page.locator(".film .caption")).to_have_text(re.compile("^step 900 "))
    expect(found.first).to_be_visible()
    until(page, f"selector => ({FURTHEST})(document.querySelector(selector)) >= 900", arg=LOSSES)

    # A finding leads to where it was found; the curves end there.
    place = found.first.get_by_role("button")
    step = int(re.sub(r"\D", "", place.inner_text()))
    place.click()
    expect(page.locator(".player output")).to_have_text(re.compile(f"^step {step:,} of "))
    until(page, f"([selector, step]) => ({FURTHEST})(document.querySelector(selector)) <= step", arg=[LOSSES, step])

    page.get_by_role("button", name="End replay").click()
    expect(page.get_by_role("button", name="Replay", exact=True)).to_be_visible()
    assert "replay" not in page.url
