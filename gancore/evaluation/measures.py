"""What is measured of a run's samples: the names and meanings of the values, and the record of one evaluation.

No torch in here: pages read evaluations without it. `gancore.evaluation.evaluator` makes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gancore.evaluation.meanings import MEASURES as MEASURES
from gancore.evaluation.meanings import Measure as Measure
from gancore.store.evaluations import Evaluation, Size, Weights

CHEAP_SAMPLES = 1_000
FULL_SAMPLES = 10_000  # unless the run's settings say otherwise

MAIN = ("fid", "coverage", "classes", "modes", "near_modes", "test_elbo", "test_accuracy")  # in tables of many runs


def full_key(key: str, extractor: str | None) -> str:
    """`fid (mnist-cnn-v1)`: a key for files that do not name the extractor elsewhere."""
    return key + MEASURES[key].through(extractor) if key in MEASURES else key


def shown_weights(evaluations: Iterable[Evaluation]) -> Weights:
    """The network whose values stand for the run: the average of G where there is one, as in its samples."""
    return "ema" if any(each.weights == "ema" for each in evaluations) else "raw"


def at_the_end(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """The full evaluations of the network that stands for the run."""
    return _shown(evaluations, "full")


def on_the_way(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """The cheap evaluations of the network that stands for the run that make one curve.

    They have one number of samples, on which values hang: the usual one, or the most common if none has that. And one
    extractor, the newest's.
    """
    cheap = _shown(evaluations, "cheap")
    counts = Counter(each.samples for each in cheap)
    usual = max(counts, key=lambda count: (count == CHEAP_SAMPLES, counts[count], count), default=CHEAP_SAMPLES)
    alike = [each for each in cheap if each.samples == usual]
    latest = max((each for each in alike if each.extractor), key=_age, default=None)
    return [each for each in alike if latest is None or each.extractor in (latest.extractor, None)]


def final(evaluations: Iterable[Evaluation]) -> Evaluation | None:
    """The newest full evaluation of the network that stands for the run: of several that of most samples."""
    return max(at_the_end(evaluations), key=_age, default=None)


def last(evaluations: Iterable[Evaluation], key: str, size: Size = "cheap") -> Evaluation | None:
    """The newest evaluation of that size that knows `key`."""
    return newest(on_the_way(evaluations) if size == "cheap" else at_the_end(evaluations), key)


def best(evaluations: Iterable[Evaluation], key: str) -> Evaluation | None:
    """The best value of `key` on the way; None where none is better than another."""
    return best_of(on_the_way(evaluations), key)


def headline(evaluations: Iterable[Evaluation], keys: Iterable[str]) -> str:
    """`FID (mnist-cnn-v1) 12.3`: the first of the `keys` that was measured, at its last, of a full evaluation first."""
    every = list(evaluations)
    for key in keys:
        found = last(every, key, "full") or last(every, key)
        if found is not None:
            return f"{MEASURES[key].name(found.extractor)} {found.values[key]:{MEASURES[key].digits}}"
    return ""


def newest(evaluations: Iterable[Evaluation], key: str) -> Evaluation | None:
    """The newest of these that knows `key`."""
    return max((each for each in evaluations if key in each.values), key=_age, default=None)


def best_of(evaluations: Iterable[Evaluation], key: str) -> Evaluation | None:
    """The one of these with the best value of `key`; None where none is better than another."""
    sign = {"low": 1, "high": -1, "": 0}[MEASURES[key].better]
    known = [each for each in evaluations if key in each.values] if sign else []
    return min(known, key=lambda each: sign * each.values[key], default=None)


def _shown(evaluations: Iterable[Evaluation], size: Size) -> list[Evaluation]:
    found = list(evaluations)
    weights = shown_weights(found)
    return [each for each in found if each.size == size and each.weights == weights]


def _age(evaluation: Evaluation) -> tuple[int, int]:
    return evaluation.step, evaluation.samples
