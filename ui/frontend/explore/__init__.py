"""Inside a network, in the browser: samples, the ways between them, directions, neighbours, D's view, codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ui.frontend.comparing import Heard, exchange

_SOURCES = Path(__file__).parent
_SHARED = ("../exchange",)
_PARTS = ("asking", "tiles", "film", "sources", "rulers")
_VIEWS = ("samples", "between", "directions", "classes", "nearest", "judge", "codes", "bold", "plane")


def _read(name: str) -> str:
    return (_SOURCES / name).read_text(encoding="utf-8")


_EXPLORER = st.components.v2.component(
    "gan_workbench_explore",
    html='<div class="explore">\n</div>',
    css=_read("../choice.css") + _read("explore.css"),
    js="\n".join(_read(f"{name}.js") for name in (*_SHARED, *_PARTS, *_VIEWS, "explore")),  # one module can import none
)


def explorer(data: Mapping[str, Any], *, heard: Heard) -> None:
    """Show what can be seen of one or two checkpoints, and take changes: `view`, `seed` and `picks`."""
    exchange(_EXPLORER, "explore", data, heard)
