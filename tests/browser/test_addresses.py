"""Pages opened by their addresses, as from a bookmark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ui import navigation

pytestmark = pytest.mark.browser


def test_no_page_asks_for_what_is_not_there(app, new_page: Callable[[], Page]) -> None:
    """Streamlit guesses where it is, on /train that it is below /train, unless the page says so."""
    page, said = new_page(), []
    page.on("response", lambda answer: said.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    of_a_class = {navigation.CLASS.stem, navigation.ME.stem}
    for address in (each for each in navigation.ADDRESSES if each not in of_a_class):
        page.goto(f"{app.url}/{address}")
        expect(page.get_by_test_id("stMainBlockContainer").locator("h1, h2, h3").first).to_be_visible()
        assert page.url.removeprefix(app.url).strip("/") == address
    assert said == []
