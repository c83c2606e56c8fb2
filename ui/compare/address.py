"""What the Compare page shows, as its address says it: whoever opens the address sees the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gancore.store.records import MOST_COUNT
from gancore.store.store import is_id
from ui.address import Address
from ui.compare.controls import Controls
from ui.navigation import MOST_COMPARED

NAMES = ("runs", "hidden", "axis", "smoothing", "log", "group", "band", "columns", "step")
MOST_COLUMNS = 20

_COLUMN = re.compile(r"[a-z0-9_]{1,60}")


@dataclass(frozen=True)
class View:
    """Which runs are compared, and how."""

    runs: tuple[str, ...] = ()  # ids, in order
    hidden: frozenset[str] = frozenset()
    controls: Controls = field(default_factory=Controls)
    columns: tuple[str, ...] = ()  # curves and measures that somebody chose
    step: int | None = None  # of the films; None: the newest that all have

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> View:
        """What an address says, where it makes sense: it may come from anywhere."""
        named = dict.fromkeys(each for each in texts.get("runs", "").split(",") if is_id(each))
        runs = tuple(named)[:MOST_COMPARED]
        places = {int(each) for each in texts.get("hidden", "").split(",") if each.isdecimal() and len(each) < 4}
        columns = dict.fromkeys(each for each in texts.get("columns", "").split(",") if _COLUMN.fullmatch(each))
        step = texts.get("step", "")
        return cls(
            runs=runs,
            hidden=frozenset(run for place, run in enumerate(runs, start=1) if place in places),
            controls=Controls.parse(texts),
            columns=tuple(columns)[:MOST_COLUMNS],
            step=int(step)
            if step.isascii() and step.isdecimal() and len(step) < 10 and int(step) <= MOST_COUNT
            else None,
        )

    def texts(self) -> dict[str, str]:
        """What `parse` reads; nothing where it is as it always is."""
        places = (str(place) for place, run in enumerate(self.runs, start=1) if run in self.hidden)
        said = {
            "runs": ",".join(self.runs),
            "hidden": ",".join(places),
            **self.controls.texts(),
            "columns": ",".join(self.columns),
            "step": "" if self.step is None else str(self.step),
        }
        return {name: text for name, text in said.items() if text}


_ADDRESS = Address("compare", NAMES, View.parse)
current, begin, change, show = _ADDRESS.current, _ADDRESS.begin, _ADDRESS.change, _ADDRESS.show
