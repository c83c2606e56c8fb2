"""Training: new runs, runs that go on, and forks."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gancore.cli import interrupts
from gancore.cli.networks import read_network, try_network
from gancore.cli.options import RUNS, BadInput, Name, Quiet, RunId, RunsDir, find
from gancore.cli.settings import choose_arm, parse_changes, starting_point, with_imported_facts
from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS, Scale
from gancore.store import Run, RunStore
from gancore.store.naming import Title, fork_title, naming
from gancore.store.records import RESUMABLE
from gancore.text import describe_duration


def train(
    experiment: Annotated[str | None, typer.Option(help="Train a run of this experiment.")] = None,
    arm: Annotated[str | None, typer.Option(help="Which of its arms (none: the first).")] = None,
    scale: Annotated[Scale | None, typer.Option(help="As in its source (full, the default), or small.")] = None,
    config: Annotated[Path | None, typer.Option(help="A JSON file with settings, or a run's config.json.")] = None,
    network: Annotated[
        Path | None, typer.Option(help="A Python file with networks of your own; it runs as your own code.")
    ] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, for example model.ngf=64.")] = None,
    seed: Annotated[int | None, typer.Option(help="Short for --set seed=N.")] = None,
    name: Name = "",
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this many steps.")] = None,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> int:
    """Train a new run; prints its id last."""
    if experiment is not None and config is not None:
        raise BadInput("give --experiment or --config, not both")
    title = None
    if experiment is None:
        if arm is not None or scale is not None:
            raise BadInput("--arm and --scale belong to an --experiment: give that, too")
        start = starting_point(config)
    else:
        arm, scale = choose_arm(experiment, arm), scale or "full"
        title = Title(f"{experiment} {arm}".strip())
        start = EXPERIMENTS[experiment].arm(arm, scale)
    if network is not None:
        start = start.replace({"model.kind": "own", "model.code": read_network(network)})
    settings = start.replace(with_imported_facts(parse_changes(changes or [], seed), start))
    _load()
    if network is not None:
        try_network(settings)
    if (
        experiment is not None
        and arm is not None
        and not EXPERIMENTS[experiment].is_arm(settings, arm, scale or "full")
    ):
        arm, scale = None, None  # it began as that arm, and is another experiment now
    run = RunStore(runs_dir).create(settings, name=name, experiment=experiment, arm=arm, scale=scale)
    if not name and title is not None:
        _name(run, title.after(start, settings))
    return _execute(run, quiet, max_steps)


def resume(
    run: RunId,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this many steps.")] = None,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> int:
    """Go on with a run from its last checkpoint."""
    found = find(run, runs_dir)
    if found.state not in RESUMABLE:
        raise BadInput(f"{found.id} is {found.state}: only runs that are {', '.join(RESUMABLE)} can be resumed")
    _load()
    return _execute(found, quiet, max_steps)


def fork(
    run: RunId,
    checkpoint: Annotated[str, typer.Option(help="`last`, or a kept step.")] = "last",
    changes: Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, for example optim.lr_g=1e-4.")] = None,
    name: Name = "",
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this many steps.")] = None,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> int:
    """Train a new run that goes on from another's checkpoint, with its settings or others; prints its id last."""
    _load()
    from gancore.store.checkpoints import BadCheckpoint

    parent = find(run, runs_dir)
    kept = checkpoint.zfill(6) if checkpoint.isdecimal() else checkpoint
    try:
        start = parent.config_at(parent.checkpoint_step(kept))
        settings = start.replace(with_imported_facts(parse_changes(changes or []), start))
        forked = RunStore(runs_dir).fork(parent, kept, settings, name=name)
        if not name:
            _name(forked, fork_title(parent, kept).after(start, settings))
    except BadCheckpoint as problem:
        raise BadInput(str(problem)) from None
    return _execute(forked, quiet, max_steps)


def _name(run: Run, title: Title) -> None:
    """Name a run that nobody named: after where it started, and what it changes of that."""
    name = title.text(run.config)
    run.edit_meta(name=name, naming=naming(name, title))


def _load() -> None:
    """Import torch and what else training needs, before anything is written that an interrupt would leave behind."""
    with interrupts.ending_at_once():
        import gancore.training.runner  # noqa: F401


def _execute(run: Run, quiet: bool, max_steps: int | None) -> int:
    from gancore.cli.progress import ProgressSink
    from gancore.training.runner import execute

    if not quiet:
        _warn_of_memory(run.steered_config)
    watchers = [] if quiet else [ProgressSink(run, Console(stderr=True))]
    with interrupts.stopping() as stop:
        state = execute(run.path, watchers=watchers, max_steps=max_steps, interrupt=stop)
        with suppress(OSError):  # the terminal is gone, which may be why it stopped
            for watcher in watchers:
                watcher.close()
            _report(run, state, quiet)
    if stop.is_set():
        return 128 + stop.number
    return 1 if state == "failed" else 0


def _warn_of_memory(config: RunConfig) -> None:
    from gancore.training.memory import shortage

    if lack := shortage(config):
        print(f"warning: this run needs {lack.amount}: lower {lack.setting} first", file=sys.stderr)


def _report(run: Run, state: str, quiet: bool) -> None:
    status = run.status
    if status.error:
        print(f"error: {status.error}", file=sys.stderr)
    elif not quiet:
        done = f"{state} at step {status.step:,} of {status.total_steps:,}"
        print(f"{done} after {describe_duration(status.seconds)}", file=sys.stderr)
    print(run.id)
