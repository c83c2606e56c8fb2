"""A query cut into words, signs and quotations, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

OPERATORS = ("<=", ">=", "!=", "==", "=", "<", ">", ":")

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |"(?P<quoted>[^"]*)"
    |(?P<open>")  # never closed
    |(?P<sign><=|>=|!=|==|[=<>:(),])
    |(?P<word>[^\s"<>=:(),!]+|!)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A piece of a query."""

    text: str  # without quotation marks
    kind: Literal["word", "quoted", "open", "sign"]
    start: int
    end: int

    def says(self, keyword: str) -> bool:
        """Whether it is this keyword or sign."""
        return self.kind in ("word", "sign") and self.text.lower() == keyword


def tokens(text: str) -> list[Token]:
    """All of a text; a quotation that is never closed goes to its end, as `open`. Takes time linear in its length."""
    found = []
    place = 0
    while match := _TOKEN.match(text, place):
        place = match.end()
        kind = match.lastgroup
        if kind == "open":
            found.append(Token(text[place:], "open", match.start(), len(text)))
            break
        if kind != "space":
            found.append(Token(match[kind or 0], kind, match.start(), place))  # type: ignore[arg-type]
    return found


def quote(value: str) -> str:
    """A value as one writes it in a query."""
    found = tokens(value)
    alone = [token.text for token in found if token.kind == "word"] == [value] and value.lower() not in KEYWORDS
    return value if alone else '"{}"'.format(value.replace('"', "'"))


KEYWORDS = frozenset({"and", "or", "not", "in"})
