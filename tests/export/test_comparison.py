"""Runs beside each other in one file."""

from __future__ import annotations

import pytest

from gancore.export.comparison import NoComparison, comparison
from gancore.store import Run
from tests.export.conftest import Answer

COLORS = ("#00A06E", "#6E3CFA", "#A25200")


def written(*runs: Run, **changes: object) -> str:
    colors = {run.id: color for run, color in zip(runs, COLORS, strict=False)}
    return comparison(list(runs), colors, **changes).decode()  # type: ignore[arg-type]


def test_says_shows_and_lists_everything(answer: Answer) -> None:
    runs = [answer(arm="nz 100", fid=4.6, coverage=0.8), answer(arm="nz 10", fid=9.6, coverage=0.7)]
    page = written(*runs)
    assert page.startswith("<!DOCTYPE html>")
    assert "has the lower FID, 4.6 against 9.6; one seed each, so this may be chance." in page
    assert "<b>4.6</b>" in page
    assert "<b>9.6</b>" not in page
    assert page.count('src="data:image/png;base64,') == 2
    assert page.count("<svg") == 2  # the two losses; the FID was measured at the end alone
    assert all(run.id in page for run in runs)
    assert all(color in page for color in COLORS[:2])
    assert "_child" not in page


def test_nothing_in_it_is_fetched(answer: Answer) -> None:
    page = written(answer(arm="nz 100", fid=4.6), answer(arm="nz 10", fid=9.6))
    assert "default-src &#x27;none&#x27;" in page
    assert 'src="http' not in page
    assert "<script" not in page


def test_names_are_text_and_nothing_else(answer: Answer) -> None:
    runs = [answer(arm="nz 100", fid=4.6), answer(arm="nz 10", fid=9.6)]
    page = written(*runs, names={runs[0].id: "<script>alert(1)</script>", runs[1].id: "b"})
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_no_best_value_of_values_that_cannot_be_compared(answer: Answer) -> None:
    runs = [answer(arm="nz 100", fid=4.6), answer(arm="nz 10")]
    other = runs[0].evaluations()[0].model_copy(update={"extractor": "inception-v3", "values": {"fid": 3.0}})
    runs[1].add_evaluation(other)
    page = written(*runs)
    assert "<b>3</b>" not in page
    assert "<b>4.6</b>" not in page
    assert "Not all were measured in one way" in page


def test_one_run_is_no_comparison(answer: Answer) -> None:
    with pytest.raises(NoComparison, match="takes two runs"):
        written(answer())
