"""What was measured of several runs in one way, so that it can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gancore.evaluation.measures import MEASURES, last
from gancore.experiments.readings import evaluations
from gancore.store import Run
from gancore.store.evaluations import Evaluation, Size
from gancore.text import listed

MOST_LISTED = 4  # ways of measuring in a sentence

_WAYS = (
    (0, "features ({})"),
    (1, "references ({})"),
    (2, "sizes of the reference ({})"),
    (3, "numbers of samples ({})"),
)


def common_size(runs: Sequence[Run], key: str) -> Size | None:
    """Whether more runs have a value from full evaluations or from those on the way, the full ones of as many.

    None where fewer than two have one.
    """
    sizes: tuple[Size, Size] = ("full", "cheap")
    known = {size: sum(last(evaluations(run), key, size) is not None for run in runs) for size in sizes}
    best = max(sizes, key=lambda size: known[size])
    return best if known[best] >= 2 else None


def measured_alike(runs: Sequence[Run], key: str, size: Size) -> tuple[list[Run], str]:
    """The most runs whose values were measured in one way, and what is to be said of the others."""
    parts: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        found = last(evaluations(run), key, size)
        if found is not None:
            parts.setdefault(_way(found, key), []).append(run)
    alike = max(parts.values(), key=len)
    if len(parts) == 1:
        return alike, ""
    label, count = MEASURES[key].label, sum(map(len, parts.values()))
    listing = " and ".join(filter(None, (_unlike(list(parts), at, words) for at, words in _WAYS)))
    rest = f"the {len(alike)} of {count} that were measured alike are compared" if len(alike) > 1 else ""
    return alike, f"Not every {label} here can be compared: {'; '.join(filter(None, (listing, rest)))}."


def _way(found: Evaluation, key: str) -> tuple[object, ...]:
    extractor = found.extractor if MEASURES[key].learned else None
    return extractor, found.reference, found.reference_count, found.samples


def _unlike(ways: Sequence[tuple[object, ...]], at: int, words: str) -> str:
    """`different numbers of samples (1,000 and 10,000)`; nothing where all are alike."""
    values = {way[at] for way in ways}
    if len(values) < 2:
        return ""
    ordered = sorted(values, key=lambda each: (each if isinstance(each, int) else 0, str(each)))
    texts = [f"{each:,}" if isinstance(each, int) else str(each or "none") for each in ordered]
    return "different " + words.format(listed(texts[:MOST_LISTED]))


def values(runs: Sequence[Run], key: str) -> Mapping[str, float]:
    """By run, those that can be compared; empty of fewer than two."""
    size = common_size(runs, key)
    if size is None:
        return {}
    alike, _ = measured_alike(runs, key, size)
    read = {run.id: last(evaluations(run), key, size) for run in alike}
    return {run_id: found.values[key] for run_id, found in read.items() if found is not None}
