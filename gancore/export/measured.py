"""Which outcomes of its runs a report shows: those its claims hang on first, then what says most of such runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gancore.config.datasets import TOYS
from gancore.evaluation.measures import final
from gancore.experiments import CLAIMS, OUTCOMES, Outcome
from gancore.export.study import Study
from gancore.store import Run

MOST = 6  # columns of a table of results that fit on paper
_OF_TOYS = ("modes", "near_modes")
_ALWAYS = ("test_accuracy", "conditional_accuracy", "classes")  # where they were measured

Shown = Mapping[str, Outcome]  # by key


def shown(study: Study) -> Shown:
    """Up to `MOST` outcomes of which some run has a value. What is usual of such runs is always among them."""
    config = study.arms[0].config
    usual = _OF_TOYS if config.data.name in TOYS else config.kind.headline[:2]
    claimed = [
        rule.outcome
        for claim in CLAIMS.values()
        if claim.experiment == (study.experiment.id if study.experiment else "")
        for rule in claim.rules
    ]
    known = [key for key in dict.fromkeys((*claimed, *usual, *_ALWAYS)) if key in OUTCOMES and values(study.runs, key)]
    first = [key for key in known if key in usual]
    return {key: OUTCOMES[key] for key in list(dict.fromkeys((*first, *known)))[:MOST]}


def values(runs: Iterable[Run], key: str) -> dict[int, float]:
    """An outcome by seed, of the runs that finished and in which it was measured."""
    found = {run.config.seed: OUTCOMES[key].read(run) for run in runs if run.status.state == "finished"}
    return {seed: value for seed, value in found.items() if value is not None}


def features(study: Study) -> str:
    """Through which networks learned metrics look, such as `mnist-cnn-v1`; empty where there are none."""
    ends = [final(run.evaluations()) for run in study.runs]
    return ", ".join(sorted({end.extractor for end in ends if end and end.extractor}))
