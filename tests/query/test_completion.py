from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gancore.query.completion import MOST, complete

KNOWN = {"experiment": ["dcgan-nz", "toy collapse"], "tag": ["homework"]}


@pytest.mark.parametrize(
    ("text", "offered", "start"),
    [
        ("lr", "lr_g", 0),
        ("fid < 3 and ng", "ngf", 12),
        ("lr_g ", "<", 5),
        ("state = fin", "finished", 8),
        ("state:", "queued", 6),
        ("state in failed, st", "stopped", 17),
        ("state in (failed, st", "stopped", 18),
        ("experiment = ", "dcgan-nz", 13),
        ("experiment:to", '"toy collapse"', 11),
        ("tag = ", "homework", 6),
        ("fid < 20 ", "and", 9),
        ("learning", None, 0),
        ("dataset", "data", 0),
    ],
)
def test_what_fits_is_offered(text, offered, start):
    found = complete(text, len(text), KNOWN)
    assert found.start == start
    texts = [each.text for each in found.offers]
    assert (offered in texts) if offered else texts == []


def test_a_value_is_no_field():
    found = complete("name = ngf ", 11, KNOWN)
    assert [each.text for each in found.offers] == ["and", "or"]


def test_what_is_expected_is_said():
    assert complete("fid < ", 6, {}).expected == "a number"
    assert "finished" in complete("state = ", 8, {}).expected


@given(st.text(alphabet='ab =<>:,("innotstate', max_size=40), st.integers(0, 40))
def test_any_text_has_its_offers(text, cursor):
    cursor = min(cursor, len(text))
    found = complete(text, cursor, KNOWN)
    assert 0 <= found.start <= found.end == cursor
    assert len(found.offers) <= MOST
