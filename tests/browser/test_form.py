"""The form in a browser: what it shows is what there is, once, and it keeps what was chosen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gancore.bench.waiting import until
from tests.browser.test_steering import choose, fill, open_form

pytestmark = pytest.mark.browser

# Labels of the form's widgets that are seen more than once; Streamlit keeps some that are gone, hidden, for a while.
TWICE = """() => {
  const labels = [...document.querySelectorAll("[data-testid=stSidebar] [data-testid=stWidgetLabel]")]
  const seen = labels.filter(label => label.checkVisibility())
  const words = seen.map(label => label.textContent.trim()).filter(word => word !== "networks")  // a group, too
  return words.filter((word, place) => words.indexOf(word) !== place)
}"""


def test_another_dataset_leaves_no_ghosts(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    open_form(page, app.url)
    sidebar = page.get_by_test_id("stSidebar")
    for option in ("Toy: ring", "MNIST, 5,000", "Toy: drawn by hand", "Images of your own", "Toy: grid", "Fashion"):
        choose(page, "dataset", option)
        expect(sidebar.locator(".draw canvas")).to_have_count(int("drawn" in option))
        expect(sidebar.get_by_text("Import images", exact=True)).to_have_count(int("own" in option))
        until(page, f"() => !({TWICE})().length")
        expect(sidebar.get_by_text("Draw with the mouse")).to_have_count(int("drawn" in option))


def test_another_experiment_leaves_no_ghosts(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    open_form(page, app.url)
    picker = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Start from")
    for words, name, rate in (
        ("VAE on digits", "vae-mnist", "lr"),
        ("What does ngf", "dcgan-ngf", "lr_d"),
        ("Quickstart", "quickstart", "lr_d"),
    ):
        picker.fill(words)  # of a list so long that only what is searched for is in the page
        page.get_by_role("option", name=words).click()
        expect(page.get_by_text(re.compile(f"^{name}.*, unchanged"))).to_be_visible()
        expect(page.get_by_label(f"{rate}, typed")).to_have_count(1)
        until(page, f"() => !({TWICE})().length")
    fill(page, "lr_d", "1e-3")
