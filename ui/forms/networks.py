"""The networks that the settings in the form describe, as a picture and a table that follow the sliders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from gancore.config import ConfigError
from ui import state
from ui.figures.networks import PARTS, networks_svg, shape_text
from ui.forms import draft
from ui.words import plain

if TYPE_CHECKING:
    from gancore.models.layers import Layer

LOOK = 0.5  # seconds between looks at the form, which is a fragment of its own
ROWS = 8  # of the table that are seen at once

_FRONTEND = Path(__file__).parents[1] / "frontend"
_PICTURE = st.components.v2.component(
    "gan_workbench_networks",
    html='<div class="networks" tabindex="0"></div>',
    css=(_FRONTEND / "networks.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "networks.js").read_text(encoding="utf-8"),
)


def shown() -> bool:
    """Whether the switch is on."""
    return bool(st.session_state.get("networks", False))


def switch(shown_now: bool, *, below: bool = False) -> None:
    """The switch among the settings; has the page drawn anew when it asks for something else than `shown_now`.

    They are drawn `below` a run that trains, which stays in view.
    """
    wanted = st.toggle(
        "Show networks, below the run" if below else "Show networks",
        key="networks",
        persist_state="session",
        help="Draws the networks of these settings layer by layer, and follows the sliders.",
    )
    if wanted != shown_now:
        st.rerun()


def panel() -> None:
    """The networks of the form, if the switch is on; looks again twice a second."""
    if shown():
        st.fragment(_panel, run_every=LOOK, key="networks-panel")()


def _panel() -> None:
    with st.container(border=True):
        if not state.torch_ready():
            st.skeleton(height=824)  # as high as what comes for a DCGAN
            return
        from gancore.models.layers import describe_layers
        from gancore.models.own import BadNetwork

        problem = None
        try:
            st.session_state["networks-of"] = draft.config()
        except ConfigError as error:  # what was drawn last stays, so that nothing jumps
            problem = plain(str(error))
        try:
            described = describe_layers(st.session_state.get("networks-of") or draft.origin().config)
        except BadNetwork as unfit:
            st.caption(plain(f"They cannot be drawn: {unfit}."))
            return
        _PICTURE(key="networks-picture", data={"svg": networks_svg(described)}, height="content")
        st.caption(f":red[:material/error: {problem}]" if problem else f":material/schema: {totals(described)}")
        st.dataframe(
            layer_table(described),
            hide_index=True,
            height=35 * (ROWS + 1) + 3,
            placeholder="",
            key="networks-table",
            column_config={
                "network": st.column_config.TextColumn(width="small"),
                "layer": st.column_config.TextColumn(width="medium"),
                "output": st.column_config.TextColumn(width="small", help="Channels × height × width, or a length."),
                "parameters": st.column_config.NumberColumn(format="localized"),
                "share": st.column_config.ProgressColumn(
                    format="%.1f %%", max_value=100, help="Share of its network's parameters."
                ),
            },
        )


def totals(networks: Mapping[str, Sequence[Layer]]) -> str:
    """`G 369,600 · D 166,848 parameters (D has 0.45 × G's)`."""
    counts = {_letter(name): sum(layer.parameters for layer in layers) for name, layers in networks.items()}
    words = " · ".join(f"{letter} {count:,}" for letter, count in counts.items()) + " parameters"
    if len(counts) != 2:
        return words
    (first, large), (second, small) = counts.items()
    return f"{words} ({second} has {small / large:.2g} × {first}'s)"


def layer_table(networks: Mapping[str, Sequence[Layer]]) -> pd.DataFrame:
    """Inputs and layers of every network, a row each; what has no parameters has no number and no share."""
    rows = []
    for name, layers in networks.items():
        total = sum(layer.parameters for layer in layers)
        rows += [
            {
                "network": _letter(name),
                "layer": f"{layer.kind} ({layer.branch})" if layer.branch else layer.kind,
                "output": shape_text(layer.output),
                "parameters": layer.parameters or None,
                "share": 100 * layer.parameters / total if layer.parameters else None,
            }
            for layer in layers
            if layer.kind != "output"
        ]
    return pd.DataFrame(rows).astype({"parameters": "Int64", "share": "Float64"})


def _letter(name: str) -> str:
    return PARTS[name].letter if name in PARTS else name
