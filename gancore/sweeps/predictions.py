"""Predict, then reveal: what somebody expected of a claim before the results were shown, kept beside the outcome."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from gancore.experiments.claims.claim import Difference, Equivalence, Rule
from gancore.experiments.outcomes import OUTCOMES
from gancore.experiments.verdicts import Finding
from gancore.files import write_atomic
from gancore.store import RunStore
from gancore.store.locks import hold
from gancore.store.records import Name, Record, Sentence, Time, read_record

NAME = ".predictions.json"  # in the store
MOST = 1_000  # predictions: one a claim

Expected = Literal["higher", "lower", "about the same", ""]  # "": in words alone


class Prediction(Record):
    """What somebody expects of the first rule of a claim: of its arm in its outcome, against the other arm."""

    expected: Expected = ""
    words: Sentence = ""
    time: Time = 0.0  # at which it was made


class _Kept(Record):
    by_claim: Annotated[dict[Name, Prediction], Field(max_length=MOST)] = Field(default_factory=dict)


class Predictions:
    """The predictions of a store, at most one for each claim."""

    def __init__(self, store: RunStore) -> None:
        self._root = store.root

    def of(self, claim: str) -> Prediction | None:
        """What was expected of a claim, if anything was."""
        return self._read().by_claim.get(claim)

    def keep(self, claim: str, expected: Expected, words: str = "") -> Prediction:
        """Remember a prediction in place of an earlier one. Raises `OSError`, or `RunBusy` while another is written."""
        made = Prediction(expected=expected, words=words, time=time.time())
        self._change(lambda kept: kept | {claim: made})
        return made

    def forget(self, claim: str) -> None:
        """Take a prediction back. Raises `OSError`, or `RunBusy` while another is written."""
        self._change(lambda kept: {name: each for name, each in kept.items() if name != claim})

    def _read(self) -> _Kept:
        return read_record(self._root / NAME, _Kept)

    def _change(self, change: Callable[[dict[str, Prediction]], dict[str, Prediction]]) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        with hold(self._root, "somebody else is writing a prediction", name=f"{NAME}.lock"):
            kept = _Kept(by_claim=change(self._read().by_claim))
            write_atomic(self._root / NAME, kept.model_dump_json(indent=1).encode(), durable=True)


def came_true(prediction: Prediction, finding: Finding) -> bool | None:
    """Whether the runs bear a prediction out; None where they do not decide it, or it was made in words alone."""
    if not prediction.expected or finding.low is None or finding.high is None or finding.n < 2:
        return None
    seen = _seen(finding.rule, _compared(finding.rule, finding.low), _compared(finding.rule, finding.high))
    return None if seen is None else seen == prediction.expected


def _compared(rule: Rule, effect: float) -> float:
    """An effect as rules compare it: a ratio by its logarithm."""
    return math.log(effect) if OUTCOMES[rule.outcome].ratio else effect


def _seen(rule: Rule, low: float, high: float) -> Expected | None:
    """What an interval says of the arm against the other, or against the level; None if it can be either."""
    margin = rule.least if isinstance(rule, Difference) else rule.within if isinstance(rule, Equivalence) else 0.0
    if max(abs(low), abs(high)) <= margin:
        return "about the same"
    if low <= 0 <= high:
        return None
    downwards = not isinstance(rule, Equivalence) and rule.direction == "lower"  # effects count along that
    return "lower" if (low > 0) == downwards else "higher"
