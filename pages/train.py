"""Train: a run and the next one in the sidebar, what is happening beside it."""

import streamlit as st

from gancore.config import RunConfig
from gancore.store import Run
from gancore.store.records import LIVE
from gancore.store.storage import note_opened
from ui import messages, state
from ui.forms import draft, drawing, imports, networks, own_loss, own_network, picker, sidebar, start, vary, widgets
from ui.run import film, settings, strip, view
from ui.words import plain

PANELS = {
    ("model.kind", "own"): own_network.panel,
    ("data.name", "drawn"): drawing.canvas,
    ("data.name", "own"): imports.panel,
    ("objective.loss", "own"): own_loss.panel,
}
WATCHED = "watched"  # in the session: the run that was looked at last


@st.fragment
def panel(shown: Run | None, networks_shown: bool) -> None:
    """Start, and below it either the run that is shown or the settings of the next one; a slider reruns this alone."""
    messages.show()
    with st.container(key="start-bar"):  # stays at the top of the sidebar, see page.css
        config, problem = start.button(watching=shown is not None)
        mode = sidebar.switch(shown)
    with st.container(key=f"settings-of-{mode}"):
        if mode == "this" and shown is not None:
            settings.this_run(shown)
        else:
            next_run(config, problem, shown, networks_shown)


def next_run(config: RunConfig | None, problem: str, shown: Run | None, networks_shown: bool) -> None:
    """The settings of the next run."""
    picker.pick_experiment()
    picker.changes_line()
    if problem:
        st.error(plain(problem), icon=":material/error:")
    else:
        st.empty()
    networks.switch(networks_shown, below=shown is not None and shown.state in LIVE)
    vary.link(config if draft.origin().fork is None else None)
    widgets.settings_form(PANELS)


def shown_run() -> Run | None:
    """The run that the address names, else the one that was looked at before, else one that trains, else the newest."""
    for run_id in (st.query_params.get("run"), st.session_state.get(WATCHED)):
        if (found := state.find_run(run_id)) is not None:
            return found
    return next(iter(state.active_runs()), None) or next((state.find_run(run.id) for run in state.runs()), None)


def nothing_yet() -> None:
    """Before anything ran: what Start will give."""
    st.subheader("Nothing trained yet", anchor=False)
    st.markdown(
        "Press **Start**: the quickstart trains a small DCGAN on 5,000 real digits. The first samples appear within "
        "seconds, digits within two minutes. Then change one setting, start again, and compare."
    )
    film.expected_samples()


linked = st.query_params.get("run")
if linked is not None and state.find_run(linked) is None:
    st.info("The run in this link no longer exists; it may be in the trash.", icon=":material/link_off:")
    del st.query_params["run"]
shown = shown_run()
st.session_state[WATCHED] = shown.id if shown else None
if shown is not None and st.query_params.get("run") != shown.id:
    st.query_params["run"] = shown.id  # the address names what is seen, for a reload and for whoever it is sent to
sidebar.begin(linked is not None and shown is not None)
with st.sidebar:
    panel(shown, networks.shown())
strip.others_line(shown)
live = shown is not None and shown.state in LIVE
if not live:
    networks.panel()
if shown is None:
    nothing_yet()
else:
    if not state.is_reference(shown):
        note_opened(shown)
    view.run_view(shown)
if live:
    networks.panel()
