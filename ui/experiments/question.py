"""An opened question: what is asked and by whom, what it costs, Run, what came of it, and what the reports said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from gancore.config import SETTINGS
from gancore.experiments import Experiment, Scale
from gancore.store.records import ShownState
from ui import navigation, state
from ui.experiments import grid, judging, plan, predicting, report, results, sweeps, verdicts
from ui.experiments.arms import Arm, is_of, of_experiment, path_that_varies
from ui.experiments.judging import Docket
from ui.words import plain

_ENDED: tuple[ShownState, ...] = ("finished", "failed")


@dataclass(frozen=True)
class Known:
    """The runs of a question at one scale, as they are now."""

    mine: Sequence[Arm]
    reference: Sequence[Arm]

    @property
    def seeds(self) -> list[int]:
        """Those that one's own runs have."""
        return sorted({seed for arm in self.mine for seed in arm.runs})


def look(experiment: Experiment, scale: Scale) -> Known:
    """What there is of it."""
    mine = of_experiment(experiment, scale, verdicts.runs_of(state.runs(), experiment.id))
    return Known(mine, of_experiment(experiment, scale, verdicts.runs_of(state.reference(), experiment.id)))


def page(experiment: Experiment) -> None:
    """Everything of one question. Each part keeps its place on the page whether or not the others have something to
    show: what begins and ends meanwhile moves nothing but itself."""
    scale = plan.scale_of(experiment, _first_scale(experiment))
    known = look(experiment, scale)
    dockets = {"mine": Docket(state.runs()), "reference": Docket(state.reference())}
    hidden = predicting.is_asked(experiment)
    with st.container(key="question"):
        _header(experiment, scale, known)
    with st.container(key="summary"):
        if not hidden:
            verdicts.summary(experiment, dockets)
    with st.container(key="plan"):
        plan.panel(experiment, scale, known.mine)
    with st.container(key="sweeps"):
        _sweeps(experiment, scale)
    with st.container(key="runs"):
        if known.seeds:
            _runs(experiment, scale, known)
        _left_out(experiment, scale)
    with st.container(key="prediction"):
        predicting.section(experiment, scale)
    if hidden:
        return
    with st.container(key="results"):
        results.section(lambda: _results(experiment, scale), live=grid.is_live(known.mine))
    with st.container(key="claims"):
        verdicts.section(experiment, dockets)


def _header(experiment: Experiment, scale: Scale, known: Known) -> None:
    """What is asked, and by whom."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        navigation.to_questions("All questions", {}, key="back", icon=":material/arrow_back:")
        if _have_ended(known.mine):
            report.button(state.runs(), experiment.id, scale)
        elif _have_ended(known.reference):
            report.button(state.reference(), experiment.id, scale)
    st.title(plain(experiment.title), anchor=False)
    st.markdown(plain(experiment.question))
    st.caption(plain(". ".join(filter(None, (f"Source: {experiment.source}", experiment.note)))))


def _runs(experiment: Experiment, scale: Scale, known: Known) -> None:
    """The grid, folded once everything in it has ended."""
    every = [run for arm in known.mine for run in arm.runs.values()]
    ended = all(run.state in _ENDED for run in every)
    with st.expander(f"{len(every)} runs", expanded=not ended, icon=":material/grid_on:"):
        grid.section(lambda: _cells(experiment, scale), f"{experiment.id}-{scale}")


def _first_scale(experiment: Experiment) -> Scale:
    """The one that a link names, else that of the newest run of one's own, else of the reference."""
    asked = st.query_params.get("scale")
    runs = (*verdicts.runs_of(state.runs(), experiment.id), *verdicts.runs_of(state.reference(), experiment.id))
    said = asked or next((run.scale for run in runs if run.scale), None)
    return "full" if said == "full" else "quick"


def _left_out(experiment: Experiment, scale: Scale) -> None:
    """Say that there are runs which are not shown."""
    every = (*verdicts.runs_of(state.runs(), experiment.id), *verdicts.runs_of(state.reference(), experiment.id))
    said = [run for run in every if run.scale == scale and not run.damage and not is_of(run, experiment, scale)]
    if said:
        words = "1 run is left out: it has" if len(said) == 1 else f"{len(said)} runs are left out: they have"
        st.caption(
            f":material/info: {words} other settings than the arm has today, or settings that changed during training."
        )


def _have_ended(arms: Sequence[Arm]) -> bool:
    return any(run.state in _ENDED for arm in arms for run in arm.runs.values())


def _sweeps(experiment: Experiment, scale: Scale) -> None:
    """Those that are not over."""
    own = [each for each in sweeps.of_store().list() if (each.experiment, each.scale) == (experiment.id, scale)]
    for sweep in sweeps.unfinished(own):
        sweeps.bar(sweep, "question")


def _cells(experiment: Experiment, scale: Scale) -> tuple[Sequence[Arm], Sequence[int]]:
    known = look(experiment, scale)
    return [arm for arm in known.mine if arm.runs], known.seeds


def _results(experiment: Experiment, scale: Scale) -> results.Results:
    known = look(experiment, scale)
    configs = [experiment.arm(name, scale) for name in experiment.arms_at(scale)]
    path = path_that_varies(configs)
    wanted = [rule.outcome for claim in judging.claims_of(experiment.id) for rule in claim.rules]
    return results.Results(
        key=f"{experiment.id}-{scale}",
        mine=known.mine,
        reference=known.reference,
        varies=SETTINGS[path].label if path else "arm",
        path=path,
        wanted=list(dict.fromkeys(wanted)),
    )
