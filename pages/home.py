"""Home: what runs now, the latest runs as pictures, one button to the first GAN."""

import streamlit as st

from gancore.experiments import EXPERIMENTS
from gancore.store.naming import Title
from ui import navigation, state
from ui.boundary import boundary
from ui.forms import starting
from ui.run import film, view
from ui.words import plain

SHOWN = 8

st.title("GAN Workbench", anchor=False)
st.markdown("Change a setting, watch two networks play against each other, and see what the change did.")

runs = [run for run in state.runs() if not run.damage]
problem = ""
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button(
        "Train my first GAN" if not runs else "Train another quickstart",
        type="primary" if not runs else "secondary",
        icon=":material/play_arrow:",
        help="A small DCGAN on 5,000 real digits; about a minute and a half on two cores.",
    ):
        try:
            base = EXPERIMENTS["quickstart"].base
            run = starting.launch(base, Title("quickstart"), experiment="quickstart", arm=("", "full"))
        except starting.NotStarted as reason:
            problem = str(reason)
        else:
            st.switch_page(navigation.TRAIN, query_params={"run": run.id})
    st.page_link(navigation.TRAIN, label="Choose settings", icon=":material/tune:")
    st.page_link(navigation.EXPERIMENTS, label="Are the reports right?", icon=":material/science:")
    if len(runs) >= 2:
        newest = ",".join(run.id for run in runs[:2])
        st.page_link(
            navigation.COMPARE, label="Compare the last two", icon=":material/compare:", query_params={"runs": newest}
        )

if problem:
    st.error(plain(problem), icon=":material/error:")
if not runs:
    st.info(
        "Nothing trained yet. The button trains a GAN on digits that come with the installation: "
        "nothing is downloaded.",
        icon=":material/info:",
    )
    film.expected_samples()
else:
    st.subheader("Latest runs", anchor=False)
    for row in range(0, min(len(runs), SHOWN), 4):
        for column, run in zip(st.columns(4), runs[row : min(row + 4, SHOWN)], strict=False):
            with column.container(border=True), boundary(run):
                view.run_card(run)
