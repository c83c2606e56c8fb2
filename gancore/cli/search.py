"""A search for good settings, from a terminal."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from gancore.cli import interrupts
from gancore.cli.options import RUNS, BadInput, Name, Quiet, RunsDir, print_table
from gancore.cli.settings import choose_arm, parse_changes, starting_point, with_imported_facts
from gancore.cli.verdicts import Json
from gancore.cli.working import Address, ExecutorName, Jobs, jobs_at_once, threads_each, watch, working
from gancore.config import SETTINGS, RunConfig, parse_setting
from gancore.experiments import EXPERIMENTS, OUTCOMES, Scale
from gancore.store import RunStore
from gancore.sweeps.findings import Findings
from gancore.sweeps.search import Searches, planned
from gancore.sweeps.study import NoSearch, check_optuna
from gancore.sweeps.sweeps import Sweeps
from gancore.text import describe_value


def search(
    vary: Annotated[
        list[str],
        typer.Option("--vary", help="PATH=LOW:HIGH, or PATH=A,B,C; with semicolons where values have commas."),
    ],
    measure: Annotated[str, typer.Option(help="What is to be best: fid, coverage, tail_loss_d, ...")] = "fid",
    direction: Annotated[
        Literal["minimize", "maximize"] | None, typer.Option(help="What is better (none: as is known of the measure).")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Settings that are tried.")] = 20,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Runs of each; their mean counts.")] = 1,
    pruner: Annotated[
        Literal["median", "hyperband", "none"], typer.Option(help="By what the worse ones are stopped on their way.")
    ] = "median",
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn.")] = 0,
    experiment: Annotated[str | None, typer.Option(help="Start from an arm of this experiment.")] = None,
    arm: Annotated[str | None, typer.Option(help="Which (none: the first).")] = None,
    scale: Annotated[Scale, typer.Option(help="In minutes (quick), or as in the source (full).")] = "quick",
    config: Annotated[Path | None, typer.Option(help="Start from a JSON file with settings.")] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, for example model.ngf=64.")] = None,
    name: Name = "",
    executor: ExecutorName = None,
    jobs: Jobs = None,
    address: Address = None,
    runs_dir: RunsDir = RUNS,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Search for the settings with which a measure is best; what was begun goes on."""
    base = _base(experiment, arm, scale, config, changes or [])
    space = dict(_parse_dimension(each) for each in vary)
    store, searches = RunStore(runs_dir), Searches(RunStore(runs_dir))
    try:
        check_optuna()
        at_once = jobs_at_once([base], executor, jobs)
        wanted = planned(
            space, measure, trials,
            direction=direction, seeds=range(seeds), at_once=max(1, (at_once or 1) // seeds), pruner=pruner, seed=seed,
        )  # fmt: skip
        with working(store, executor, at_once, address) as worker, interrupts.stopping() as stop:
            sweep = searches.begun(base, wanted)
            if sweep is None:
                sweep = searches.create(name or _title(space, measure), base, wanted, threads=threads_each(at_once))
            else:
                sweep = searches.go_on(sweep, wanted)
            found = sweep
            console = Console(stderr=True, quiet=quiet)
            watch(Sweeps(store), [sweep], worker, stop, console, lambda: searches.advance(found))
        if stop.is_set():
            print("stopped: the same command goes on with it", file=sys.stderr)
            return 128 + stop.number
        _print_findings(Findings(store, sweep), as_json)
    except NoSearch as problem:
        raise BadInput(str(problem)) from None
    return 0


def _base(experiment: str | None, arm: str | None, scale: Scale, config: Path | None, changes: list[str]) -> RunConfig:
    if experiment is not None and config is not None:
        raise BadInput("give --experiment or --config, not both")
    if experiment is None and arm is not None:
        raise BadInput("--arm belongs to an --experiment: give that, too")
    if experiment is None:
        start = starting_point(config)
    else:
        start = EXPERIMENTS[experiment].arm(choose_arm(experiment, arm), scale)
    return start.replace(with_imported_facts(parse_changes(changes), start))


def _parse_dimension(text: str) -> tuple[str, tuple[float, float] | list[Any]]:
    """`optim.lr_g=1e-5:1e-2` is a range, `model.ngf=16,32` are choices."""
    path, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not values:
        raise BadInput(f"what varies is given as PATH=LOW:HIGH or PATH=A,B,C, not {text!r}")
    low, colon, high = values.partition(":")
    if colon:
        try:
            return path, (float(low), float(high))
        except ValueError:
            raise BadInput(f"a range is two numbers, as in optim.lr_g=1e-5:1e-2, not {values!r}") from None
    return path, [parse_setting(path, each) for each in values.split(";" if ";" in values else ",")]


def _title(space: dict[str, Any], measure: str) -> str:
    return f"{', '.join(SETTINGS[path].label for path in space)} for {OUTCOMES[measure].label}"


def _print_findings(findings: Findings, as_json: bool) -> None:
    history, importances, parallel = findings.history(), findings.importances(), findings.parallel()
    finished = parallel[parallel["state"] == "finished"]
    ascending = findings.search.direction == "minimize"
    ranked = finished.sort_values(["value", "trial"], ascending=[ascending, True])
    if as_json:
        found = {"history": history, "importances": importances, "trials": parallel}
        records = {key: _plain(frame.to_dict("records")) for key, frame in found.items()}
        print(json.dumps(records, indent=1, allow_nan=False))
        return
    paths, outcome = [each.path for each in findings.search.space], OUTCOMES[findings.search.measure]
    table = Table("trial", *(SETTINGS[path].label for path in paths), outcome.label, box=None)
    for row in ranked.head(10).itertuples(index=False):
        number, *values, _, value = row
        table.add_row(str(number + 1), *(describe_value(each) for each in values), f"{value:{outcome.digits}}")
    print_table(table)
    for row in importances.itertuples(index=False):
        print(f"{row.label} explains {row.importance:.0%} of the differences")
    counts = history["state"].value_counts()
    print(f"{len(history)} trials: {', '.join(f'{count} {state}' for state, count in counts.items())}.")


def _plain(records: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    """As JSON can say it: a number that is not finite becomes null."""
    return [{str(key): _finite(value) for key, value in row.items()} for row in records]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
