"""A distribution drawn by hand, for the two-dimensional toys."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import streamlit as st

from ui.forms import draft

Points = tuple[tuple[float, float], ...]

LIMIT = 1000
_FRONTEND = Path(__file__).parents[1] / "frontend"

_CANVAS = st.components.v2.component(
    "gan_workbench_draw",
    html='<div class="draw"><canvas width="280" height="280" role="img"></canvas></div>',
    css=(_FRONTEND / "draw.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "draw.js").read_text(encoding="utf-8"),
)


def _circle() -> Points:
    return tuple((round(0.7 * math.cos(a), 2), round(0.7 * math.sin(a), 2)) for a in _angles(60))


def _smile() -> Points:
    mouth = tuple((round(0.6 * math.cos(a), 2), round(0.6 * math.sin(a), 2)) for a in _angles(60) if math.sin(a) < -0.3)
    return (*mouth, (-0.3, 0.4), (0.3, 0.4))


def _angles(count: int) -> list[float]:
    return [2 * math.pi * place / count for place in range(count)]


EXAMPLES = {"Circle": _circle, "Smile": _smile}


def canvas() -> None:
    """Draw with the pointer, or take an example; what is drawn goes into the draft."""
    points: Points = draft.values()["data.points"]
    _CANVAS(key="drawing", data={"points": points}, on_drawn_change=_take, height="content")
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, make in EXAMPLES.items():
            st.button(name, key=f"draw-{name}", type="tertiary", on_click=_put, args=(make(),))
        icon, empty = ":material/delete:", not points
        st.button("Clear", type="tertiary", key="draw-clear", icon=icon, disabled=empty, on_click=_put, args=((),))
    st.caption(f"{len(points)} points" if points else "Draw with the mouse or a finger, or choose an example.")


def _take() -> None:
    drawn = read_points(st.session_state["drawing"].drawn)
    if drawn is not None:
        _put(drawn)


def read_points(sent: Any) -> Points | None:
    """What a browser sent, as points; None if it is something else."""
    if not isinstance(sent, list) or len(sent) > LIMIT or not all(map(_is_point, sent)):
        return None
    return tuple((float(x), float(y)) for x, y in sent)


def _is_point(sent: Any) -> bool:
    return (
        isinstance(sent, list)
        and len(sent) == 2
        and all(type(value) in (int, float) and -1 <= value <= 1 for value in sent)
    )


def _put(points: Points) -> None:
    draft.put({"data.points": points})
