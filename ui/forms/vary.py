"""Vary this: a sweep of one's own, from the settings in the form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from gancore.config import SETTINGS, ConfigError, RunConfig
from gancore.sweeps import plan as plans
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from gancore.text import describe_duration
from ui import navigation, state
from ui.forms import allowance, costing, draft, searching
from ui.forms import values as asked
from ui.messages import describe, say
from ui.words import plain

Way = Literal["one", "two", "random", "search"]
WAYS: dict[Way, str] = {"one": "One setting", "two": "Two, crossed", "random": "At random", "search": "Search"}
ADDRESS = {"vary": "form"}
_HELP = "Run the settings in the form with several values of some of them and several seeds, or search for the best."


def link(config: RunConfig | None) -> None:
    """The way to where a sweep is planned; `config` are the settings in the form, if they fit together.

    A page and no dialog: whatever begins or ends meanwhile draws pages anew, and that closes dialogs.
    """
    st.page_link(
        navigation.EXPERIMENTS,
        label="Vary this",
        icon=":material/tune:",
        query_params=ADDRESS,
        disabled=config is None,
        help=_HELP,
    )


def page() -> None:
    """Plan a sweep of the settings in the form, and start it."""
    st.page_link(navigation.TRAIN, label="Back to the settings", icon=":material/arrow_back:")
    st.title("Vary these settings", anchor=False)
    try:
        config = draft.config()
    except ConfigError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    st.caption(plain(f"Starts from {draft.title().text(config)}, as in the form on Train."))
    with st.container(border=True):
        st.fragment(_panel, key="vary-panel")(config)


def _panel(config: RunConfig) -> None:
    way: Way = st.segmented_control(
        "What varies",
        list(WAYS),
        default="one",
        required=True,
        format_func=WAYS.__getitem__,
        key="vary-way",
        persist_state="session",
    )
    if way == "search":
        searching.panel(config)
        return
    plan = None
    try:
        plan = _planned(config, way)
    except ConfigError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
    if plan is not None:
        complete = costing.look(plan.arms).complete
        st.fragment(_cost, run_every=None if complete else costing.LOOK, key=f"vary-cost-{complete}")(plan, complete)
    icon = ":material/play_arrow:"
    st.button(
        "Start the sweep",
        type="primary",
        icon=icon,
        disabled=plan is None,
        on_click=_start,
        args=(plan,),
        key="vary-start",
    )
    navigation.leave_if_asked()


def _planned(config: RunConfig, way: Way) -> Plan:
    """What the dialog asks for. Raises `ConfigError`."""
    offered = asked.offered(config)
    if way == "random":
        chosen = st.multiselect(
            "Settings",
            offered,
            default=asked.first(offered, 2),
            format_func=asked.label,
            max_selections=6,
            key="vary-random",
        )
        among = {path: asked.among(SETTINGS[path], config) for path in chosen}
        count = st.number_input("Arms", 2, 200, 8, key="vary-count", help="Each with values of its own.")
        seeds = asked.seeds()
        ranges = {path: read() for path, read in among.items()}
        return plans.random(_title(chosen, "drawn at random"), config, ranges, count, seeds)
    values: dict[str, Callable[[], list[Any]]] = {}
    for number in range(2 if way == "two" else 1):
        left = [path for path in offered if path not in values]
        setting, typed = st.columns([1, 2])
        first = left.index(asked.first(left, 1)[0])
        with setting:
            path = st.selectbox(
                ("Setting", "And")[number], left, index=first, format_func=asked.label, key=f"vary-setting-{number}"
            )
        with typed:
            values[path] = asked.values(SETTINGS[path], config)
    seeds = asked.seeds()
    return plans.grid(_title(list(values), "varied"), config, {path: read() for path, read in values.items()}, seeds)


def _title(paths: Sequence[str], words: str) -> str:
    return f"{asked.names(paths)} {words}"


# --- what it costs, and starting --------------------------------------------------------------------------------------


def _cost(plan: Plan, was_complete: bool) -> None:
    """How many runs, and how long."""
    costs, runs = costing.look(plan.arms), len(plan.configs)
    if costs.complete and not was_complete:
        st.rerun()  # no need to look again
    size = f"**{runs} runs**: {_counted(len(plan.arms), 'arm')}, {_counted(len(plan.seeds), 'seed')} each"
    if costs.complete:
        seconds = sum(costs.seconds.values()) * len(plan.seeds) / costing.speedup(runs)
        waiting = len(state.store().queue())
        behind = f", behind {waiting} that wait already" if waiting else ""
        st.markdown(f":material/timer: {size}, about **{describe_duration(seconds)}** on this machine{behind}.")
    else:
        st.markdown(f":material/hourglass_empty: {size}, counting how long …")
    allowance.note(runs)
    for sentence in costing.obstacles(plan.arms) if costs.complete else ():
        st.caption(f":material/warning: {plain(sentence)}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _start(plan: Plan) -> None:
    """Make the sweep; the page is left when it is next drawn."""
    try:
        sweep = Sweeps(state.store()).create(plan, threads=costing.threads(len(plan.configs)))
    except (OSError, RuntimeError, ConfigError) as problem:
        say(f"The sweep was not started: {describe(problem)}")
        return
    state.executor().ensure_worker()
    navigation.go(navigation.EXPERIMENTS, {"sweep": sweep.id})
