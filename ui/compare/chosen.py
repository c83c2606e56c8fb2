"""The runs that are compared, with the names and lines that they have wherever they stand on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from gancore.store import Run
from gancore.store.index import Snapshot
from gancore.store.labels import labels, named
from ui import state
from ui.colors import Line, run_lines
from ui.compare.address import View

_NAMES, _LINES = "compare-names", "compare-lines"  # in the session, of the runs that were chosen last


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
    chosen = Chosen(runs, visible, said.labels, run_lines(runs), said.title)
    st.session_state[_NAMES], st.session_state[_LINES] = chosen.names, chosen.lines
    return chosen


def names(runs: Sequence[Run]) -> Mapping[str, str]:
    """Their names by id, the same in every part of the page: told apart from those that are hidden, too."""
    known: Mapping[str, str] = st.session_state.get(_NAMES, {})
    return known if all(run.id in known for run in runs) else labels(runs)


def lines(runs: Sequence[Run]) -> Mapping[str, Line]:
    """How they are drawn, by id, the same in every part of the page."""
    known: Mapping[str, Line] = st.session_state.get(_LINES, {})
    return known if all(run.id in known for run in runs) else run_lines(runs)


def find(run_id: str) -> Snapshot | None:
    """A run of this server's store, or of the reference runs, as it is now."""
    return state.look_up(run_id)
