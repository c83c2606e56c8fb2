"""Home: the first GAN one click away, what happened since the last visit, and what there is to see."""

import streamlit as st

from gancore.experiments import EXPERIMENTS
from gancore.store.naming import Title
from ui import navigation, state
from ui.compare import saved
from ui.forms import starting
from ui.home import gallery, news, next_question, shown, textbook, visits
from ui.run import film
from ui.words import plain


def start_quickstart() -> str:
    """Train it; the sentence that says why not, if not."""
    base = EXPERIMENTS["quickstart"].base
    try:
        run = starting.launch(base, Title("quickstart"), experiment="quickstart", arm=("", "full"))
    except starting.NotStarted as reason:
        return str(reason)
    navigation.go(navigation.TRAIN, {"run": run.id})
    return ""


since = visits.last_visit()
runs = [run for run in state.runs() if not run.damage]
words, picture = st.columns([1.4, 1], gap="large") if not runs else (st.container(), st.container())
with words:
    st.title("GAN Workbench", anchor=False)
    st.markdown("Change a setting, watch two networks play against each other, and see what the change did.")
    problem = ""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Train another quickstart" if runs else "Train my first GAN",
            type="secondary" if runs else "primary",
            icon=":material/play_arrow:",
            help="A small DCGAN on 5,000 real digits; about a minute and a half on two cores.",
        ):
            problem = start_quickstart()
            navigation.leave_if_asked()
        st.page_link(navigation.TRAIN, label="Choose settings", icon=":material/tune:")
        st.page_link(navigation.EXPERIMENTS, label="Are the reports right?", icon=":material/science:")
        if len(runs) >= 2:
            newest = {"runs": ",".join(run.id for run in runs[:2])}
            st.page_link(
                navigation.COMPARE, label="Compare the last two", icon=":material/compare:", query_params=newest
            )
    if problem:
        st.error(plain(problem), icon=":material/error:")
    if not runs:
        st.markdown(
            "Nothing trained yet. The button trains a GAN on 5,000 digits that come with the installation, so nothing "
            "is downloaded: the first samples come within seconds, digits within two minutes."
        )
next_question.section(runs)
saved.listing()
if runs:
    news.section(runs, since)
else:
    with picture:
        film.expected_samples()
shown.section(state.gallery())
textbook.section(state.reference())
gallery.section(state.reference())
visits.remember()
