"""How much each setting matters, as bars with what is not known of them. Nothing here knows of Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

from gancore.comparison.importance import Share
from ui.figures.curves import Figure, layout
from ui.figures.search import BEST
from ui.words import legend


def importance_figure(shares: Sequence[tuple[str, Share]], *, identity: str) -> Figure:
    """A bar for each setting, by its label, the most important on top; whiskers over bootstraps."""
    rows = list(reversed(shares))
    means = [100 * share.mean for _, share in rows]
    whiskers = {
        "type": "data",
        "symmetric": False,
        "array": [100 * max(share.high - share.mean, 0.0) for _, share in rows],
        "arrayminus": [100 * max(share.mean - share.low, 0.0) for _, share in rows],
        "thickness": 1.5,
        "width": 4,
    }
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": means,
        "y": [legend(label) for label, _ in rows],
        "error_x": whiskers,
        "marker": {"color": BEST, "opacity": 0.75},
        "hovertemplate": "%{y}: %{x:.0f} %<extra></extra>",
    }
    made = layout("share of what all settings matter (%)", "", revision=identity, log=False, marks=())
    made["xaxis"] |= {"range": [0, 105], "tickvals": [0, 25, 50, 75, 100]}
    made["yaxis"] = {"automargin": True, "showgrid": False, "type": "category"}
    return {"data": [bars], "layout": made | {"showlegend": False, "hovermode": "closest"}}
