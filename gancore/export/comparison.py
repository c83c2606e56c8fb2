"""Runs beside each other in one HTML file: what they say, what differs, what came of them, samples and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from gancore.comparison.curves import binned, smoothed
from gancore.comparison.groups import varying
from gancore.comparison.wording import sentences
from gancore.config import SETTINGS
from gancore.evaluation.measures import MAIN, MEASURES, last, on_the_way
from gancore.export import figures, sections
from gancore.export.document import document
from gancore.export.figures import Band
from gancore.export.markup import Markup, joined, table, tag
from gancore.export.pictures import last_samples
from gancore.export.sections import Numbering
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.store.labels import named
from gancore.text import describe_duration

MOST_RUNS = 50
MOST_MEASURES = 6  # columns of the table of results
SMOOTHING = 0.9  # weight of the past in the curves
POINTS = 300  # of a curve
_LOSSES = {"loss_d": "D loss", "loss_g": "G loss", "loss": "loss"}
_FOR_PICTURES = 2_500_000  # bytes of PNGs, which grow by a third inside HTML
_MOST_PICTURE = 150_000


class NoComparison(ValueError):
    """There is nothing to compare; the message is one sentence."""


def comparison(
    runs: Sequence[Run],
    colors: Mapping[str, str],
    *,
    names: Mapping[str, str] | None = None,
    smoothing: float = SMOOTHING,
    written: datetime | None = None,
) -> bytes:
    """The document on these runs; `colors` and `names` are by their ids. Raises `NoComparison`."""
    usable = [run for run in runs if not run.damage][:MOST_RUNS]
    if len(usable) < 2:
        raise NoComparison("a comparison takes two runs that can be read")
    said = named(usable)
    known = said.labels if names is None else names
    when = written or datetime.now(UTC)
    number = Numbering()
    title = said.title or f"{len(usable)} runs"
    heads = {run.id: _name(known[run.id], colors[run.id]) for run in usable}
    body = [
        tag(
            "header",
            tag("p", "Comparison", class_="eyebrow"),
            tag("h1", title),
            tag("p", f"{len(usable)} runs, {when.day} {when:%B %Y}", class_="byline"),
            *(tag("p", each) for each in sentences(usable, known)),
            class_="title",
        ),
        tag("h2", "What differs"),
        _settings(usable, heads, number),
        tag("h2", "Results"),
        _results(usable, heads, number),
        tag("h2", "Samples"),
        _grids(usable, known, heads, number),
        tag("h2", "Curves"),
        _curves(usable, colors, number, smoothing),
        tag("h2", "The runs"),
        number.table(table(("Run", "Id"), [(heads[run.id], tag("code", run.id)) for run in usable]), "What is what."),
    ]
    return document(title, *body)


def _name(name: str, color: str) -> Markup:
    return tag("span", tag("span", class_="swatch", style=f"background:{color}"), name, class_="arm")


def _settings(runs: Sequence[Run], heads: Mapping[str, Markup], number: Numbering) -> Markup:
    paths = varying(runs)
    if not paths:
        return tag("p", "These runs have the same settings and the same seed.")
    body = [(heads[run.id], *(sections.value_of(run.config_now, path) for path in paths)) for run in runs]
    head = ("Run", *(SETTINGS[path].label for path in paths))
    return number.table(table(head, body, "settings"), "The settings in which these runs differ, as they are now.")


def _results(runs: Sequence[Run], heads: Mapping[str, Markup], number: Numbering) -> Markup:
    read = {run.id: run.evaluations() for run in runs}
    keys = [key for key in (*MAIN, *MEASURES) if any(_newest(found, key) for found in read.values())]
    shown = [key for key in dict.fromkeys(keys) if MEASURES[key].better][:MOST_MEASURES]
    best = {key: _best([read[run.id] for run in runs], key) for key in shown}
    body = []
    for run in runs:
        cells = [_value(_newest(read[run.id], key), key, best[key]) for key in shown]
        body.append((heads[run.id], *cells, f"{run.status.step:,}", describe_duration(run.status.seconds)))
    head = ("Run", *(MEASURES[key].label for key in shown), "Steps", "Trained")
    ways = {_way(each) for found in read.values() for key in shown if (each := _newest(found, key))}
    said = "Last full evaluation of each run, or else its last one during training; the best value in bold."
    unlike = f" Not all were measured in one way: {'; '.join(sorted(ways))}." if len(ways) > 1 else ""
    return number.table(table(head, body, "results"), said + unlike)


def _newest(found: Sequence[Evaluation], key: str) -> Evaluation | None:
    return last(found, key, "full") or last(found, key)


def _way(found: Evaluation) -> str:
    through = f" through {found.extractor}" if found.extractor else ""
    return f"{found.samples:,} samples against {found.reference_count:,} of {found.reference}{through}"


def _best(read: Sequence[Sequence[Evaluation]], key: str) -> float | None:
    """The best value, if all were measured in one way and not all are the same."""
    known = [each for found in read if (each := _newest(found, key)) is not None]
    values = {each.values[key] for each in known}
    if len({_way(each) for each in known}) != 1 or len(values) < 2:
        return None
    return min(values) if MEASURES[key].better == "low" else max(values)


def _value(found: Evaluation | None, key: str, best: float | None) -> Markup | str:
    if found is None:
        return "–"
    text = f"{found.values[key]:{MEASURES[key].digits}}"
    return tag("b", text) if found.values[key] == best else text


def _grids(runs: Sequence[Run], names: Mapping[str, str], heads: Mapping[str, Markup], number: Numbering) -> Markup:
    most = min(_MOST_PICTURE, _FOR_PICTURES // len(runs))
    shown = []
    for run in runs:
        picture = last_samples(run, most)
        if picture is None:
            shown.append(tag("div", tag("p", heads[run.id]), tag("p", "no samples were kept", class_="soft")))
            continue
        words = f"seed {run.config.seed}, step {picture.step:,}" + (", upper part" if picture.cut else "")
        image = tag("img", src=picture.address, width=picture.width, height=picture.height,
                    alt=f"samples of {names[run.id]}, {words}")  # fmt: skip
        shown.append(tag("div", tag("p", heads[run.id]), image, tag("p", words, class_="soft")))
    content = tag("div", *shown, class_="grids", style=f"--columns:{min(max(len(shown), 2), 4)}")
    return number.figure(content, "The last samples of each run.", "grids-of-many" if len(shown) > 8 else "")


def _curves(runs: Sequence[Run], colors: Mapping[str, str], number: Numbering, smoothing: float) -> Markup:
    """Each loss that two runs have, and the first of the main measures."""
    charts: list[tuple[str, list[Band]]] = []
    frames = {run.id: run.scalars(["step", *_LOSSES]) for run in runs}
    for column, name in _LOSSES.items():
        found = [
            _line(colors[run.id], frames[run.id], column, smoothing)
            for run in runs
            if {"step", column} <= set(frames[run.id])
        ]
        charts.append((name, [band for band in found if len(band.steps)]))
    key = next((key for key in MAIN if sum(_has(run, key) for run in runs) > 1), None)
    if key is not None:
        charts.append((MEASURES[key].label, [_measured(colors[run.id], run, key) for run in runs if _has(run, key)]))
    made = []
    for name, bands in charts:
        if bands:
            alt = f"{name} of {len(bands)} runs over the steps"
            svg = figures.over_steps(f"figure-{number.figures + 1}", [(name, bands)], name, alt, height=2.2)
            cut = " What lies far beyond the rest is cut off." if figures.cuts(bands) else ""
            made.append(number.figure(svg, f"{name} over the steps, in the colours of the tables.{cut}"))
    if made:
        made.append(tag("p", f"Losses are smoothed by an exponential moving average of weight {smoothing:g}."))
    return joined(made)


def _line(color: str, rows: pd.DataFrame, column: str, smoothing: float) -> Band:
    found = binned(rows, rows["step"].to_numpy(float), [column], POINTS)
    mean = smoothed(found.mean[column], found.span, smoothing)
    return Band("runs", color, found.x, mean, mean, mean)


def _has(run: Run, key: str) -> bool:
    return any(key in each.values for each in on_the_way(run.evaluations()))


def _measured(color: str, run: Run, key: str) -> Band:
    known = [each for each in on_the_way(run.evaluations()) if key in each.values]
    values = np.array([each.values[key] for each in known])
    return Band("runs", color, np.array([float(each.step) for each in known]), values, values, values)
