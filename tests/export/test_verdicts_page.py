"""docs/verdicts.md: what is said of every claim, the same each time, and nothing that the runs do not say."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gancore.experiments import CLAIMS, judge_all
from gancore.export.verdicts_page import Page, verdicts_page, write_page
from gancore.store import Run, RunStore

Answer = Callable[..., Run]


@pytest.fixture
def page(nz: RunStore) -> Page:
    return verdicts_page(nz)


def section(page: Page, claim: str) -> str:
    """What is said of one claim."""
    return re.split(r"\n##", page.text.partition(f'<a id="{claim}"></a>')[2])[0]


def test_every_claim_has_a_line_and_a_section(page: Page) -> None:
    for claim in CLAIMS.values():
        assert page.text.count(f"](#{claim.id})") == 1
        assert page.text.count(f'<a id="{claim.id}"></a>') == 1
        assert claim.says in section(page, claim.id)
        assert "Not decided" in section(page, claim.id) or "nz" in claim.id


def test_says_the_verdict_with_its_numbers_and_its_runs(nz: RunStore, page: Page) -> None:
    verdict = next(each for each in judge_all(nz) if each.claim == "nz-10-as-good")
    said = section(page, "nz-10-as-good")
    assert verdict.words in said
    assert verdict.verdict == "supported"  # the same FID, to rounding
    assert "✓ supported" in said
    assert "FID × 1.00 (" in said
    assert all(f"`{run}`" in said for run in verdict.runs)


def test_counts_claims_and_says_how_far_many_verdicts_can_be_believed(nz: RunStore, page: Page) -> None:
    verdicts = judge_all(nz)
    supported = sum(each.verdict == "supported" for each in verdicts)
    assert f"**{len(CLAIMS)} claims: {supported} ✓ supported" in page.text
    assert f"{verdicts[0].judged} claims could be tested at once" in page.text
    assert "false discovery rate of 5%" in page.text


def test_says_what_was_not_run(page: Page, nz: RunStore, answer: Answer) -> None:
    assert "Quick scale: 3 seeds of each arm. Full scale: not run." in page.text
    answer(arm="nz 10", seed=3, fid=6.0)
    assert "Quick scale: seeds 4 of “nz 10”, 3 of “nz 100” and 3 of “nz 1000”." in verdicts_page(nz).text


def test_shows_the_arms_in_a_small_strip(page: Page) -> None:
    assert list(page.pictures) == ["dcgan-nz-quick.png"]
    assert "![samples of What does nz do?](verdicts/dcgan-nz-quick.png)" in page.text
    strip = Image.open(io.BytesIO(page.pictures["dcgan-nz-quick.png"]))
    assert strip.size == (3 * 274 + 2 * 8, 104)
    assert "“nz 10”, “nz 100”, “nz 1000”" in page.text


def test_is_the_same_each_time(nz: RunStore, page: Page) -> None:
    assert verdicts_page(RunStore(nz.root)) == page


def test_tables_keep_their_columns(page: Page) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", page.text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_writes_the_page_and_removes_pictures_of_before(nz: RunStore, page: Page, tmp_path: Path) -> None:
    (tmp_path / "verdicts").mkdir()
    (tmp_path / "verdicts" / "gone-quick.png").touch()
    write_page(nz, tmp_path)
    assert (tmp_path / "verdicts.md").read_text(encoding="utf-8") == page.text
    assert [each.name for each in (tmp_path / "verdicts").iterdir()] == list(page.pictures)


def test_an_empty_store_decides_nothing(store: RunStore) -> None:
    page = verdicts_page(store)
    assert f"{len(CLAIMS)} ? not decided.** Of {len(CLAIMS)} there are no runs yet." in page.text
    assert page.pictures == {}
