"""Runs by words, for whoever adds one to a comparison: `find?q=<words>` answers with a few of them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from gancore.store import Run
from gancore.store.index import Snapshot
from ui import state
from ui.colors import run_color
from ui.server import pictures

ADDRESS = "find"  # relative to the server's
MOST = 30  # runs of an answer
MOST_WORDS = 200  # characters


def find(request: Request) -> JSONResponse:
    """Answer with the newest runs that have all of the words, those first that have them in a row."""
    phrase = " ".join(request.query_params.get("q", "")[:MOST_WORDS].lower().split())
    found = [run for run in state.visible() if not run.damage and all(word in _text(run) for word in phrase.split())]
    found.sort(key=lambda run: phrase not in _text(run))
    return JSONResponse([_described(run) for run in found[:MOST]], headers={"Cache-Control": "no-store"})


def _text(run: Snapshot) -> str:
    """What is known of a run that somebody may type."""

    def gather() -> str:
        config = run.config_now
        said = [run.name, run.id, run.experiment or "", run.arm or "", *run.meta.tags, config.model.kind]
        said += [config.data.name, f"seed {config.seed}", "reference" if state.is_reference(run) else ""]
        return " ".join(said).lower()

    return run.once("words", gather)


def _described(run: Run) -> dict[str, Any]:
    """A run as a chip and as a line of a menu."""
    status, reference = run.status, state.is_reference(run)
    steps = run.samples()
    last = max(steps, default=None)
    said = [
        "reference" if reference else run.state,
        f"step {status.step:,}",
        run.config.model.kind,
        run.config.data.name,
    ]
    return {
        "id": run.id,
        "name": run.name,
        "title": run.name,
        "line": " · ".join(said),
        "color": run_color(run),
        "dash": "",
        "src": "" if last is None else pictures.address(run, last, small=True, path=steps[last]) or "",
        "reference": reference,
    }
