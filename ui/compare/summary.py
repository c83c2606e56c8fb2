"""What the compared runs say, in words."""

from __future__ import annotations

from collections.abc import Sequence

from gancore.comparison import wording
from gancore.store import Run
from ui.compare.chosen import names


def sentences(runs: Sequence[Run], measure: str | None = None) -> list[str]:
    """Two or three sentences from the numbers of these runs, by `measure`, a key of `MEASURES`, or else by the FID."""
    return wording.sentences(runs, names(runs), measure)
