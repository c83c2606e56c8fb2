"""The pages of the app, and how one gets to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_PAGES = Path(__file__).parents[1] / "pages"
HOME, TRAIN, RUNS, COMPARE = (_PAGES / f"{name}.py" for name in ("home", "train", "runs", "compare"))


def choose() -> Any:
    """Show the menu; returns the page that was asked for."""
    pages = [  # in the order of the menu; the first is where `/` leads
        st.Page(HOME, title="Home", icon=":material/home:", default=True),
        st.Page(TRAIN, title="Train", icon=":material/tune:"),
        st.Page(RUNS, title="Runs", icon=":material/table_rows:"),
        st.Page(COMPARE, title="Compare", icon=":material/compare:"),
    ]
    return st.navigation(pages, position="top")
