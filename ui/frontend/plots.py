"""Charts of our own that compare runs: they smooth, average, highlight and select in the browser, without a rerun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.frontend.parts import source
from ui.server import library


def _script(name: str) -> str:
    """A component's module, with what all charts share before it."""
    return source("plot.js", name)


_CURVES = st.components.v2.component(
    "gan_workbench_curves",
    html="""<div class="curves">
    <div class="top"><div class="legend"></div><button type="button" class="zoomed" hidden>Show all</button></div>
    <div class="panels"></div>
    </div>""",
    css=source("curves.css"),
    js=_script("curves.js"),
)

_RESULTS = st.components.v2.component(
    "gan_workbench_results",
    html="""<div class="results">
    <div class="bar">
    <fieldset class="views" aria-label="Which values are shown"></fieldset>
    <label class="step" hidden><input type="range" aria-label="Step of the values shown"><output></output></label>
    <span class="fill"></span>
    <details><summary>Measures</summary><div class="choices"></div></details>
    <button type="button" class="save" title="Save this table as CSV">CSV</button>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="Settings and results">
    <table><thead></thead><tbody></tbody></table>
    </div>
    <p class="foot"></p>
    </div>""",
    css=source("controls.css", "choice.css", "results.css"),
    js=_script("results.js"),
)

_CLASSES = st.components.v2.component(
    "gan_workbench_classes",
    html="""<div class="classes">
    <div class="bar"><fieldset class="views" aria-label="When"></fieldset><span class="fill"></span>
    <button type="button" class="png" title="Save as PNG">PNG</button>
    <button type="button" class="svg" title="Save as SVG">SVG</button></div>
    <div class="panels"></div>
    <p class="caption"></p>
    </div>""",
    css=source("controls.css", "choice.css", "classes.css"),
    js=_script("classes.js"),
)

_WIPE = st.components.v2.component(
    "gan_workbench_wipe",
    html="""<div class="wipe">
    <div class="labels">
    <div class="label a"><span class="swatch"></span><select aria-label="Left"></select>
    <span class="words"></span></div>
    <div class="label b"><span class="words"></span><select aria-label="Right"></select>
    <span class="swatch"></span></div>
    </div>
    <div class="stage">
    <div class="side b"><img></div><div class="side a"><img></div><div class="edge"></div>
    <input class="divider" type="range" min="0" max="100" step="2" aria-label="Divider between the two">
    </div>
    <div class="slider"><input class="steps" type="range" aria-label="Step of both"><output></output></div>
    <p class="caption"></p>
    </div>""",
    css=source("controls.css", "choice.css", "wipe.css"),
    js=source("wipe.js"),
)

_SPACE = st.components.v2.component(
    "gan_workbench_space",
    html="""<div class="space">
    <div class="bar"><span class="said" role="status"></span>
    <button type="button" class="keep" hidden>Show only these</button>
    <button type="button" class="clear" hidden>Clear</button><span class="fill"></span>
    <button type="button" class="png" title="Save both as PNG">PNG</button>
    <button type="button" class="svg" title="Save both as SVG">SVG</button></div>
    <div class="figures">
    <div class="figure"><div class="head"><span>All settings</span><div class="keys"></div></div>
    <div class="parallel"><canvas role="img"></canvas></div></div>
    <div class="figure"><label class="head">Against <select aria-label="Setting of the scatter"></select></label>
    <div class="scatter"><canvas role="img"></canvas></div></div>
    </div>
    <p class="reading" role="status"></p>
    </div>""",
    css=source("controls.css", "choice.css", "space.css"),
    js=_script("space.js"),
)


def curves(data: Mapping[str, Any], *, key: str, identity: str, low: bool = False) -> None:
    """Show charts of `figures.comparison.curves_data`, or `low` ones without a legend and captions; their zoom is kept
    while `identity` stays.

    They follow runs that train, and read finer curves where somebody zooms in. If one went back meanwhile, the page is
    drawn anew.
    """
    shown = {**data, "id": identity, "low": low, "scripts": library.SCRIPTS}
    _CURVES(key=key, data=shown, on_behind_change=lambda: None, height="content")


def results(data: Mapping[str, Any], *, key: str) -> str | None:
    """Show the table of `compare.table`; the id of the run that was just asked to be opened, if one was.

    The id comes from the browser: look it up before using it.
    """

    def remember() -> None:
        if run := st.session_state[key]["open"]:
            st.session_state[asked] = str(run)

    asked = f"{key}-asked"  # kept, since a page that is drawn anew at this very moment forgets what its body looks at
    _RESULTS(key=key, data=dict(data), on_open_change=remember, height="content")
    chosen: str | None = st.session_state.pop(asked, None)
    return chosen


def classes(data: Mapping[str, Any], *, key: str) -> None:
    """Show which classes came up, a small chart for each run."""
    _CLASSES(key=key, data=dict(data), height="content")


def wipe(data: Mapping[str, Any], *, key: str) -> None:
    """Show two of these runs' sample grids, one over the other; there must be two runs with samples."""
    _WIPE(key=key, data=dict(data), height="content")


def space(data: Mapping[str, Any], *, key: str) -> list[str] | None:
    """Show runs in the space of their settings; ids of those that somebody just asked to see alone, if so.

    The ids come from the browser: look them up before using them.
    """

    def remember() -> None:
        found = st.session_state[key]["keep"]
        if isinstance(found, list):
            st.session_state[asked] = [str(each) for each in found]

    asked = f"{key}-asked"
    _SPACE(key=key, data=dict(data), on_keep_change=remember, height="content")
    chosen: list[str] | None = st.session_state.pop(asked, None)
    return chosen
