"""Experiments: the questions of the reports, one button to run them, and verdicts on what the reports say."""

import streamlit as st

from gancore.experiments import EXPERIMENTS
from ui import navigation, state
from ui.experiments import cards, own, question, report, sweeps
from ui.forms import vary
from ui.frontend.components import from_the_top

experiment_id, sweep_id = st.query_params.get("experiment"), st.query_params.get("sweep")
sweep = sweeps.find(sweep_id)
if experiment_id in EXPERIMENTS:
    question.page(EXPERIMENTS[experiment_id])
elif "vary" in st.query_params:
    vary.page()
elif sweep is not None:
    own.page(sweep)
else:
    mine, reference = state.runs(), state.reference()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title("Experiments", anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            navigation.to_questions("Vary settings", vary.ADDRESS, key="vary", icon=":material/tune:", kind="secondary")
            report.of_several(mine, reference)
    if experiment_id or sweep_id:
        st.info("There is no such experiment here; it may have been deleted.", icon=":material/link_off:")
    st.markdown(
        "Five student and course reports train GANs and say what each setting does. Choose a question, press **Run**, "
        "and see whether they are right."
    )
    with st.container(key="sweeps"):
        sweeps.listing()
    cards.section(mine, reference)
from_the_top(experiment_id or sweep_id or ("vary" if "vary" in st.query_params else ""))
