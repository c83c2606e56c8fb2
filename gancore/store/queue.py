"""The queue of a store: the runs in state `queued`, by what their folders say. So it survives whoever works on it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from gancore.store.locks import PATIENCE
from gancore.store.records import State
from gancore.store.requests import new_token
from gancore.store.run import Run


def place(run: Run) -> tuple[int, float, str]:
    """What the queue is sorted by: the highest priority first, then whoever waits longest."""
    meta = run.meta
    return -meta.priority, meta.queued_at, run.id


def put_back(run: Run, *states: State, patience: float = PATIENCE) -> bool:
    """Queue a run again, at the place that it had before, if its state is one of these; whether it was.

    Raises `RunBusy` if it is still executed after `patience` seconds, `RunNotFound` if it is gone.
    """
    with run.hold(f"{run.name} is still training: try again when it has stopped", patience):
        if run.status.state not in states:
            return False
        _write_queued(run)
        return True


def recover(run: Run) -> bool:
    """Queue an interrupted run again, at the place that it had; whether it was interrupted.

    What it had been asked to do before, to pause or to stop, is done instead. Raises `RunBusy` and `RunNotFound`.
    """
    with run.hold(f"{run.name} is running already", timeout=0):
        before = run.status
        if before.state != "running":  # somebody was quicker
            return False
        if run.asked_of(before.token) == "run":
            _write_queued(run)
        asked = run.asked_of(before.token)  # also by who did not see yet that it is queued
        if asked != "run":
            state = "paused" if asked == "pause" else "stopped"
            run.write_status(before.model_copy(update={"state": state, "remaining": None, "phase": ""}))
        return True


def _write_queued(run: Run) -> None:
    changes = {"state": "queued", "error": None, "error_code": "", "token": new_token(), "phase": ""}
    run.write_status(run.status.model_copy(update=changes))


def move(run_id: str, before: str | None, waiting: Sequence[Run]) -> None:
    """Have a run come just before another one, or last of all. `waiting` is the whole queue, in order.

    One run's place is changed, or, where there is no room between two, the places of all.
    """
    if run_id == before:
        return
    runs = {run.id: run for run in waiting}
    order = [name for name in runs if name != run_id]
    position = len(order) if before is None else order.index(before)
    order.insert(position, run_id)
    above = runs[order[position - 1]].meta if position else None
    below = runs[order[position + 1]].meta if position + 1 < len(order) else None
    if below is None:
        priority, moment = (above.priority if above else 0), time.time()
        fits = above is None or above.queued_at < moment
    elif above is None or above.priority > below.priority:
        priority, moment = below.priority, below.queued_at - 1.0
        fits = moment >= 0
    else:
        priority, moment = below.priority, (above.queued_at + below.queued_at) / 2
        fits = above.queued_at < moment < below.queued_at
    if fits:
        runs[run_id].edit_meta(priority=priority, queued_at=moment)
        return
    now = time.time()
    for number, name in enumerate(order):
        runs[name].edit_meta(priority=0, queued_at=now + number * 1e-3)
