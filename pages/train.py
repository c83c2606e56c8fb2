"""Train: settings in the sidebar, what is happening beside it."""

import streamlit as st

from gancore.config import ConfigError, RunConfig
from gancore.store import Run
from ui import messages, state
from ui.forms import costs, draft, drawing, imports, networks, picker, starting, steering, vary, widgets
from ui.messages import say
from ui.run import film, queue, strip, view
from ui.words import plain

WATCHED = "watched"  # in the session: the run that was looked at last


@st.fragment
def settings_panel(networks_shown: bool) -> None:
    """Everything that Start will use; moving a slider reruns this panel alone."""
    messages.show()
    picker.pick_experiment()
    picker.changes_line()
    cost_line = st.container()  # filled last, since it takes longest
    networks.switch(networks_shown)
    try:
        config = draft.config()
    except ConfigError as error:
        config, waits = None, draft.missing()
        if waits is None:
            st.error(plain(str(error)), icon=":material/error:")
        else:  # as high as the costs, or the canvas would jump from under the pointer with the first stroke
            cost_line.caption(f":material/edit: No training data yet:  \n{waits}")
    busy = state.active_runs()
    label, icon = ("Add to queue", ":material/playlist_add:") if busy else ("Start", ":material/play_arrow:")
    if draft.origin().fork:
        label = f"{label} as a fork"
    pressed = st.button(label, type="primary", icon=icon, width="stretch", disabled=config is None, key="start")
    if pressed and config is not None:
        start(config)
    vary.link(config if draft.origin().fork is None else None)
    if busy:
        watched = st.session_state.get(WATCHED)
        steering.steering(next((run for run in busy if run.id == watched), busy[0]))
    widgets.settings_form({"drawn": drawing.canvas, "own": imports.panel})
    if config is not None:
        with cost_line:
            costs.cost_line(config)


def start(config: RunConfig) -> None:
    """Write the run's folder, hand it to the worker and look at it."""
    origin, busy = draft.origin(), state.active_runs()
    try:
        run = starting.launch(config, draft.title(), experiment=origin.experiment, arm=origin.arm, fork=origin.fork)
    except starting.NotStarted as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    if not busy:
        st.query_params["run"] = run.id
    else:
        say(f"{run.name} is queued behind {' and '.join(each.name for each in busy)}.", icon="schedule")
    st.rerun()


def run_to_show() -> Run | None:
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


with st.sidebar:
    settings_panel(networks.shown())
networks.panel()
if "run" in st.query_params and state.find_run(st.query_params["run"]) is None:
    st.info("The run in this link no longer exists; it may be in the trash.", icon=":material/link_off:")
    del st.query_params["run"]
shown = run_to_show()
st.session_state[WATCHED] = shown.id if shown else None
strip.now_strip(shown)
queue.queue(shown)
if shown is None:
    nothing_yet()
else:
    view.run_view(shown)
