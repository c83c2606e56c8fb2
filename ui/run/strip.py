"""What goes on in the store, on every page: the slim bar of what trains, and noticing what begins and ends."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.store import Run
from ui import navigation, state
from ui.boundary import boundary
from ui.frontend.components import progress
from ui.run import controls, film, queue
from ui.words import plain, progress_line, share, unit

TICK = 30.0  # seconds between looks at what nobody was told of
MOST = 3  # bars
WATCH = 2.0  # seconds between looks at what else goes on in the store
WATCH_TRAINING = 10.0  # the same while a run trains, of which the page is told by itself


def watch(seen: state.Activity) -> None:
    """Notice what trains or waits other than `seen` (started in another tab, ended), and draw the page anew."""
    st.fragment(_watch, run_every=WATCH_TRAINING if seen.running else WATCH, key="watch")(seen)


def _watch(seen: state.Activity) -> None:
    if state.activity() != seen:
        st.rerun()


def now_strip(active: Sequence[str]) -> None:
    """A slim bar at the top of a page for each run that trains, by their ids."""
    for run_id in active[:MOST]:
        st.fragment(_strip, run_every=TICK, key=f"now-{run_id}")(run_id)
    if len(active) > MOST:
        st.caption(f"{len(active) - MOST} more runs are training: see Runs.")


def others_line(shown: Run | None) -> None:
    """Beside the run that is shown: one line of what else trains and what waits, each behind a button."""
    others = [run.id for run in state.active_runs() if shown is None or run.id != shown.id]
    waiting = [run.id for run in state.store().queue() if shown is None or run.id != shown.id]
    with st.container(key="others"):
        if others or waiting:
            st.fragment(_others, run_every=TICK if others else None, key="others-line")(others, waiting)


def _others(others: list[str], waiting: list[str]) -> None:
    runs = [run for run in map(state.find_run, others) if run is not None and run.state == "running"]
    if len(runs) < len(others):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for run in runs[:MOST]:
            label = f":material/play_arrow: {plain(run.name)} {share(run.status):.0%}"
            with st.popover(label, key=f"other-{run.id}"), boundary(run):
                _in_brief(run)
        if len(runs) > MOST:
            st.page_link(navigation.RUNS, label=f"{len(runs) - MOST} more are training")
        if waiting:
            with st.popover(f":material/schedule: Queue · {len(waiting)} waiting", key="queue"):
                queue.rows([run for run in map(state.find_run, waiting) if run is not None])


def _in_brief(run: Run) -> None:
    st.caption(plain(progress_line(run.status, counted=unit(run.config))))
    with st.container(horizontal=True):
        st.page_link(navigation.TRAIN, label="Watch", icon=":material/visibility:", query_params={"run": run.id})
        controls.control_buttons(run, "strip")


def _strip(run_id: str) -> None:
    run = state.find_run(run_id)
    if run is None or run.state != "running":
        st.rerun()
    with st.container(border=True, key=f"now-strip-{run.id}"), boundary(run):
        picture, words, buttons = st.columns([0.6, 6, 3.4], vertical_alignment="center")
        with picture:
            film.newest(run, place="strip", width=52, live=True)
        with words:
            progress(run, live=True, key=f"strip-progress-{run.id}", label=run.name, losses=True)
        with buttons.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            st.page_link(navigation.TRAIN, label="Watch", icon=":material/visibility:", query_params={"run": run.id})
            controls.control_buttons(run, "strip")
