"""Runs as a grid, arms by seeds, that fills while they train."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from gancore.evaluation.measures import MEASURES, last
from gancore.experiments import EXPERIMENTS
from gancore.store import Run
from gancore.store.index import Snapshot
from gancore.store.records import LIVE, ShownState
from gancore.text import describe_duration
from ui import navigation, state
from ui.experiments import sweeps
from ui.experiments.arms import Arm
from ui.figures.evaluations import as_text, first_values, measured
from ui.frontend.components import Cell, Row, cells
from ui.messages import attempt
from ui.run import film, progress
from ui.server import pictures
from ui.words import share

TICK = 1.0  # seconds between looks while something trains
TRY_AGAIN: tuple[ShownState, ...] = ("failed", "stopped", "interrupted", "damaged")

Look = Callable[[], tuple[Sequence[Arm], Sequence[int]]]  # the arms as they are now, and the seeds to be shown


def is_live(arms: Sequence[Arm]) -> bool:
    """Whether any of their runs changes by itself."""
    return any(run.state in LIVE for arm in arms for run in arm.runs.values())


def section(look: Look, key: str, sweep: str = "") -> None:
    """The grid; follows the runs as long as any of them waits or trains. Runs of the `sweep` with this id that were
    deleted can be brought back."""
    live = is_live(look()[0])
    st.fragment(_grid, run_every=TICK if live else None, key=f"grid-{key}-{live}")(look, key, live, sweep)


def _grid(look: Look, key: str, was_live: bool, sweep: str) -> None:
    arms, seeds = look()
    if is_live(arms) != was_live:
        st.rerun()  # what is drawn of the results, too
    chosen = cells([_row(arm, seeds) for arm in arms], key=f"cells-{key}")
    if chosen is not None:
        asked, run_id = chosen
        run = state.find_run(run_id)
        if asked == "retry" and run is None and sweep:
            _retry_in(sweep, run_id, "a deleted run")
        elif asked == "retry" and run is not None:
            _retry(run)
        elif run is not None:
            navigation.go(navigation.TRAIN, {"run": run.id})
        st.rerun()


def _row(arm: Arm, seeds: Sequence[int]) -> Row:
    return Row(arm.label, arm.color, [_cell(arm.runs.get(seed), seed, arm.deleted.get(seed, "")) for seed in seeds])


def _cell(run: Snapshot | None, seed: int, deleted: str) -> Cell:
    if run is None and deleted:
        return Cell(seed, "missing", "delete", "deleted", deleted, retry=True)
    if run is None:
        return Cell(seed, "missing", "remove", "not run")
    shown = run.state
    icon, word = progress.state_icon(shown), progress.state_word(shown)
    if run.damage:
        return Cell(seed, shown, icon, word, retry=bool(run.sweep))
    samples = run.samples()
    newest = max(samples, default=None)
    source = None if newest is None else pictures.address(run, newest, path=samples[newest])
    done = 1.0 if shown == "finished" else share(run.status)
    return Cell(
        seed,
        shown,
        icon,
        _line(run, shown, word),
        run.id,
        source or "",
        round(done, 3),
        shown in TRY_AGAIN,
        film.aspect(run.config),
    )


def _line(run: Snapshot, shown: ShownState, word: str) -> str:
    """How far it is, or what came of it; short, since there are many."""
    if shown == "finished":
        return run.once("result", lambda: _result(run)) or word
    if shown != "running":
        return word if shown in ("queued", "damaged") else f"{word} at {share(run.status):.0%}"
    left = run.status.remaining
    done = run.status.phase or f"{share(run.status):.0%}"
    return f"{done} · {describe_duration(left)} left" if left is not None and not run.status.phase else done


def _result(run: Run) -> str:
    """`FID 12.3`; nothing if nothing was measured."""
    every = run.evaluations()
    for key in first_values(run.config, measured(every))[:1]:
        if (found := last(every, key, "full") or last(every, key)) is not None:
            return f"{MEASURES[key].label} {as_text(found.values, key)}"
    return ""


def _retry(run: Run) -> None:
    """Have it tried again by its sweep, or by itself where it belongs to none."""
    if sweeps.find(run.sweep) is None:
        attempt(f"Retrying {run.name}", state.executor().submit, run)
    else:
        _retry_in(run.sweep or "", run.id, run.name)


def _retry_in(sweep_id: str, run_id: str, name: str) -> None:
    """The id of the run may come from a browser: a sweep retries none but its own."""

    def retry() -> None:
        known = sweeps.of_store()
        known.retry(known.open(sweep_id), run_id)

    attempt(f"Retrying {name}", retry)
    state.executor().ensure_worker()


def known_seeds(experiment: str, arms: Sequence[Arm]) -> list[int]:
    """Seeds that some arm has a run of; the catalogue's where there is none."""
    found = {seed for arm in arms for seed in arm.runs}
    return sorted(found or EXPERIMENTS[experiment].seeds)
