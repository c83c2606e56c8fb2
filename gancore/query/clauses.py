"""One condition of a query read and replaced: what is ticked beside a table is written into its query."""

from __future__ import annotations

from collections.abc import Sequence

from gancore.query.grammar import Comparison, Either, Node, QueryError, Word, conjuncts, parse
from gancore.query.tokens import quote


def chosen(text: str, name: str) -> tuple[str, ...]:
    """The values that a query allows for a field in a condition of its own. Raises `QueryError`."""
    return tuple(value.text for part in conjuncts(parse(text)) if _asks(part, name) for value in part.values)  # type: ignore[union-attr]


def choose(text: str, name: str, values: Sequence[str]) -> str:
    """The query with that condition replaced: it allows `values` for the field, or anything if there are none.

    Raises `QueryError` if the query cannot be read.
    """
    root = parse(text)
    if isinstance(root, Either):
        kept: list[tuple[Node, str]] = [(root, _grouped(text.strip()))]
    else:
        kept = [(part, text[part.start : part.end]) for part in conjuncts(root) if not _asks(part, name)]
    made = ""
    before: Node | None = None
    for part, source in kept:
        gap = "" if before is None else " " if isinstance(before, Word) and isinstance(part, Word) else " and "
        made, before = made + gap + source, part
    clause = _clause(name, values)
    return " and ".join(filter(None, (made, clause)))


def _grouped(text: str) -> str:
    """In parentheses, unless it is already."""
    try:
        if text.startswith("(") and text.endswith(")") and parse(text[1:-1]):
            return text
    except QueryError:  # two groups, such as (a) or (b)
        pass
    return f"({text})"


def _asks(part: Node, name: str) -> bool:
    return isinstance(part, Comparison) and part.field.name == name and part.operator in ("=", ":", "in")


def _clause(name: str, values: Sequence[str]) -> str:
    if not values:
        return ""
    written = ", ".join(quote(value) for value in values)
    return f"{name} in {written}" if len(values) > 1 else f"{name} = {written}"
