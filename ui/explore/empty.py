"""What the Explore page says while there is nothing to look into."""

from __future__ import annotations

import streamlit as st

from ui import navigation


def nothing_to_explore() -> None:
    """How to get a run with a checkpoint, soonest."""
    st.info(
        "There is no trained network here yet: Explore looks into one, and so needs a run with a checkpoint. The "
        "reference runs come without weights. The quickstart has one after about a minute and a half, and can be "
        "explored while it trains from its first checkpoint on.",
        icon=":material/info:",
    )
    with st.container(horizontal=True):
        st.page_link(navigation.HOME, label="Train the quickstart, on Home", icon=":material/play_arrow:")
        st.page_link(navigation.TRAIN, label="Choose other settings, on Train", icon=":material/tune:")
