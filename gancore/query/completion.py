"""What can come next at a place in a query: fields, signs, values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gancore.query import fields
from gancore.query.fields import Field
from gancore.query.grammar import expected
from gancore.query.tokens import KEYWORDS, OPERATORS, Token, quote, tokens

MOST = 12  # offers at a time

_SIGNS = {
    "number": {"=": "is", "<": "is below", ">": "is above", "in": "is one of"},
    "day": {">": "is after", "<": "is before", "=": "is"},
    "flag": {"=": "is"},
    "text": {"=": "is", ":": "has in it", "in": "is one of"},
    "list": {"=": "has", ":": "has something like", "in": "has one of"},
}


@dataclass(frozen=True)
class Offer:
    """Something that fits at a place."""

    text: str  # to be written there
    note: str = ""


@dataclass(frozen=True)
class Completions:
    """What fits between two places of a text, what is there now included, and what is expected there, in words."""

    start: int
    end: int
    offers: Sequence[Offer]
    expected: str = ""


def complete(text: str, cursor: int, known: Mapping[str, Sequence[str]]) -> Completions:
    """What fits at the cursor. `known` are values of the runs at hand, by field."""
    found = tokens(text[:cursor])
    if found and found[-1].end == cursor and found[-1].kind in ("word", "open"):
        partial, before = found[-1], found[:-1]
    else:
        partial, before = None, found
    start, typed = (partial.start, partial.text.lower()) if partial else (cursor, "")
    if (compared := _compared(before)) is not None:
        offers, words = _values(compared, typed, known), expected(compared)
    elif partial is None and before and before[-1].kind != "sign" and _is_name(before):
        field = fields.find(before[-1].text)
        assert field is not None  # it is a name
        offers = [Offer(sign, note) for sign, note in _SIGNS[field.kind].items()]
        words = f"how {field.name} compares"
    else:
        offers, words = _terms(before, typed), "a field or a word"
    return Completions(start, cursor, offers[:MOST], words)


def _compared(before: Sequence[Token]) -> Field | None:
    """The field whose value is due, if one is."""
    if not before:
        return None
    place = len(before) - 1
    if before[place].says(","):  # of a list after `in`: a word, a comma, a word, a comma
        while place >= 1 and before[place].says(",") and before[place - 1].kind != "sign":
            place -= 2
    if before[place].says("(") and place:
        place -= 1
    if place and (before[place].says("in") or before[place].text in OPERATORS):
        return fields.find(before[place - 1].text)
    return None


def _is_name(before: Sequence[Token]) -> bool:
    """Whether the last token is a field's name, and no value."""
    return fields.find(before[-1].text) is not None and _compared(before[:-1]) is None


def _values(field: Field, typed: str, known: Mapping[str, Sequence[str]]) -> list[Offer]:
    every = dict.fromkeys((*known.get(field.name, ()), *field.choices, *field.words))
    return [Offer(quote(value)) for value in _ranked(every, typed)]


def _terms(before: Sequence[Token], typed: str) -> list[Offer]:
    after_term = bool(before) and not (before[-1].kind == "sign" or before[-1].text.lower() in KEYWORDS)
    joins = [Offer(word) for word in ("and", "or") if after_term and word.startswith(typed)]
    names = {name: each for each in fields.FIELDS.values() for name in (each.name, *each.others)}
    ranked = dict.fromkeys(names[name].name for name in _ranked(names, typed))
    offers = [Offer(_written(name), fields.FIELDS[name].help) for name in ranked]
    return [*joins, *offers] if typed or not after_term else joins


def _written(name: str) -> str:
    return name if " " not in name else f'"{name}"'


def _ranked(words: Mapping[str, object], typed: str) -> list[str]:
    """Those that begin with what is typed, then those that have it in them."""
    begin = [word for word in words if word.lower().startswith(typed)]
    return begin + [word for word in words if typed in word.lower() and word not in begin]
