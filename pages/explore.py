"""Explore: inside a trained generator."""

import streamlit as st

from ui import state
from ui.boundary import boundary
from ui.explore import address, choosing, empty, view
from ui.words import plain

shown = address.begin()
st.title("Explore", anchor=False)
if shown.run and (asked := state.find_run(shown.run)) is None:
    st.info("The run in this link no longer exists; it may be in the trash.", icon=":material/link_off:")
elif shown.run and asked is not None and not choosing.explorable([asked]):
    st.info(plain(choosing.why_not(asked)), icon=":material/info:")
runs = choosing.explorable(state.visible())
if shown.run and all(run.id != shown.run for run in runs) and (other := state.look_up(shown.run)) is not None:
    runs += choosing.explorable([other])  # a student's, opened by the teacher
if not runs:
    empty.nothing_to_explore()
else:
    choices = choosing.choose(shown, runs)
    if not choices:
        st.error("None of this run's checkpoints can be read.", icon=":material/broken_image:")
    else:
        with boundary(choices[0].run):
            view.show(choices, shown)
