"""Taking a run along from the Train page: files to download, and the script with what is particular about it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import RunConfig
from gancore.export.formats import FORMATS
from gancore.store import Run, RunStore
from ui.frontend.code import pieces_of


def take(app: AppTest, run: Run) -> AppTest:
    app.segmented_control(key=f"details-{run.id}").set_value("take it with you").run()
    assert not app.exception, app.exception
    return app


def test_offers_what_there_is_and_says_what_lacks(open_page, finished):
    run = finished("taken")
    app = take(open_page("train", run=run.id), run)
    offered = {name: app.get_by_key(f"take-{name}-{run.id}") for name in FORMATS}
    assert {name for name, each in offered.items() if each.disabled} == {"onnx", "safetensors"}
    assert offered["onnx"].help == "taken has no checkpoint."


def test_says_what_the_marks_in_the_script_mean(open_page, finished):
    changed = finished("changed", {"optim.lr_g": 1e-3})
    app = take(open_page("train", run=changed.id), changed)
    assert any("Quickstart" in caption.value and "Marked" in caption.value for caption in app.caption)
    same = finished("same")
    app = take(open_page("train", run=same.id), same)
    assert not any("Marked" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("return 1  # one", [("keyword", "return"), ("", " "), ("number", "1"), ("", "  "), ("comment", "# one")]),
        ('x = "a" + y', [("", "x = "), ("text", '"a"'), ("", " + y")]),
        ("", []),
    ],
)
def test_code_is_told_apart_by_kind(line: str, pieces: list[tuple[str, str]]) -> None:
    assert pieces_of(line) == [pieces]


def test_code_stays_as_it_is(runs: RunStore) -> None:
    from gancore.export.script import plain_script

    script = plain_script(runs.create(RunConfig()))
    assert ["".join(text for _, text in line) for line in pieces_of(script)] == script.splitlines()


@pytest.mark.parametrize(
    "text", ["def f(:\n  'x", "x = (\n", "  a\n b\n", "\x0cx = 1\u2028y\n", "\ud83d $ ?", "a\r\nb"]
)
def test_what_is_no_code_is_shown_as_it_is(text: str) -> None:
    assert "\n".join("".join(part for _, part in line) for line in pieces_of(text)) == text.removesuffix("\n")
