"""A lab report: experiments and what came of them, in one HTML file that opens offline and prints on A4.

Nothing in it is fetched: style, figures and pictures are inside, and a policy at its top forbids the rest. What comes
from run folders is bounded, and escaped by `markup`.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import gancore
from gancore import machine
from gancore.config import RunConfig
from gancore.experiments import CLAIMS, EXPERIMENTS, Scale, Verdict, judge
from gancore.experiments.evidence import Evidence, Runs
from gancore.experiments.verdicts import at_once
from gancore.export import claims, findings, measured, references, sections
from gancore.export.claims import Judged
from gancore.export.document import document
from gancore.export.markup import Markup, joined, tag
from gancore.export.sections import Numbering
from gancore.export.study import Study, of_experiment, of_sweep
from gancore.store import Run
from gancore.sweeps.predictions import Predictions
from gancore.sweeps.sweep import Sweep
from gancore.text import listed

MOST_BYTES = 5_000_000
_FOR_PICTURES = 2_500_000  # bytes of PNGs, which grow by a third inside HTML
_MOST_PICTURE = 150_000
_TITLE = 200  # characters


class ReportError(ValueError):
    """There is nothing to report; the message is one sentence."""


@dataclass(frozen=True)
class Part:
    """An experiment of the report, and what is said of its claims."""

    place: int  # in the report, from 1
    study: Study
    judged: Sequence[Judged]


def lab_report(
    source: Runs,
    experiments: Sequence[str] = (),
    sweeps: Sequence[Sweep] = (),
    *,
    title: str = "",
    author: str = "",
    scale: Scale | None = None,
    predictions: Predictions | None = None,
    written: datetime | None = None,
) -> bytes:
    """One HTML document on experiments of the catalogue, by id, and on sweeps, in this order.

    Of an experiment the runs of one scale are shown: `scale`, or by default the one with more of them. `source` is
    asked for its runs once. What was predicted of a claim stands beside its verdict. `written` is the date on the title
    page, by default now. Raises `ReportError`.
    """
    runs = source.list()
    studies = [_experiment(runs, each, scale) for each in dict.fromkeys(experiments)]
    studies += [_sweep(runs, each) for each in sweeps]
    if not studies:
        raise ReportError("a report needs an experiment or a sweep")
    parts = _judged(runs, studies, predictions)
    most = min(_MOST_PICTURE, _FOR_PICTURES // sum(len(study.arms) for study in studies))
    return _document(parts, title[:_TITLE] or _named(studies), author[:_TITLE], written or datetime.now(UTC), most)


def _experiment(runs: Sequence[Run], name: str, scale: Scale | None) -> Study:
    if name not in EXPERIMENTS:
        raise ReportError(f"unknown experiment {name!r}: choose one of {', '.join(EXPERIMENTS)}")
    study = of_experiment(runs, EXPERIMENTS[name], scale)
    if study is None:
        at = f" at the {scale} scale" if scale else ""
        raise ReportError(f"there is nothing to report of {name}: none of its runs has ended{at}")
    return study


def _sweep(runs: Sequence[Run], sweep: Sweep) -> Study:
    study = of_sweep(runs, sweep)
    if study is None:
        raise ReportError(f"there is nothing to report of the sweep {sweep.id}: none of its runs has ended")
    return study


def _judged(runs: Sequence[Run], studies: Sequence[Study], predictions: Predictions | None) -> list[Part]:
    """The studies with their claims, and the false discovery rate among all claims of the report."""
    found = [_verdicts(runs, study) for study in studies]
    rated = iter(at_once([verdict for verdicts in found for verdict in verdicts]))
    parts = []
    for place, (study, verdicts) in enumerate(zip(studies, found, strict=True), start=1):
        judged = []
        for verdict in (next(rated) for _ in verdicts):
            foreseen = predictions.of(verdict.claim) if predictions else None
            judged.append(Judged(CLAIMS[verdict.claim], verdict, f"claim-{place}-{verdict.claim}", foreseen))
        parts.append(Part(place, study, judged))
    return parts


def _verdicts(runs: Sequence[Run], study: Study) -> list[Verdict]:
    """On an experiment's claims, at the scale that is shown; of a sweep by its own runs of the experiment."""
    if study.experiment is None or study.scale is None:
        return []
    shown = {run.id for run in study.runs}
    evidence = Evidence([run for run in runs if run.experiment != study.experiment.id or run.id in shown])
    on_it = [claim for claim in CLAIMS.values() if claim.experiment == study.experiment.id]
    return [judge(claim, evidence, study.scale) for claim in on_it]


def _named(studies: Sequence[Study]) -> str:
    return studies[0].title if len(studies) == 1 else f"{len(studies)} experiments"


def _document(parts: Sequence[Part], title: str, author: str, written: datetime, most: int) -> bytes:
    number = Numbering()
    body = [
        _title_page(parts, title, author, written, number),
        *(_study(part, number, most, alone=len(parts) == 1) for part in parts),
        _methods(len(parts) + 1),
    ]
    listing = references.mentioned(_text_of(body) + "; " + references.behind(_configs(parts)))
    body.append(_references(len(parts) + 2, listing))
    return document(title, *body)


def _configs(parts: Sequence[Part]) -> list[RunConfig]:
    return [arm.config for part in parts for arm in part.study.arms]


def _text_of(body: Sequence[Markup]) -> str:
    """Words of a document, without elements and pictures."""
    return re.sub(r"<[^>]*>", " ", "".join(body))


# --- its parts ------------------------------------------------------------------------------------------------------


def _title_page(parts: Sequence[Part], title: str, author: str, written: datetime, number: Numbering) -> Markup:
    runs = [run for part in parts for run in part.study.runs]
    judged = [each for part in parts for each in part.judged]
    by = ", ".join(filter(None, (author, f"{written.day} {written:%B %Y}")))
    said = [
        tag("p", "Lab report", class_="eyebrow"),
        tag("h1", title),
        tag("p", by, class_="byline"),
        tag("p", _abstract(parts, runs)),
    ]
    if judged:
        tally = findings.tally([each.verdict for each in judged])
        said.append(tag("ul", *(tag("li", tag("b", str(count)), " ", claims.verdict_mark(name))
                                for name, count in tally.items()), class_="tally"))  # fmt: skip
    said.append(sections.made_with(runs))
    header = tag("header", *said, class_="title")
    if not judged:
        return header
    caption = (
        "The claims, and what these runs say of them, with what was measured for the rule that decides. q: the share "
        "of false verdicts to expect among all that are as clear as this one."
    )
    return joined([header, number.table(claims.summary(judged), caption)])


def _abstract(parts: Sequence[Part], runs: Sequence[Run]) -> str:
    asked = listed([f"“{part.study.title}”" + (f" ({part.study.scale} scale)" if part.study.scale else "")
                    for part in parts])  # fmt: skip
    seeds = sorted({run.config.seed for run in runs})
    words = f"{asked}: {len(runs)} {'run' if len(runs) == 1 else 'runs'} with "
    words += f"seed {seeds[0]}." if len(seeds) == 1 else f"{len(seeds)} seeds."
    alone = " One seed proves nothing: differences may be due to chance." if len(seeds) == 1 else ""
    return words + alone


def _study(part: Part, number: Numbering, most: int, *, alone: bool) -> Markup:
    study = part.study
    shown = measured.shown(study)
    said = [
        tag("h2", f"{part.place}  {study.title}"),
        tag(
            "p",
            joined([tag("em", study.question), " "]) if study.question else "",
            f"Asked by {study.source}." if study.question else study.source,
            class_="asked",
        ),
        *([tag("p", study.note)] if study.note else []),
        sections.completeness(study),
        tag("h3", "Settings"),
        sections.settings(study, number),
        tag("h3", "Results"),
        sections.grids(study, number, most),
        sections.against_the_setting(study, shown, number),
        sections.results(study, shown, number),
        sections.meanings(shown),
        sections.loss_curves(study, number),
    ]
    if part.judged:
        said.append(tag("h3", "Claims"))
        said += [claims.claim_block(each) for each in part.judged]
    if not alone:  # else the title page has it
        said += [tag("h3", "Environment"), sections.made_with(study.runs)]
    said += [tag("h3", "How to reproduce it"), sections.reproduction(study, number)]
    return tag("section", *said, class_="study" if alone else "study several", id=f"part-{part.place}")


def _methods(place: int) -> Markup:
    return tag(
        "section",
        tag("h2", f"{place}  How this was judged"),
        tag(
            "p",
            "Every rule and every smallest difference that counts was fixed before any result was seen, and verdicts "
            "are computed from the runs alone. A claim is supported if the interval of the measured difference lies "
            "beyond the smallest one that counts, contradicted if it lies short of it, and not decided otherwise; a "
            "claim of no difference needs an equivalence test (Schuirmann 1987). Seeds are paired where both arms "
            "have them. One seed decides nothing. A run that failed by its own settings counts as the worst outcome.",
        ),
        tag(
            "p",
            f"Written by GAN Workbench {gancore.__version__} on {platform.system()} {platform.machine()}, "
            f"{machine.threads()} threads.",
        ),
        class_="end",
    )


def _references(place: int, papers: Sequence[references.Paper]) -> Markup:
    items = []
    for paper in papers:
        link = [tag("a", paper.address, href=paper.address), "."] if paper.address else []
        items.append(
            tag("li", f"{paper.authors} ({paper.year}). ", tag("em", paper.title), f". {paper.where}. ", *link)
        )
    if not items:
        return Markup("")
    return tag("section", tag("h2", f"{place}  References"), tag("ol", *items, class_="references"), class_="end")
