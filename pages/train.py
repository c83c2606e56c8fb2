"""Train: settings in the sidebar, what is happening beside it."""

import streamlit as st

from gancore.config import ConfigError, RunConfig
from gancore.store import Run
from gancore.text import describe_bytes, describe_duration
from ui import forms, live, navigation, state

navigation.enter()


@st.fragment
def settings_panel() -> None:
    """Everything that Start will use; moving a slider reruns this panel alone."""
    forms.pick_experiment()
    changes = st.container()
    cost_line = st.container()
    buttons = st.container()
    problem = st.container()
    forms.settings_form()
    with changes:
        forms.changes_line()
    try:
        config = forms.draft()
    except ConfigError as error:
        problem.error(str(error), icon=":material/error:")
        config = None
    with buttons:
        busy = state.active_run() is not None
        label, icon = ("Add to queue", ":material/playlist_add:") if busy else ("Start", ":material/play_arrow:")
        if (
            st.button(label, type="primary", icon=icon, width="stretch", disabled=config is None, key="start")
            and config
        ):
            start(config)
    if config is not None:
        with cost_line:
            st.fragment(show_cost, run_every=None if cost_ready() else 0.5)(config)


def cost_ready() -> bool:
    """Whether costs can be told without delay: torch is there, and nothing that just started is disturbed by trials."""
    return state.torch_ready() and (state.active_run() is None or bool(state.experience()))


def show_cost(config: RunConfig) -> None:
    """Parameters, steps, time and memory, as soon as torch is there to count them."""
    if not cost_ready():
        st.caption(f":material/hourglass_empty: {config.total_steps:,} steps; counting parameters …")
        return
    from gancore.cost import estimate

    cost = estimate(config, state.experience())
    names = {"generator": "G", "discriminator": "D"}
    parameters = " · ".join(f"{names.get(name, name)} {count:,}" for name, count in cost.parameters.items())
    st.caption(
        f":material/schema: {parameters} parameters  \n:material/timer: {cost.steps:,} steps, about "
        f"{describe_duration(cost.seconds)}, {describe_bytes(cost.bytes)} of memory"
    )


def start(config: RunConfig) -> None:
    """Write the run's folder, hand it to the worker and look at it."""
    name = live.free_name(forms.suggest_name(config))
    run = state.store().create(config, name=name, experiment=forms.origin()["experiment"])
    busy = state.active_run()
    state.executor().submit(run)
    if busy is None:
        st.query_params["run"] = run.id
    else:
        st.toast(f"{name} waits behind {busy.name}.", icon=":material/schedule:")
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
                st.markdown(f"{place}. {run.name}", width="stretch")
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
    picture = state.PROJECT / "docs" / "quickstart.png"
    if picture.exists():
        st.image(str(picture), width=420, output_format="PNG", caption="What the quickstart draws after 1,050 steps.")


with st.sidebar:
    settings_panel()
active = state.active_run()
shown = state.find_run(st.query_params.get("run")) or active or next(iter(state.store().list()), None)
if active is not None and shown is not None and shown.id != active.id:
    live.now_strip()
queue(shown)
if shown is None:
    nothing_yet()
else:
    live.run_view(shown)
