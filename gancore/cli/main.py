"""`python -m gancore`: train, steer and look at runs from a terminal.

Exit status: 0 on success, 2 on bad input with one line on stderr, 1 when a run failed; 130 on Ctrl-C, after a
checkpoint of what trains, and so 129, 131 and 143 when the terminal is closed and on SIGQUIT and SIGTERM.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper

import typer
from typer.exceptions import TyperException

from gancore.cli import interrupts
from gancore.cli.archives import clean, export_runs, import_runs
from gancore.cli.bench import bench
from gancore.cli.catalogue import datasets, experiments
from gancore.cli.export import export
from gancore.cli.importing import import_set
from gancore.cli.networks import trust
from gancore.cli.options import BadInput
from gancore.cli.reproduce import reproduce
from gancore.cli.runs import list_runs, show
from gancore.cli.samples import evaluate, sample
from gancore.cli.search import search
from gancore.cli.steering import pause, set_settings, stop
from gancore.cli.training import fork, resume, train
from gancore.cli.verdicts import verdicts
from gancore.config import ConfigError
from gancore.store import RunBusy, RunNotFound
from gancore.training.heartbeat import Superseded

COMMANDS: dict[str, Callable[..., int | None]] = {
    "train": train,
    "resume": resume,
    "fork": fork,
    "set": set_settings,
    "stop": stop,
    "pause": pause,
    "list": list_runs,
    "show": show,
    "sample": sample,
    "evaluate": evaluate,
    "export": export,
    "export-runs": export_runs,
    "import-runs": import_runs,
    "clean": clean,
    "trust": trust,
    "import": import_set,
    "datasets": datasets,
    "experiments": experiments,
    "reproduce": reproduce,
    "search": search,
    "verdicts": verdicts,
    "bench": bench,
}

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
for name, command in COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """Run a command; whatever the user can mend becomes one line on stderr and status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a path may hold bytes that are no text
    try:
        with interrupts.raising():
            status = app(standalone_mode=False)
    except interrupts.Interrupted as interrupt:
        with suppress(OSError):
            print("interrupted", file=sys.stderr)
        status = 128 + interrupt.number
    except (BadInput, ConfigError, RunBusy, RunNotFound, Superseded) as problem:
        status = _complain(str(problem))
    except TyperException as problem:
        status = _complain(problem.format_message() or "no command was given")
    except OSError as problem:  # a runs folder that is a file, or that may not be written
        status = _complain(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem))
    interrupts.leave(status if isinstance(status, int) else 0)


def _complain(problem: str) -> int:
    print("error: " + " ".join(problem.split()), file=sys.stderr)
    return 2
