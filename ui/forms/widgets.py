"""A setting -> its widget: the form is made from `gancore.config.SETTINGS`, so that a new field shows up by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from gancore.config import SETTINGS, ConfigError, check_setting, parse_setting, uses
from gancore.config.datasets import DATASETS
from gancore.config.setting import Setting
from gancore.text import describe_rate, describe_value
from ui.forms import draft

GROUPS = ("Network", "Learning", "Data", "Training", "Objective")
PICKED = ("data.own", "objective.own_d", "objective.own_g")  # in a panel of its own


Panels = Mapping[tuple[str, str], Callable[[], None]]


def settings_form(panels: Panels) -> None:
    """Every setting that has an effect, grouped; the less used ones folded away.

    `panels` are what some choices ask for besides, such as a canvas to draw on: (path, value) -> what shows it.

    What is not shown now keeps an empty place: where a pass over the form is cut short by the next one, a browser drops
    no element but those that something else took the place of. What is shown is never put into an `st.empty`, which
    would take it away for a moment at each pass, and with it what somebody drags.
    """
    values = draft.values()
    for group in GROUPS:
        offered = [s for s in SETTINGS.values() if s.group == group and not s.hidden and s.path not in PICKED]
        if not any(uses(setting.path, values) for setting in offered):
            st.empty()
            continue
        with st.expander(group, expanded=group != "Objective", key=f"group:{group}"):
            _group(group, offered, values, panels)


def _group(group: str, offered: Sequence[Setting], values: Mapping[str, Any], panels: Panels) -> None:
    used = {setting.path for setting in offered if uses(setting.path, values)}
    for setting in (each for each in offered if each.main):
        _place(setting, shown=setting.path in used)
        for (path, value), panel in panels.items():
            if path != setting.path:
                continue
            if path in used and values[path] == value:
                with st.container():
                    panel()
            else:
                st.empty()
    rest = [setting for setting in offered if not setting.main]
    folded = [setting for setting in rest if setting.path in used]
    if folded:
        unfolded = st.toggle(
            f"More {group.lower()} settings",
            key=f"more:{group}",
            help=", ".join(setting.label for setting in folded),
            persist_state="session",
        )
    else:
        unfolded = False
        st.empty()
    for setting in rest:
        _place(setting, shown=unfolded and setting.path in used)


def _place(setting: Setting, *, shown: bool) -> None:
    """The place of a setting, with its widget or empty."""
    if shown:
        with st.container():
            widget(setting)
    else:
        st.empty()


def widget(setting: Setting) -> None:
    """Show a setting, to be changed in the draft."""
    if setting.kind == "choice":
        _choice(setting)
    elif setting.kind == "bool":
        st.toggle(setting.label, _value(setting), help=_help(setting), **_wire(setting, "w", _take))
    elif setting.scale == "log":
        _log_slider(setting)
    elif setting.scale == "linear":
        _linear_slider(setting)
    else:
        _typed(setting, label_visibility="visible")


def _choice(setting: Setting) -> None:
    titles = {name: info.title for name, info in DATASETS.items()} if setting.path == "data.name" else {}
    choices = tuple(setting.choices)
    st.selectbox(
        setting.label,
        choices,
        choices.index(_value(setting)),
        format_func=lambda value: titles.get(value, str(value).replace("_", " ")),
        help=_help(setting),
        **_wire(setting, "w", _take),
    )


def _log_slider(setting: Setting) -> None:
    """A slider over the marks on a log scale, and a box to type any other value into."""
    value = _value(setting)
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        st.select_slider(
            setting.label,
            sorted({*log_marks(setting), value}),
            value,
            format_func=shown_text,
            help=_help(setting),
            **_wire(setting, "s", _take),
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
        _value(setting) if whole else float(_value(setting)),
        step=step,
        help=_help(setting),
        **_wire(setting, "w", _take),
    )


def _typed(setting: Setting, *, label_visibility: Any, width: Any = "stretch") -> None:
    text = draft.typed().get(setting.path, shown_text(_value(setting)))
    st.text_input(
        setting.label if label_visibility == "visible" else f"{setting.label}, typed",
        text,
        help=_help(setting) if label_visibility == "visible" else None,
        label_visibility=label_visibility,
        width=width,
        placeholder=setting.empty if setting.optional else None,
        **_wire(setting, "t", _take_text),
    )


def log_marks(setting: Setting) -> list[Any]:
    """The stops of a log slider: the marks, and for fractions 1, 2 and 5 of every decade between them."""
    if setting.kind == "int":
        return [int(mark) for mark in setting.marks]
    decades = range(math.floor(math.log10(min(setting.marks))), math.ceil(math.log10(max(setting.marks))) + 1)
    series = (float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5))
    inside = (value for value in series if min(setting.marks) <= value <= max(setting.marks))
    return sorted({*inside, *setting.marks})


def shown_text(value: Any) -> str:
    """A value as its widget shows it."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return describe_rate(value) if isinstance(value, float) else str(value)


def _value(setting: Setting) -> Any:
    return draft.values()[setting.path]


def _wire(setting: Setting, role: str, on_change: Any) -> dict[str, Any]:
    """What connects a widget to the draft: its key, and what happens when it is used.

    Its value is the widget's own default, not written into the session: that reaches a browser in a message of its own
    kind once, and is lost with a pass that is cut short; the browser would then report a default of the widget as what
    somebody chose.
    """
    key = draft.widget_key(setting.path, role)
    fixed = draft.origin().fixes(setting.path)
    return {"key": key, "on_change": on_change, "args": (setting, role, key), "disabled": fixed}


def _help(setting: Setting) -> str:
    """What a setting does, and where the value that the form started with comes from."""
    start = draft.origin()
    if start.fixes(setting.path):
        return f"{setting.help}\n\nA fork cannot change this: it is part of the checkpoint."
    source = start.source_of(setting.path)
    value = describe_value(start.config.flat[setting.path])
    parts = [setting.help, f"Here **{value}**: {source}." if source else "", _class_names(setting)]
    return "\n\n".join(part for part in parts if part)


def _class_names(setting: Setting) -> str:
    """Which number stands for which class, in the help of the setting that asks for numbers."""
    names = DATASETS[draft.values()["data.name"]].classes if setting.path == "data.classes" else ()
    return " · ".join(f"{number} {name}" for number, name in enumerate(names[:12]) if name != str(number))


def _take(setting: Setting, role: str, key: str) -> None:
    if key == draft.widget_key(setting.path, role):  # else a late word from a widget that was replaced
        draft.choose(setting.path, st.session_state[key], role)


def _take_text(setting: Setting, role: str, key: str) -> None:
    """A typed value goes into the draft if the setting can have it; otherwise it stays in the box, and is explained."""
    if key != draft.widget_key(setting.path, role):
        return
    typed = st.session_state[key].strip()
    try:
        draft.choose(setting.path, check_setting(setting.path, parse_setting(setting.path, typed)), role)
    except ConfigError:
        draft.typed()[setting.path] = typed
