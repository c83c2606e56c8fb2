"""Queries against a naive evaluation of the same conditions."""

from __future__ import annotations

import operator
import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gancore.query import FIELDS, QueryError, parse
from gancore.query.fields import find
from gancore.query.grammar import MOST_DEPTH, MOST_LENGTH
from gancore.query.tokens import quote, tokens

FACTS = {
    "name": "Quickstart, ngf 64",
    "id": "quickstart-20261123-025920-4802",
    "state": ("running", "training"),
    "experiment": "dcgan-nz",
    "tag": ("homework", "week 3"),
    "starred": True,
    "created": 1_795_000_000.0,  # 2026-11-18
    "fid": 12.5,
    "lr_g": 0.002,
    "ngf": 64.0,
    "seed": 2.0,
    "loss": "hinge",
    "limit": "all",
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", True),
        ("   ", True),
        ("lr_g > 0.001 and loss = hinge and fid < 20 and tag:homework", True),
        ("lr_g=0.002", True),
        ("lr_g = 2e-3", True),
        ("optim.lr_g = .002", True),
        ("lr_g = 0.0021", False),
        ("2e-3", True),
        ("0.002", True),
        ("3e-3", False),
        ("quickstart 64", True),
        ("QUICKSTART", True),
        ("ngf 64, lr_g", False),  # words, and no run has the word lr_g
        ("ngf 64, quickstart", True),
        ("not quickstart", False),
        ("not nonsense", True),
        ("nonsense or quickstart", True),
        ("nonsense or quickstart and missing", False),
        ("(nonsense or quickstart) and hinge = 1", None),
        ("seed in 1, 2", True),
        ("seed in (1, 3)", False),
        ("seed in 1, 3 or ngf = 64", True),
        ("not seed in 1, 2", False),
        ("state:running", True),
        ("state = training", True),
        ("state != training", False),
        ("experiment:dcgan-nz", True),
        ("experiment:nz", True),
        ("experiment = nz", False),
        ('tag = "week 3"', True),
        ("tag = week", False),
        ("tag:week", True),
        ("starred = yes", True),
        ("starred = no", False),
        ("created = 2026-11-18", True),
        ("created < 2026-11-18", False),
        ("created <= 2026-11-18", True),
        ("created > 2026-11-17", True),
        ("limit = all", True),
        ("limit < 5", False),
        ("limit = 5", False),
        ("limit != 5", True),
        ("coverage < 1", False),  # nothing is known of it
        ("coverage != 1", False),
        ("not coverage < 1", True),
        ("fid >= 12.5", True),
        ("fid > 12.5", False),
        ("fid != 12.5", False),
        ('"D layers" = 3', False),
    ],
)
def test_queries_find_what_they_say(text, found):
    if found is None:
        with pytest.raises(QueryError):
            parse(text)
    else:
        assert parse(text).matches(FACTS) is found


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("lr_x = 3", (0, 4), "there is no field lr_x; did you mean"),
        ("ngf >", (5, 5), "a number is expected here"),
        ("ngf > and", (6, 9), "a number is expected here"),
        ("ngf = wide", (6, 10), "ngf is a number, not wide"),
        ("loss = hing", (7, 11), "loss is one of"),
        ("loss < hinge", (5, 6), "loss has no order"),
        ("(ngf = 3", (0, 1), "there is no ) to this ("),
        ("ngf = 3)", (7, 8), "there is no ( to this )"),
        ("a and", (5, 5), "a field or a word is expected here"),
        ("or a", (0, 2), "a field or a word is expected here"),
        ('name = "wide', (7, 12), "a quotation mark is missing"),
        ("created > yesterday", (10, 19), "a day such as 2026-11-01"),
        ("seed in (1 2)", (11, 12), "a , or a ) is expected here"),
        ("starred = maybe", (10, 15), "one of yes, no"),
        ("= 3", (0, 1), "a field or a word is expected here"),
    ],
)
def test_errors_are_said_at_their_place(text, place, words):
    with pytest.raises(QueryError, match=re.escape(words)) as caught:
        parse(text)
    assert (caught.value.start, caught.value.end) == place


def test_every_field_has_a_name_that_can_be_asked_for():
    for name, each in FIELDS.items():
        assert find(name) is each
        assert each.name == name
        assert name == name.lower()
        assert all(find(other) is each for other in each.others if other not in FIELDS)
        assert each.help.endswith(".")


_NUMBERS = st.sampled_from([0.0, 1.0, 2.0, 64.0, 0.002, 12.5, -3.0])
_TEXTS = st.sampled_from(["hinge", "wasserstein", "nonsaturating"])
_FACTS = st.fixed_dictionaries({}, optional={"ngf": _NUMBERS, "lr_g": _NUMBERS, "seed": _NUMBERS, "loss": _TEXTS})
_OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@st.composite
def _comparisons(draw):
    """A comparison as text, and a function that says whether it holds."""
    if draw(st.booleans()):
        name, sign, value = draw(st.sampled_from(["ngf", "lr_g", "seed"])), draw(st.sampled_from([*_OPERATORS])), None
        value = draw(_NUMBERS)
        space = draw(st.sampled_from(["", " ", "  "]))
        written = draw(st.sampled_from([repr(value), f"{value:e}"]))
        return (
            f"{name}{space}{sign}{space}{written}",
            lambda facts: name in facts and _OPERATORS[sign](facts[name], value),
        )
    chosen = draw(st.lists(_TEXTS, min_size=1, max_size=3))
    return f"loss in {', '.join(chosen)}", lambda facts: facts.get("loss") in chosen


def _combined(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(
            lambda two: (f"({two[0][0]}) and ({two[1][0]})", lambda facts: two[0][1](facts) and two[1][1](facts))
        ),
        pairs.map(lambda two: (f"({two[0][0]}) ({two[1][0]})", lambda facts: two[0][1](facts) and two[1][1](facts))),
        pairs.map(lambda two: (f"({two[0][0]}) or ({two[1][0]})", lambda facts: two[0][1](facts) or two[1][1](facts))),
        inner.map(lambda one: (f"not ({one[0]})", lambda facts: not one[1](facts))),
        inner.map(lambda one: (f"NOT {one[0]}" if "(" not in one[0] else f"not ({one[0]})", lambda f: not one[1](f))),
    )


@given(st.recursive(_comparisons(), _combined, max_leaves=12), st.lists(_FACTS, min_size=1, max_size=5))
def test_any_query_agrees_with_a_naive_evaluation(query, facts):
    text, holds = query
    tree = parse(text)
    for each in facts:
        assert tree.matches(each) is holds(each), (text, each)


@given(st.lists(_comparisons(), min_size=1, max_size=6), st.data(), _FACTS)
def test_and_binds_before_or(comparisons, data, facts):
    joins = [data.draw(st.sampled_from(["and", "or"])) for _ in comparisons[1:]]
    text, python = comparisons[0][0], str(comparisons[0][1](facts))
    for join, (more, holds) in zip(joins, comparisons[1:], strict=True):
        text, python = f"{text} {join} {more}", f"{python} {join} {holds(facts)}"
    assert parse(text).matches(facts) is eval(python)  # Python's `and` and `or` bind alike; it has True and False alone


@given(st.text(max_size=80) | st.text(alphabet='ab=<>!:(),"0 .notandori', max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text):
    tree, error = read(text)
    if error is not None:
        assert 0 <= error.start <= error.end <= len(text)
        assert "\n" not in str(error)
    else:
        assert tree.matches(FACTS) in (True, False)
        assert tree.matches({}) in (True, False)


def read(text):
    try:
        return parse(text), None
    except QueryError as error:
        return None, error


@given(st.text(max_size=60))
def test_tokens_cover_all_but_spaces(text):
    left = list(text)
    for token in tokens(text):
        for place in range(token.start, token.end):
            left[place] = " "
    assert not "".join(left).strip()


@given(st.text(min_size=1, max_size=20).filter(lambda text: '"' not in text and text.strip()))
def test_what_is_quoted_is_one_value(value):
    (token,) = tokens(quote(value))
    assert token.text == value


def test_length_and_depth_are_bounded():
    with pytest.raises(QueryError, match="at most"):
        parse("a" * (MOST_LENGTH + 1))
    deep = MOST_DEPTH + 1
    for text in ("(" * deep + "a" + ")" * deep, "not " * deep + "a", "(not " * deep + "a" + ")" * deep):
        with pytest.raises(QueryError, match="within each other"):
            parse(text)
    assert parse("(" * MOST_DEPTH + "wide" + ")" * MOST_DEPTH).matches({"name": "wide"})
    assert parse(" ".join("(a)" for _ in range(300))).matches({"name": "a"})  # beside each other there may be more


@pytest.mark.parametrize("piece", ["(", ")", '"', "not ", "a,", "in ", "=", "ngf in 1,", "((a)", "- "])
def test_the_longest_queries_are_read_at_once(piece):
    begin = time.thread_time()
    with suppress(QueryError):
        parse((piece * MOST_LENGTH)[:MOST_LENGTH])
    assert time.thread_time() - begin < 0.5
