"""Vary this: a sweep of one's own, from the settings in the form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from gancore.config import SETTINGS, ConfigError, RunConfig, check_setting, parse_setting
from gancore.config.setting import Setting
from gancore.sweeps import plan as plans
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from gancore.text import describe_duration, describe_rate
from ui import navigation, state
from ui.forms import costing, draft
from ui.messages import describe
from ui.words import plain

Way = Literal["one", "two", "random"]
WAYS: dict[Way, str] = {"one": "One setting", "two": "Two, crossed", "random": "At random"}
SEEDS = (1, 3, 5)
ADDRESS = {"vary": "form"}
_HELP = "Run the settings in the form with several values of one of them, or of two, and with several seeds."
FIRST = ("model.ngf", "model.hidden", "optim.lr_g", "optim.lr")  # that is offered, if it has an effect


def button(config: RunConfig | None) -> None:
    """Go to where the sweep is planned; `config` are the settings in the form, if they fit together.

    A page and no dialog: whatever begins or ends meanwhile draws pages anew, and that closes dialogs.
    """
    _to_page("Vary this", width="stretch", disabled=config is None)


def link() -> None:
    """Go there from elsewhere."""
    _to_page("Vary settings", width="content", disabled=False)


def _to_page(label: str, *, width: Literal["stretch", "content"], disabled: bool) -> None:
    if st.button(label, icon=":material/tune:", width=width, disabled=disabled, key="vary", help=_HELP):
        st.switch_page(navigation.EXPERIMENTS, query_params=ADDRESS)


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
    plan = None
    try:
        plan = _planned(config, way)
    except ConfigError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
    if plan is not None:
        complete = costing.look(plan.arms).complete
        st.fragment(_cost, run_every=None if complete else costing.LOOK, key=f"vary-cost-{complete}")(plan, complete)
    if st.button("Start the sweep", type="primary", icon=":material/play_arrow:", disabled=plan is None) and plan:
        _start(plan)


def _planned(config: RunConfig, way: Way) -> Plan:
    """What the dialog asks for. Raises `ConfigError`."""
    offered = _offered(config)
    if way == "random":
        chosen = st.multiselect(
            "Settings", offered, default=_first(offered, 2), format_func=_label, max_selections=6, key="vary-random"
        )
        among = {path: _among(SETTINGS[path], config) for path in chosen}
        count = st.number_input("Arms", 2, 200, 8, key="vary-count", help="Each with values of its own.")
        seeds = _seeds()
        ranges = {path: read() for path, read in among.items()}
        return plans.random(_title(chosen, "drawn at random"), config, ranges, count, seeds)
    values: dict[str, Callable[[], list[Any]]] = {}
    for number in range(2 if way == "two" else 1):
        left = [path for path in offered if path not in values]
        setting, typed = st.columns([1, 2])
        first = left.index(_first(left, 1)[0])
        with setting:
            path = st.selectbox(
                ("Setting", "And")[number], left, index=first, format_func=_label, key=f"vary-setting-{number}"
            )
        with typed:
            values[path] = _values(SETTINGS[path], config)
    seeds = _seeds()
    return plans.grid(_title(list(values), "varied"), config, {path: read() for path, read in values.items()}, seeds)


def _offered(config: RunConfig) -> list[str]:
    """Settings that can be varied: numbers, choices and switches that have an effect."""
    kinds = ("int", "float", "choice", "bool")
    return [
        leaf.path
        for leaf in SETTINGS.values()
        if leaf.kind in kinds and not leaf.hidden and leaf.path != "seed" and config.uses(leaf.path)
    ]


def _first(offered: Sequence[str], count: int) -> list[str]:
    """What one would vary first."""
    main = [path for path in offered if SETTINGS[path].main]
    ordered = dict.fromkeys((*(path for path in FIRST if path in offered), *main, *offered))
    return list(ordered)[:count]


def _label(path: str) -> str:
    leaf = SETTINGS[path]
    return f"{leaf.label} ({leaf.group.lower()})"


def _title(paths: Sequence[str], words: str) -> str:
    return f"{' and '.join(SETTINGS[path].label for path in paths)} {words}"


def _seeds() -> tuple[int, ...]:
    count = st.segmented_control("Seeds", SEEDS, default=1, required=True, key="vary-seeds")
    return tuple(range(count))


# --- values -----------------------------------------------------------------------------------------------------------


def _values(leaf: Setting, config: RunConfig) -> Callable[[], list[Any]]:
    """Ask for values of a setting; what is returned reads them, or raises `ConfigError`."""
    key = f"vary-values-{leaf.path}"
    if leaf.kind == "bool":
        return lambda: [False, True]
    if leaf.kind == "choice":
        chosen = st.multiselect(f"Values of {leaf.label}", list(leaf.choices), list(leaf.choices)[:3], key=key)
        return lambda: list(chosen)
    first = ", ".join(map(_show, around(leaf, config)))
    text = st.text_input(f"Values of {leaf.label}", first, key=key, help=leaf.help, live=True)
    return lambda: [_read(leaf, part) for part in text.split(",") if part.strip()]


def _among(leaf: Setting, config: RunConfig) -> Callable[[], tuple[float, float] | list[Any]]:
    """Ask what a setting is drawn from: between two numbers, or one of its choices; likewise."""
    if leaf.kind in ("bool", "choice"):
        return _values(leaf, config)
    values = around(leaf, config)
    with st.container(horizontal=True):
        low, high = (
            st.text_input(f"{leaf.label}, {end}", _show(value), key=f"vary-{end}-{leaf.path}")
            for end, value in (("from", values[0]), ("to", values[-1]))
        )
    return lambda: (_number(leaf, low), _number(leaf, high))


def _read(leaf: Setting, text: str) -> Any:
    return check_setting(leaf.path, parse_setting(leaf.path, text))


def _number(leaf: Setting, text: str) -> float:
    value = _read(leaf, text)
    if value is None:
        raise ConfigError(f"{leaf.label} is drawn between two numbers")
    return float(value)


def around(leaf: Setting, config: RunConfig) -> list[Any]:
    """Values to begin with: that in the form, and its neighbours among the marks, or half and twice of it."""
    now = config.flat[leaf.path]
    if leaf.marks and now is not None:
        marks = sorted({*leaf.marks, now})
        place = marks.index(now)
        nearby = marks[max(place - 1, 0) : place + 3]
        return [int(each) for each in nearby] if leaf.kind == "int" else nearby
    tried = [now / 2, now, 2 * now] if now else [0, 1]
    if leaf.kind == "int":
        tried = sorted({round(each) for each in tried})
    low, high = leaf.low, leaf.high
    return [each for each in tried if (low is None or each >= low) and (high is None or each <= high)] or [now]


def _show(value: Any) -> str:
    return describe_rate(value) if isinstance(value, float) else str(value)


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
    for sentence in costing.obstacles(plan.arms) if costs.complete else ():
        st.caption(f":material/warning: {plain(sentence)}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _start(plan: Plan) -> None:
    try:
        sweep = Sweeps(state.store()).create(plan, threads=costing.threads(len(plan.configs)))
    except (OSError, RuntimeError, ConfigError) as problem:
        st.error(plain(f"The sweep was not started: {describe(problem)}"), icon=":material/error:")
        return
    state.executor().ensure_worker()
    st.switch_page(navigation.EXPERIMENTS, query_params={"sweep": sweep.id})
