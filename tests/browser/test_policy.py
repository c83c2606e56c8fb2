"""What got into a page does not run there, and sends nothing elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from gancore.bench.waiting import until
from tests.browser.serving import App

pytestmark = pytest.mark.browser

INJECT = """() => {
    window.ran = []
    window.refused = []
    document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective))
    document.body.insertAdjacentHTML("beforeend", `<img src="missing.png" onerror="ran.push('attribute')">`)
    for (const content of [{ textContent: "ran.push('inline')" }, { src: "data:text/javascript,ran.push('data')" }])
        document.body.append(Object.assign(document.createElement("script"), content))
    return fetch("http://127.0.0.1:9/").then(() => ran.push("elsewhere"), (problem) => String(problem))
}"""


@pytest.mark.parametrize("address", ["", "train", "none-of-ours"])
def test_what_gets_into_a_page_does_not_run(app: App, browser: Browser, address: str) -> None:
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{app.url}/{address}")
    expect(page.get_by_test_id("stMainBlockContainer").locator("h1, h2, h3").first).to_be_visible()
    assert refused == []
    page.evaluate(INJECT)
    until(page, "refused.includes('script-src-attr')")
    assert page.evaluate("ran") == []
    assert set(page.evaluate("refused")) == {"script-src-attr", "script-src-elem", "connect-src"}
    page.close()
