"""Taking a run along: its script is seen with what is particular about it, and comes as a file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gancore.export.script import changed_lines, plain_script
from gancore.store import RunStore
from tests.browser.serving import App
from tests.browser.test_looks import WIDTHS, barriers, look_at, settle

pytestmark = pytest.mark.browser

PROJECT = Path(__file__).parents[2]


def test_a_script_is_read_and_downloaded(app: App, new_page: Callable[[], Page]) -> None:
    shipped = next(run for run in RunStore(PROJECT / "runs" / "reference").list() if run.experiment == "dcgan-ngf")
    shutil.copytree(shipped.path, app.store.root / shipped.id)
    run = app.store.open(shipped.id)
    page = new_page()
    page.goto(f"{app.url}/train?run={run.id}")
    page.get_by_text("Take it with you", exact=True).click()
    lines = page.locator(".code .line")
    expect(lines).to_have_count(len(plain_script(run).splitlines()))
    expect(page.locator(".code .marked")).to_have_count(len(changed_lines(run)))
    expect(lines.nth(0)).to_contain_text(run.id)
    with page.expect_download() as download:
        page.get_by_role("button", name="Plain PyTorch script").click()
    assert Path(download.value.path()).read_text(encoding="utf-8") == plain_script(run)
    assert download.value.suggested_filename == f"{run.id}.py"
    settle(page)
    assert {width: said for width in WIDTHS if (said := look_at(page, width))} == {}
    assert barriers(page) == []
