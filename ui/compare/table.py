"""What differs between the compared runs and what came of them, in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from gancore.comparison.groups import varying
from gancore.config import SETTINGS
from gancore.evaluation.meanings import Measure
from gancore.evaluation.measures import MAIN, MEASURES, final, on_the_way
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.text import compact, describe_duration
from ui import navigation, state
from ui.boundary import boundary, explain
from ui.compare.chosen import lines, names
from ui.compare.controls import Controls
from ui.figures.curves import curve_names
from ui.figures.evaluations import as_text, first_values
from ui.frontend import plots
from ui.run import changes
from ui.run.progress import state_word
from ui.run.view import setting_text
from ui.words import plain

MOST_CHOSEN = 6  # measures that are shown before anybody chooses


def section(runs: Sequence[Run], controls: Controls) -> None:  # noqa: ARG001 (all sections take them)
    """The table, and what is to be said where nothing differs."""
    st.subheader("Settings and results", anchor=False)
    with boundary("The table"):
        if said := sameness(runs):
            st.caption(said)
        if asked := plots.results(table(runs), key="compare-results"):
            _open(asked)


def _open(run_id: str) -> None:
    run = state.find_run(run_id)
    if run is not None:
        navigation.go(navigation.TRAIN, {"run": run.id})
    navigation.leave_if_asked()


def sameness(runs: Sequence[Run]) -> str:
    """What holds where no setting differs; empty where one does."""
    if varying(runs):
        return ""
    same = "These runs have the same settings and the same seed"
    steered = any(run.changes() or run.meta.parent for run in runs)
    return f"{same} now, but not from the start." if steered else f"{same}, so they are identical."


def table(runs: Sequence[Run]) -> dict[str, Any]:
    """Rows, columns and values, as `frontend/results.js` takes them."""
    named, paths, ways = names(runs), varying(runs), _Ways()
    common = {path: _usual([setting_text(run.config_now, path) for run in runs]) for path in paths}
    rows = []
    for run in runs:
        try:
            rows.append(_row(run, named[run.id], common, ways))
        except Exception as error:  # what is wrong with one run costs its own row
            rows.append({**_empty(run, named[run.id], paths), "notes": [explain(run, error)]})
    known = {key for row in rows for key in row["values"]}
    measures = {key: MEASURES[key] for key in (*MAIN, *MEASURES) if key in known and not key.endswith("_error")}
    curves = {key: name for key, name in curve_names(run.config for run in runs).items() if key in known}
    steps = {each["step"] for row in rows for value in row["values"].values() for each in value.get("line", ())}
    ended = sum(any("end" in value for value in row["values"].values()) for row in rows)
    return {
        "rows": rows,
        "settings": [{"key": path, "label": SETTINGS[path].label, "help": SETTINGS[path].help} for path in paths],
        "measures": [*(_measure(key, measure) for key, measure in measures.items()), *_others(curves, known)],
        "ways": ways.texts,
        "steps": sorted(steps),
        "chosen": _chosen(runs[0], [*measures]),
        "view": "end" if 2 * ended >= len(rows) else "last",
    }


def _usual(texts: Sequence[str]) -> str | None:
    """The value that most have, beside which others are marked; of two the first one's, of even ones none."""
    value, count = Counter(texts).most_common(1)[0]
    return value if 2 * count > len(texts) or len(texts) == 2 else None


class _Ways:
    """How values were measured, each way told once."""

    def __init__(self) -> None:
        self.texts = [""]

    def of(self, found: Evaluation, key: str) -> int:
        through = f", through {found.extractor}" if MEASURES[key].learned and found.extractor else ""
        text = f"{found.samples:,} samples against {found.reference_count:,} of {found.reference}{through}"
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)


def _empty(run: Run, name: str, paths: Sequence[str]) -> dict[str, Any]:
    cells = {path: {"text": "–", "sort": None, "changed": False} for path in paths}
    return {"id": run.id, "name": name, "color": lines([run])[run.id].color, "notes": [], "cells": cells, "values": {}}


def _row(run: Run, name: str, common: Mapping[str, str | None], ways: _Ways) -> dict[str, Any]:
    config, found = run.config_now, run.evaluations()
    cells = {}
    for path, usual in common.items():
        text = setting_text(config, path)
        value = config.flat[path] if config.uses(path) else None
        sort = value if value is None or type(value) in (int, float) else text
        cells[path] = {"text": text, "sort": sort, "changed": usual is not None and text != usual}
    values = {**_measured(found, ways), **_single(run)}
    row = _empty(run, name, [])
    return row | {"notes": _notes(run), "cells": cells, "values": values}


def _notes(run: Run) -> list[str]:
    """Its state where that is not the usual one, its origin, and what was changed on the way."""
    said = []
    if run.state != "finished":
        said.append(f"{state_word(run.state)}, step {run.status.step:,}")
    if run.meta.parent is not None:
        parent = state.find_run(run.meta.parent)
        origin = parent.name if parent else "a run that no longer exists"
        said.append(f"forked from {origin} at step {run.meta.parent_step or 0:,}")
    done = [change for change in run.changes() if change.step is not None]
    return said + [f"{changes.describe([change])} from step {change.step:,}" for change in done]


def _measured(found: Sequence[Evaluation], ways: _Ways) -> dict[str, Any]:
    """Values by measure: on the way, and at the end."""
    values: dict[str, dict[str, Any]] = {}
    for each in on_the_way(found):
        for key in each.values.keys() & MEASURES.keys():
            values.setdefault(key, {"line": []})["line"].append(_value(each, key, ways))
    if (end := final(found)) is not None:
        for key in end.values.keys() & MEASURES.keys():
            values.setdefault(key, {"line": []})["end"] = _value(end, key, ways)
    return values


def _value(found: Evaluation, key: str, ways: _Ways) -> dict[str, Any]:
    text = as_text(found.values, key)
    return {"value": found.values[key], "text": text, "step": found.step, "way": ways.of(found, key)}


_TRAINED, _SPEED = "trained", "images_per_second"


def _single(run: Run) -> dict[str, Any]:
    """Numbers of which a run has one: final means of its curves, how long it trained, and how fast."""
    numbers = {key: value for key, value in run.summary.items() if key in curve_names([run.config])}
    found = {key: {"value": value, "text": compact(value)} for key, value in numbers.items()}
    found[_TRAINED] = {"value": run.status.seconds, "text": describe_duration(run.status.seconds)}
    if (speed := run.summary.get(_SPEED)) is not None:
        found[_SPEED] = {"value": speed, "text": f"{speed:,.0f}"}
    return {key: {"single": {**value, "way": 0}} for key, value in found.items()}


def _measure(key: str, measure: Measure) -> dict[str, Any]:
    return {"key": key, "label": measure.label, "help": plain(measure.help), "better": measure.better}


def _others(curves: Mapping[str, str], known: set[str]) -> list[dict[str, Any]]:
    said = {key: (name, "Mean over the last 100 steps.") for key, name in curves.items()}
    said |= {_TRAINED: ("trained", "How long it trained."), _SPEED: ("images/s", "Real images a second.")}
    return [
        {"key": key, "label": label, "help": help, "better": ""} for key, (label, help) in said.items() if key in known
    ]


def _chosen(run: Run, measured: Sequence[str]) -> list[str]:
    """What is shown before anybody chooses: what says most of such runs, then the losses."""
    main = [key for key in (*first_values(run.config, measured), *MAIN) if key in measured]
    return [*list(dict.fromkeys(main))[:MOST_CHOSEN], "loss_d", "loss_g", "loss", _TRAINED]
