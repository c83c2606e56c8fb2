"""What came of an experiment's runs: samples in the order of the setting, a quantity against it, curves with bands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import streamlit as st

from gancore.evaluation.measures import MEASURES, on_the_way
from gancore.experiments import OUTCOMES
from gancore.experiments.readings import evaluations
from gancore.store.index import Snapshot
from ui.boundary import boundary
from ui.experiments import quantities
from ui.experiments.arms import ENDED, Arm, is_log, seeds
from ui.figures.curves import AXES, SMOOTHING, curve_names
from ui.figures.evaluations import first_values, measured
from ui.figures.experiments import Band, Strand, band, band_figure, curve, setting_figure
from ui.frontend.components import Film, chart, film
from ui.run.film import run_film
from ui.words import plain

TICK = 5.0  # seconds between looks at what runs that train have brought
MOST_CURVES = 8  # that are drawn at once
Origin = Literal["mine", "reference"]
_ORIGINS = {"mine": "Mine", "reference": "Reference"}


@dataclass(frozen=True)
class Results:
    """What there is to show: one's own runs and those that ship with the workbench, arm by arm."""

    key: str  # of the question or the sweep
    mine: Sequence[Arm]
    reference: Sequence[Arm] = ()
    varies: str = ""  # what the horizontal axis says
    path: str | None = None  # of the only setting that varies
    wanted: Sequence[str] = ()  # quantities that its claims are about, the most important first

    @property
    def origins(self) -> list[Origin]:
        """Of which there are runs with something to show."""
        every: dict[Origin, Sequence[Arm]] = {"mine": self.mine, "reference": self.reference}
        return [origin for origin, arms in every.items() if any(arm.measured for arm in arms)]


def section(look: Callable[[], Results], *, live: bool) -> None:
    """Everything, if there is anything; looks again while runs train."""
    results = look()
    if results.origins:
        st.fragment(_section, run_every=TICK if live else None, key=f"results-{results.key}-{live}")(look)


def _section(look: Callable[[], Results]) -> None:
    results = look()
    if not results.origins:
        return
    if results.origins == ["reference"]:
        said = "These are reference runs, which came with the workbench. Press Run above for runs of your own."
        st.caption(f":material/verified: {said}")
    with boundary("Samples"):
        _samples(results)
    with boundary("The measured quantity"):
        _setting(results)
    with boundary("Curves"):
        _curves(results)


def _origin(results: Results, place: str) -> Origin:
    """Whose runs to show, where there are both."""
    if len(results.origins) < 2:
        return results.origins[0]
    return st.segmented_control(
        "Runs",
        results.origins,
        default="mine",
        required=True,
        format_func=_ORIGINS.__getitem__,
        key=f"origin-{place}-{results.key}",
    )


def _arms(results: Results, origin: Origin) -> Sequence[Arm]:
    return results.mine if origin == "mine" else results.reference


# --- samples --------------------------------------------------------------------------------------------------------


def _samples(results: Results) -> None:
    st.subheader("Samples, from the same noise", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        origin = _origin(results, "samples")
        arms = [replace(arm, runs=arm.measured) for arm in _arms(results, origin)]
        known = seeds(arms)
        seed = st.segmented_control(
            "Seed", known, default=known[0], required=True, key=f"samples-seed-{results.key}-{origin}"
        )
    films = []
    for arm in arms:
        if seed in arm.runs:
            with boundary(arm.runs[seed]):
                films.append(_film(arm, arm.runs[seed]))
    identity = f"{results.key}-{origin}-{seed}"
    film(films, key=f"film-{identity}", identity=identity)
    notes = dict.fromkeys(run.config.kind.preview(run.config).caption for arm in arms for run in arm.runs.values())
    same = "Runs of one seed draw these samples from the same noise: what differs is the setting."
    st.caption(plain(". ".join([*list(notes)[:1], same])))


def _film(arm: Arm, run: Snapshot) -> Film:
    """Its grids under the arm's name; what the pictures are is said once, below them all."""
    return replace(run_film(run, arm.label), color=arm.color, note="")


# --- a quantity against the setting -----------------------------------------------------------------------------------


def _setting(results: Results) -> None:
    ended = {"mine": [_ended(arm) for arm in results.mine], "reference": [_ended(arm) for arm in results.reference]}
    runs = [run for arms in ended.values() for arm in arms for run in arm.runs.values()]
    offered = quantities.known(runs, results.wanted)
    st.subheader(f"Results against {results.varies}" if results.path else "Results", anchor=False)
    if not offered:
        st.caption("Nothing to show yet: it takes a run that has finished.")
        return
    key = st.selectbox(
        "Quantity",
        offered,
        format_func=lambda key: OUTCOMES[key].label,
        key=f"quantity-{results.key}",
        label_visibility="collapsed",
        width=360,
    )
    quantity = OUTCOMES[key]
    strands = {origin: _strands(arms, key) for origin, arms in ended.items()}
    settings = [arm.x for arm in (*results.mine, *results.reference) if arm.x is not None]
    figure = setting_figure(
        strands["mine"],
        strands["reference"],
        x=results.varies,
        y=quantity.label,
        digits=quantity.digits,
        identity=f"{results.key}-{key}",
        log_x=is_log(results.path, settings),
        log_y=quantity.ratio,
    )
    alt = f"{quantity.label} of each arm, a point for each seed"
    chart(figure, key=f"setting-{results.key}-{key}", alt=alt, height=340)
    beside = " Filled: your runs; open: the reference." if all(strands.values()) else ""
    st.caption(plain(f"Points: seeds; bars: their mean and its 95 % interval.{beside} {quantity.help}"))


def _ended(arm: Arm) -> Arm:
    return replace(arm, runs={seed: run for seed, run in arm.runs.items() if not run.damage and run.state in ENDED})


def _strands(arms: Sequence[Arm], key: str) -> list[Strand]:
    found = []
    for arm in arms:
        if own := quantities.values(arm.runs, key):
            mean, interval = quantities.mean(own, key), quantities.interval(own, key)
            found.append(Strand(arm.label, arm.color, own, mean, interval, arm.x))
    return found


# --- curves -----------------------------------------------------------------------------------------------------------


def _curves(results: Results) -> None:
    st.subheader("Curves", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        origin = _origin(results, "curves")
        arms = _arms(results, origin)
        runs = [run for arm in arms for run in arm.measured.values()]
        axis = st.segmented_control("Axis", list(AXES), default="step", required=True, key=f"axis-{results.key}")
        log = st.toggle("Log scale", key=f"log-{results.key}")
    recorded = curve_names(run.config for run in runs)
    values = {key: MEASURES[key].label for key in measured([each for run in runs for each in evaluations(run)])}
    first: list[str] = [key for key in ("loss_g", "loss_d", "loss") if key in recorded]
    first += first_values(runs[0].config, list(values))[:1]
    offered = {**recorded, **{key: label for key, label in values.items() if key not in recorded}}
    chosen = st.multiselect(
        "Curves",
        list(offered),
        default=first,
        format_func=offered.__getitem__,
        max_selections=MOST_CURVES,
        select_all=False,
        key=f"curves-{results.key}-{origin}",
        label_visibility="collapsed",
        placeholder="Choose curves",
    )
    places = st.columns(2)
    for index, key in enumerate(chosen):
        with places[index % 2], boundary(offered[key]):
            bands = _bands(arms, key, axis or "step", is_measured=key not in recorded)
            figure = band_figure(bands, axis=axis or "step", y=offered[key], identity=f"{results.key}-{key}", log=log)
            alt = f"{offered[key]} of each arm over the training"
            chart(figure, key=f"curve-{results.key}-{origin}-{key}", alt=alt, height=320)
    st.caption("Lines: mean over seeds, smoothed; bands: from the lowest seed to the highest. Colours: arms, as above.")


def _bands(arms: Sequence[Arm], key: str, axis: str, *, is_measured: bool) -> list[Band]:
    told = _evaluated if is_measured else _recorded
    made = [band(arm.label, arm.color, [told(run, key, axis) for run in arm.measured.values()]) for arm in arms]
    return [each for each in made if each is not None]


def _recorded(run: Snapshot, column: str, axis: str) -> tuple[np.ndarray, np.ndarray]:
    return run.once(f"curve {column} {axis}", lambda: curve(run.scalars(), axis, column, SMOOTHING))


def _evaluated(run: Snapshot, key: str, axis: str) -> tuple[np.ndarray, np.ndarray]:
    known = [each for each in on_the_way(evaluations(run)) if key in each.values]
    steps, values = np.array([each.step for each in known], float), np.array([each.values[key] for each in known])
    if axis == "step" or not known:
        return steps, values
    rows = run.scalars(["step", axis])
    if rows.empty or axis not in rows:
        return np.array([]), np.array([])
    return np.interp(steps, rows["step"].to_numpy(float), rows[axis].to_numpy(float)), values
