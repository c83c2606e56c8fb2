"""The pages of the app, and how one gets to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from ui.classroom.room import current

_PAGES = Path(__file__).parents[1] / "pages"
HOME, TRAIN, EXPERIMENTS, RUNS, COMPARE, EXPLORE, LEARN = (
    _PAGES / f"{name}.py" for name in ("home", "train", "experiments", "runs", "compare", "explore", "learn")
)
CLASS, ME = _PAGES / "classroom.py", _PAGES / "me.py"  # where the server has a class
ADDRESSES = ("", *(page.stem for page in (TRAIN, EXPERIMENTS, RUNS, COMPARE, EXPLORE, LEARN, CLASS, ME)))

_ASKED = "asked-page"  # in the session: where somebody wants to go
MOST_COMPARED = 50  # runs that the Compare page takes


def choose() -> Any:
    """Show the menu; returns the page that was asked for."""
    pages = [  # in the order of the menu; the first is where `/` leads
        st.Page(HOME, title="Home", icon=":material/home:", default=True),
        st.Page(TRAIN, title="Train", icon=":material/tune:"),
        st.Page(EXPERIMENTS, title="Experiments", icon=":material/science:"),
        st.Page(RUNS, title="Runs", icon=":material/table_rows:"),
        st.Page(COMPARE, title="Compare", icon=":material/compare:"),
        st.Page(EXPLORE, title="Explore", icon=":material/travel_explore:"),
        st.Page(LEARN, title="Learn", icon=":material/school:"),
    ]
    if (person := current()) is not None:
        if person.teaches:
            pages.append(st.Page(CLASS, title="Class", icon=":material/groups:"))
        pages.append(st.Page(ME, title=person.name, icon=":material/account_circle:"))
    return st.navigation(pages, position="top")


def to_questions(
    label: str,
    query: Mapping[str, str],
    *,
    key: str,
    icon: str | None = None,
    kind: Literal["tertiary", "secondary"] = "tertiary",
) -> None:
    """A way to a place on the Experiments page: on that page itself a link would look as if one were there already."""
    st.button(label, type=kind, icon=icon, key=key, on_click=go, args=(EXPERIMENTS, query))
    leave_if_asked()


def to_explore(label: str, *runs: str) -> None:
    """A way inside the network of a run, or of two beside each other, by their ids."""
    query = dict(zip(("run", "beside"), runs, strict=False))
    st.page_link(EXPLORE, label=label, icon=":material/travel_explore:", query_params=query, width="content")


def go(page: Path, query: Mapping[str, str]) -> None:
    """Have another page shown, or the same one at another address: in a callback, before `leave_if_asked`.

    It is remembered, since a pass over the page that is cut short, as by a run that ends, forgets a click; and a
    fragment must not leave by itself: what it still sends would reach a page that is gone.
    """
    st.session_state[_ASKED] = page, dict(query)


def leave_if_asked() -> None:
    """End this pass if somebody wants to go elsewhere; the next one goes there."""
    if _ASKED in st.session_state:
        st.rerun()


def follow() -> None:
    """Go where somebody wants to: at the beginning of a pass."""
    if (asked := st.session_state.pop(_ASKED, None)) is not None:
        page, query = asked
        st.switch_page(page, query_params=query)
