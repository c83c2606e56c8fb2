"""The compared runs as chips, above everything else on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gancore.store import Run
from ui import state
from ui.compare import address
from ui.compare.chosen import Chosen, find
from ui.frontend import comparing
from ui.navigation import MOST_COMPARED
from ui.run import film
from ui.run.progress import state_word


def section(chosen: Chosen) -> None:
    """Show the runs, and let them be added, removed, hidden and put in another order."""
    shown = [_chip(run, chosen) for run in chosen.runs]
    comparing.chips(shown, most=MOST_COMPARED, heard=_take)


def _chip(run: Run, chosen: Chosen) -> comparing.Chip:
    line = chosen.lines[run.id]
    return comparing.Chip(
        id=run.id,
        name=chosen.names[run.id],
        title=f"{run.name}, {state_word(run.state)}, step {run.status.step:,} ({run.id})",
        color=line.color,
        dash=line.dash,
        src=film.thumbnail(run) or "",
        hidden=run not in chosen.visible,
        reference=state.is_reference(run),
    )


def _take(change: Mapping[str, Any]) -> None:
    """What the browser says: ids are looked up, and anything else is left out."""
    runs = [each for each in _texts(change.get("runs")) if find(each) is not None]
    hidden = frozenset(_texts(change.get("hidden")))
    address.change(runs=tuple(dict.fromkeys(runs))[:MOST_COMPARED], hidden=hidden & set(runs))


def _texts(found: Any) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
