"""`gancore.train`: settings in, a trained run out."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gancore.cli import interrupts
from gancore.cli.settings import choose_arm, with_imported_facts
from gancore.config import SETTINGS, ConfigError, RunConfig
from gancore.experiments import EXPERIMENTS, Scale
from gancore.notebook.live import LiveView, in_notebook
from gancore.notebook.run import Run
from gancore.notebook.store import RunStore

if TYPE_CHECKING:
    from gancore.training.sinks import Sink

_SHORT = {path.rpartition(".")[2]: path for path in reversed(SETTINGS)} | {"data": "data.name"}


class TrainingFailed(RuntimeError):
    """A run that ended in an error; the message is one sentence, and `run` is what there is of it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        super().__init__(run.status.error or "the run failed")


def train(
    start: str | RunConfig | Mapping[str, Any] | None = None,
    /,
    *,
    runs: str | Path = "runs",
    name: str = "",
    arm: str | None = None,
    scale: Scale | None = None,
    live: bool = True,
    **settings: Any,
) -> Run:
    """Train a new run in the store at `runs`, and return it.

    It starts from `start`: the id of an experiment in the catalogue (with `arm` and `scale` as for the command line),
    settings, such as `{"optim.lr_g": 1e-3}`, a whole `RunConfig`, or the quickstart. Further `settings` are named in
    short: `ngf=64, lr_g=1e-3`, `data="fashion-mnist"`, or as `optim__lr_g`.

    While it trains, a notebook shows it `live`, and a terminal a progress bar. Interrupting it stops it with a
    checkpoint; then it is returned as it is. Raises `ConfigError` for settings that cannot be, and `TrainingFailed`.
    """
    from gancore.training.runner import execute

    experiment, base = _start(start, arm, scale)
    changes = {_path(each): value for each, value in settings.items()}
    config = base.replace(with_imported_facts(changes, base))
    made_for: dict[str, Any] = {}
    if experiment is not None:
        chosen, at = choose_arm(experiment, arm), scale or "full"
        is_arm = EXPERIMENTS[experiment].is_arm(config, chosen, at)
        made_for = {"experiment": experiment} | ({"arm": chosen, "scale": at} if is_arm else {})
    made = RunStore(runs).create(config, name=name, **made_for)
    run = Run(made.path)
    watchers = _watchers(run) if live else []
    try:
        with _stopping() as stop:
            state = execute(run.path, watchers=watchers, interrupt=stop)
    finally:
        for watcher in watchers:
            watcher.close()
    if state == "failed":
        raise TrainingFailed(run)
    return run


def _start(start: object, arm: str | None, scale: Scale | None) -> tuple[str | None, RunConfig]:
    """The experiment, if one was named, and the settings to start from."""
    if isinstance(start, str):
        return start, EXPERIMENTS[start].arm(choose_arm(start, arm), scale or "full") if start in EXPERIMENTS else _no(
            start
        )
    if arm is not None or scale is not None:
        raise ConfigError("arm and scale belong to an experiment: name one first")
    if isinstance(start, RunConfig):
        return None, start
    return None, RunConfig().replace({_path(name): value for name, value in dict(start or {}).items()})  # type: ignore[call-overload]


def _no(experiment: str) -> RunConfig:
    raise ConfigError(f"unknown experiment {experiment!r}: choose one of {', '.join(EXPERIMENTS)}")


def _path(name: str) -> str:
    """The setting that goes by a name; a name that none has stays, for the settings to refuse."""
    dotted = name.replace("__", ".")
    return dotted if dotted in SETTINGS else _SHORT.get(name, dotted)


def _watchers(run: Run) -> list[Sink]:
    if in_notebook():
        return [LiveView(run)]
    if sys.stderr.isatty():
        from rich.console import Console

        from gancore.cli.progress import ProgressSink

        return [ProgressSink(run, Console(stderr=True))]
    return []


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An interrupt stops the run with a checkpoint, where this is the thread that signals reach."""
    if threading.current_thread() is threading.main_thread():
        with interrupts.stopping() as stop:
            yield stop
    else:
        yield threading.Event()
