"""Asking a run that trains, or waits, for something else."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gancore.cli.options import RUNS, BadInput, Quiet, RunId, RunsDir, find
from gancore.cli.settings import parse_changes
from gancore.store import Run


def set_settings(
    run: RunId,
    changes: Annotated[list[str], typer.Argument(metavar="PATH=VALUE...", help="For example optim.lr_g=1e-4.")],
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Change settings of a run while it trains, or for when it is resumed."""
    found = find(run, runs_dir)
    wanted = parse_changes(changes)
    found.steer(wanted)
    if not quiet:
        print(f"{found.id}: requested " + ", ".join(f"{path}={value}" for path, value in wanted.items()))


def stop(run: RunId, runs_dir: RunsDir = RUNS, quiet: Quiet = False) -> None:
    """Stop a running or queued run; it keeps a checkpoint."""
    _ask(find(run, runs_dir), "stop", quiet)


def pause(run: RunId, runs_dir: RunsDir = RUNS, quiet: Quiet = False) -> None:
    """Pause a running or queued run; it keeps a checkpoint."""
    _ask(find(run, runs_dir), "pause", quiet)


def _ask(run: Run, command: Any, quiet: bool) -> None:
    state = run.state
    if state not in ("running", "queued"):
        raise BadInput(f"{run.id} is {state}: there is nothing to {command}")
    run.command(command)
    if not quiet:
        print(f"{run.id}: {command} requested")
