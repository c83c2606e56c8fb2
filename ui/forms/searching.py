"""A search for the settings with which an outcome is best: asking for it, what it costs, and starting it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

import streamlit as st

from gancore import machine
from gancore.config import SETTINGS, ConfigError, RunConfig
from gancore.experiments import OUTCOMES
from gancore.sweeps import plan as plans
from gancore.sweeps.search import Searches, Space, as_measured, measures_of, planned
from gancore.sweeps.study import NoSearch, Search, check_optuna
from gancore.text import describe_duration
from ui import navigation, state
from ui.forms import allowance, costing, values
from ui.messages import describe, say
from ui.words import plain

Pruner = Literal["median", "hyperband", "none"]
PRUNERS: dict[Pruner, tuple[str, str]] = {  # name, what it does
    "median": (
        "Median",
        "From the sixth trial on, one is stopped once it is worse than the median of those before it.",
    ),
    "hyperband": ("Hyperband", "Most trials are stopped early, some late, a few never: bold, good for many trials."),
    "none": ("None", "Every trial is trained to its end: the fairest comparison, and the dearest."),
}
TRIALS = 20
MOST_TRIALS = 1_000
DRAWN = 5  # settings that stand for all when the cost is foreseen


def panel(config: RunConfig) -> None:
    """Everything that it takes."""
    try:
        check_optuna()
    except NoSearch as problem:
        st.info(plain(f"A search needs Optuna, an optional extra: {problem}"), icon=":material/extension_off:")
        return
    found = None
    try:
        found = _asked(config)
    except ConfigError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
    if found is not None:
        _, search, examples = found
        complete = costing.look(examples).complete
        every = None if complete else costing.LOOK
        st.fragment(_cost, run_every=every, key=f"search-cost-{complete}")(search, examples, complete)
    wanted = None if found is None else (found[0], config, found[1])
    icon = ":material/play_arrow:"
    st.button("Start the search", type="primary", icon=icon, disabled=found is None, on_click=_start, args=wanted)
    navigation.leave_if_asked()


def _asked(config: RunConfig) -> tuple[str, Search, Mapping[str, RunConfig]]:
    """The title, what is searched, and some of the settings that may be tried. Raises `ConfigError`."""
    offered, measures = values.offered(config), measures_of(config)
    chosen = st.multiselect(
        "Settings to choose",
        offered,
        default=values.first(offered, 2),
        format_func=values.label,
        max_selections=8,
        key="search-settings",
    )
    among = {path: values.among(SETTINGS[path], config) for path in chosen}
    measure = st.selectbox(
        "Best by",
        measures,
        format_func=lambda key: f"{OUTCOMES[key].label}, {'lowest' if OUTCOMES[key].better == 'low' else 'highest'}",
        key="search-measure",
        width=360,
    )
    st.caption(plain(OUTCOMES[measure].help))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        trials = st.number_input("Trials", 2, MOST_TRIALS, TRIALS, key="search-trials", width=160)
        at_once = st.number_input(
            "Under way at once",
            1,
            64,
            min(machine.threads(), 4),
            key="search-at-once",
            width=160,
            help="Each new trial is chosen from what came of those before: the more at once, the less is known.",
        )
        seeds = values.seeds("Seeds per trial", "search-seeds")
    pruner: Pruner = st.segmented_control(
        "Stop bad trials early",
        list(PRUNERS),
        default="median",
        required=True,
        format_func=lambda name: PRUNERS[name][0],
        key="search-pruner",
    )
    st.caption(PRUNERS[pruner][1])
    space = {path: read() for path, read in among.items()}
    search = planned(space, measure, trials, seeds=seeds, at_once=at_once, pruner=pruner)
    return f"Search of {values.names(chosen)}", search, _examples(as_measured(config, measure), space)


def _examples(base: RunConfig, space: Space) -> Mapping[str, RunConfig]:
    """Settings drawn from all that may be tried, as many as there are."""
    for count in (DRAWN, 2):
        with suppress(ConfigError):  # there are fewer, or some that do not go together, which the search leaves out
            return plans.random("", base, space, count, (0,)).arms
    return {"": base}


def _cost(search: Search, examples: Mapping[str, RunConfig], was_complete: bool) -> None:
    """How many trials, and how long."""
    costs = costing.look(examples)
    if costs.complete and not was_complete:
        st.rerun()  # no need to look again
    runs, each = search.trials * len(search.seeds), len(search.seeds)
    seeds = f" of {each} seeds each, at most {runs} runs" if each > 1 else ""
    size = f"**{search.trials} trials**{seeds}"
    if not costs.complete:
        st.markdown(f":material/hourglass_empty: {size}, counting how long …")
        return
    typical = sum(costs.seconds.values()) / len(costs.seconds)
    seconds = typical * runs / costing.speedup(min(runs, search.at_once * each))
    sooner = "" if search.pruner == "none" else "; less, as bad trials end early"
    waiting = len(state.store().queue())
    behind = f", behind {waiting} that wait already" if waiting else ""
    st.markdown(
        f":material/timer: {size}, at most about **{describe_duration(seconds)}** on this machine{behind}{sooner}."
    )
    allowance.note(runs)
    for sentence in costing.obstacles(examples):
        st.caption(f":material/warning: {plain(sentence)}")


def _start(title: str, config: RunConfig, search: Search) -> None:
    threads = costing.threads(min(search.at_once, search.trials) * len(search.seeds))
    try:
        sweep = Searches(state.store()).create(title, config, search, threads=threads)
    except (OSError, RuntimeError, ConfigError) as problem:
        say(f"The search was not started: {describe(problem)}")
        return
    state.executor().ensure_worker()
    navigation.go(navigation.EXPERIMENTS, {"sweep": sweep.id})
