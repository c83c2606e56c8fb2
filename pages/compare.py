"""Compare: curves over each other, grids side by side, and only the settings that differ."""

import streamlit as st

from gancore.store import Run
from ui import comparing, comparing_quality, navigation, state

navigation.enter()

st.title("Compare", anchor=False)


@st.fragment
def comparison(runs: list[Run]) -> None:
    comparing.settings(runs)
    comparing.curves(runs)
    comparing.samples(runs)
    comparing_quality.classes(runs)
    comparing.results(runs)


usable = [run for run in state.store().list() if not run.damage]
chosen = comparing.choose(usable)
if len(chosen) >= 2:
    comparison(chosen)
elif len(usable) >= 2:
    st.info(
        "Pick two or more runs above: their curves, samples and differing settings appear here.", icon=":material/info:"
    )
else:
    st.info("Two runs are needed. Train one, change a setting, and train another.", icon=":material/info:")
    st.page_link("pages/train.py", label="Go to Train", icon=":material/tune:")
