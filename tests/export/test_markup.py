from __future__ import annotations

import pytest

from gancore.export.markup import SHORT, Markup, joined, table, tag

HOSTILE = "<script>\"'&"
ESCAPED = "&lt;script&gt;&quot;&#x27;&amp;"


def test_a_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", HOSTILE, tag("b", "bold")) == f"<p>{ESCAPED}<b>bold</b></p>"
    assert joined([HOSTILE, Markup("<br>")], ", ") == f"{ESCAPED}, <br>"


def test_attributes_are_escaped_and_named_as_html_does() -> None:
    assert tag("img", alt=HOSTILE, width=3) == f'<img alt="{ESCAPED}" width="3">'
    assert tag("i", class_="x", aria_hidden="true") == '<i class="x" aria-hidden="true"></i>'


@pytest.mark.parametrize(("lines", "named"), [(SHORT, "results short"), (SHORT + 1, "results")])
def test_a_short_table_stays_on_one_page(lines: int, named: str) -> None:
    made = table(("a", HOSTILE), [("x", HOSTILE)] * lines, "results")
    assert made.startswith(f'<table class="{named}"><thead><tr><th>a</th><th>{ESCAPED}</th></tr></thead>')
    assert made.count(f'<tr><th scope="row">x</th><td>{ESCAPED}</td></tr>') == lines
