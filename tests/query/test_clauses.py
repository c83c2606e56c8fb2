from __future__ import annotations

import pytest

from gancore.query import QueryError, parse
from gancore.query.clauses import choose, chosen


@pytest.mark.parametrize(
    ("text", "values", "made"),
    [
        ("", ["finished"], "state = finished"),
        ("wide ngf", ["finished"], "wide ngf and state = finished"),
        ("state = failed", ["finished"], "state = finished"),
        ("state = failed", [], ""),
        ("state:failed and fid < 20", [], "fid < 20"),
        ("fid < 20 and state in failed, stopped and wide", ["failed"], "fid < 20 and wide and state = failed"),
        ("fid < 20", ["failed", "stopped"], "fid < 20 and state in failed, stopped"),
        ("wide or narrow", ["failed"], "(wide or narrow) and state = failed"),
        ("(wide or narrow)", ["failed"], "(wide or narrow) and state = failed"),
        ("(wide) or (narrow)", ["failed"], "((wide) or (narrow)) and state = failed"),
        ("not state = failed", ["failed"], "not state = failed and state = failed"),  # of another meaning: it stays
        ("(state = failed and wide)", [], "wide"),
    ],
)
def test_a_condition_is_replaced(text, values, made):
    assert choose(text, "state", values) == made
    assert chosen(made, "state") == tuple(values)


def test_values_with_spaces_are_quoted():
    assert choose("", "tag", ["week 3", "or"]) == 'tag in "week 3", "or"'
    assert chosen('tag in "week 3", "or"', "tag") == ("week 3", "or")


def test_what_is_left_still_means_the_same():
    facts = [{"name": name, "state": (state,)} for name in ("wide", "narrow") for state in ("failed", "finished")]
    before, after = parse("wide or narrow"), parse(choose("wide or narrow", "state", ["failed"]))
    assert [after.matches(each) for each in facts] == [
        before.matches(each) and "failed" in each["state"] for each in facts
    ]


def test_what_cannot_be_read_is_not_changed():
    with pytest.raises(QueryError):
        choose("ngf =", "state", ["failed"])
