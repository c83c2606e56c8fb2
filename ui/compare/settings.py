"""Settings against a measure: which runs are good, where in the space of their settings, and what matters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from gancore.comparison.groups import SEED, varying
from gancore.comparison.importance import FEWEST_RUNS, RANGE, Importance, entangled, importance
from gancore.comparison.readings import values
from gancore.config import SETTINGS
from gancore.evaluation.measures import MAIN, MEASURES
from gancore.experiments import OUTCOMES
from gancore.store import Run
from ui.boundary import boundary
from ui.compare import address
from ui.compare.chosen import lines, names
from ui.compare.controls import Controls
from ui.figures.evaluations import first_values, measured
from ui.figures.importance import importance_figure
from ui.figures.space import measure_axis, setting_axis, space_data
from ui.frontend import plots
from ui.frontend.components import chart
from ui.run.view import setting_text
from ui.words import plain

FEWEST = 5  # runs, below which a table says all of it
MOST_AXES = 9  # settings that are drawn
_UNTRUSTED = 0.1  # share of the variance explained below which importances are hardly more than chance


def section(runs: Sequence[Run], controls: Controls) -> None:  # noqa: ARG001 (all sections take them)
    """From five runs with different settings on."""
    paths = [path for path in varying(runs) if path != SEED]
    if len(runs) < FEWEST or not paths:
        return
    with boundary("Settings"):
        measured = {key: found for key in _keys(runs) if len(found := values(runs, key)) >= FEWEST}
        if not measured:
            return
        st.subheader("Settings against results", anchor=False)
        key = st.selectbox(
            "Measure",
            list(measured),
            format_func=lambda key: MEASURES[key].label,
            key="compare-settings-measure",
            persist_state="session",
            label_visibility="collapsed",
            width=280,
        )
        known = [run for run in runs if run.id in measured[key]]
        _space(known, paths[:MOST_AXES], key, [measured[key][run.id] for run in known])
        if len(known) < len(runs):
            st.caption(f"{len(known)} of {len(runs)} runs: of the others {MEASURES[key].label} cannot be compared.")
        _importance(known, paths, key, [measured[key][run.id] for run in known])


def _keys(runs: Sequence[Run]) -> list[str]:
    """Measures, the main ones first."""
    known = measured([each for run in runs for each in run.evaluations()])
    first = first_values(runs[0].config, known)
    return [key for key in dict.fromkeys((*first, *MAIN, *known)) if key in known and not key.endswith("_error")]


def _space(runs: Sequence[Run], paths: Sequence[str], key: str, measured: Sequence[float]) -> None:
    named, drawn = names(runs), lines(runs)
    texts = {path: [setting_text(run.config_now, path) for run in runs] for path in paths}
    axes = []
    for path in paths:
        found = [run.config_now.flat[path] if run.config_now.uses(path) else None for run in runs]
        axes.append(setting_axis(path, SETTINGS[path].label, found, texts[path]))
    axes.append(measure_axis(key, measured))
    texts[key] = [f"{value:{MEASURES[key].digits}}" for value in measured]
    shown = [
        {"id": run.id, "name": named[run.id], "color": drawn[run.id].color, "dash": drawn[run.id].dash} for run in runs
    ]
    data = space_data(shown, axes, texts)
    alt = f"A line for each of {len(runs)} runs through its settings to its {MEASURES[key].label}, the best on top"
    kept = plots.space({**data, "along": paths[0], "alt": alt}, key="compare-space")
    st.caption(f"The best {MEASURES[key].label} is on top: where good runs meet on an axis, that setting matters.")
    if kept is not None:
        _keep(kept)


def _keep(ids: Sequence[str]) -> None:
    """Hide the runs that were not selected; what comes from the browser is looked up among those that are compared."""
    compared = address.current().runs
    if any(run in ids for run in compared):
        address.change(hidden=frozenset(run for run in compared if run not in ids))
        st.rerun()


def _importance(runs: Sequence[Run], paths: Sequence[str], key: str, measured: Sequence[float]) -> None:
    st.markdown("##### What matters")
    if len(runs) < FEWEST_RUNS:
        st.caption(f"{len(runs)} runs cannot tell how much each setting matters: it takes {FEWEST_RUNS} or more.")
        return
    rows = tuple(tuple(_plain_value(run, path) for path in paths) for run in runs)
    found, together = _estimate(tuple(paths), rows, tuple(_compared(key, value) for value in measured))
    if found is None:
        st.caption("These runs came out alike: no setting matters.")
        return
    label = MEASURES[key].label
    shares = [(SETTINGS[share.path].label, share) for share in found.shares]
    figure = importance_figure(shares, identity=key)
    alt = f"How much each setting matters for {label}"
    chart(figure, key="compare-importance", alt=alt, height=96 + 30 * len(shares))
    st.caption(plain(_says(found, label)))
    for one, other in together:
        pair = f"{SETTINGS[one].label} and {SETTINGS[other].label}"
        st.caption(f":material/warning: {plain(pair)} were varied together: what either does cannot be told apart.")


def _says(found: Importance, label: str) -> str:
    """How the estimate was made, and how far to trust it."""
    made = (
        f"A random forest on {found.runs} runs: how much worse it predicts {label} of runs that it has not seen once a "
        f"setting is shuffled (Breiman 2001), as shares. Whiskers: {RANGE[0]} % to {RANGE[1]} % of bootstraps."
    )
    if found.explained < _UNTRUSTED:
        return f"{made} It foresees next to nothing of unseen runs: do not rely on this."
    return f"{made} It explains {100 * found.explained:.0f} % of the variance of unseen runs."


def _plain_value(run: Run, path: str) -> object:
    """A setting's value that can be a key; a dash where it has no effect."""
    value = run.config_now.flat[path] if run.config_now.uses(path) else "–"
    return value if type(value) in (int, float) else str(value)


def _compared(key: str, value: float) -> float:
    """In the units in which differences are told: logarithms where they are ratios, as of the FID."""
    outcome = OUTCOMES.get(key)
    return math.log(max(value, outcome.floor)) if outcome is not None and outcome.ratio else value


@st.cache_data(max_entries=50, show_spinner="Estimating what matters …")
def _estimate(
    paths: tuple[str, ...], rows: tuple[tuple[object, ...], ...], measured: tuple[float, ...]
) -> tuple[Importance | None, list[tuple[str, str]]]:
    settings = pd.DataFrame(list(rows), columns=list(paths))
    return importance(settings, measured), entangled(settings)
