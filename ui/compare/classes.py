"""Which classes came up among the samples of the compared runs, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from gancore.store import Run
from gancore.store.evaluations import Evaluation
from ui.boundary import boundary
from ui.compare.chosen import lines, names
from ui.compare.controls import Controls
from ui.figures.evaluations import (
    class_name,
    classes_line,
    expected_shares,
    highest_share,
    is_rough,
    shares,
    with_classes,
)
from ui.frontend import plots
from ui.run import quality


def section(runs: Sequence[Run], controls: Controls) -> None:  # noqa: ARG001 (all sections take them)
    """A small chart for each run whose classes were counted."""
    with boundary("Classes"):
        counted = {run.id: found for run in runs if (found := with_classes(run.evaluations()))}
        if not counted:
            return
        st.subheader("Classes among the samples", anchor=False)
        named = names(runs)
        shown = [_shown(run, named[run.id], counted[run.id]) for run in runs if run.id in counted]
        newest = [found[-1] for found in counted.values()]
        every = [each for found in counted.values() for each in found]
        captions = {
            "end": "Bars: samples; lines: data; ×: a class that never appears.",
            "training": f"Share among the samples over share in the data. {quality.map_key(every)}",
        }
        plots.classes({"runs": shown, "top": highest_share(newest), "captions": captions}, key="compare-classes")


def _shown(run: Run, name: str, found: Sequence[Evaluation]) -> dict[str, Any]:
    last, names = found[-1], quality.class_names(run.config)
    alike = [each for each in found if len(each.histogram) == len(last.histogram)]
    return {
        "id": run.id,
        "name": name,
        "color": lines([run])[run.id].color,
        "classes": [class_name(names, place) for place in range(len(last.histogram))],
        "shares": (100 * shares(last)).round(2).tolist(),
        "expected": (100 * expected_shares(last)).round(2).tolist(),
        "rough": is_rough(last),
        "step": last.step,
        "line": classes_line(last, names),
        "steps": [each.step for each in alike],
        "map": [_ratios(each) for each in alike],
    }


def _ratios(found: Evaluation) -> list[float | None]:
    """The share of each class over its share in the data; None where the samples are too rough to tell."""
    wanted = expected_shares(found)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((wanted > 0) & (not is_rough(found)), shares(found) / wanted, np.nan)
    return [None if np.isnan(each) else round(float(each), 2) for each in ratio]
