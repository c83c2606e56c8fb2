"""The table of runs, in the browser: search, facets, actions and pages around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_SOURCES = Path(__file__).parent
_PARTS = ("elements", "outbox", "search", "menus", "actions", "cells", "rows", "table")  # one module of a few files

_TABLE = st.components.v2.component(
    "gan_workbench_runs",
    html='<div class="runs">\n</div>',
    css=(_SOURCES / "table.css").read_text(encoding="utf-8"),
    js="\n".join((_SOURCES / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS),
)


def table(*, data: Mapping[str, Any], key: str, on_asked: Callable[[], None]) -> None:
    """Show the table. What is asked for lies in the component's state `asked`, numbered: see `ui.runs.table`."""
    _TABLE(key=key, data=data, on_asked_change=on_asked, height="content")
