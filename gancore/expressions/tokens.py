"""An expression cut into numbers, names and signs, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gancore.expressions.tree import ExpressionError

_TOKEN = re.compile(
    r"""[ \t\r\n]+
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<sign>\*\*|[-+*/(),])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A piece of an expression."""

    kind: str  # `number`, `name`, `sign` or `end`
    text: str
    column: int  # from 1


def tokens(text: str) -> list[Token]:
    """All of a text, with an `end` after the last. Raises `ExpressionError`."""
    found = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ExpressionError(f"unexpected {text[place]!r} at {place + 1}")
        if match.lastgroup:
            found.append(Token(match.lastgroup, match.group(), place + 1))
        place = match.end()
    return [*found, Token("end", "", len(text) + 1)]
