"""The table of all runs: what the browser is told of it, and what it asks for.

What is asked for comes as numbered requests, each kept by the browser until it hears that it is done: whatever cuts a
pass short, none is lost, and none is done twice. Runs are named by their ids, never by their places.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from gancore.query import QueryError
from gancore.query.clauses import choose
from gancore.query.completion import complete
from gancore.store import RunNotFound
from gancore.store.index import Snapshot
from ui import navigation, state
from ui.boundary import explain
from ui.colors import run_color
from ui.frontend import runs as frontend
from ui.messages import attempt
from ui.run import film
from ui.runs import actions, columns
from ui.runs.facts import known
from ui.runs.listing import FACETS, Group, Listing
from ui.runs.view import COLUMNS, DEFAULT_COLUMNS, GROUPS, SIZES, View, current

KEY = "runs-table"
_DONE, _SESSION = "runs-done", "runs-session"  # in the session: the last request that was done, and whose they are
MOST_REQUESTS = 200  # at a time
MOST_TICKED = 5_000

Request = Mapping[str, Any]


def show(listing: Listing) -> None:
    """The table with all that stands around it: search, facets, actions, pages."""
    frontend.table(data=_data(listing), key=KEY, on_asked=lambda: _take(st.session_state[KEY].get("asked")))


def _data(listing: Listing) -> dict[str, Any]:
    view = listing.view
    names = columns.expand(view.columns, [listing.facts[run.id] for run in listing.found])
    return {
        "session": st.session_state.setdefault(_SESSION, secrets.token_hex(8)),
        "done": st.session_state.get(_DONE, 0),
        "search": _search(listing),
        "facets": [
            {"name": each.name, "title": each.title, "values": [*each.values.items()], "chosen": each.chosen}
            for each in listing.facets
        ],
        "groups": [{"id": name, "title": FACETS.get(name, name.capitalize())} for name in GROUPS],
        "group": view.group,
        "columns": [vars(columns.column(name)) for name in names],
        "chosen": columns.all_columns(view.columns),
        "offered": columns.all_columns(COLUMNS),
        "usual": list(DEFAULT_COLUMNS),
        "by": view.by,
        "descending": view.descending,
        "lines": [_line(each, names, listing) for each in listing.page],
        "page": min(view.page, listing.pages - 1),
        "pages": listing.pages,
        "size": view.size,
        "sizes": SIZES,
        "matched": len(listing.found),
        "total": len(listing.runs),
        "ticked": len(listing.ticked),
        "all": len(listing.found) > 0 and all(run.id in view.ticked for run in listing.found),
        "possible": actions.possible(listing.ticked),
        "deleted": [run.name for run in actions.deleted()],
        "tags": sorted({tag for facts in listing.facts.values() for tag in facts.get("tag", ())}),  # type: ignore[union-attr]
        "remember": view.remembered,
    }


def _search(listing: Listing) -> dict[str, Any]:
    view, error = listing.view, listing.error
    values = {each.name: [value for value, count in each.values.items() if count] for each in listing.facets}
    found = complete(view.typed, min(view.cursor, len(view.typed)), values)
    return {
        "text": view.typed,
        "error": error and {"message": str(error), "start": error.start, "end": error.end},
        "start": found.start,
        "end": found.end,
        "expected": found.expected,
        "offers": [{"text": each.text, "note": each.note} for each in found.offers],
    }


def _line(line: Group | Snapshot, names: Sequence[str], listing: Listing) -> dict[str, Any]:
    if isinstance(line, Group):
        ticked = sum(run.id in listing.view.ticked for run in line.runs)
        folded = line.name in listing.view.folded
        return {"group": line.name, "count": len(line.runs), "ticked": ticked, "folded": folded}
    try:
        return _row(line, names, listing)
    except Exception as error:
        state_cell = {"word": "damaged", "icon": "broken_image", "state": "damaged", "line": explain(line, error)}
        cells = [state_cell if name == "state" else None for name in names]
        return {"id": line.id, "name": line.id, "ticked": line.id in listing.view.ticked, "cells": cells}


def _row(run: Snapshot, names: Sequence[str], listing: Listing) -> dict[str, Any]:
    facts, found = listing.facts[run.id], known(run)
    return {
        "id": run.id,
        "name": run.name,
        "color": run_color(run),
        "picture": None if run.damage else film.thumbnail(run),
        "starred": run.meta.starred,
        "imported": bool(run.meta.imported_at),
        "tags": list(run.meta.tags),
        "ticked": run.id in listing.view.ticked,
        "cells": [columns.cell(name, run, facts, found) for name in names],
    }


def _take(requests: object) -> None:
    """Do what the browser asks for and was not done yet. It may ask for anything: what makes no sense is dropped."""
    if not isinstance(requests, list):
        return
    mine = st.session_state.get(_SESSION)
    for request in requests[:MOST_REQUESTS]:
        if not isinstance(request, dict) or request.get("session") != mine:
            continue
        number = request.get("number")
        if isinstance(number, int) and number > st.session_state.get(_DONE, 0):
            st.session_state[_DONE] = number
            do(current(), request)


def do(view: View, request: Request) -> None:
    """Do one thing that is asked for."""
    what = request.get("what")
    if isinstance(what, str) and what in _REQUESTS:
        _REQUESTS[what](view, request)


def _text(request: Request, name: str, most: int = 2_000) -> str:
    value = request.get(name)
    return value[:most] if isinstance(value, str) else ""


def _texts(request: Request, name: str, most: int) -> list[str]:
    values = request.get(name)
    return [value for value in values[:most] if isinstance(value, str)] if isinstance(values, list) else []


def _whole(request: Request, name: str) -> int:
    value = request.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _where(view: View, request: Request) -> None:
    """Look for what is typed; as long as that is no query, for what was looked for before."""
    view.typed, view.cursor = _text(request, "text"), max(_whole(request, "cursor"), 0)
    if Listing([], view).error is None and view.typed != view.where:
        view.where, view.page = view.typed, 0


def _facet(view: View, request: Request) -> None:
    name = _text(request, "name")
    if name in FACETS:
        try:
            view.ask(choose(view.where, name, _texts(request, "values", 100)))
        except QueryError:  # the address may ask for anything
            return


def _tick(view: View, request: Request) -> None:
    for run_id in _texts(request, "ids", MOST_TICKED):
        if request.get("on"):
            view.ticked[run_id] = None
        else:
            view.ticked.pop(run_id, None)
    for run_id in list(view.ticked)[MOST_TICKED:]:
        del view.ticked[run_id]


def _tick_found(view: View, request: Request) -> None:
    """All that match, or all of one group; without `on`, none."""
    listing, group = Listing(state.runs(), view), request.get("group")
    if group is None and not request.get("on"):
        view.ticked.clear()
        return
    wanted = [run for run in listing.found if group is None or listing.group_of(run) == group]
    _tick(view, {"ids": [run.id for run in wanted], "on": request.get("on")})


def _fold(view: View, request: Request) -> None:
    name = _text(request, "group")
    view.folded = view.folded | {name} if request.get("on") else view.folded - {name}


def _fold_all(view: View, request: Request) -> None:
    view.folded = {group.name for group in Listing(state.runs(), view).groups} if request.get("on") else set()
    view.page = 0


def _group(view: View, request: Request) -> None:
    name = _text(request, "by")
    view.group, view.folded, view.page = name if name in GROUPS else "", set(), 0


def _columns(view: View, request: Request) -> None:
    view.choose_columns(_texts(request, "columns", 1_000))


def _page(view: View, request: Request) -> None:
    view.page = max(_whole(request, "to"), 0)


def _size(view: View, request: Request) -> None:
    size = _whole(request, "to")
    view.size, view.page = size if size in SIZES else view.size, 0


def _open(_view: View, request: Request) -> None:
    run = state.index().find(_text(request, "id"))
    if run is not None and not run.damage:
        navigation.go(navigation.TRAIN, {"run": run.id})


def _act(view: View, request: Request) -> None:
    actions.act(_text(request, "name"), Listing(state.runs(), view).ticked, view)


def _edit(change: Callable[[Request], Mapping[str, Any]]) -> Callable[[View, Request], None]:
    def edit(_view: View, request: Request) -> None:
        try:
            run = state.store().open(_text(request, "id"))
        except RunNotFound:
            return
        if not run.damage:
            attempt(f"Saving what is said of {run.name}", run.edit_meta, **change(request))

    return edit


def _tags(request: Request) -> Mapping[str, Any]:
    words = (" ".join(tag.split())[:100] for tag in _texts(request, "tags", actions.MOST_TAGS))
    return {"tags": tuple(dict.fromkeys(filter(None, words)))}


_REQUESTS: Mapping[str, Callable[[View, Request], None]] = {
    "where": _where,
    "facet": _facet,
    "sort": lambda view, request: view.sort(_text(request, "by")),
    "tick": _tick,
    "tick-found": _tick_found,
    "fold": _fold,
    "fold-all": _fold_all,
    "group": _group,
    "columns": _columns,
    "page": _page,
    "size": _size,
    "open": _open,
    "act": _act,
    "star": _edit(lambda request: {"starred": bool(request.get("on"))}),
    "tags": _edit(_tags),
    "notes": _edit(lambda request: {"notes": _text(request, "text", 200_000)}),
    "rename": _edit(lambda request: {"name": " ".join(_text(request, "text", 120).split())}),
    "undo": lambda _view, _request: actions.undo(),
}
