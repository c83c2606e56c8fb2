"""The pages of the app, and how one gets to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_PAGES = Path(__file__).parents[1] / "pages"
HOME, TRAIN, EXPERIMENTS, RUNS, COMPARE = (
    _PAGES / f"{name}.py" for name in ("home", "train", "experiments", "runs", "compare")
)

_ASKED = "asked-question"  # in the session: where somebody wants to go
MOST_COMPARED = 8  # runs that the Compare page takes


def choose() -> Any:
    """Show the menu; returns the page that was asked for."""
    pages = [  # in the order of the menu; the first is where `/` leads
        st.Page(HOME, title="Home", icon=":material/home:", default=True),
        st.Page(TRAIN, title="Train", icon=":material/tune:"),
        st.Page(EXPERIMENTS, title="Experiments", icon=":material/science:"),
        st.Page(RUNS, title="Runs", icon=":material/table_rows:"),
        st.Page(COMPARE, title="Compare", icon=":material/compare:"),
    ]
    return st.navigation(pages, position="top")


def to_questions(label: str, *, key: str, icon: str | None = None, **query: str) -> None:
    """A way to a place on the Experiments page: on that page itself a link would look as if one were there already.

    The click is remembered, since a page that is drawn anew at this very moment forgets one that its body looks at.
    """
    st.button(label, type="tertiary", icon=icon, key=key, on_click=_remember, args=(query,))
    if (asked := st.session_state.pop(_ASKED, None)) is not None:
        st.switch_page(EXPERIMENTS, query_params=asked)


def _remember(query: dict[str, str]) -> None:
    st.session_state[_ASKED] = query
