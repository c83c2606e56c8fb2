"""Compare: curves over each other, grids side by side, and only the settings that differ."""

import streamlit as st

from gancore.store import Run
from ui import navigation, state
from ui.boundary import boundary
from ui.compare import quality, view

st.title("Compare", anchor=False)


@st.fragment
def comparison(runs: list[Run]) -> None:
    sections = {
        "What differs": view.settings,
        "Curves": view.curves,
        "Samples": view.samples,
        "Classes": quality.classes,
        "Results": view.results,
    }
    for title, section in sections.items():
        with boundary(title):
            section(runs)


usable = [run for run in (*state.runs(), *view.linked_reference()) if not run.damage]
chosen = view.choose(usable)
if len(chosen) >= 2:
    comparison(chosen)
elif len(usable) >= 2:
    st.info(
        "Choose two or more runs above: their curves, samples and differing settings appear here.",
        icon=":material/info:",
    )
else:
    st.info("Comparing takes two runs. Train one, change a setting, and train another.", icon=":material/info:")
    st.page_link(navigation.TRAIN, label="Go to Train", icon=":material/tune:")
