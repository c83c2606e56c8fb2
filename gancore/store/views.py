"""Comparisons that somebody saved: a name, and what the address of the page says, in `views.json` in the store.

Whoever changes the file holds a lock for that moment and writes it whole. It is read as if it came from anywhere.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from gancore.files import write_atomic
from gancore.store.locks import hold
from gancore.store.records import Name, Record, Time, read_record

FILE = "views.json"
MOST = 200  # views of a store: saving one more drops the oldest
LONGEST = 20_000  # characters of what an address says: fifty runs have about 3,000

Text = Annotated[str, Field(max_length=LONGEST)]


class SavedView(Record):
    """A comparison under a name."""

    name: Name
    created: Time = 0.0
    address: dict[Name, Text] = Field(default_factory=dict, max_length=30)


class _Saved(Record):
    views: tuple[Any, ...] = ()  # each may be from anywhere


class Views:
    """The saved comparisons of a store."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self) -> Sequence[SavedView]:
        """All of them, newest first; what cannot be read is left out."""
        found = [view for each in read_record(self._root / FILE, _Saved).views[:MOST] if (view := _view(each))]
        named = {view.name: view for view in sorted(found, key=lambda view: view.created)}
        return sorted(named.values(), key=lambda view: view.created, reverse=True)

    def save(self, name: str, address: Mapping[str, str]) -> SavedView:
        """Keep what an address says under a name; one that has the name already is replaced.

        Raises `ValueError` without a name, `RunBusy` and `OSError`.
        """
        view = SavedView(name=" ".join(name.split()), created=time.time(), address=dict(address))
        if not view.name:
            raise ValueError("give the view a name")
        self.put(view)
        return view

    def put(self, view: SavedView) -> None:
        """Add a view as it is, or bring one back. Raises `RunBusy` and `OSError`."""
        self._root.mkdir(parents=True, exist_ok=True)
        self._change(lambda views: [view, *(each for each in views if each.name != view.name)])

    def delete(self, name: str) -> SavedView | None:
        """Forget a view; returns what `put` brings back, or None if there is none of that name.

        Raises `RunBusy` and `OSError`.
        """
        found = next((each for each in self.list() if each.name == name), None)
        if found is not None:
            self._change(lambda views: [each for each in views if each.name != name])
        return found

    def _change(self, change: Any) -> None:
        with hold(self._root, "the saved views are being changed elsewhere", timeout=10.0, name=".views.lock"):
            kept = change(list(self.list()))
            newest = sorted(kept, key=lambda view: view.created, reverse=True)[:MOST]
            content = _Saved(views=tuple(view.model_dump() for view in newest))
            write_atomic(self._root / FILE, content.model_dump_json(indent=1).encode(), durable=True)


def _view(saved: Any) -> SavedView | None:
    try:
        view = SavedView.model_validate(saved)
    except ValueError:
        return None
    return view if view.name else None
