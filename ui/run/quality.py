"""What was measured of a run's samples: values over the steps, classes, and the last evaluation in full."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.config import RunConfig
from gancore.config.datasets import DATASETS
from gancore.evaluation import measures
from gancore.evaluation.meanings import peers
from gancore.evaluation.measures import CHEAP_SAMPLES, FULL_SAMPLES, MEASURES, final
from gancore.executors.measuring import Measurement
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.text import describe_duration
from ui import state
from ui.figures.curves import Mark
from ui.figures.evaluations import (
    as_text,
    class_bars,
    class_map,
    classes_line,
    first_values,
    is_rough,
    level,
    measured,
    of_a_run,
    value_figure,
    with_classes,
    with_companions,
)
from ui.frontend.components import chart
from ui.words import plain

HEIGHT = 290
MOST_CHARTS = 6
LOOK = 0.5  # seconds between looks at how far a measurement is

GROUPS: dict[str, tuple[str, ...]] = {
    "Quality": (
        *("fid", "kid", "inception_score", "precision", "density", "confidence"),
        *("conditional_accuracy", "kept_class", "near_modes"),
    ),
    "Variety": (
        *("recall", "coverage", "classes", "kl_to_uniform", "modes", "reverse_kl"),
        *("diversity", "similarity", "noise_spread"),
    ),
    "Pixels": (
        *("contrast", "sharpness", "high_frequency", "background", "background_detail", "white_dots", "out_of_range"),
        *("thickness", "thickness_ratio", "boldness", "slant"),
    ),
    "Latent space": (
        *("path_linear", "path_spherical", "path_random", "path_jump"),
        *("column_thickness", "column_slant"),
    ),
    "Discriminator": (
        *("d_accuracy", "d_score_real", "d_score_fake"),
        *("optimal_d_error", "js_divergence", "js_of_loss"),
    ),
    "Unseen images": (
        *("closer_to_training", "parzen", "parzen_sigma"),
        *("test_elbo", "test_recon", "test_kl", "test_accuracy"),
        *("recon_fid", "recon_sharpness", "recon_high_frequency", "recon_background"),
        *("other_thickness_ratio", "other_kept_class"),
    ),
}
_ARROWS = {"low": "↓", "high": "↑", "": ""}


def section(run: Run, *, live: bool, marks: Sequence[Mark] = ()) -> None:
    """Everything that was measured of a run, or how to measure it."""
    evaluations = run.evaluations()
    if not evaluations:
        _nothing_yet(run, live)
        return
    _values(run, evaluations, marks)
    _classes(run, evaluations)
    _in_full(run, evaluations, live)
    _cost(run, evaluations)


# --- values over the steps ------------------------------------------------------------------------------------------


def _values(run: Run, evaluations: Sequence[Evaluation], marks: Sequence[Mark]) -> None:
    keys = measured(evaluations)
    chosen = st.multiselect(
        "Metrics shown",
        keys,
        default=first_values(run.config, keys),
        format_func=lambda key: MEASURES[key].label,
        max_selections=MOST_CHARTS,
        select_all=False,
        key=f"quality-{run.id}",
        persist_state="session",
        label_visibility="collapsed",
        placeholder="Choose metrics",
    )
    cells = st.columns(2) if len(chosen) > 1 else [st.container()]
    for index, key in enumerate(chosen):
        with cells[index % len(cells)]:
            _value(run, evaluations, key, marks)


def _value(run: Run, evaluations: Sequence[Evaluation], key: str, marks: Sequence[Mark]) -> None:
    measure, wanted = MEASURES[key], level(key, run.config)
    figure = value_figure(of_a_run(evaluations, key), key, identity=run.id, level=wanted, marks=marks)
    with_companions(figure, evaluations, key)
    chart(figure, key=f"quality-{run.id}-{key}", alt=f"{measure.label} of {run.name}", height=HEIGHT)
    diamonds = " Diamonds: full evaluations." if any(each.size == "full" for each in evaluations) else ""
    ways = {(each.samples, each.extractor) for each in evaluations if each.size == "cheap"}
    circles = " Open circles: not comparable with the line." if len(ways) > 1 else ""
    others = peers(key, run.config.data.name)
    st.caption(plain(f"{measure.help} {others}".strip() + diamonds + circles))


# --- classes --------------------------------------------------------------------------------------------------------


def class_names(config: RunConfig) -> tuple[str, ...]:
    """What the classes of a run's data are called."""
    return DATASETS[config.data.name].classes


def _classes(run: Run, evaluations: Sequence[Evaluation]) -> None:
    counted = with_classes(evaluations)
    if not counted:
        return
    names = class_names(run.config)
    left, right = st.columns([1.4, 1])
    with left:
        figure = class_map(counted, names, run.id)
        chart(figure, key=f"classes-{run.id}", alt=f"classes among the samples of {run.name}, by step", height=HEIGHT)
    with right:
        figure = class_bars(counted[-1], names, run.id)
        alt = f"classes among the last samples of {run.name}"
        chart(figure, key=f"class-bars-{run.id}", alt=alt, height=HEIGHT)
    newest = counted[-1]
    seen = f"Classes according to {newest.extractor or 'the classifier'}"
    line = f"{seen}. At step {newest.step:,}, {newest.samples:,} samples: {classes_line(newest, names)}."
    st.caption(plain(f"{line} {map_key(counted)}"))


def map_key(counted: Sequence[Evaluation]) -> str:
    """How to read maps of classes."""
    brown = "A row that turns brown: G drops that class."
    return f"{brown} Empty: samples too rough to classify." if any(map(is_rough, counted)) else brown


# --- the last one in full -------------------------------------------------------------------------------------------


def _in_full(run: Run, evaluations: Sequence[Evaluation], live: bool) -> None:
    newest = final(evaluations)
    if newest is None:
        _measure_button(run, live)
        return
    with st.container(border=True):
        st.markdown(f"**Last full evaluation** · {plain(setup_text(newest))}")
        with st.container(horizontal=True, gap="xsmall"):
            for title, keys in GROUPS.items():
                _group(title, [key for key in keys if key in newest.values], newest, run.config)
        if newest.missing:
            st.caption(
                f":material/info: Metrics that need a classifier, such as the FID, are missing: {plain(newest.missing)}"
            )
    if newest.step < run.status.step:
        _measure_button(run, live)


def _group(title: str, keys: Sequence[str], evaluation: Evaluation, config: RunConfig) -> None:
    if not keys:
        return
    with st.container(width=214, gap="xsmall"):
        st.caption(title)
        for key in keys:
            measure = MEASURES[key]
            name = f"{plain(measure.label)} {_ARROWS[measure.better]}".strip()
            text = f":small[{name} **{as_text(evaluation.values, key)}**]"
            help = f"{measure.help} {peers(key, config.data.name)}".strip()
            st.markdown(text, help=plain(help), width="content")


def setup_text(evaluation: Evaluation) -> str:
    """`step 1,050, EMA of G: 10,000 samples against 5,000 of mnist-5k, through mnist-cnn-v1`."""
    against = f"{evaluation.samples:,} samples; reference: {evaluation.reference_count:,} of {evaluation.reference}"
    through = f"; features: {evaluation.extractor}" if evaluation.extractor else ""
    return f"step {evaluation.step:,}, {network(evaluation)}: {against}{through}"


def network(evaluation: Evaluation) -> str:
    """Whose samples they are."""
    return "EMA of G" if evaluation.weights == "ema" else "G"


def _cost(run: Run, evaluations: Sequence[Evaluation]) -> None:
    """What evaluations cost during training: at each step there is one of G and, if there is one, one of its EMA."""
    cheap = [each for each in evaluations if each.size == "cheap"]
    trained = run.status.seconds - _trained_before(run)
    if not cheap or trained <= 0:
        return
    seconds = sum(each.seconds for each in cheap)
    times = len({(each.step, each.samples) for each in cheap})
    each = f"{seconds / times:.2g} s" if seconds < 60 * times else describe_duration(seconds / times)
    share = f"{100 * seconds / trained:.1f} % of the training time"
    many = f"; all {times} together {share}" if times > 1 else f": {share}"
    both = " of G, and as many of its EMA," if len({each.weights for each in cheap}) > 1 else ""
    st.caption(f"Each evaluation of {cheap[-1].samples:,} samples{both} took {each}{many}.")


def _trained_before(run: Run) -> float:
    """Seconds that were trained before the run began: those of what it was forked from."""
    if run.meta.parent is None:
        return 0.0
    first = run.scalars(["time", "step_time"]).head(1)
    return float((first["time"] - first["step_time"]).sum()) if {"time", "step_time"} <= set(first) else 0.0


# --- evaluating ------------------------------------------------------------------------------------------------------


def _nothing_yet(run: Run, live: bool) -> None:
    if _measurement(run) is None:
        st.info(_why_nothing(run, live), icon=":material/straighten:")
    _measure_button(run, live)


def _why_nothing(run: Run, live: bool) -> str:
    """Why nothing is measured yet, and when something will be."""
    every = run.config.train.evaluate_every
    if live and every:
        share = run.config.train.evaluate_share
        limit = f", in at most {100 * share:g} % of the training time" if share < 1 else ""
        return f"Not evaluated yet: {CHEAP_SAMPLES:,} samples are evaluated every {every:,} steps{limit}."
    if live:
        return "Not evaluated during training: “evaluate every” is 0."
    if run.checkpoints():
        return "Not evaluated yet: an evaluation shows how good its samples are, and which classes appear."
    return "Not evaluated, and there is no checkpoint to evaluate."


def _measurement(run: Run) -> Measurement | None:
    """The measurement of a run that is under way."""
    latest = state.measurer().latest(run)
    return None if latest is None or latest.over.is_set() else latest


def _measure_button(run: Run, live: bool) -> None:
    """Measure the last checkpoint; not while it or another run trains, which would take its processor."""
    under_way = _measurement(run)
    if under_way is not None:
        st.fragment(_under_way, run_every=LOOK, key=f"measuring-{run.id}")(under_way)
    if under_way is not None or live or "last" not in run.checkpoints() or state.is_reference(run):
        return
    measurer, active = state.measurer(), state.active_runs()
    count, before = run.config.train.final_samples or FULL_SAMPLES, measurer.latest(run)
    label, icon, key = f"Evaluate {count:,} samples", ":material/straighten:", f"measure-{run.id}"
    st.button(label, icon=icon, key=key, disabled=bool(active), on_click=_measure, args=(run,))
    if active:
        st.caption(plain(f"{active[0].name} is training, and an evaluation would slow it down."))
    elif before is not None and before.problem:
        st.error(plain(before.problem), icon=":material/error:")


def _measure(run: Run) -> None:
    state.measurer().measure(run)


def _under_way(measurement: Measurement) -> None:
    """What is being measured, and a way to end it."""
    if measurement.over.is_set():
        st.rerun()  # tables and cards, too
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/straighten: **Evaluating** · {plain(measurement.doing)} …", width="stretch")
        st.button("Cancel", icon=":material/close:", key=f"cancel-{measurement.run.id}", on_click=measurement.cancel)


# --- in a word, for other pages -------------------------------------------------------------------------------------


def headline(run: Run) -> str:
    """`FID (mnist-cnn-v1) 12.3`, or what says most of a run of another kind; nothing if nothing was measured."""
    evaluations = run.evaluations()
    return measures.headline(evaluations, first_values(run.config, measured(evaluations)))
