"""What can be done with many runs at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from gancore.store import Run
from gancore.store.index import Snapshot
from gancore.store.records import RESUMABLE
from ui import navigation, state
from ui.forms import draft
from ui.messages import attempt, say
from ui.run import controls, forking, queue
from ui.runs import dialogs
from ui.runs.view import View

MOST_TAGS = 100  # of a run
_DELETED = "deleted"  # in the session: the ids that Undo brings back


def possible(runs: Sequence[Snapshot]) -> dict[str, int]:
    """What can be done with these runs, and with how many of them."""
    whole = [run for run in runs if not run.damage]
    counts = {
        "open": int(len(runs) == 1 == len(whole)),
        "compare": len(whole) if len(whole) > 1 else 0,
        "resume": sum(run.state in RESUMABLE for run in whole),
        "stop": sum(run.state in ("running", "queued") for run in whole),
        "star": sum(not run.meta.starred for run in whole),
        "unstar": sum(run.meta.starred for run in whole),
        "tags": len(whole),
        "explore": sum(1 for run in whole if forking.kept(run)) if len(whole) <= 2 else 0,
        "use": int(len(runs) == 1 == len(whole)),
        "export": len(whole),
        "delete": len(runs),
    }
    return {name: count for name, count in counts.items() if count}


def act(name: str, runs: Sequence[Snapshot], view: View) -> None:
    """Do what a button asks for with all of these runs with which it can be done: in a callback."""
    if name in _ACTIONS and name in possible(runs):
        _ACTIONS[name]([Run(run.path) for run in runs], view)


def _open(runs: Sequence[Run], _view: View) -> None:
    navigation.go(navigation.TRAIN, {"run": runs[0].id})


def _compare(runs: Sequence[Run], _view: View) -> None:
    whole = [run for run in runs if not run.damage]
    if len(whole) > navigation.MOST_COMPARED:
        say(f"Compare shows up to {navigation.MOST_COMPARED} runs: tick fewer than {len(whole):,}.")
        return
    navigation.go(navigation.COMPARE, {"runs": ",".join(run.id for run in whole)})


def _explore(runs: Sequence[Run], _view: View) -> None:
    explorable = [run.id for run in runs if not run.damage and forking.kept(run)]
    navigation.go(navigation.EXPLORE, dict(zip(("run", "beside"), explorable, strict=False)))


def _resume(runs: Sequence[Run], _view: View) -> None:
    for run in runs:
        if run.state in RESUMABLE:
            controls.resume(run)


def _stop(runs: Sequence[Run], _view: View) -> None:
    for run in runs:
        if run.state == "queued":
            queue.take_out(run)
        elif run.state == "running":
            attempt(f"Stopping {run.name}", run.command, "stop")


def _starred(starred: bool) -> Callable[[Sequence[Run], View], None]:
    def star(runs: Sequence[Run], _view: View) -> None:
        for run in runs:
            if not run.damage and run.meta.starred is not starred:
                attempt(f"Marking {run.name}", run.edit_meta, starred=starred)

    return star


def _use(runs: Sequence[Run], _view: View) -> None:
    draft.start_from_run(runs[0])
    navigation.go(navigation.TRAIN, {"run": runs[0].id})


def _delete(runs: Sequence[Run], view: View) -> None:
    deleted = [run.id for run in runs if attempt(f"Deleting {run.name}", state.store().delete, run)]
    st.session_state[_DELETED] = deleted
    for run_id in deleted:
        view.ticked.pop(run_id, None)


_ACTIONS: dict[str, Callable[[Sequence[Run], View], None]] = {
    "open": _open,
    "compare": _compare,
    "explore": _explore,
    "resume": _resume,
    "stop": _stop,
    "star": _starred(True),
    "unstar": _starred(False),
    "tags": lambda runs, _: dialogs.ask("tags", runs),
    "use": _use,
    "export": lambda runs, _: dialogs.ask("export", runs),
    "delete": _delete,
}


def undo() -> None:
    """Bring back what was deleted last."""
    for run in deleted():
        attempt(f"Restoring {run.name}", state.store().restore, run.id)
    st.session_state.pop(_DELETED, None)


def deleted() -> Sequence[Run]:
    """What was deleted last and can be brought back."""
    wanted = st.session_state.get(_DELETED, [])
    trashed = {run.id: run for run in state.store().trashed()} if wanted else {}
    return [trashed[run_id] for run_id in wanted if run_id in trashed]
