"""Sweeps as a person steers them: how far each is, and pausing, going on, cancelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from gancore.experiments import EXPERIMENTS
from gancore.sweeps.progress import Progress
from gancore.sweeps.search import Searches
from gancore.sweeps.sweep import Sweep
from gancore.sweeps.sweeps import SweepNotFound, Sweeps
from gancore.text import describe_duration
from ui import navigation, state
from ui.boundary import boundary
from ui.messages import attempt
from ui.words import plain

TICK = 1.0  # seconds between looks while something trains
SHOWN = 6  # sweeps that are listed before the others are folded away

_COUNTED = {  # state of runs -> what they are called, in this order
    "finished": "finished",
    "running": "training",
    "queued": "waiting",
    "paused": "paused",
    "stopped": "stopped",
    "pruned": "pruned",
    "failed": "failed",
    "interrupted": "interrupted",
    "damaged": "damaged",
    "missing": "deleted",
}


def of_store() -> Sweeps:
    """The sweeps of this server's store; runs are looked up in its index."""
    return Sweeps(state.store(), state.index().find)


def find(sweep_id: str | None) -> Sweep | None:
    """The sweep that a link names, if it exists."""
    try:
        return of_store().open(sweep_id) if sweep_id else None
    except SweepNotFound:
        return None


def unfinished(sweeps: Sequence[Sweep]) -> list[Sweep]:
    """Those with runs that wait, train or were paused."""
    known = of_store()
    return [sweep for sweep in sweeps if sweep.state != "cancelled" and not is_over(sweep, known.progress(sweep))]


def is_over(sweep: Sweep, progress: Progress) -> bool:
    """Whether nothing of a sweep waits, trains, is paused, or may come yet."""
    left = any(progress.counts.get(each) for each in ("paused", "interrupted"))
    return not progress.active and not left and not _grows(sweep)


def goes_on(sweep: Sweep) -> bool:
    """Whether it changes by itself: runs wait or train, or the next ones of a search are chosen this moment."""
    return of_store().progress(sweep).active > 0 or (sweep.state == "started" and _grows(sweep))


def _grows(sweep: Sweep) -> bool:
    return sweep.planned > len(sweep.cells)


def bar(sweep: Sweep, place: str, *, titled: bool = False) -> None:
    """How far a sweep is, with what can be asked of it; follows it while it trains."""
    live = goes_on(sweep)
    st.fragment(_bar, run_every=TICK if live else None, key=f"bar-{place}-{sweep.id}-{live}")(
        sweep.id, place, titled, live
    )


def _bar(sweep_id: str, place: str, titled: bool, was_live: bool) -> None:
    sweep = find(sweep_id)
    if sweep is None:
        return
    progress = of_store().progress(sweep)
    if goes_on(sweep) != was_live:
        st.rerun()
    with st.container(border=True, key=f"sweep-{place}-{sweep.id}"), boundary(sweep.title):
        words, buttons = st.columns([3, 1.6], vertical_alignment="center")
        with words:
            if titled:
                _link(sweep, f"**{plain(title(sweep))}**", place)
            st.progress(progress.share, text=plain(line(sweep, progress)))
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            _controls(sweep, progress, place)


def title(sweep: Sweep) -> str:
    """`What does ndf do? · quick`."""
    named = EXPERIMENTS[sweep.experiment].title if sweep.experiment in EXPERIMENTS else sweep.title or sweep.id
    return f"{named} · {sweep.scale}" if sweep.scale else named


def address(sweep: Sweep) -> dict[str, str]:
    """Where a sweep is shown: with its question, or on a page of its own."""
    if sweep.experiment in EXPERIMENTS:
        return {"experiment": str(sweep.experiment), "scale": sweep.scale or "quick"}
    return {"sweep": sweep.id}


def line(sweep: Sweep, progress: Progress) -> str:
    """`4 of 9 runs finished · 1 training · 4 waiting · about 3 min left`."""
    most = "at most " if _grows(sweep) else ""
    parts = [f"{progress.finished} of {most}{progress.total} runs finished"]
    parts += [f"{progress.counts[key]} {word}" for key, word in list(_COUNTED.items())[1:] if progress.counts.get(key)]
    if progress.active and progress.seconds_left:
        parts.append(f"about {describe_duration(progress.seconds_left)} left")
    elif progress.active:
        parts.append("time left: known after the first steps")
    if sweep.state in ("paused", "cancelled"):
        parts.insert(0, sweep.state)
    return " · ".join(parts)


def _controls(sweep: Sweep, progress: Progress, place: str) -> None:
    """What can be asked of it. Asked in callbacks: a page that is drawn anew at this very moment forgets a click that
    only its body looks at."""
    sweeps, key = of_store(), f"{place}-{sweep.id}"
    left = any(progress.counts.get(each) for each in ("paused", "stopped", "interrupted"))
    if goes_on(sweep):
        st.button(
            "Pause all",
            icon=":material/pause:",
            key=f"pause-{key}",
            on_click=_ask,
            args=("Pausing", sweep, sweeps.pause),
        )
        st.button(
            "Cancel",
            icon=":material/close:",
            key=f"cancel-{key}",
            on_click=_ask,
            args=("Cancelling", sweep, sweeps.cancel),
            help="Runs that have finished stay.",
        )
    elif left or _grows(sweep):
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            key=f"go-on-{key}",
            on_click=_ask,
            args=("Going on with", sweep, _go_on),
        )


def _ask(doing: str, sweep: Sweep, act: Callable[[Sweep], object]) -> None:
    attempt(f"{doing} {sweep.title}", act, sweep)
    state.executor().ensure_worker()


def _go_on(sweep: Sweep) -> None:
    going = of_store().go_on(sweep)
    searches = Searches(state.store())
    if searches.of(going) is not None:
        searches.advance(going)


def listing() -> None:
    """Running and recent sweeps, those of questions and one's own."""
    known = of_store().list()
    if not known:
        return
    st.subheader("Running and recent", anchor=False)
    going = unfinished(known)
    ended = [sweep for sweep in known if sweep not in going]
    for sweep in going:
        bar(sweep, "list", titled=True)
    for sweep in ended[: max(SHOWN - len(going), 2)]:
        _ended_line(sweep)
    if rest := ended[max(SHOWN - len(going), 2) :]:
        with st.expander(f"{len(rest)} earlier"):
            for sweep in rest:
                _ended_line(sweep)


def _ended_line(sweep: Sweep) -> None:
    words = line(sweep, of_store().progress(sweep))
    _link(sweep, f"{plain(title(sweep))} · {plain(words)}", "ended")


def _link(sweep: Sweep, label: str, place: str) -> None:
    icon = ":material/science:" if sweep.experiment else ":material/tune:"
    navigation.to_questions(label, address(sweep), key=f"open-{place}-{sweep.id}", icon=icon)
