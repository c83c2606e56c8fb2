"""Evaluations as figures, plain data for plotly.js as in `ui.charts`: values over the steps, and which classes come up.

Nothing here knows of Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.evaluation.measures import MEASURES, on_the_way, shown_weights
from gancore.store.evaluations import Evaluation, Weights
from ui import colors
from ui.figures.curves import AXES, Figure, Mark, layout
from ui.words import legend

LOG = ("fid",)  # fall by decades
LOG_LEAST = 1e-9  # that a log axis reaches: less is rounding, and no more drawn than a zero
LOG_DECADES = 6  # over which ticks at 1, 2 and 5 have room
LOG_MARGIN = 1.5  # by which a log axis goes beyond values that are all about the same
FROM_ANYWHERE = ("parzen", "test_elbo", "test_recon", "test_kl")  # whose zero says nothing
COMPANIONS = {"coverage": {"precision": "#009E73", "recall": "#CC79A7"}}  # drawn thinly with it
RARE = 0.1  # of its share of the data: a class that hardly comes up
ROUGH = 0.25  # precision below which samples are no classes yet: a classifier calls most of them the same, an 8 say
NEVER = "×"  # in the cell of a class that does not come up
_ERRORS = tuple(f"{key}_error" for key in MEASURES if f"{key}_error" in MEASURES)  # shown with what they belong to
SHOWN = tuple(key for key in MEASURES if key not in (*_ERRORS, "parzen_sigma"))

_RATIO = [[0.0, "#B35806"], [0.5, "#AEB4BD"], [1.0, "#6A51A3"]]  # of a share to the data's: 0, 1, 2 and above


@dataclass(frozen=True)
class Series:
    """The evaluations of one network under a name, and where they stand on the axis."""

    name: str
    color: str
    evaluations: Sequence[Evaluation]
    places: Sequence[float] | None = None  # on another axis than the steps


def of_a_run(evaluations: Sequence[Evaluation], key: str) -> list[Series]:
    """A run's own: the average of G's weights in G's colour, G as it is in grey beside it."""
    known = [each for each in evaluations if key in each.values]
    main = shown_weights(known)
    names: dict[Weights, str] = {"raw": "raw G", "ema": "EMA of G"} if main == "ema" else {"raw": "G"}
    found = []
    for weights, name in names.items():
        own = [each for each in known if each.weights == weights]
        if own:
            found.append(Series(name, colors.G if weights == main else colors.REAL, own))
    return found


def value_figure(
    series: Sequence[Series],
    key: str,
    *,
    identity: str,
    axis: str = "step",
    level: float | None = None,
    log: bool | None = None,
    marks: Sequence[Mark] = (),
) -> Figure:
    """One value: a line through the small evaluations, diamonds for the full ones, a dotted line at `level`.

    Small ones of another number of samples than the line's are open circles beside it. Marks stand at steps, and are
    left out on other axes.
    """
    measure = MEASURES[key]
    drawn = [each for one in series for each in one.evaluations if key in each.values]
    title = legend(measure.name(", ".join(sorted({each.extractor for each in drawn if each.extractor}))))
    data = [trace for one in series for trace in _traces(one, key)]
    is_log = key in LOG if log is None else log
    shown = marks if axis == "step" else ()
    made = layout(AXES[axis], title, revision=identity + key + axis, log=is_log, marks=shown)
    if is_log:
        made["yaxis"] |= log_axis([each.values[key] for each in drawn])
        for trace in data:
            trace["y"] = [value if value >= LOG_LEAST else None for value in trace["y"]]
    elif key not in FROM_ANYWHERE:
        made["yaxis"]["rangemode"] = "tozero"
    if level is not None and not is_log:
        made["shapes"].append(_level(level))
        made["annotations"].append(_level_note(level))
    return {"data": data, "layout": made}


def with_companions(figure: Figure, evaluations: Sequence[Evaluation], key: str) -> Figure:
    """The figure with what is read together with its value, as thin dotted lines."""
    cheap = on_the_way(evaluations)
    for other, color in COMPANIONS.get(key, {}).items():
        known = [each for each in cheap if other in each.values]
        if known:
            line = {"color": color, "width": 1.5, "dash": "dot"}
            figure["data"].append(
                _points(known, None, other)
                | {"name": MEASURES[other].label, "mode": "lines+markers", "line": line, "marker": {"size": 4}}
            )
    return figure


def _traces(series: Series, key: str) -> list[dict[str, Any]]:
    """The line, the circles and the diamonds of one network."""
    places = series.places if series.places is not None else [each.step for each in series.evaluations]
    known = [(each, x) for each, x in zip(series.evaluations, places, strict=True) if key in each.values]
    line = {id(each) for each in on_the_way(each for each, _ in known)}
    parts: dict[str, list[tuple[Evaluation, float]]] = {"line": [], "circles": [], "diamonds": []}
    for each, x in known:
        parts["diamonds" if each.size == "full" else "line" if id(each) in line else "circles"].append((each, x))
    found: list[dict[str, Any]] = []
    for part, chosen in parts.items():
        if not chosen:
            continue
        style = _STYLES[part]
        evaluations, xs = zip(*chosen, strict=True)
        trace = _points(evaluations, xs, key) | style | {"name": legend(series.name), "legendgroup": series.name}
        trace["marker"] = {**style["marker"], "color": series.color}
        trace["showlegend"] = not found
        trace["line"] = {"color": series.color, "width": 2}
        found.append(trace)
    return found


_STYLES: dict[str, dict[str, Any]] = {
    "line": {"mode": "lines+markers", "marker": {"size": 6}},
    "circles": {"mode": "markers", "marker": {"size": 6, "symbol": "circle-open"}},
    "diamonds": {"mode": "markers", "marker": {"size": 13, "symbol": "diamond", "line": {"width": 1}}},
}


def _points(evaluations: Sequence[Evaluation], xs: Sequence[float] | None, key: str) -> dict[str, Any]:
    values = [each.values[key] for each in evaluations]
    counts = [f"{each.samples:,} samples" for each in evaluations]
    template = f"%{{y:{MEASURES[key].digits}}} (%{{customdata}})"
    found: dict[str, Any] = {
        "type": "scatter",
        "x": list(xs) if xs is not None else [each.step for each in evaluations],
        "y": values,
        "customdata": counts,
        "hovertemplate": template,
    }
    error = f"{key}_error"
    if all(error in each.values for each in evaluations):
        spread = [each.values[error] for each in evaluations]
        found["error_y"] = {"type": "data", "array": spread, "thickness": 1, "width": 3}
    return found


def log_axis(values: Sequence[float]) -> dict[str, Any]:
    """Ticks at 1, 2, 5, 10 and so on as far as the values reach, where they span neither too little nor too much for
    that; and so much room that values which hardly differ look like it."""
    drawn = [value for value in values if value >= LOG_LEAST]
    if not drawn:
        return {}
    if max(drawn) < LOG_MARGIN * min(drawn):
        return {"range": [math.log10(min(drawn) / LOG_MARGIN), math.log10(max(drawn) * LOG_MARGIN)]}
    if max(drawn) < 5 * min(drawn):
        return {}
    low, high = min(drawn) / 2, max(drawn) * 2
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    if len(decades) > LOG_DECADES:
        return {}
    ticks = [first * 10.0**decade for decade in decades for first in (1, 2, 5)]
    shown = [tick for tick in ticks if low <= tick <= high]
    return {"tickmode": "array", "tickvals": shown, "ticktext": [f"{tick:g}" for tick in shown]}


def _level(value: float) -> dict[str, Any]:
    line = {"color": colors.REAL, "width": 1.5, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value, "line": line}


def _level_note(value: float) -> dict[str, Any]:
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "y", "y": value, "yanchor": "bottom"}
    return place | {"text": f"real images: {value:g}", "showarrow": False, "font": {"size": 11}}


def with_classes(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Those that counted classes, of the network that stands for the run, one a step: the full one where both are, and
    that of most samples."""
    weights = shown_weights(evaluations)
    counted = [each for each in evaluations if each.histogram and each.weights == weights]
    best = {each.step: each for each in sorted(counted, key=lambda each: (each.size == "full", each.samples))}
    return [best[step] for step in sorted(best)]


def expected_shares(evaluation: Evaluation) -> np.ndarray:
    """What share of the samples each class should have: the data's, or equal ones if nothing is said of them."""
    counts: np.ndarray = np.array(evaluation.expected, float)
    if len(counts) != len(evaluation.histogram) or not counts.sum():
        counts = np.ones(len(evaluation.histogram))
    share: np.ndarray = counts / counts.sum()
    return share


def shares(evaluation: Evaluation) -> np.ndarray:
    """What share of the samples each class has."""
    counts = np.array(evaluation.histogram, float)
    share: np.ndarray = counts / max(counts.sum(), 1.0)
    return share


def missing_classes(evaluation: Evaluation, names: Sequence[str]) -> list[str]:
    """The classes of the data that do not come up among the samples."""
    expected = expected_shares(evaluation)
    return [class_name(names, at) for at, count in enumerate(evaluation.histogram) if not count and expected[at] > 0]


def rare_classes(evaluation: Evaluation, names: Sequence[str]) -> list[str]:
    """Those that come up, but with less than a tenth of what they have among the data."""
    pairs = zip(shares(evaluation), expected_shares(evaluation), strict=True)
    return [class_name(names, place) for place, (found, wanted) in enumerate(pairs) if 0 < found < RARE * wanted]


def is_rough(evaluation: Evaluation) -> bool:
    """Whether the samples look so little like real images that their classes say nothing."""
    return evaluation.values.get("precision", 1.0) < ROUGH


def classes_line(evaluation: Evaluation, names: Sequence[str]) -> str:
    """`missing: bag, coat; rare: shirt`."""
    if is_rough(evaluation):
        return f"too rough to classify (precision {evaluation.values['precision']:.0%})"
    came = [class_name(names, place) for place, count in enumerate(evaluation.histogram) if count]
    if len(came) == 1 and (expected_shares(evaluation) > 0).sum() > 1:
        return f"only {came[0]}"
    found = {"missing": missing_classes(evaluation, names), "rare": rare_classes(evaluation, names)}
    said = [f"{word}: {_listed(classes)}" for word, classes in found.items() if classes]
    return "; ".join(said) or "all classes appear"


def _listed(names: Sequence[str], most: int = 8) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def class_name(names: Sequence[str], place: int) -> str:
    """The class's name, or its number."""
    return names[place] if place < len(names) else f"class {place}"


def class_map(evaluations: Sequence[Evaluation], names: Sequence[str], identity: str) -> Figure:
    """A row a class, a column an evaluation: its share of the samples, over its share of the data. Empty where the
    samples are too rough to tell."""
    last = evaluations[-1]
    usable = [each for each in evaluations if len(each.histogram) == len(last.histogram)]
    expected = np.stack([expected_shares(each) for each in usable], 1)  # (classes, steps)
    found = np.stack([shares(each) for each in usable], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((expected > 0) & [not is_rough(each) for each in usable], found / expected, np.nan)
    rows = [class_name(names, place) for place in range(len(last.histogram))]
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": [f"{each.step:,}" for each in usable],
        "y": rows,
        "z": _cells(ratio.clip(0, 2)),
        "text": [[NEVER if cell == 0 else "" for cell in row] for row in ratio.tolist()],
        "texttemplate": "%{text}",
        "customdata": _hover(found, expected),
        "hovertemplate": "step %{x}, %{y}<br>%{customdata}<extra></extra>",
        "zmin": 0,
        "zmax": 2,
        "colorscale": _RATIO,
        "xgap": 1,
        "ygap": 1,
        "colorbar": _key_to_colors(),
    }
    made = layout("step", "", revision=identity + "classes", log=False, marks=())
    made["xaxis"] = {"title": {"text": "step"}, "type": "category", "showgrid": False} | _ticks(trace["x"])
    made["yaxis"] = {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False}
    return {"data": [trace], "layout": made | {"hovermode": "closest", "margin": {"l": 60, "r": 12, "t": 56, "b": 44}}}


def _ticks(names: Sequence[str], most: int = 6) -> dict[str, Any]:
    """A few of the categories, level and evenly spread, the last among them."""
    apart = -(-len(names) // most)
    return {"tickmode": "array", "tickvals": list(names[::-1][::apart][::-1]), "tickangle": 0}


def _cells(values: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(cell) else round(float(cell), 3) for cell in row] for row in values]


def _hover(found: np.ndarray, expected: np.ndarray) -> list[list[str]]:
    return [
        [f"{share:.1%} of the samples, {wanted:.1%} of the data" for share, wanted in zip(*pair, strict=True)]
        for pair in zip(found, expected, strict=True)
    ]


def _key_to_colors() -> dict[str, Any]:
    place = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0.5, "xanchor": "center", "len": 0.85}
    words = {"tickvals": [0.0, 1.0, 2.0], "ticktext": [f"{NEVER} missing", "as in the data", "twice"]}
    return place | words | {"thickness": 8, "outlinewidth": 0}


def class_bars(
    evaluation: Evaluation, names: Sequence[str], identity: str, *, color: str = colors.G, top: float | None = None
) -> Figure:
    """A bar a class, its share of the samples, and a dash at its share of the data; `top` is the axis' end."""
    rows = [class_name(names, place) for place in range(len(evaluation.histogram))]
    found, expected = 100 * shares(evaluation), 100 * expected_shares(evaluation)
    never = [NEVER if not share and wanted else "" for share, wanted in zip(found, expected, strict=True)]
    rough = is_rough(evaluation)
    bars = {
        "type": "bar",
        "x": rows,
        "y": found.round(2).tolist(),
        "name": f"of {evaluation.samples:,} samples" + (", too rough to classify" if rough else ""),
        "marker": {"color": color, "opacity": 0.35 if rough else 1},
        "text": never,
        "textposition": "outside",
        "hovertemplate": "%{y:.1f} %",
    }
    dashes = {
        "type": "scatter",
        "mode": "markers",
        "x": rows,
        "y": expected.round(2).tolist(),
        "name": "of the data",
        "marker": {"symbol": "line-ew-open", "size": 16, "color": colors.REAL, "line": {"width": 2.5}},
        "hovertemplate": "%{y:.1f} %",
    }
    made = layout("", "share (%)", revision=identity + "bars", log=False, marks=())
    made["xaxis"] = {"type": "category", "automargin": True}
    made["yaxis"]["range" if top else "rangemode"] = [0, top] if top else "tozero"
    return {"data": [bars, dashes], "layout": made}


def highest_share(evaluations: Sequence[Evaluation]) -> float:
    """Where an axis of shares in percent should end for all of these."""
    return 108 * max(float(max(shares(each).max(), expected_shares(each).max())) for each in evaluations)


def measured(evaluations: Sequence[Evaluation]) -> list[str]:
    """The values that are known, in the order of `MEASURES`."""
    known = {key for each in evaluations for key in each.values}
    return [key for key in SHOWN if key in known]


def first_values(config: RunConfig, keys: Sequence[str]) -> list[str]:
    """Two that say most of a run of this kind, among those that are known."""
    wanted = ("modes", "near_modes", "coverage") if config.data.name in TOYS else config.kind.headline
    return [key for key in wanted if key in keys][:2] or list(keys[:1])


def level(key: str, config: RunConfig) -> float | None:
    """What real images would give: the number of classes, where classes are counted."""
    return len(config.labels_in_use) if key in ("classes", "modes") else MEASURES[key].real


def as_text(values: Mapping[str, float], key: str) -> str:
    """A value with the digits it deserves, and its error if one is known."""
    measure, error = MEASURES[key], values.get(f"{key}_error")
    found = f"{values[key]:{measure.digits}}"
    return found if error is None else f"{found} ± {error:.2g}"
