"""The pages of the app, and how one gets to them."""

from __future__ import annotations

from typing import Any

import streamlit as st


def pages() -> list[Any]:
    """Every page, in the order of the menu; the first is where `/` leads."""
    return [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/train.py", title="Train", icon=":material/tune:"),
        st.Page("pages/runs.py", title="Runs", icon=":material/table_rows:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare:"),
    ]


def choose() -> Any:
    """Show the menu; returns the page that was asked for."""
    st.session_state["entered"] = True
    return st.navigation(pages(), position="top")


def enter() -> None:
    """First line of each page.

    Because the folder is called `pages`, Streamlit runs a page without `dashboard.py` when a link to it is the first
    thing a new server is asked for. Calling `st.navigation` once ends that, and then the app starts over.
    """
    if "entered" not in st.session_state:
        st.navigation(pages(), position="top")
        st.rerun()
