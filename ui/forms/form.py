"""The settings form, made from `gancore.config.SETTINGS`: a new field shows up here by itself.

The draft, a plain dict from path to value in the session, is what the widgets edit; it outlives them when another page
is shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gancore.config import SETTINGS, STEERABLE, ConfigError, RunConfig, check_setting, fitting, parse_setting, uses
from gancore.config.datasets import DATASETS
from gancore.config.forks import is_fixed
from gancore.config.setting import Setting, allowed
from gancore.experiments import EXPERIMENTS, Scale
from gancore.store import Run
from gancore.text import describe_rate, describe_value
from ui.words import plain, value_text

GROUPS = ("Network", "Learning", "Data", "Training", "Objective")


@dataclass(frozen=True)
class Fork:
    """A checkpoint from which the run that Start makes will go on."""

    run_id: str
    checkpoint: str


@dataclass(frozen=True)
class Origin:
    """What the form started from, and its changes are counted from."""

    config: RunConfig
    title: str
    experiment: str | None = None
    listed: bool = False
    fork: Fork | None = None
    arm: tuple[str, Scale] | None = None

    def source_of(self, path: str) -> str | None:
        """Where the catalogue says that this value comes from."""
        if self.experiment not in EXPERIMENTS or self.arm is None:
            return None
        return EXPERIMENTS[self.experiment].source_of(path, *self.arm)

    def fixes(self, path: str) -> bool:
        """Whether a setting cannot change, since a checkpoint's networks and optimisers have it."""
        return self.fork is not None and is_fixed(path)


PICKED = ("data.own",)  # in a panel of its own
FOLLOWING = ("data.own_counts", "data.own_hash")  # not worth a word besides what it follows from

OTHER = ""  # in the picker: settings that came from a run, not from the catalogue


def start_from(
    config: RunConfig,
    title: str,
    experiment: str | None = None,
    *,
    listed: bool = False,
    fork: Fork | None = None,
    arm: tuple[str, Scale] | None = None,
) -> None:
    """Fill the form with a config; changes are counted from here on. `listed` is what the picker offers itself, of an
    experiment's `arm` at some scale; what a `fork` takes over cannot be changed.

    Must be called before the picker is drawn, from a callback say.
    """
    st.session_state["draft"] = dict(config.flat)
    st.session_state["origin"] = Origin(config, title, experiment, listed, fork, arm)
    st.session_state["experiment"] = experiment if listed else OTHER
    st.session_state["typing"] = {}  # what was typed and cannot be a value: path -> text
    turns = st.session_state.get("turns", {"form": 0})
    st.session_state["turns"] = {"form": turns["form"] + 1}


def origin() -> Origin:
    """Where the draft started."""
    if "origin" not in st.session_state:
        quickstart = EXPERIMENTS["quickstart"]
        start_from(quickstart.base, quickstart.id, quickstart.id, listed=True)
    found: Origin = st.session_state["origin"]
    return found


def draft() -> RunConfig:
    """The settings as they stand in the form. Raises `ConfigError`."""
    start = origin().config
    for path, text in st.session_state["typing"].items():
        if uses(path, st.session_state["draft"]):
            raise ConfigError(f"{path} must be {allowed(SETTINGS[path])}, not {text!r}")
    return start.replace(st.session_state["draft"])


def waits_for() -> str | None:
    """What the chosen dataset still lacks, if it is nothing that went wrong: an invitation."""
    values = st.session_state["draft"]
    if st.session_state["typing"]:
        return None
    if values["data.name"] == "drawn" and len(values["data.points"]) < 2:
        return "draw a distribution below, or take one of the examples there."
    if values["data.name"] == "own" and not values["data.own"]:
        return "import some images below, or choose a set imported before."
    return None


def pick_experiment() -> None:
    """Choose what to start from: an experiment of the catalogue, one of its runs, at full or quick scale."""
    if taken := st.session_state.pop("taken-over", None):
        start_from(*taken)
    start = origin()
    titles = {} if start.listed else {OTHER: start.title if start.fork else f"Settings of {start.title}"}
    titles |= {key: experiment.title for key, experiment in EXPERIMENTS.items()}
    key = st.selectbox(
        "Start from",
        list(titles),
        format_func=titles.__getitem__,
        key="experiment",
        on_change=_take_experiment,
        persist_state="session",
        help="An experiment of the reports, or the quickstart. Choosing one fills in the settings below.",
    )
    if key == OTHER:
        return
    experiment = EXPERIMENTS[key]
    if len(experiment.arms) > 1:
        st.selectbox(
            "Run",
            list(experiment.arms),
            key=f"arm:{key}",
            on_change=_take_experiment,
            persist_state="session",
            help=experiment.question,
        )
    if experiment.quick:
        st.segmented_control(
            "Scale",
            ["quick", "full"],
            default="quick",
            required=True,
            format_func={"quick": "Quick, in minutes", "full": "Full, as in the report"}.__getitem__,
            key=f"scale:{key}",
            on_change=_take_experiment,
            persist_state="session",
            help="Quick asks the same question on data that come with the installation.",
        )
    if key != "quickstart":
        st.caption(" ".join([f"{experiment.question} ({experiment.source})", experiment.note]))


def _take_experiment() -> None:
    experiment = EXPERIMENTS[st.session_state["experiment"]]
    first = next(iter(experiment.arms))
    arm = st.session_state.get(f"arm:{experiment.id}") or first
    scale: Scale = st.session_state.get(f"scale:{experiment.id}") or ("quick" if experiment.quick else "full")
    title = f"{experiment.id} {arm}".strip()
    start_from(experiment.arm(arm, scale), title, experiment.id, listed=True, arm=(arm, scale))


def settings_form(panels: Mapping[str, Callable[[], None]]) -> None:
    """Every setting that has an effect, grouped; the less used ones folded away.

    `panels` are what some datasets ask for besides, such as a canvas to draw on: dataset -> what shows it.
    """
    values = st.session_state["draft"]
    for group in GROUPS:
        offered = [s for s in SETTINGS.values() if s.group == group and not s.hidden and s.path not in PICKED]
        used = [setting for setting in offered if uses(setting.path, values)]
        if not used:
            continue
        with st.expander(group, expanded=group != "Objective", key=f"group:{group}"):
            for setting in used:
                if setting.main:
                    _widget(setting)
                if setting.path == "data.name" and (panel := panels.get(values["data.name"])):
                    panel()
            rest = [setting for setting in used if not setting.main]
            if rest and st.toggle(
                "More", key=f"more:{group}", help=", ".join(s.label for s in rest), persist_state="session"
            ):
                for setting in rest:
                    _widget(setting)


def changes_line() -> None:
    """What was changed from the starting point, with a way back."""
    start = origin()
    changed = [(path, start.config.flat[path], value) for path, value in st.session_state["draft"].items()]
    parts = [
        f"**{SETTINGS[path].label}** {value_text(path, old)} → {value_text(path, new)}"
        for path, old, new in changed
        if old != new and path not in FOLLOWING
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Changed: " + " · ".join(parts) if parts else plain(f"As in {start.title}."), width="stretch")
        st.button("Reset", type="tertiary", icon=":material/undo:", on_click=_reset, disabled=not parts)


def _reset() -> None:
    start = origin()
    start_from(start.config, start.title, start.experiment, listed=start.listed, fork=start.fork, arm=start.arm)


def suggest_name(config: RunConfig) -> str:
    """A name that says where a run started and what was changed."""
    start = origin()
    return changed_name(start.title, start.config, config)


def changed_name(title: str, before: RunConfig, config: RunConfig) -> str:
    """A title with what was changed since: `quickstart ngf 64 lr_d 0.1`. What it says of that already is replaced."""
    parts = []
    for path, (new, old) in config.differences(before).items():
        if path in FOLLOWING:
            continue
        label = SETTINGS[path].label
        told, title = title, _retold(title, label, value_text(path, old), value_text(path, new))
        if told == title:
            parts.append(f"{label} {value_text(path, new)}")
    return " ".join([title, *(parts if len(parts) <= 3 else [*parts[:2], f"and {len(parts) - 2} more"])])


def _retold(title: str, label: str, old: str, new: str) -> str:
    """A title with another value of a setting, if it tells one; `images 10` is not told by `labelled images 10`."""
    longer = [other.label for other in SETTINGS.values() if other.label.endswith(f" {label}")]
    begin = "".join(f"(?<!{re.escape(other.removesuffix(label))})" for other in longer)
    words = rf"(?<=\s){begin}{re.escape(f'{label} {old}')}(?!\S)"
    return re.sub(words, lambda _: f"{label} {new}", title, count=1)


def take_over(config: RunConfig, title: str, experiment: str | None) -> None:
    """Have the form filled with a config when the page is drawn next."""
    st.session_state["taken-over"] = (config, title, experiment)


def holds(config: RunConfig) -> bool:
    """Whether the form says just this, and for a new run."""
    try:
        return origin().fork is None and draft().flat == config.flat
    except ConfigError:
        return False


# --- one widget a setting -------------------------------------------------------------------------------------------


def _widget(setting: Setting) -> None:
    if setting.kind == "choice":
        _choice(setting)
    elif setting.kind == "bool":
        st.toggle(setting.label, help=_help(setting), **_wire(setting, "w", _value(setting), _take))
    elif setting.scale == "log":
        _log_slider(setting)
    elif setting.scale == "linear":
        _linear_slider(setting)
    else:
        _typed(setting, label_visibility="visible")


def _choice(setting: Setting) -> None:
    titles = {name: info.title for name, info in DATASETS.items()} if setting.path == "data.name" else {}
    st.selectbox(
        setting.label,
        setting.choices,
        format_func=lambda value: titles.get(value, str(value).replace("_", " ")),
        help=_help(setting),
        **_wire(setting, "w", _value(setting), _take),
    )


def _log_slider(setting: Setting) -> None:
    """A slider over the marks on a log scale, and a box to type any other value into."""
    value = _value(setting)
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        st.select_slider(
            setting.label,
            sorted({*log_marks(setting), value}),
            format_func=_show,
            help=_help(setting),
            **_wire(setting, "s", value, _take),
        )
        _typed(setting, label_visibility="collapsed", width=84)


def _linear_slider(setting: Setting) -> None:
    whole = setting.kind == "int"
    step = 1 if whole else 0.01
    low, high = setting.low or 0, setting.high or 1
    st.slider(
        setting.label,
        int(low) if whole else float(low),
        int(high) if whole else max(float(high) - (step if setting.open_high else 0), _value(setting)),
        step=step,
        help=_help(setting),
        **_wire(setting, "w", _value(setting), _take),
    )


def _typed(setting: Setting, *, label_visibility: Any, width: Any = "stretch") -> None:
    pending = st.session_state["typing"].get(setting.path)
    text = pending if pending is not None else _show(_value(setting))
    st.text_input(
        setting.label if label_visibility == "visible" else f"{setting.label}, typed",
        help=_help(setting) if label_visibility == "visible" else None,
        label_visibility=label_visibility,
        width=width,
        placeholder=setting.empty if setting.optional else None,
        **_wire(setting, "t", text, _take_text),
    )


def log_marks(setting: Setting) -> list[Any]:
    """The stops of a log slider: the marks, and for fractions 1, 2 and 5 of every decade between them."""
    if setting.kind == "int":
        return [int(mark) for mark in setting.marks]
    decades = range(math.floor(math.log10(min(setting.marks))), math.ceil(math.log10(max(setting.marks))) + 1)
    series = (float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5))
    inside = (value for value in series if min(setting.marks) <= value <= max(setting.marks))
    return sorted({*inside, *setting.marks})


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return describe_rate(value) if isinstance(value, float) else str(value)


def _value(setting: Setting) -> Any:
    return st.session_state["draft"][setting.path]


def _key(setting: Setting, role: str) -> str:
    """The key of a widget: a new one whenever its value was changed by something else than the widget itself.

    Setting a widget's state from here instead would lose changes: until the browser has taken it over, any tick of a
    live view reports the old value, which then looks like one that a person has just chosen.
    """
    turns = st.session_state["turns"]
    return f"{role}:{setting.path}@{turns['form']}.{turns.get((setting.path, role), 0)}"


def _wire(setting: Setting, role: str, value: Any, on_change: Any) -> dict[str, Any]:
    """What connects a widget to the draft: its key, seeded with `value`, and what happens when it is used."""
    key = _key(setting, role)
    st.session_state.setdefault(key, value)
    fixed = origin().fixes(setting.path)
    return {"key": key, "on_change": on_change, "args": (setting, role, key), "disabled": fixed}


def _help(setting: Setting) -> str:
    """What a setting does, and where the value that the form started with comes from."""
    start = origin()
    if start.fixes(setting.path):
        return f"{setting.help}\n\nA fork cannot change this: the checkpoint has it."
    source = start.source_of(setting.path)
    value = describe_value(start.config.flat[setting.path])
    parts = [setting.help, f"Here **{value}**: {source}." if source else "", _class_names(setting)]
    return "\n\n".join(part for part in parts if part)


def _class_names(setting: Setting) -> str:
    """Which number stands for which class, in the help of the setting that asks for numbers."""
    names = DATASETS[st.session_state["draft"]["data.name"]].classes if setting.path == "data.classes" else ()
    return " · ".join(f"{number} {name}" for number, name in enumerate(names[:12]) if name != str(number))


def _decide(setting: Setting, role: str, value: Any) -> None:
    """A person chose a value with one widget; the others for this setting are made anew to show it.

    So are those of settings that must change with it, for all to fit together, but those that a fork cannot change.
    """
    fixes = origin().fixes
    fits = fitting(setting.path, value, st.session_state["draft"])
    changes = {path: other for path, other in fits.items() if not fixes(path)}
    put({setting.path: value}, except_role=role)
    put(changes)


def put(changes: dict[str, Any], except_role: str | None = None) -> None:
    """Set settings in the draft; their widgets, but the one that a person has used, are made anew to show it."""
    turns = st.session_state["turns"]
    for path, value in changes.items():
        st.session_state["draft"][path] = value
        st.session_state["typing"].pop(path, None)
        for role in {"s", "t", "w"} - {except_role}:
            turns[path, role] = turns.get((path, role), 0) + 1


def _take(setting: Setting, role: str, key: str) -> None:
    if key == _key(setting, role):  # else a late word from a widget that was replaced
        _decide(setting, role, st.session_state[key])


def _take_text(setting: Setting, role: str, key: str) -> None:
    """A typed value goes into the draft if the setting can have it; otherwise it stays in the box, and is explained."""
    if key != _key(setting, role):
        return
    typed = st.session_state[key].strip()
    try:
        _decide(setting, role, check_setting(setting.path, parse_setting(setting.path, typed)))
    except ConfigError:
        st.session_state["typing"][setting.path] = typed


# --- a run that trains already --------------------------------------------------------------------------------------


def steering(run: Run) -> None:
    """What the form has otherwise than the run that trains, of what can change while it does, and a button for it."""
    if said := st.session_state.pop("steered", None):
        st.toast(plain(said[0]), icon=said[1])
    try:
        now, wanted = run.steered_config, draft()
    except ConfigError:
        return
    start = origin().config  # what was not chosen here is offered only where the run, too, began with it
    changes = {
        path: wanted.flat[path]
        for path in STEERABLE
        if now.uses(path)
        and wanted.uses(path)
        and now.flat[path] != wanted.flat[path]
        and (wanted.flat[path] != start.flat[path] or start.flat[path] == run.config.flat[path])
    }
    if not changes or now.model.kind != wanted.model.kind:
        return
    words = ", ".join(f"{SETTINGS[path].label} {describe_value(value)}" for path, value in changes.items())
    with st.container(border=True, key="steering"):
        st.markdown(f":material/swap_horiz: **{plain(run.name)}** trains with other values.")
        st.button(
            f"Apply to it now: {words}",
            icon=":material/bolt:",
            key="apply",
            width="stretch",
            on_click=_steer,
            args=(run, changes),
            help="The run goes on with these from its next step; the change is kept with it and marked on its curves.",
        )


def _steer(run: Run, changes: dict[str, Any]) -> None:
    try:
        run.steer(changes)
    except (ConfigError, OSError) as problem:
        st.session_state["steered"] = (str(problem), ":material/error:")
    else:
        st.session_state["steered"] = (f"{run.name} goes on with the new values.", ":material/bolt:")
