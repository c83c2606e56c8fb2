"""HTML that is escaped by construction: a text becomes markup only through `tag`, and only escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

SHORT = 16  # rows of a table that no page break may divide

_VOID = frozenset({"br", "col", "hr", "img", "link", "meta"})


class Markup(str):
    """HTML that goes into a page as it is."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int) -> Markup:
    """An element. Children that are no `Markup` are escaped, and all attributes are; a trailing `_` is dropped from
    an attribute's name, and any other becomes `-`: `class_="arm"`, `http_equiv="..."`."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"' for key, value in attributes.items()
    )
    if name in _VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[str], between: str = "") -> Markup:
    """Markup of several children, with markup between them; texts are escaped."""
    return Markup(between.join(child if isinstance(child, Markup) else html.escape(child) for child in children))


def rows(cells: Iterable[Iterable[str]], kind: str = "td") -> Markup:
    """Table rows of these cells; the first cell of a body row heads it."""
    return joined(
        tag(
            "tr",
            *(
                tag("th", cell, scope="row") if kind == "td" and not place else tag(kind, cell)
                for place, cell in enumerate(row)
            ),
        )
        for row in cells
    )


def table(head: Iterable[str], body: Iterable[Iterable[str]], class_: str = "") -> Markup:
    """A table with one row of headings, which printing repeats on each page; a short one stays on one page."""
    lines = list(body)
    named = class_ + (" short" if len(lines) <= SHORT else "")
    return tag("table", tag("thead", rows([head], "th")), tag("tbody", rows(lines)), class_=named.strip() or "plain")
