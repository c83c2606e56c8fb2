"""Before anything starts: scale, seeds and arms of an experiment, what that costs on this machine, and Run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from gancore.config import ConfigError, RunConfig
from gancore.experiments import Experiment, Scale
from gancore.experiments.evidence import Evidence
from gancore.store.records import LIVE, ShownState
from gancore.sweeps.plan import of_experiment
from gancore.sweeps.planner import SEEDS, Offer, decides, offer, seeds_of
from gancore.text import describe_duration
from ui import state
from ui.experiments import sweeps
from ui.experiments.arms import Arm
from ui.forms import allowance, costing
from ui.messages import describe, say
from ui.words import plain

SCALES: dict[Scale, str] = {"quick": "Quick", "full": "Full, as in the report"}
DEFAULT_SEEDS = 3  # the least that decide anything


@dataclass(frozen=True)
class Choice:
    """What would be run."""

    experiment: Experiment
    scale: Scale
    arms: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def configs(self) -> dict[str, RunConfig]:
        """Of each arm, with its first seed."""
        return {name: self.experiment.arm(name, self.scale) for name in self.arms}

    def missing(self, known: Sequence[Arm]) -> dict[str, int]:
        """How many runs of each arm there are to do: not those that are finished, nor those that wait or train."""
        return {name: sum(state is None for state in states) for name, states in self._states(known).items()}

    def left(self, known: Sequence[Arm]) -> Choice:
        """As much of this as takes in all that there is to do: seeds and arms of which nothing is missing are left
        out."""
        states = self._states(known)
        arms = tuple(name for name in self.arms if None in states[name])
        places = [place for place in range(len(self.seeds)) if any(states[name][place] is None for name in self.arms)]
        return replace(self, arms=arms, seeds=tuple(self.seeds[place] for place in places))

    def is_on_its_way(self, known: Sequence[Arm]) -> bool:
        """Whether some of its runs wait or train."""
        return any(state in LIVE for states in self._states(known).values() for state in states)

    def _states(self, known: Sequence[Arm]) -> dict[str, list[ShownState | None]]:
        """Of each arm, the states of its seeds; None where a run is to be made."""
        runs = {arm.name: arm.runs for arm in known}
        return {
            name: [_useful(runs[name][seed].state) if seed in runs.get(name, {}) else None for seed in self.seeds]
            for name in self.arms
        }


def _useful(state: ShownState) -> ShownState | None:
    return state if state == "finished" or state in LIVE else None


def scales(experiment: Experiment) -> list[Scale]:
    """The scales that differ."""
    return ["quick", "full"] if experiment.runs("quick") != experiment.runs("full") else []


def scale_of(experiment: Experiment, default: Scale) -> Scale:
    """The scale that was chosen in the panel, which is drawn further down."""
    chosen: Scale = st.session_state.get(_scale_key(experiment)) or default
    return chosen


def _scale_key(experiment: Experiment) -> str:
    return f"scale-of-{experiment.id}"


def panel(experiment: Experiment, scale: Scale, known: Sequence[Arm]) -> None:
    """Scale, seeds and arms, what they cost, and Run."""
    st.fragment(_panel, key=f"plan-{experiment.id}-{scale}")(experiment, scale, known)


def _panel(experiment: Experiment, scale: Scale, known: Sequence[Arm]) -> None:
    with st.container(border=True, key=f"plan-{experiment.id}"):
        choice = _choose(experiment, scale)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            _run_button(choice, known)
            _cost(choice, known)
        st.caption(plain(decides(experiment, scale, len(choice.seeds), _evidence())))


def _run_button(choice: Choice, known: Sequence[Arm]) -> None:
    """Run what there is to do; never a second time what is on its way."""
    count = sum(choice.missing(known).values())
    label = f"Run {count} {'run' if count == 1 else 'runs'}"
    on_its_way = choice.left(known).is_on_its_way(known)
    if not count:
        label = "These runs are on their way" if choice.is_on_its_way(known) else "All of these runs are finished"
    icon = ":material/play_arrow:" if count else ":material/check:"
    disabled = not count or on_its_way
    why = (
        "Some of these runs wait or train already: choose other arms or seeds, or wait for them."
        if on_its_way
        else None
    )
    started = st.button(
        label,
        type="primary",
        icon=icon,
        disabled=disabled,
        key="run-experiment",
        help=why,
        on_click=_start,
        args=(choice.left(known),),
    )
    if started:
        st.rerun()  # all of the page, not this panel alone


def _evidence() -> Evidence:
    """All runs by which it is told how far seeds differ."""
    return Evidence([*state.runs(), *state.reference()])


def _choose(experiment: Experiment, scale: Scale) -> Choice:
    names = experiment.arms_at(scale)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if _pick_scale(experiment, scale) != scale:
            st.rerun()  # all of the page is about one scale
        count = st.segmented_control(
            "Seeds",
            SEEDS,
            default=DEFAULT_SEEDS,
            required=True,
            key=f"seeds-{experiment.id}",
            persist_state="session",
            help="The same arms with other random numbers: only several seeds tell a difference from chance.",
        )
        _have_minutes(experiment)
    arms = names
    if len(names) > 1:
        arms = st.pills(
            "Arms",
            names,
            default=names,
            selection_mode="multi",
            format_func=lambda name: _arm_label(experiment, name),
            key=f"arms-{experiment.id}-{scale}",
            persist_state="session",
            wrap=True,
        )
    if left := [name for name in experiment.arms if name not in names]:
        st.caption(plain(f"Left to the full scale, since it takes too long here: {', '.join(left)}."))
    chosen = tuple(name for name in names if name in arms)
    return Choice(experiment, scale, chosen, seeds_of(experiment, count))


def _pick_scale(experiment: Experiment, scale: Scale) -> Scale:
    offered = scales(experiment)
    if not offered:
        return scale
    st.session_state.setdefault(_scale_key(experiment), scale)
    return (
        st.segmented_control(
            "Scale",
            offered,
            required=True,
            format_func=SCALES.__getitem__,
            key=_scale_key(experiment),
            persist_state="session",
            help="Quick asks the same question with data that come with the installation; full is what the report did.",
        )
        or scale
    )


def _have_minutes(experiment: Experiment) -> None:
    """What fits into the time that somebody has, and what could be decided in it."""
    with st.popover(
        "Fit my time", icon=":material/schedule:", key=f"planner-{experiment.id}", on_change="rerun"
    ) as opened:
        minutes = st.number_input(
            "Minutes that I have", 1, 10_000, 45, key=f"minutes-{experiment.id}", persist_state="session"
        )
        if not opened.open:
            return
        if not costing.are_ready():
            st.caption("This machine's speed is being measured: try again in a moment.")
            return
        with st.spinner("Counting …"):
            found = offer(experiment.id, 60 * minutes, costing.seconds, speedup=costing.speedup(100), known=_evidence())
        if found is None:
            st.caption("Not even one seed of each arm fits into that: leave out some arms.")
            return
        st.markdown(plain(found.words))
        st.button("Use this", on_click=_take, args=(experiment, found), key=f"use-offer-{experiment.id}")


def _take(experiment: Experiment, found: Offer) -> None:
    if scales(experiment):
        st.session_state[_scale_key(experiment)] = found.scale
    st.session_state[f"seeds-{experiment.id}"] = len(found.seeds)


def _arm_label(experiment: Experiment, name: str) -> str:
    """Its name, the baseline marked."""
    is_base = experiment.arm(name, "full") == experiment.base.replace({"seed": experiment.seeds[0]})
    return f":material/flag: {plain(name)} (baseline)" if is_base else plain(name)


def _cost(choice: Choice, known: Sequence[Arm]) -> None:
    """What it takes at this scale and at the other one; looks again until everything is counted."""
    complete = all(costing.look(configs).complete for configs in _by_scale(choice).values())
    key = f"costs-{choice.experiment.id}-{choice.scale}-{complete}"
    st.fragment(_cost_lines, run_every=None if complete else costing.LOOK, key=key)(choice, known, complete)


def _by_scale(choice: Choice) -> dict[Scale, dict[str, RunConfig]]:
    """The configs of the scale that was chosen, and those of the other one."""
    entry, found = choice.experiment, {choice.scale: choice.configs}
    for other in scales(entry):
        if other != choice.scale:
            found[other] = {name: entry.arm(name, other) for name in entry.arms_at(other)}
    return found


def _cost_lines(choice: Choice, known: Sequence[Arm], was_complete: bool) -> None:
    costs = {scale: costing.look(configs) for scale, configs in _by_scale(choice).items()}
    if all(each.complete for each in costs.values()) and not was_complete:
        st.rerun()  # no need to look again
    own = costs.pop(choice.scale)
    lines = [_total(own, choice.missing(known), choice.scale), _each(own)]
    for scale, others in costs.items():
        if others.complete:
            seconds = sum(others.seconds.values()) * len(choice.seeds)
            seconds /= costing.speedup(len(others.seconds) * len(choice.seeds))
            lines.append(f"All of it at {scale} scale: about {describe_duration(_rounded(seconds))}.")
        else:
            lines.append("&nbsp;")
    st.caption("  \n".join(lines))
    allowance.note(sum(choice.missing(known).values()))
    for sentence in costing.obstacles(choice.configs) if own.complete else ():
        st.caption(f":material/warning: {plain(sentence)}")


def _total(costs: costing.Costs, missing: Mapping[str, int], scale: Scale) -> str:
    if not costs.complete:
        return ":material/hourglass_empty: counting how long this takes …"
    if not any(missing.values()):
        return f":material/check: nothing left to run at {scale} scale"
    seconds = sum(costs.seconds[arm] * count for arm, count in missing.items()) / costing.speedup(sum(missing.values()))
    waiting = len(state.store().queue())
    behind = f", behind {waiting} that wait already" if waiting else ""
    return f":material/timer: **about {describe_duration(_rounded(seconds))}** on this machine at {scale} scale{behind}"


def _each(costs: costing.Costs) -> str:
    parts = [
        f"{plain(arm or 'one run')} {describe_duration(_rounded(seconds))}" for arm, seconds in costs.seconds.items()
    ]
    return "One run: " + " · ".join(parts) if parts else "&nbsp;"


def _rounded(seconds: float) -> float:
    """No more precise than an estimate is."""
    step = 1 if seconds < 20 else 5 if seconds < 120 else 60
    return max(step * round(seconds / step), 1)


def _start(choice: Choice) -> None:
    """Make the sweep; its runs wait for their turn."""
    plan = of_experiment(choice.experiment.id, choice.scale, choice.seeds, choice.arms)
    try:
        sweeps.of_store().create(plan, threads=costing.threads(len(plan.configs)))
    except (OSError, RuntimeError, ConfigError) as problem:
        say(f"{choice.experiment.title} was not started: {describe(problem)}")
    state.executor().ensure_worker()
