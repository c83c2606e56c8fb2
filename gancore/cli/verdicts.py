"""What the runs of a store say of the reports' claims."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from gancore.cli.options import RUNS, BadInput, RunsDir, print_table
from gancore.experiments import CLAIMS, Scale, Verdict, judge_all
from gancore.experiments.wording import ICONS, discoveries
from gancore.store import RunStore
from gancore.text import listed

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def verdicts(
    claims: Annotated[list[str] | None, typer.Argument(metavar="[CLAIM]...", help="Ids of claims (none: all).")] = None,
    scale: Annotated[Scale | None, typer.Option(help="Runs of this scale alone.")] = None,
    runs_dir: RunsDir = RUNS,
    as_json: Json = False,
) -> None:
    """Judge the reports' claims by the runs of the store; --json for programs."""
    if unknown := [name for name in claims or () if name not in CLAIMS]:
        raise BadInput(f"unknown claim {unknown[0]!r}: `python -m gancore verdicts` lists them")
    print_verdicts(RunStore(runs_dir), claims or list(CLAIMS), scale, as_json)


def print_verdicts(store: RunStore, claims: Sequence[str], scale: Scale | None, as_json: bool) -> None:
    """Judge all claims, and print what came of some."""
    found = [each for each in judge_all(store, scale) if each.claim in claims]
    if as_json:
        print(json.dumps([_plain(each) for each in found], indent=1, allow_nan=False))
        return
    table = Table("claim", "what is said", "verdict", "measured", "n", box=None)
    for each in found:
        claim = CLAIMS[each.claim]
        verdict = f"{ICONS[each.verdict]} {each.verdict}"
        table.add_row(each.claim, f"{claim.says} ({claim.source})", verdict, _measured(each), str(each.n))
    print_table(table)
    for each in found:
        if each.runs:
            print(f"{each.claim}: {each.words}")
    if (judged := max(each.judged for each in found)) > 1:
        decided = [each.q for each in found if each.verdict != "not decided" and each.q is not None]
        print(discoveries(decided, judged))
    counts = {verdict: sum(each.verdict == verdict for each in found) for verdict in ICONS}
    noun = "claim" if len(found) == 1 else "claims"
    print(f"{len(found)} {noun}: {listed([f'{count} {verdict}' for verdict, count in counts.items()])}.")


def _measured(verdict: Verdict) -> str:
    """What was found for the first rule, with its interval."""
    return verdict.findings[0].measured if verdict.effect is not None else ""


def _plain(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON can say it: a number that is not finite becomes null."""
    claim = CLAIMS[verdict.claim]
    facts: dict[str, Any] = _finite(asdict(verdict))
    return {"claim": claim.id, "experiment": claim.experiment, "source": claim.source, "says": claim.says} | facts


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
