"""Which colour means what, on every page and in every report. All are told apart by colour-blind eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

D = "#0072B2"
G = "#D55E00"
REAL = "#6B7280"

# Runs and arms: eight that normal, red-blind and green-blind eyes tell apart as far as that many can be, none of them
# D's, G's or the data's. Each has a contrast of 3 or more to a white page and to a dark one.
CYCLE = ("#00A06E", "#6E3CFA", "#A25200", "#C80ABE", "#FA5046", "#328CFA", "#1E6E8C", "#B478B4")
DASHES = ("", "6,3", "2,2", "6,2,2,2", "10,3", "10,2,2,2", "10,2,2,2,2,2")  # as SVG and canvases have it; empty: solid

VERDICTS = {"supported": "#00795A", "contradicted": "#A3265A", "not decided": "#5B6370"}  # never without icon and word


@dataclass(frozen=True)
class Line:
    """How one of several runs is drawn."""

    color: str
    dash: str = ""  # lengths of dashes and gaps; empty: solid


def lines(places: Sequence[int]) -> list[Line]:
    """A line for each of several runs by their places in the cycle, no two the same while there are enough.

    Each has its own colour where it can: of two with the same, the first one keeps it, and the other gets a free one;
    once all are taken they come again, dashed.
    """
    found: dict[int, Line] = {}
    for number in range(len(places)):  # each round gives one run a line at least
        dash = DASHES[number % len(DASHES)]
        free = list(CYCLE)
        left = [each for each in range(len(places)) if each not in found]
        for each in left:
            if (own := CYCLE[places[each] % len(CYCLE)]) in free:
                free.remove(own)
                found[each] = Line(own, dash)
        without = [each for each in left if each not in found]
        found |= {each: Line(color, dash) for each, color in zip(without, free, strict=False)}
    return [found[each] for each in range(len(places))]
