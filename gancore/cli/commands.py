"""`python -m gancore`: train, steer and look at runs from a terminal.

Exit status: 0 on success, 2 on bad input with one line on stderr, 130 on Ctrl-C after a checkpoint, 1 when a run
failed.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

from gancore.config import ConfigError, RunConfig, parse_config, parse_setting
from gancore.config.datasets import DATASETS
from gancore.evaluation.measures import MAIN, MEASURES, headline
from gancore.experiments import EXPERIMENTS
from gancore.files import write_atomic
from gancore.health import examine
from gancore.progress import silent
from gancore.store import Run, RunBusy, RunNotFound, RunStore
from gancore.store.evaluations import Evaluation, Size
from gancore.store.records import RESUMABLE
from gancore.text import describe_duration
from gancore.training.heartbeat import Superseded

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

RunsDir = Annotated[Path, typer.Option("--runs-dir", help="Folder of the run store.", envvar="GANCORE_RUNS")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but the result.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or `latest`.")]
_RUNS = Path("runs")


class BadInput(ValueError):
    """Something the user can mend; the message is one sentence."""


def main() -> None:
    """Run a command; whatever the user can mend becomes one line on stderr and status 2."""
    try:
        status = app(standalone_mode=False)
    except (BadInput, ConfigError, RunBusy, RunNotFound, Superseded) as problem:
        status = _complain(str(problem))
    except TyperException as problem:
        status = _complain(problem.format_message() or "no command was given")
    except OSError as problem:  # a runs folder that is a file, or that may not be written
        status = _complain(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem))
    sys.exit(status if isinstance(status, int) else 0)


def _complain(problem: str) -> int:
    print("error: " + " ".join(problem.split()), file=sys.stderr)
    return 2


@app.command()
def train(
    experiment: Annotated[str | None, typer.Option(help="Train the first run of this experiment.")] = None,
    config: Annotated[Path | None, typer.Option(help="A JSON file with settings, or a run's config.json.")] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, such as model.ngf=64.")] = None,
    seed: Annotated[int | None, typer.Option(help="Short for --set seed=N.")] = None,
    name: Annotated[str, typer.Option(help="A name for people.")] = "",
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this many steps.")] = None,
    runs_dir: RunsDir = _RUNS,
    quiet: Quiet = False,
) -> int:
    """Train a new run; prints its id last."""
    if experiment is not None and config is not None:
        raise BadInput("give --experiment or --config, not both")
    start = _starting_point(experiment, config)
    settings = start.replace(_with_own_facts(_parse_changes(changes or [], seed), start))
    run = RunStore(runs_dir).create(settings, name=name, experiment=experiment)
    return _execute(run, quiet, max_steps)


@app.command()
def resume(
    run: RunId,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this many steps.")] = None,
    runs_dir: RunsDir = _RUNS,
    quiet: Quiet = False,
) -> int:
    """Go on with a run from its last checkpoint."""
    found = _find(run, runs_dir)
    if found.state not in RESUMABLE:
        raise BadInput(f"{found.id} is {found.state}: only runs that are {', '.join(RESUMABLE)} can be resumed")
    return _execute(found, quiet, max_steps)


@app.command()
def fork(
    run: RunId,
    checkpoint: Annotated[str, typer.Option(help="`last`, or a kept step.")] = "last",
    changes: Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, such as optim.lr_g=1e-4.")] = None,
    name: Annotated[str, typer.Option(help="A name for people.")] = "",
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this many steps.")] = None,
    runs_dir: RunsDir = _RUNS,
    quiet: Quiet = False,
) -> int:
    """Train a new run that goes on from another's checkpoint, with its settings or others; prints its id last."""
    from gancore.store.checkpoints import BadCheckpoint

    parent = _find(run, runs_dir)
    kept = checkpoint.zfill(6) if checkpoint.isdecimal() else checkpoint
    try:
        start = parent.config_at(parent.checkpoint_step(kept))
        settings = start.replace(_with_own_facts(_parse_changes(changes or []), start))
        forked = RunStore(runs_dir).fork(parent, kept, settings, name=name)
    except BadCheckpoint as problem:
        raise BadInput(str(problem)) from None
    return _execute(forked, quiet, max_steps)


@app.command("set")
def set_settings(
    run: RunId,
    changes: Annotated[list[str], typer.Argument(metavar="PATH=VALUE...", help="Such as optim.lr_g=1e-4.")],
    runs_dir: RunsDir = _RUNS,
    quiet: Quiet = False,
) -> None:
    """Change settings of a run while it trains, or for when it is resumed."""
    found = _find(run, runs_dir)
    wanted = _parse_changes(changes)
    found.steer(wanted)
    if not quiet:
        print(f"{found.id}: asked for " + ", ".join(f"{path}={value}" for path, value in wanted.items()))


@app.command()
def stop(run: RunId, runs_dir: RunsDir = _RUNS, quiet: Quiet = False) -> None:
    """Stop a running or queued run; it keeps a checkpoint."""
    _command(_find(run, runs_dir), "stop", quiet)


@app.command()
def pause(run: RunId, runs_dir: RunsDir = _RUNS, quiet: Quiet = False) -> None:
    """Pause a running or queued run; it keeps a checkpoint."""
    _command(_find(run, runs_dir), "pause", quiet)


@app.command("list")
def list_runs(runs_dir: RunsDir = _RUNS, quiet: Quiet = False) -> None:
    """All runs, newest first; with --quiet their ids alone."""
    runs = RunStore(runs_dir).list()
    if quiet:
        print("\n".join(run.id for run in runs))
        return
    if not runs:
        print("No runs yet. Start one: python -m gancore train --experiment quickstart")
        return
    table = Table("run", "state", "step", "loss D", "loss G", "quality", "created", box=None)
    for run in runs:
        status = run.status
        numbers = {name: value for name, value in (status.scalars | run.summary).items() if value is not None}
        created = datetime.fromtimestamp(run.created).strftime("%Y-%m-%d %H:%M") if run.created else ""
        losses = (f"{numbers[key]:.3g}" if key in numbers else "" for key in ("loss_d", "loss_g"))
        quality = headline(run.evaluations(), ("fid", "modes", *MAIN))
        step = f"{status.step:,}/{status.total_steps:,}"
        table.add_row(run.id, run.state, step, *losses, quality, created)
    _console(wide=not sys.stdout.isatty()).print(table)


@app.command()
def show(run: RunId, runs_dir: RunsDir = _RUNS, quiet: Quiet = False) -> None:
    """A run's settings, progress, numbers and history; with --quiet as JSON."""
    found = _find(run, runs_dir)
    facts: dict[str, Any] = {"id": found.id, "name": found.name, "state": found.state, "path": str(found.path)}
    if found.damage:
        facts["damage"] = found.damage
    else:
        status, settings = found.status.model_dump(), found.steered_config.flat
        facts |= {"status": status, "summary": found.summary, "settings": settings}
    if found.meta.parent:
        facts["parent"] = {"id": found.meta.parent, "step": found.meta.parent_step}
    if quiet:
        print(json.dumps(facts, indent=1))
        return
    _print_facts(found, facts)


@app.command()
def sample(
    run: RunId,
    out: Annotated[Path, typer.Option(help="The PNG file to write.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="How many images.")] = 64,
    columns: Annotated[int, typer.Option(min=1, max=100, help="Images in a row.")] = 8,
    seed: Annotated[int | None, typer.Option(min=0, help="Noise seed (none: the noise of the previews).")] = None,
    checkpoint: Annotated[str, typer.Option(help="`last`, or a kept step.")] = "last",
    scale: Annotated[int, typer.Option(min=1, max=16, help="Size of a pixel.")] = 2,
    runs_dir: RunsDir = _RUNS,
    quiet: Quiet = False,
) -> None:
    """Draw images from a run's checkpoint into a grid."""
    from gancore.data import DataUnavailable
    from gancore.pictures.grids import encode_png
    from gancore.sampling.samples import picture
    from gancore.store.checkpoints import BadCheckpoint

    try:
        drawn = picture(_find(run, runs_dir), count, columns, seed, checkpoint)
        write_atomic(out, encode_png(drawn, scale))
    except (BadCheckpoint, DataUnavailable) as problem:
        raise BadInput(str(problem)) from None
    except OSError as problem:
        raise BadInput(f"{out} cannot be written: {problem.strerror}") from None
    if not quiet:
        print(out)


@app.command()
def evaluate(
    run: RunId,
    checkpoint: Annotated[str, typer.Option(help="`last`, or a kept step.")] = "last",
    samples: Annotated[int | None, typer.Option(min=10, max=50_000, help="How many (none: 10,000 or 1,000).")] = None,
    cheap: Annotated[bool, typer.Option("--cheap", help="What is measured while a run trains, from 1,000.")] = False,
    runs_dir: RunsDir = _RUNS,
    quiet: Quiet = False,
) -> None:
    """Measure samples of a run's checkpoint against real images; with --quiet as JSON."""
    from gancore.data import DataUnavailable
    from gancore.evaluation.runs import evaluate_run
    from gancore.store.checkpoints import BadCheckpoint

    if cheap and samples is not None:
        raise BadInput("give --cheap or --samples, not both: cheap evaluations compare since all are of 1,000 samples")
    found, console = _find(run, runs_dir), Console(stderr=True)
    try:
        with console.status("measuring") if not quiet else nullcontext() as shown:
            progress = silent if shown is None else shown.update
            size: Size = "cheap" if cheap else "full"
            made = evaluate_run(found, size=size, checkpoint=checkpoint, samples=samples, progress=progress)
    except (BadCheckpoint, DataUnavailable, ValueError) as problem:  # the last: samples that are not finite
        raise BadInput(f"{found.name} cannot be measured: {problem}") from None
    if quiet:
        print(json.dumps([evaluation.model_dump() for evaluation in made], indent=1))
        return
    for evaluation in made:
        _print_evaluation(evaluation)


@app.command("import")
def import_set(
    path: Annotated[Path, typer.Argument(help="A folder or a zip file; images in a folder of it are of one class.")],
    name: Annotated[str, typer.Option(help="What to call the set; an earlier one of that name is replaced.")],
    quiet: Quiet = False,
) -> None:
    """Import images of your own; prints the name to train with (--set data.name=own --set data.own=NAME) last."""
    from gancore.data import BadImages
    from gancore.data.imported import import_images

    try:
        report = import_images(path, name)
    except BadImages as problem:
        raise BadInput(str(problem)) from None
    made = report.made
    if not quiet:
        kind = "grey" if made.channels == 1 else "coloured"
        print(f"{report.used:,} {kind} images of {len(made.classes)} classes, {made.size} x {made.size} pixels")
        for sentence in (report.note, *(f"skipped {reason}" for reason in report.reasons)):
            if sentence:
                print(sentence)
        if report.skipped > len(report.reasons):
            print(f"skipped {report.skipped:,} files in all")
    print(made.name)


@app.command()
def datasets(quiet: Quiet = False) -> None:
    """The data sets and your imported ones, and whether they are here; with --quiet those that are, by name."""
    from gancore.data import available
    from gancore.data.imported import imported_sets

    named = {name: info for name, info in DATASETS.items() if name not in ("own", "drawn")}
    here = {name: available(name) for name in named}
    if quiet:
        print("\n".join([*(name for name in named if here[name]), *(each.name for each in imported_sets())]))
        return
    table = Table("name", "samples", "classes", "what", "", box=None)
    for name, info in named.items():
        state = "here" if here[name] else f"downloads {info.download}"
        table.add_row(name, f"{sum(info.counts):,}", str(len(info.counts)), info.title, state)
    for each in imported_sets():
        what = f"imported, {each.size} x {each.size} pixels, {each.channels} channels"
        table.add_row(f"own={each.name}", f"{sum(each.counts):,}", str(len(each.counts)), what, "here")
    _console(wide=not sys.stdout.isatty()).print(table)


@app.command()
def experiments(quiet: Quiet = False) -> None:
    """The catalogue; with --quiet the ids alone."""
    if quiet:
        print("\n".join(EXPERIMENTS))
        return
    table = Table("id", "question", "runs", "source", box=None)
    for entry in EXPERIMENTS.values():
        table.add_row(entry.id, entry.question, str(len(entry.runs())), entry.source)
    _console(wide=not sys.stdout.isatty()).print(table)


@app.command()
def bench(
    steps: Annotated[int, typer.Option(min=5, help="Steps in each measurement.")] = 100,
    pairs: Annotated[int, typer.Option(min=1, help="Interleaved pairs; medians are shown.")] = 5,
) -> None:
    """Measure what the run folder costs, and the step against a plain training loop."""
    from gancore.bench.step import run_benchmarks

    run_benchmarks(steps, pairs, _console())


def _starting_point(experiment: str | None, config: Path | None) -> RunConfig:
    if config is not None:
        return _read_config(config)
    if experiment is None:
        return RunConfig()
    if experiment not in EXPERIMENTS:
        raise BadInput(f"unknown experiment {experiment!r}: choose one of {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[experiment].runs()[0]


def _read_config(path: Path) -> RunConfig:
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise BadInput(f"{path} is not JSON: {problem}") from None
    if isinstance(saved, dict) and isinstance(saved.get("config"), dict):
        saved = saved["config"]
    return parse_config(_with_own_counts(saved))


def _with_own_counts(saved: Any) -> Any:
    """Saved settings, with what an imported image set tells where they only name it; whatever else they are, as is."""
    data = saved.get("data") if isinstance(saved, dict) else None
    if not isinstance(data, dict) or data.get("name") != "own" or data.get("own_counts"):
        return saved
    told = _own_facts(str(data.get("own", "")))
    model = saved.get("model", {})
    if not told or not isinstance(model, dict):
        return saved
    counts, channels = told["data.own_counts"], told["model.nc"]
    return {**saved, "data": {**data, "own_counts": counts}, "model": {"nc": channels, **model}}


def _with_own_facts(changes: dict[str, Any], start: RunConfig) -> dict[str, Any]:
    """Changes that choose an imported image set, with what it tells about itself; what they say themselves holds."""
    if not {"data.name", "data.own"} & set(changes) or changes.get("data.name", start.data.name) != "own":
        return changes
    return _own_facts(str(changes.get("data.own", start.data.own))) | changes


def _own_facts(name: str) -> dict[str, Any]:
    """The settings that follow from the choice of an imported image set; none if there is no such set."""
    from gancore.data import imported

    chosen = imported.find(name)
    return {} if chosen is None else {"data.own_counts": chosen.counts, "model.nc": chosen.channels}


def _parse_changes(changes: list[str], seed: int | None = None) -> dict[str, Any]:
    parsed: dict[str, Any] = {} if seed is None else {"seed": seed}
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals:
            raise BadInput(f"a setting is given as PATH=VALUE, such as model.ngf=64, not {change!r}")
        parsed[path.strip()] = parse_setting(path.strip(), text)
    return parsed


def _find(run_id: str, runs_dir: Path) -> Run:
    store = RunStore(runs_dir)
    if run_id == "latest":
        runs = store.list()
        if not runs:
            raise RunNotFound(f"there are no runs in {runs_dir}")
        return runs[0]
    return store.open(run_id)


def _command(run: Run, command: Any, quiet: bool) -> None:
    state = run.state
    if state not in ("running", "queued"):
        raise BadInput(f"{run.id} is {state}: there is nothing to {command}")
    run.command(command)
    if not quiet:
        print(f"{run.id}: asked to {command}")


def _execute(run: Run, quiet: bool, max_steps: int | None) -> int:
    from gancore.cli.progress import ProgressSink
    from gancore.training.runner import execute

    watchers = [] if quiet else [ProgressSink(run, Console(stderr=True))]
    with _interruptible() as interrupt:
        state = execute(run.path, watchers=watchers, max_steps=max_steps, interrupt=interrupt)
    for watcher in watchers:
        watcher.close()
    status = run.status
    if status.error:
        print(f"error: {status.error}", file=sys.stderr)
    elif not quiet:
        done = f"{state} at step {status.step:,} of {status.total_steps:,}"
        print(f"{done} after {describe_duration(status.seconds)}", file=sys.stderr)
    print(run.id)
    if interrupt.is_set():
        return 130
    return 1 if state == "failed" else 0


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM ask for a stop at the next step, with a checkpoint; a second Ctrl-C ends at once."""
    interrupt = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        if interrupt.is_set():
            raise KeyboardInterrupt
        interrupt.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_facts(run: Run, facts: dict[str, Any]) -> None:
    console = _console()
    console.print(f"{facts['name']}  {facts['state']}  {facts['path']}", highlight=False, markup=False)
    if run.damage:
        console.print(run.damage, markup=False)
        return
    if parent := facts.get("parent"):
        console.print(f"forked from {parent['id']} at step {parent['step'] or 0:,}", highlight=False, markup=False)
    status, config = run.status, run.steered_config
    console.print(f"step {status.step:,} of {status.total_steps:,}, {describe_duration(status.seconds)} of training")
    if status.error:
        console.print(status.error, style="red", markup=False)
    table = Table("setting", "value", "result", "value", box=None)
    settings = [(path, str(value)) for path, value in config.flat.items() if config.uses(path)]
    results = [(name, f"{value:.4g}") for name, value in run.summary.items()]
    for setting, result in itertools.zip_longest(settings, results, fillvalue=("", "")):
        table.add_row(*setting, *result)
    console.print(table)
    for finding in examine(run):
        console.print(f"{finding.title}: {finding.seen}", style="yellow", highlight=False, markup=False)
    for event in run.events():
        when = datetime.fromtimestamp(event.get("time") or 0).strftime("%H:%M:%S")
        console.print(f"{when}  {event.get('kind')}  {event.get('message')}", highlight=False, markup=False)


def _print_evaluation(evaluation: Evaluation) -> None:
    against = f"{evaluation.reference_count:,} of {evaluation.reference}"
    print(f"{evaluation.samples:,} samples at step {evaluation.step:,} ({evaluation.weights}) against {against}")
    table = Table("value", "", box=None, show_header=False)
    for key, value in evaluation.values.items():
        measure = MEASURES.get(key)
        name, digits = (measure.name(evaluation.extractor), measure.digits) if measure else (key, ".4g")
        table.add_row(name, f"{value:{digits}}")
    console = _console()
    console.print(table)
    if evaluation.missing:
        console.print(f"{evaluation.missing}.", highlight=False, markup=False)
    print(f"measured in {describe_duration(evaluation.seconds)}")


def _console(wide: bool = False) -> Console:
    return Console(width=200) if wide else Console()
