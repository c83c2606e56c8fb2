"""What the table of runs knows of each run; kept in the store's index, so that a new server reads no folder again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gancore.evaluation.measures import MAIN, MEASURES, at_the_end, newest, on_the_way
from gancore.query import FIELDS, Facts
from gancore.query.fields import facts_of, state_fact, values
from gancore.store.evaluations import Evaluation, Size
from gancore.store.index import Snapshot
from gancore.store.records import LIVE
from ui import state
from ui.boundary import explain
from ui.figures.curves import thin
from ui.run import health

POINTS = 30  # of a small curve in a cell, at most


@dataclass(frozen=True)
class Headline:
    """The figure that stands for a run, and when it was measured."""

    key: str
    value: float
    step: int
    size: Size
    samples: int
    extractor: str | None = None

    @property
    def words(self) -> str:
        """`FID (mnist-cnn-v1) of 10,000 samples at step 1,050, at the end of training`."""
        when = "at the end of training" if self.size == "full" else "during training"
        return f"{MEASURES[self.key].name(self.extractor)} of {self.samples:,} samples at step {self.step:,}, {when}"


@dataclass(frozen=True)
class Known:
    """What is known of a run as long as its folder stays as it is."""

    facts: dict[str, Any] = field(default_factory=dict)
    headline: Headline | None = None
    curve: Sequence[float] = ()  # the headline's measure, from one evaluation while it trained to the next


_RULES = hashlib.blake2b(repr((FIELDS, MAIN, POINTS)).encode(), digest_size=8).hexdigest()


def known(run: Snapshot) -> Known:
    """What is known of a run; of one that cannot be read, its id."""
    try:
        return run.once("known", lambda: _recalled(run))
    except Exception as error:
        explain(run, error)
        return Known({"id": run.id, "name": run.id, "created": 0.0})


_looking = threading.Lock()


def look(runs: Iterable[Snapshot]) -> None:
    """Have it known of all of them. Whoever looks at the same time waits, and finds nothing out again."""
    with _looking:
        for run in runs:
            known(run)


def _recalled(run: Snapshot) -> Known:
    if run.state in LIVE:  # they change by themselves, and are few
        return _look(run)
    index, digest = state.index(), run.digest(_RULES)
    found = _of_plain(index.recall(run, "row", digest))
    if found is None:
        found = _look(run)
        index.keep(run, "row", digest, {**vars(found), "headline": found.headline and vars(found.headline)})
    return found


def _of_plain(kept: Any) -> Known | None:
    """What an index says of a run, if it says something of sense."""
    try:
        facts = {name: tuple(value) if isinstance(value, list) else value for name, value in kept["facts"].items()}
        if not facts.keys() <= FIELDS.keys() or not {"id", "name", "created"} <= facts.keys():
            return None
        headline = kept["headline"] and Headline(**kept["headline"])
        return Known(facts, headline, [float(each) for each in kept["curve"]])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _look(run: Snapshot) -> Known:
    if run.damage:
        return Known(facts_of(run))
    evaluations = run.evaluations()
    cheap, full = on_the_way(evaluations), at_the_end(evaluations)
    headline = _headline(cheap, full, run.config.kind.headline)
    measured = {
        key: value for key, value in run.summary.items() if key in MEASURES
    }  # from before there were evaluations
    facts = facts_of(run, measured | values(evaluations))
    return Known(facts, headline, _curve(cheap, headline.key) if headline else ())


def _headline(cheap: Sequence[Evaluation], full: Sequence[Evaluation], keys: Sequence[str]) -> Headline | None:
    """The first main measure there is, of the last full evaluation, else of the last one."""
    for key in dict.fromkeys(("fid", "modes", *keys, *MAIN)):
        if (found := newest(full, key) or newest(cheap, key)) is not None:
            extractor = found.extractor if MEASURES[key].learned else None
            return Headline(key, found.values[key], found.step, found.size, found.samples, extractor)
    return None


def _curve(cheap: Sequence[Evaluation], key: str) -> list[float]:
    points = np.array([each.values[key] for each in cheap if key in each.values])
    return points[thin(np.arange(len(points)), points, POINTS)].tolist() if len(points) > 1 else []


def facts(run: Snapshot) -> Facts:
    """All that can be asked of a run, as it is now."""
    try:
        seen = None if run.damage else health.brief(run, look=False)
        now = run.state, tuple(seen.titles) if seen else ()
    except Exception as error:
        explain(run, error)
        now = "damaged", ()
    told: dict[object, Facts] = run.once("facts", dict)  # the same ones as long as they stay: thousands are asked for
    if now not in told:
        told.clear()
        shown, titles = now
        told[now] = {**known(run).facts, "state": state_fact(shown), **({"problem": titles} if titles else {})}
    return told[now]
