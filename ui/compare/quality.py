"""What was measured of samples, of several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from gancore.store import Run
from gancore.store.evaluations import Evaluation
from ui import state
from ui.words import plain

Measured = Mapping[str, Sequence[Evaluation]]  # by the run's id
ACROSS = 4  # charts of classes in a line, at most
MAP_HEIGHT = 270


def evaluations(run: Run, *, join: bool) -> list[Evaluation]:
    """A run's evaluations; of a fork with those of what it was forked from, up to the fork."""
    found = run.evaluations()
    if not join:
        return found
    *ancestors, _ = line = state.store().lineage(run)
    for parent, child in reversed(list(zip(ancestors, line[1:], strict=True))):
        until = min([child.meta.parent_step or 0, *(each.step for each in found)])
        found = [each for each in parent.evaluations() if each.step <= until] + found
    return found


def warn(found: Sequence[Evaluation]) -> None:
    """Say why values do not compare, where they do not."""
    for sentence in differences(found):
        st.caption(f":material/warning: {plain(sentence)}")


def differences(found: Sequence[Evaluation]) -> list[str]:
    """In what these evaluations differ that makes their values differ, a sentence each."""
    said = []
    extractors = sorted({each.extractor for each in found if each.extractor})
    if len(extractors) > 1:
        said.append(f"Different features ({', '.join(extractors)}): FIDs and similar metrics are not comparable.")
    references = sorted({f"{each.reference_count:,} of {each.reference}" for each in found})
    if len(references) > 1:
        said.append(f"Different references ({'; '.join(references)}): these values are not comparable.")
    for size, words in (("cheap", "during training"), ("full", "at the end")):
        counts = sorted({each.samples for each in found if each.size == size})
        if len(counts) > 1:
            listed = " and ".join(f"{count:,}" for count in counts)
            said.append(f"Evaluated {words} on different numbers of samples ({listed}): fewer give a higher FID.")
    return said
