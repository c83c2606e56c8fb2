"""A way inside the networks of compared runs."""

from __future__ import annotations

from collections.abc import Sequence

from gancore.store import Run
from ui import navigation
from ui.run.forking import kept


def link(runs: Sequence[Run]) -> None:
    """To the first two that have checkpoints, at the same noise; nothing where fewer have."""
    found = [run.id for run in runs if kept(run)][:2]
    if len(found) == 2:
        navigation.to_explore("Explore two of them at the same noise", *found)
