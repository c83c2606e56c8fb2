"""Train: settings in the sidebar, what is happening beside it."""

import streamlit as st

from gancore.config import ConfigError, RunConfig
from gancore.store import Run
from ui import costs, forms, live, navigation, state
from ui.words import plain

navigation.enter()


@st.fragment
def settings_panel() -> None:
    """Everything that Start will use; moving a slider reruns this panel alone."""
    forms.pick_experiment()
    forms.changes_line()
    cost_line = st.container()  # filled last, since it takes longest
    try:
        config = forms.draft()
    except ConfigError as error:
        st.error(plain(str(error)), icon=":material/error:")
        config = None
    busy = state.active_run() is not None
    label, icon = ("Add to queue", ":material/playlist_add:") if busy else ("Start", ":material/play_arrow:")
    pressed = st.button(label, type="primary", icon=icon, width="stretch", disabled=config is None, key="start")
    if pressed and config is not None:
        start(config)
    forms.settings_form()
    if config is not None:
        with cost_line:
            costs.cost_line(config)


def start(config: RunConfig) -> None:
    """Write the run's folder, hand it to the worker and look at it."""
    name = live.free_name(forms.suggest_name(config))
    run = state.store().create(config, name=name, experiment=forms.origin()["experiment"])
    busy = state.active_run()
    state.executor().submit(run)
    if busy is None:
        st.query_params["run"] = run.id
    else:
        st.toast(plain(f"{name} waits behind {busy.name}."), icon=":material/schedule:")
    st.rerun()


def queue(shown: Run | None) -> None:
    """The runs that wait, besides the one that is shown, and a way to take one out."""
    waiting = [run for run in state.store().queue() if shown is None or run.id != shown.id]
    if not waiting:
        return
    with st.container(border=True):
        st.markdown(f":material/schedule: **Queue** · {len(waiting)} waiting")
        for place, run in enumerate(waiting, start=1):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{place}. {plain(run.name)}", width="stretch")
                if st.button("Take out", key=f"dequeue-{run.id}", type="tertiary", icon=":material/close:"):
                    run.command("stop")
                    st.rerun()


def nothing_yet() -> None:
    """Before anything ran: what Start will give."""
    st.subheader("Nothing trained yet", anchor=False)
    st.markdown(
        "Press **Start**: the quickstart trains a small DCGAN on 5,000 real digits. The first samples appear within "
        "seconds, digits within two minutes. Then change one setting, start again, and compare."
    )
    live.expected_samples()


with st.sidebar:
    settings_panel()
active = state.active_run()
if "run" in st.query_params and state.find_run(st.query_params["run"]) is None:
    st.info("The run that this link names is not here any more; it may be in the trash.", icon=":material/link_off:")
    del st.query_params["run"]
shown = state.find_run(st.query_params.get("run")) or active or next(iter(state.store().list()), None)
if active is not None and shown is not None and shown.id != active.id:
    live.now_strip()
queue(shown)
if shown is None:
    nothing_yet()
else:
    live.run_view(shown)
