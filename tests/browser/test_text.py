"""What Streamlit makes of text from outside, in a browser: its Markdown goes further than the tests of `plain` know."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gancore.config import RunConfig
from tests.browser.serving import App

pytestmark = pytest.mark.browser

TEXTS = (
    *("http://evil.example/x", "https://evil.example", "HTTPS://Evil.example", "www.evil.example", "a@evil.example"),
    *("mailto:a@evil.example", "<http://evil.example>", "[l](http://evil.example)", "![i](http://evil.example/i.png)"),
    *(":x:", ":+1:", ":streamlit:", ":material/home:", ":material_home:", ":red[r]", ":blue-badge[b]", ":small[s]"),
    *(
        "&copy;",
        "&#169;",
        "&lt;",
        "\\&copy;",
        "$x^2$",
        "$$y$$",
        "<b>b</b>",
        "<!-- c -->",
        "*a*",
        "**b**",
        "__c__",
        "_d_",
    ),
    *("~~e~~", "`f`", "-> <- <-> -- >= <= ~=", "a\\b", "[^1]", "[x]: y", "C:\\dir", "lr_g 5e-4 #2", "a:b 12:30"),
)


def test_text_is_shown_as_it_was_written(app: App, new_page: Callable[[], Page]) -> None:
    name, error = " ".join(TEXTS[:20]), " · ".join(TEXTS)
    run = app.store.create(RunConfig(), name=name)
    run.write_status(run.status.model_copy(update={"state": "failed", "error": error}))
    page = new_page()
    page.goto(f"{app.url}/train?run={run.id}")
    main = page.get_by_test_id("stMainBlockContainer")
    expect(main.get_by_test_id("stAlert").first).to_be_visible()
    for place, text in ((main.locator("h3").first, name), (main.get_by_test_id("stAlertContainer").first, error)):
        shown = place.evaluate("element => element.textContent").replace("\u2060", "")
        assert text in shown
        assert place.locator("a, em, strong, code, del, img, .katex, .stMarkdownBadge").count() == 0
    page.goto(app.url)
    expect(page.get_by_text("Latest runs")).to_be_visible()
    assert page.locator("a[href*='evil']:not([href*='run='])").count() == 0
