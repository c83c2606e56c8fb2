"""A loss of one's own: two expressions in D's logits, where to start from, and what they ask of D and G."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from gancore.config import SETTINGS
from gancore.config.losses import EXPRESSIONS
from gancore.expressions import ExpressionError, loss_of_d, loss_of_g
from ui.figures.objective import loss_figure
from ui.forms import draft, widgets
from ui.frontend.components import chart
from ui.words import plain

PATHS = ("objective.own_d", "objective.own_g")
_CAPTION = "D goes down its lines, G down its own. Where G's gradient is near 0, it learns nothing."

Read = TypeVar("Read")


def panel() -> None:
    """Below the loss, once it is `own`."""
    _start_from()
    of_d, of_g = _asked(PATHS[0], loss_of_d), _asked(PATHS[1], loss_of_g)
    alt = "Terms of D's and G's loss against D's logit, and their gradients below"
    chart(loss_figure(of_d, of_g), key="own-loss", alt=alt, height=360)
    st.caption(_CAPTION)


def _start_from() -> None:
    values = draft.values()
    names = list(EXPRESSIONS)
    same = [name for name in names if EXPRESSIONS[name] == tuple(values[path] for path in PATHS)]
    key = f"own-loss-start:{''.join(same)}"  # a new one once the expressions are others
    st.selectbox(
        "Start from",
        names,
        names.index(same[0]) if same else None,
        format_func=lambda name: name.replace("_", " "),
        placeholder="a known loss",
        help="Fills in the expressions of a loss that you know, to change them.",
        key=key,
        on_change=_fill_in,
        args=(key,),
    )


def _fill_in(key: str) -> None:
    if (name := st.session_state[key]) in EXPRESSIONS:
        draft.put(dict(zip(PATHS, EXPRESSIONS[name], strict=True)))


def _asked(path: str, read: Callable[[str], Read]) -> Read | None:
    """Ask for an expression; None where it is none, which is said below."""
    widgets.widget(SETTINGS[path])
    try:
        found = read(draft.values()[path])
    except ExpressionError as problem:
        st.caption(f":material/error: {plain(f'{problem}.')}")
        return None
    st.empty()
    return found
