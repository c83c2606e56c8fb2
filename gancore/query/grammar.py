"""The grammar of queries, by recursive descent: a text becomes a tree of conditions, or an error with its place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gancore.query import fields
from gancore.query.fields import Facts, Field, Value
from gancore.query.tokens import KEYWORDS, OPERATORS, Token, tokens

MOST_LENGTH = 2_000  # characters
MOST_DEPTH = 40  # parentheses and `not` within each other

_SEARCHED = ("name", "id", "experiment", "arm", "state", "data", "family", "notes", "tag", "problem")
_SETTING_NAMES = tuple(each.name for each in fields.SETTING_FIELDS.values())
_ORDERED = ("<", "<=", ">", ">=")
_FLAGS = {"yes": True, "true": True, "no": False, "false": False}


class QueryError(ValueError):
    """A query that cannot be read: what is wrong, and where. The message is one sentence."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end


@dataclass(frozen=True)
class Literal:
    """A value as it was typed, and what it may mean."""

    text: str  # in small letters
    number: float | None = None
    day: tuple[float, float] | None = None  # Unix times between which it lies

    @classmethod
    def of(cls, text: str) -> Literal:
        """What a typed text may mean."""
        return cls(text.lower(), _number(text), _day(text))


@dataclass(frozen=True)
class Word:
    """A word, to be found anywhere in what a run says of itself."""

    literal: Literal
    start: int
    end: int

    def matches(self, facts: Facts) -> bool:
        """Whether one of the run's texts has it, or one of its settings is this number."""
        if any(self._is_in(facts.get(name, "")) for name in _SEARCHED):
            return True
        return self.literal.number is not None and any(map(self._is, map(facts.get, _SETTING_NAMES)))

    def _is_in(self, value: Value) -> bool:
        texts = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
        return any(self.literal.text in each.lower() for each in texts)

    def _is(self, value: Value | None) -> bool:
        number = self.literal.number
        return number is not None and isinstance(value, float) and _equal(value, number)


@dataclass(frozen=True)
class Comparison:
    """A field held against a value, or against several with `in`."""

    field: Field
    operator: str
    values: tuple[Literal, ...]
    start: int
    end: int

    def matches(self, facts: Facts) -> bool:
        """Whether the run says something to the field, and that compares so."""
        value = facts.get(self.field.name)
        if value is None:
            return False
        if self.operator == "in":
            return any(_compare(value, "=", each, self.field) for each in self.values)
        return _compare(value, self.operator, self.values[0], self.field)


@dataclass(frozen=True)
class Not:
    """The opposite."""

    part: Node
    start: int
    end: int

    def matches(self, facts: Facts) -> bool:
        """Whether the part does not match."""
        return not self.part.matches(facts)


@dataclass(frozen=True)
class All:
    """Every part; of none, always."""

    parts: tuple[Node, ...]
    start: int
    end: int

    def matches(self, facts: Facts) -> bool:
        """Whether each part matches."""
        return all(part.matches(facts) for part in self.parts)


@dataclass(frozen=True)
class Either:
    """One part at least."""

    parts: tuple[Node, ...]
    start: int
    end: int

    def matches(self, facts: Facts) -> bool:
        """Whether a part matches."""
        return any(part.matches(facts) for part in self.parts)


Node = Word | Comparison | Not | All | Either


def parse(text: str) -> Node:
    """The conditions of a query; of an empty one, none, which matches all. Raises `QueryError`."""
    if len(text) > MOST_LENGTH:
        raise QueryError(f"a query has at most {MOST_LENGTH:,} characters", MOST_LENGTH, len(text))
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        if not self._tokens:
            return All((), 0, 0)
        found = self._either()
        if self._next is not None:
            raise self._error("there is no ( to this )", self._next)
        return found

    @property
    def _next(self) -> Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _says(self, *words: str) -> bool:
        return self._next is not None and any(self._next.says(word) for word in words)

    def _take(self) -> Token:
        taken = self._tokens[self._place]
        self._place += 1
        return taken

    def _error(self, message: str, token: Token | None) -> QueryError:
        """At a token, or at the end."""
        end = len(self._text)
        return QueryError(message, token.start if token else end, token.end if token else end)

    def _either(self) -> Node:
        parts = [self._all()]
        while self._says("or"):
            self._take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts), parts[0].start, parts[-1].end)

    def _all(self) -> Node:
        parts = [self._not()]
        while self._next is not None and not self._says("or", ")"):
            if self._says("and", ","):  # a comma, as in the name of a run
                self._take()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else All(tuple(parts), parts[0].start, parts[-1].end)

    def _not(self) -> Node:
        token = self._next
        if token is None or self._says("and", "or", ")", ",", "in", *OPERATORS):
            raise self._error("a field or a word is expected here", token)
        if not self._says("not", "("):
            return self._term()
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise self._error(f"more than {MOST_DEPTH} parentheses within each other", token)
        found = self._negated() if self._says("not") else self._group()
        self._depth -= 1
        return found

    def _negated(self) -> Node:
        start = self._take().start
        part = self._not()
        return Not(part, start, part.end)

    def _group(self) -> Node:
        opened = self._take()
        inner = self._either()
        if not self._says(")"):
            raise self._error("there is no ) to this (", opened)
        return inner.__class__(**{**vars(inner), "start": opened.start, "end": self._take().end})

    def _term(self) -> Node:
        token = self._take()
        if token.kind == "open":
            raise self._error("a quotation mark is missing", token)
        if self._says("in"):
            return self._membership(token)
        if self._says(*OPERATORS):
            return self._comparison(token)
        return Word(Literal.of(token.text), token.start, token.end)

    def _comparison(self, name: Token) -> Comparison:
        field = self._field(name)
        sign = self._take()
        operator = "=" if sign.text == "==" else sign.text
        if operator in _ORDERED and field.kind not in ("number", "day"):
            raise self._error(f"{field.name} has no order: compare it with = or !=", sign)
        value, end = self._value(field, operator)
        return Comparison(field, operator, (value,), name.start, end)

    def _membership(self, name: Token) -> Comparison:
        field = self._field(name)
        self._take()
        opened = self._take() if self._says("(") else None
        values, end = [], 0
        while True:
            value, end = self._value(field, "in")
            values.append(value)
            if not self._says(","):
                break
            self._take()
        if opened is not None:
            if not self._says(")"):
                raise self._error("a , or a ) is expected here", self._next)
            end = self._take().end
        return Comparison(field, "in", tuple(values), name.start, end)

    def _field(self, name: Token) -> Field:
        field = fields.find(name.text)
        if field is None:
            close = fields.close_to(name.text)
            raise self._error(f"there is no field {name.text}" + (f"; did you mean {close}?" if close else ""), name)
        return field

    def _value(self, field: Field, operator: str) -> tuple[Literal, int]:
        token = self._next
        if token is None or token.kind == "sign" or (token.kind == "word" and token.text.lower() in KEYWORDS):
            raise self._error(f"{expected(field)} is expected here", token)
        if token.kind == "open":
            raise self._error("a quotation mark is missing", token)
        value = Literal.of(self._take().text)
        if not _fits(value, field, operator):
            raise self._error(f"{field.name} is {expected(field)}, not {token.text}", token)
        return value, token.end


def expected(field: Field) -> str:
    """What a field is compared with, in words."""
    if field.choices:
        return "one of " + ", ".join(field.choices)
    kinds = {"number": "a number", "day": "a day such as 2026-11-01", "list": "a value"}
    return " or ".join((kinds.get(field.kind, "a text"), *field.words))


def _fits(value: Literal, field: Field, operator: str) -> bool:
    if field.kind == "number":
        return value.number is not None or (value.text in field.words and operator not in _ORDERED)
    if field.kind == "day":
        return value.day is not None
    if field.kind == "flag":
        return value.text in _FLAGS
    return not field.choices or operator == ":" or value.text in field.choices


def _compare(value: Value, operator: str, literal: Literal, field: Field) -> bool:
    if isinstance(value, bool):
        return (value is _FLAGS.get(literal.text)) is (operator != "!=")
    if isinstance(value, str):
        return _compare_text(value.lower(), operator, literal.text)
    if isinstance(value, tuple):
        among = any(_compare_text(each.lower(), ":" if operator == ":" else "=", literal.text) for each in value)
        return among is (operator != "!=")
    if field.kind == "day":
        return literal.day is not None and _compare_day(value, operator, *literal.day)
    return _compare_number(value, operator, literal.number)


def _compare_text(value: str, operator: str, wanted: str) -> bool:
    if operator == ":":
        return wanted in value
    return operator not in _ORDERED and (value == wanted) is (operator == "=")


def _compare_number(value: float, operator: str, wanted: float | None) -> bool:
    if wanted is None:
        return operator == "!="
    equal = _equal(value, wanted)
    if operator in ("=", ":", "!="):
        return equal is (operator != "!=")
    return (equal and "=" in operator) or (not equal and (value < wanted) is operator.startswith("<"))


def _compare_day(value: float, operator: str, begin: float, end: float) -> bool:
    within = begin <= value < end
    if operator in ("=", ":", "!="):
        return within is (operator != "!=")
    return (within and "=" in operator) or (not within and (value < begin) is operator.startswith("<"))


def _equal(value: float, wanted: float) -> bool:
    """As far as somebody types it: `0.002` and `2e-3` are one number, whatever either rounds to."""
    return math.isclose(value, wanted, rel_tol=1e-9)


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "").rstrip("%"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _day(text: str) -> tuple[float, float] | None:
    try:
        begin = datetime.strptime(text, "%Y-%m-%d")
        return begin.timestamp(), (begin + timedelta(days=1)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def conjuncts(root: Node) -> Sequence[Node]:
    """The conditions that must all hold."""
    return root.parts if isinstance(root, All) else (root,)


def asked(root: Node) -> frozenset[str]:
    """The names of the fields that a query compares."""
    if isinstance(root, Comparison):
        return frozenset({root.field.name})
    if isinstance(root, Not):
        return asked(root.part)
    return frozenset().union(*map(asked, root.parts)) if isinstance(root, All | Either) else frozenset()
