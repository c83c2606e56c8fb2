"""How somebody looks at the runs: the query, the order, the groups, the columns, the page, and which runs are ticked.

It lives in the session; what one would set again and again is remembered by the browser, in a cookie, and the query
and the order stand in the address. Both may come from anywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import streamlit as st

from gancore.query import FIELDS
from gancore.query.grammar import MOST_LENGTH

COOKIE = "gan-workbench-runs"
SIZES = (25, 50, 100, 200)  # runs a page
GROUPS = ("experiment", "sweep", "data", "family", "state")
OWN_COLUMNS = ("state", "varying", "headline", "curve", "trained", "when", "notes", "health")
COLUMNS = (*OWN_COLUMNS, *FIELDS)  # all that there are; `varying` stands for the settings that tell the runs apart
DEFAULT_COLUMNS = ("state", "varying", "headline", "trained", "when")
MOST_COLUMNS = 40

_KEY = "runs-view"


@dataclass
class View:
    """How somebody looks at the runs."""

    where: str = ""  # the query that is in effect
    typed: str = ""  # what stands in the search box, which may be no query yet
    cursor: int = 0
    address: tuple[str, str] = ("", "")  # the query and the order that the address was last seen with
    by: str = "when"
    descending: bool = True
    group: str = ""
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    size: int = 50
    page: int = 0
    folded: set[str] = field(default_factory=set)
    ticked: dict[str, None] = field(default_factory=dict)  # in the order of ticking

    def ask(self, text: str) -> None:
        """Look for other runs."""
        self.where = self.typed = text[:MOST_LENGTH]
        self.cursor, self.page = len(self.typed), 0

    def sort(self, by: str) -> None:
        """By this column, first as one mostly wants it, then the other way round."""
        if by in COLUMNS:
            self.descending = not self.descending if by == self.by else by in ("when", "created", "progress")
            self.by, self.page = by, 0

    @property
    def order(self) -> str:
        """As the address says it: `fid`, or `-fid` where the largest come first."""
        return ("-" if self.descending else "") + self.by

    def follow(self, order: str) -> None:
        """Sort as an address says, if it makes sense."""
        by = order.removeprefix("-")
        if by in COLUMNS:
            self.by, self.descending, self.page = by, order.startswith("-"), 0

    @property
    def remembered(self) -> str:
        """What the browser remembers, as a cookie holds it."""
        kept = {"by": self.by, "descending": self.descending, "group": self.group, "size": self.size}
        return quote(json.dumps(kept | {"columns": self.columns}, separators=(",", ":")), safe="")

    def remember(self, cookie: str) -> None:
        """Set what a cookie says, as far as it makes sense."""
        try:
            saved = json.loads(unquote(cookie))
            by, group, size, columns = (saved[name] for name in ("by", "group", "size", "columns"))
            self.choose_columns(columns)
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        self.by = by if by in COLUMNS else self.by
        self.descending = bool(saved.get("descending", True))
        self.group = group if group in GROUPS else ""
        self.size = size if size in SIZES else self.size

    def choose_columns(self, columns: object) -> None:
        """Show these, in this order; none: as at first. Raises `TypeError` if they are no list."""
        if not isinstance(columns, list):
            raise TypeError("columns are a list")
        known = [name for name in columns[:1_000] if isinstance(name, str) and name in COLUMNS]
        self.columns = tuple(dict.fromkeys(known))[:MOST_COLUMNS] or DEFAULT_COLUMNS


def current() -> View:
    """The view of this session. An address that asks for runs is followed once."""
    view: View | None = st.session_state.get(_KEY)
    if view is None:
        view = st.session_state[_KEY] = View()
        view.remember(str(st.context.cookies.get(COOKIE, "")))
    where, order = st.query_params.get("where"), st.query_params.get("order")
    if where is not None and where != view.address[0]:
        view.ask(where)
    if order is not None and order != view.address[1]:
        view.follow(order)
    return view


def show_address(view: View) -> None:
    """Have the address say what is looked for, and in which order."""
    view.address = view.where, view.order
    for name, said in (("where", view.where), ("order", "" if view.order == View().order else view.order)):
        if said and st.query_params.get(name) != said:
            st.query_params[name] = said
        elif not said:
            st.query_params.pop(name, None)
