"""How everything on the Compare page is drawn: what its sections share, and the address keeps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gancore.config import SETTINGS
from ui.figures.curves import SMOOTHING

Axis = Literal["step", "epoch", "time", "images"]
Band = Literal["range", "error", "interval"]  # minimum to maximum, standard error, 95 % interval of the mean

AXES: tuple[Axis, ...] = get_args(Axis)
BANDS: tuple[Band, ...] = get_args(Band)
SEEDS = "seeds"  # as a group: runs that differ in nothing but their seed
MOST_SMOOTHING = 0.99


@dataclass(frozen=True)
class Controls:
    """The controls that all charts of the page follow."""

    axis: Axis = "step"
    smoothing: float = SMOOTHING  # weight of the past in the moving average, in [0, 0.99]
    log: bool = False  # whether values are drawn on a logarithmic scale
    group: str = ""  # the setting by whose value runs are averaged, or `SEEDS`; empty: each run for itself
    band: Band = "range"  # what is drawn around the mean of a group

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> Controls:
        """What an address says of them, where it makes sense: it may come from anywhere."""
        axis, band = texts.get("axis"), texts.get("band")
        group = texts.get("group", "")
        return cls(
            axis=next((each for each in AXES if each == axis), cls.axis),
            smoothing=_weight(texts.get("smoothing", "")),
            log=texts.get("log") == "1",
            group=group if group in SETTINGS or group == SEEDS else "",
            band=next((each for each in BANDS if each == band), cls.band),
        )

    def texts(self) -> dict[str, str]:
        """What `parse` reads, as short as it can be: only what is not as it always is."""
        said = {
            "axis": self.axis,
            "smoothing": f"{self.smoothing:g}",
            "log": "1" if self.log else "",
            "group": self.group,
            "band": self.band if self.group else "",
        }
        usual = {"axis": Controls.axis, "smoothing": f"{SMOOTHING:g}", "band": Controls.band}
        return {name: text for name, text in said.items() if text and text != usual.get(name)}


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return SMOOTHING
    return min(max(weight, 0.0), MOST_SMOOTHING) if math.isfinite(weight) else SMOOTHING
