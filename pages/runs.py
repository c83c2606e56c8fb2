"""Runs: every saved run in one table, and what can be done with it."""

import streamlit as st

from ui import navigation, state
from ui.runs import table
from ui.words import plain

st.title("Runs", anchor=False)
table.undo_bar()
runs = state.runs()

if not runs:
    st.info("No runs yet. Start one on the Train page: it will be listed here.", icon=":material/info:")
    st.page_link(navigation.TRAIN, label="Go to Train", icon=":material/tune:")
else:
    words = st.text_input(
        "Filter",
        key="filter",
        placeholder="name, state, tag or setting, such as: dcgan finished ngf=64",
        label_visibility="collapsed",
        live=True,
        persist_state="session",
    )
    table.look(runs)
    shown = [run for run in runs if table.matches(run, words or "")]
    chosen = table.runs_table(shown)
    if not shown:
        st.info(f"None of the {len(runs)} runs matches “{plain(words or '')}”.", icon=":material/search_off:")
    table.actions(chosen)
    table.outcome(chosen)
table.trash()
