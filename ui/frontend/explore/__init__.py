"""Inside a network, in the browser: samples, the ways between them, directions, neighbours, D's view, codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.frontend.comparing import Heard, exchange
from ui.frontend.parts import source

_PARTS = ("asking", "tiles", "film", "sources", "rulers")
_VIEWS = ("samples", "between", "directions", "classes", "nearest", "judge", "codes", "bold", "plane")


_EXPLORER = st.components.v2.component(
    "gan_workbench_explore",
    html='<div class="explore">\n</div>',
    css=source("controls.css", "choice.css", "explore/explore.css"),
    js=source("exchange.js", *(f"explore/{name}.js" for name in (*_PARTS, *_VIEWS, "explore"))),
)


def explorer(data: Mapping[str, Any], *, heard: Heard) -> None:
    """Show what can be seen of one or two checkpoints, and take changes: `view`, `seed` and `picks`."""
    exchange(_EXPLORER, "explore", data, heard)
