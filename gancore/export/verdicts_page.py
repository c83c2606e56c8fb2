"""docs/verdicts.md: every claim of the reports, and what the runs of a store say of it.

`python -m gancore.export.verdicts_page runs/reference docs` writes the page, and a strip of samples of each experiment
into docs/verdicts/. The same store gives the same page.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from gancore.experiments import (
    CLAIMS,
    EXPERIMENTS,
    OUTCOMES,
    Claim,
    Experiment,
    Scale,
    Verdict,
    counted,
    judge_all,
)
from gancore.experiments.evidence import Runs
from gancore.experiments.wording import ICONS, discoveries
from gancore.export import environment, findings, measured
from gancore.export.estimates import estimate
from gancore.export.pictures import strip
from gancore.export.study import Study, of_experiment
from gancore.files import write_atomic
from gancore.store import Run, RunStore
from gancore.text import listed

NAME, FOLDER = "verdicts.md", "verdicts"
_SCALES = get_args(Scale)


@dataclass(frozen=True)
class Page:
    """The text, and the pictures that it shows by their file names."""

    text: str
    pictures: Mapping[str, bytes]


def verdicts_page(source: Runs) -> Page:
    """Every claim with its verdict, effect, interval and runs; what was not run is said."""
    runs = [run for run in source.list() if run.experiment in EXPERIMENTS]
    verdicts = {verdict.claim: verdict for verdict in judge_all(source)}
    pictures: dict[str, bytes] = {}
    lines = [*_head(runs, verdicts), *_overview(verdicts)]
    for experiment in EXPERIMENTS.values():
        on_it = [(claim, verdicts[claim.id]) for claim in CLAIMS.values() if claim.experiment == experiment.id]
        if on_it:
            lines += _section(runs, experiment, on_it, pictures)
    lines += _not_asked(runs)
    return Page("\n".join(lines) + "\n", pictures)


def write_page(source: Runs, folder: Path) -> None:
    """verdicts.md in `folder`, and its pictures beside it; pictures that it no longer shows are removed."""
    page = verdicts_page(source)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for old in (folder / FOLDER).glob("*.png"):
        if old.name not in page.pictures:
            old.unlink()
    for name, png in page.pictures.items():
        write_atomic(folder / FOLDER / name, png)
    write_atomic(folder / NAME, page.text.encode())


# --- all claims -----------------------------------------------------------------------------------------------------


def _head(runs: Sequence[Run], verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    yield "# What the reports claim, and what the runs say"
    yield ""
    yield "Written by `python -m gancore.export.verdicts_page runs/reference docs`; nothing here was written by hand."
    yield "Rules and the smallest effects that count were fixed before any run was looked at."
    yield "`python -m gancore verdicts` judges your own runs, and `python -m gancore reproduce EXPERIMENT` makes them."
    yield ""
    yield _tally(verdicts.values())
    yield ""
    yield _discoveries(verdicts.values())
    yield ""
    yield "× 1.31 is a factor, +0.12 a difference; in brackets stand 95 % intervals by Student's t over n seeds, paired"
    yield "where both arms have them. p: of the test of one rule. Could have seen: the effect that so many seeds show."
    yield "A run that failed by its own settings counts as the worst outcome. One seed decides nothing."
    yield "q: the share of false verdicts to expect among all that are as clear as this one."
    yield ""
    yield from _table(("what", "of these runs"), [(name, fact) for name, fact in environment.facts(runs).items()])


def _tally(verdicts: Iterable[Verdict]) -> str:
    found = list(verdicts)
    said = listed([f"{count} {ICONS[name]} {name}" for name, count in findings.tally(found).items()])
    without = sum(not each.runs for each in found)
    return f"**{len(found)} claims: {said}.**" + (f" Of {without} there are no runs yet." if without else "")


def _discoveries(verdicts: Iterable[Verdict]) -> str:
    """How far so many tests at once can be believed."""
    found = list(verdicts)
    decided = [each.q for each in found if each.verdict != "not decided" and each.q is not None]
    return discoveries(decided, max((each.judged for each in found), default=0))


def _overview(verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    yield from ("", "## Overview", "")
    rows = []
    for claim in CLAIMS.values():
        verdict = verdicts[claim.id]
        said = f"[{claim.says}](#{claim.id})", claim.source, f"{ICONS[verdict.verdict]} {verdict.verdict}"
        rows.append((*said, *findings.in_short(verdict)))
    yield from _table(("claim", "who says it", "verdict", "measured, 95 % interval", "n", "q"), rows)


# --- one experiment -------------------------------------------------------------------------------------------------


def _section(
    runs: Sequence[Run],
    experiment: Experiment,
    on_it: Sequence[tuple[Claim, Verdict]],
    pictures: dict[str, bytes],
) -> Iterator[str]:
    yield from ("", f"## {experiment.title}", "", f"{experiment.question} ({experiment.source}; `{experiment.id}`)", "")
    yield _what_was_run(runs, experiment)
    scale = next((verdict.scale for _, verdict in on_it if verdict.scale), None)
    study = of_experiment(runs, experiment, scale)
    if study is not None:
        yield from _seen(study, pictures)
    for claim, verdict in on_it:
        yield from _claim(claim, verdict)


def _what_was_run(runs: Sequence[Run], experiment: Experiment) -> str:
    """`Quick scale: 3 seeds of each arm. Full scale: not run.`"""
    said = []
    for scale in _SCALES:
        seeds = {arm: len(found) for arm, found in counted(runs, experiment, scale).items()}
        if not any(seeds.values()):
            said.append(f"{scale.capitalize()} scale: not run.")
        elif len(set(seeds.values())) == 1:
            count = next(iter(seeds.values()))
            said.append(f"{scale.capitalize()} scale: {count} {'seed' if count == 1 else 'seeds'} of each arm.")
        else:
            numbers = listed([f"{count} of “{arm}”" for arm, count in seeds.items()])
            said.append(f"{scale.capitalize()} scale: seeds {numbers}.")
    left_out = sorted(set(experiment.arms) - set(experiment.arms_at("quick")), key=list(experiment.arms).index)
    if left_out:
        said.append(f"Too dear for the quick scale: {listed([f'“{name}”' for name in left_out])}.")
    return " ".join(said)


def _seen(study: Study, pictures: dict[str, bytes]) -> Iterator[str]:
    """Samples of the arms in a strip, and what was measured."""
    names = [arm.label for arm in study.arms]
    seed, drawn = strip(study)
    if drawn is not None:
        file = f"{study.id}-{study.scale}.png"
        pictures[file] = drawn
        order = (
            f"from left to right, line by line: {', '.join(f'“{name}”' for name in names)}"
            if len(names) > 1
            else names[0]
        )
        yield from ("", f"![samples of {study.title}]({FOLDER}/{file})", "")
        yield f"Samples at the end of seed {seed}, {study.scale} scale; {order}."
    shown = measured.shown(study)
    yield ""
    rows = [(arm.label, str(len(arm.runs)), *(_mean(arm.runs, key) for key in shown)) for arm in study.arms]
    yield from _table(("arm", "n", *(outcome.label for outcome in shown.values())), rows)


def _mean(runs: Sequence[Run], key: str) -> str:
    outcome = OUTCOMES[key]
    found = estimate(outcome, measured.values(runs, key).values())
    return "–" if found is None else found.text(outcome.digits)


def _claim(claim: Claim, verdict: Verdict) -> Iterator[str]:
    yield from ("", f'### <a id="{claim.id}"></a>{ICONS[verdict.verdict]} {claim.says}', "")
    yield f"{_capital(findings.said_by(claim))}. **{verdict.words}**"
    if claim.note:
        yield from ("", claim.note)
    if verdict.findings:
        yield ""
        rows = [(*findings.cells(each), f"{ICONS[each.verdict]} {each.verdict}") for each in verdict.findings]
        yield from _table((*findings.HEAD, "verdict"), rows)
    else:
        yield from ("", f"Decided by: {'; '.join(findings.rule_words(rule) for rule in claim.rules)}.")
    yield from ("", f"What counts: {findings.reasons(claim.rules)}.")
    if verdict.missing:
        yield from ("", f"Missing for a decision: {findings.lacking(verdict)}.")
    if verdict.runs:
        yield from ("", f"<details><summary>{len(verdict.runs)} runs, {verdict.scale} scale</summary>", "")
        yield " ".join(f"`{run}`" for run in verdict.runs)
        yield from ("", "</details>")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _not_asked(runs: Sequence[Run]) -> Iterator[str]:
    """Experiments that nothing is claimed of, so that nobody looks for them."""
    asked = {claim.experiment for claim in CLAIMS.values()}
    others = [each for each in EXPERIMENTS.values() if each.id not in asked]
    if others:
        yield from ("", "## Experiments without a claim", "")
        rows = [(f"`{each.id}`", each.question, _what_was_run(runs, each)) for each in others]
        yield from _table(("experiment", "question", "runs"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "| --- " * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(_cell(each) for each in row)} |"


def _cell(text: str) -> str:
    """A text that ends neither its cell nor its line."""
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path, help="the runs that are judged")
    parser.add_argument("folder", type=Path, help="where the page and its pictures go")
    given = parser.parse_args()
    write_page(RunStore(given.store), given.folder)
