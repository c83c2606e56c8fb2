"""Waiting for something in a page. Playwright's own `wait_for_function` evaluates text, which our pages forbid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

TIMEOUT = 60_000  # milliseconds
_WAIT = """(arg) => new Promise((done, fail) => {
  const end = performance.now() + %d
  const look = () => {
    try {
      if ((%s)(arg)) done()
      else if (performance.now() < end) setTimeout(look, 15)
      else fail(new Error("timed out"))
    } catch (problem) { fail(problem) }
  }
  look()
})"""


def until(page: Page, condition: str, arg: Any = None, timeout: int = TIMEOUT) -> None:
    """Wait until a condition holds: JavaScript, an expression or a function of `arg`.

    Raises Playwright's `Error` after `timeout` milliseconds, or where the condition fails.
    """
    function = condition if "=>" in condition else f"() => {condition}"
    page.evaluate(_WAIT % (timeout, function), arg)
