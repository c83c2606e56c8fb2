"""Python code to read, with lines that are marked."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import streamlit as st

_FRONTEND = Path(__file__).parent
_CODE = st.components.v2.component(
    "gan_workbench_code",
    html='<div class="code" tabindex="0" role="region"></div>',
    css=(_FRONTEND / "code.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "code.js").read_text(encoding="utf-8"),
)

Piece = tuple[str, str]  # what kind of text: `keyword`, `text`, `comment`, `number` or nothing in particular; the text


def code(text: str, marked: Collection[int], *, key: str, label: str, height: int) -> None:
    """Show Python code; the lines `marked`, counted from 1, stand out."""
    lines = [{"pieces": pieces, "marked": number in marked} for number, pieces in enumerate(pieces_of(text), start=1)]
    _CODE(key=key, data={"lines": lines, "label": label, "height": height}, height="content")


def pieces_of(text: str) -> list[list[Piece]]:
    """Each line of Python code as pieces of one kind; of a text that is none, as far as it is."""
    lines = text.removesuffix("\n").split("\n")
    rows: list[list[Piece]] = [[] for _ in lines]
    row, column = 1, 0
    for token in _tokens(text):
        kind = _kind(token)
        if not kind:
            continue
        for number in range(token.start[0], token.end[0] + 1):
            start = token.start[1] if number == token.start[0] else 0
            end = token.end[1] if number == token.end[0] else len(lines[number - 1])
            begin = column if number == row else 0
            rows[number - 1] += [("", lines[number - 1][begin:start]), (kind, lines[number - 1][start:end])]
            row, column = number, end
    for number, line in enumerate(lines, start=1):
        rows[number - 1].append(("", line[sum(len(part) for _, part in rows[number - 1]) :]))
    return [[piece for piece in pieces if piece[1]] for pieces in rows]


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a text until what is no Python; it may come from anywhere."""
    with suppress(tokenize.TokenError, SyntaxError):
        yield from tokenize.generate_tokens(io.StringIO(text).readline)


def _kind(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME:
        return "keyword" if keyword.iskeyword(token.string) else ""
    name = tokenize.tok_name[token.type]
    return {"STRING": "text", "COMMENT": "comment", "NUMBER": "number"}.get(name, "text" if "FSTRING" in name else "")
