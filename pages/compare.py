"""Compare: curves over each other, grids side by side, and only the settings that differ."""

import streamlit as st

from gancore.store import Run
from ui import navigation, state
from ui.compare import quality, view

st.title("Compare", anchor=False)


@st.fragment
def comparison(runs: list[Run]) -> None:
    view.settings(runs)
    view.curves(runs)
    view.samples(runs)
    quality.classes(runs)
    view.results(runs)


usable = [run for run in state.store().list() if not run.damage]
chosen = view.choose(usable)
if len(chosen) >= 2:
    comparison(chosen)
elif len(usable) >= 2:
    st.info(
        "Pick two or more runs above: their curves, samples and differing settings appear here.", icon=":material/info:"
    )
else:
    st.info("Two runs are needed. Train one, change a setting, and train another.", icon=":material/info:")
    st.page_link(navigation.TRAIN, label="Go to Train", icon=":material/tune:")
