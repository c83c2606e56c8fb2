"""Which settings can be varied, and asking for their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from gancore.config import SETTINGS, ConfigError, RunConfig, check_setting, parse_setting
from gancore.config.setting import Setting
from gancore.text import describe_rate

SEEDS = (1, 3, 5)
FIRST = ("model.ngf", "model.hidden", "optim.lr_g", "optim.lr")  # that is offered, if it has an effect


def offered(config: RunConfig) -> list[str]:
    """Settings that can be varied: numbers, choices and switches that have an effect."""
    kinds = ("int", "float", "choice", "bool")
    return [
        leaf.path
        for leaf in SETTINGS.values()
        if leaf.kind in kinds and not leaf.hidden and leaf.path != "seed" and config.uses(leaf.path)
    ]


def first(paths: Sequence[str], count: int) -> list[str]:
    """What one would vary first."""
    main = [path for path in paths if SETTINGS[path].main]
    ordered = dict.fromkeys((*(path for path in FIRST if path in paths), *main, *paths))
    return list(ordered)[:count]


def label(path: str) -> str:
    """`ngf (network)`."""
    leaf = SETTINGS[path]
    return f"{leaf.label} ({leaf.group.lower()})"


def names(paths: Sequence[str]) -> str:
    """`lr_g and ngf`."""
    return " and ".join(SETTINGS[path].label for path in paths)


def seeds(words: str = "Seeds", key: str = "vary-seeds") -> tuple[int, ...]:
    """Ask how many seeds; the seeds."""
    count = st.segmented_control(words, SEEDS, default=1, required=True, key=key)
    return tuple(range(count))


def values(leaf: Setting, config: RunConfig) -> Callable[[], list[Any]]:
    """Ask for values of a setting; what is returned reads them, or raises `ConfigError`."""
    key = f"vary-values-{leaf.path}"
    if leaf.kind == "bool":
        return lambda: [False, True]
    if leaf.kind == "choice":
        chosen = st.multiselect(f"Values of {leaf.label}", list(leaf.choices), list(leaf.choices)[:3], key=key)
        return lambda: list(chosen)
    shown = ", ".join(map(_show, around(leaf, config)))
    text = st.text_input(f"Values of {leaf.label}", shown, key=key, help=leaf.help, live=True)
    return lambda: [_read(leaf, part) for part in text.split(",") if part.strip()]


def among(leaf: Setting, config: RunConfig) -> Callable[[], tuple[float, float] | list[Any]]:
    """Ask what a setting is drawn from: between two numbers, or one of its choices; likewise."""
    if leaf.kind in ("bool", "choice"):
        return values(leaf, config)
    near = around(leaf, config)
    with st.container(horizontal=True):
        low, high = (
            st.text_input(f"{leaf.label}, {end}", _show(value), key=f"vary-{end}-{leaf.path}")
            for end, value in (("from", near[0]), ("to", near[-1]))
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
