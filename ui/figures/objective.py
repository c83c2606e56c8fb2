"""What two expressions ask of D and of G at each logit: losses, and below them their gradients, before anything trains.

Nothing here knows of Streamlit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gancore.expressions import Node, Parts, evaluate
from ui import colors
from ui.figures.curves import Figure, layout, packed

REACH = 8.0  # logits between its negative and itself are shown
_POINTS = np.linspace(-REACH, REACH, 321)


def loss_figure(d: Parts | None, g: Node | None) -> Figure:
    """The terms of D's loss and of G's, and their gradients, against D's logit; None where an expression is not one."""
    lines: list[tuple[str, Node | None, dict[str, Any]]] = [
        ("G", g, {"color": colors.G}),
        ("D fake", None if d is None else d.fake, {"color": colors.D}),
        ("D real", None if d is None else d.real, {"color": colors.D, "dash": "dot"}),  # on top: G's is often the same
    ]
    data = [trace for name, node, line in lines if node is not None for trace in _traces(name, node, line)]
    made = layout("D's logit", "loss", revision="own-loss", log=False, marks=())
    made["xaxis"] |= {"range": [-REACH, REACH], "rangemode": "normal", "anchor": "y2"}
    made["yaxis2"] = {**made["yaxis"], "title": {"text": "gradient", "standoff": 8}, "domain": [0.0, 0.46]}
    made["yaxis"] |= {"domain": [0.54, 1.0]}
    return {"data": data, "layout": made}


def _traces(name: str, node: Node, line: dict[str, Any]) -> list[dict[str, Any]]:
    """A loss and its gradient, where they have a value."""
    shared = {
        "type": "scatter",
        "mode": "lines",
        "x": packed(_POINTS),
        "line": {"width": 2, **line},
        "name": name,
        "legendgroup": name,
        "hovertemplate": "%{y:.3g}",
    }
    return [
        {**shared, "y": packed(np.where(np.isfinite(values), values, np.nan)), "yaxis": axis, "showlegend": axis == "y"}
        for axis, values in zip(("y", "y2"), evaluate(node, _POINTS), strict=True)
    ]
