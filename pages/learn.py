"""Learn: the theory of the reports, a short lesson at a time, each with a figure to touch."""

import streamlit as st

from ui.frontend.components import from_the_top
from ui.learn import view
from ui.learn.lessons import LESSONS

asked = st.query_params.get(view.PARAMETER)
if asked in LESSONS:
    view.page(LESSONS[asked])
else:
    if asked:
        st.info("There is no such lesson here.", icon=":material/link_off:")
    view.overview()
from_the_top(asked or "")
