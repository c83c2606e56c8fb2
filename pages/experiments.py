"""Experiments: the questions of the reports, one button to run them, and verdicts on what the reports say."""

import streamlit as st

from gancore.experiments import EXPERIMENTS
from ui import state
from ui.experiments import cards, own, question, sweeps
from ui.forms import vary

experiment_id, sweep_id = st.query_params.get("experiment"), st.query_params.get("sweep")
sweep = sweeps.find(sweep_id)
if experiment_id in EXPERIMENTS:
    question.page(EXPERIMENTS[experiment_id])
elif "vary" in st.query_params:
    vary.page()
elif sweep is not None:
    own.page(sweep)
else:
    st.title("Experiments", anchor=False)
    if experiment_id or sweep_id:
        st.info("There is no such experiment here; it may have been deleted.", icon=":material/link_off:")
    st.markdown("Choose a question, press **Run**, and see whether the reports are right.")
    sweeps.listing()
    cards.section(state.runs(), state.reference())
