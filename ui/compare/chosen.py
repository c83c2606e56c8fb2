"""The runs that are compared, with the names and lines that they have wherever they stand on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gancore.store.index import Snapshot, index_of
from gancore.store.labels import named
from ui import state
from ui.colors import Line, run_lines
from ui.compare.address import View


@dataclass(frozen=True)
class Chosen:
    """Runs that are compared."""

    runs: Sequence[Snapshot]  # all of them, in order
    visible: Sequence[Snapshot]  # but those that are hidden
    names: Mapping[str, str]  # by id, of all: hiding one renames no other
    lines: Mapping[str, Line]
    title: str  # what they share and what they differ in


def choose(view: View) -> Chosen:
    """The runs that a view names, as far as there are such runs that can be read."""
    runs = [found for run_id in view.runs if (found := find(run_id)) is not None and not found.damage]
    said = named(runs)
    visible = [run for run in runs if run.id not in view.hidden]
    return Chosen(runs, visible, said.labels, run_lines(runs), said.title)


def find(run_id: str) -> Snapshot | None:
    """A run of this server's store, or of the reference runs, as it is now."""
    return state.index().find(run_id) or index_of(state.REFERENCE).find(run_id)
