"""What the Explore page shows, as its address says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gancore.store.store import is_id
from ui.address import Address

NAMES = ("run", "beside", "checkpoint", "weights", "seed", "view", "picks")
VIEWS = ("samples", "between", "directions", "classes", "nearest", "judge", "codes", "bold", "plane")
MOST_PICKS = 2

_PICK = re.compile(r"[0-9]{1,10}\.[0-9]{1,2}(?:\.[0-9]{1,5})?")  # seed, place among its noise, class


@dataclass(frozen=True)
class View:
    """Which checkpoint is looked into, and how."""

    run: str = ""  # its id; empty: the newest that can be explored
    beside: str = ""  # a second one's; empty: none
    checkpoint: str = "last"
    raw: bool = False
    seed: int = 0
    view: str = ""  # one of `VIEWS`; empty: the first that fits
    picks: tuple[str, ...] = ()  # samples that were picked

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> View:
        """What an address says, where it makes sense: it may come from anywhere."""
        run, beside = (texts.get(name, "") if is_id(texts.get(name, "")) else "" for name in ("run", "beside"))
        checkpoint, view = texts.get("checkpoint", ""), texts.get("view", "")
        is_step = checkpoint.isascii() and checkpoint.isdecimal() and len(checkpoint) < 9
        return cls(
            run=run,
            beside=beside if beside != run else "",
            checkpoint=checkpoint if is_step else "last",
            raw=texts.get("weights") == "raw",
            seed=as_seed(texts.get("seed", "")),
            view=view if view in VIEWS else "",
            picks=as_picks(texts.get("picks", "").split(",")),
        )

    def texts(self) -> dict[str, str]:
        """What `parse` reads; nothing where it is as it always is."""
        said = {
            "run": self.run,
            "beside": self.beside,
            "checkpoint": "" if self.checkpoint == "last" else self.checkpoint,
            "weights": "raw" if self.raw else "",
            "seed": str(self.seed) if self.seed else "",
            "view": self.view,
            "picks": ",".join(self.picks),
        }
        return {name: text for name, text in said.items() if text}


def as_seed(text: str) -> int:
    """A seed that is typed, or 0."""
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0
    return found if found < 2**32 else 0


def as_picks(texts: list[str]) -> tuple[str, ...]:
    """Samples, each as its seed, its place and perhaps its class, with dots between."""
    return tuple(dict.fromkeys(each for each in texts if _PICK.fullmatch(each)))[:MOST_PICKS]


_ADDRESS = Address("explore", NAMES, View.parse)
current, begin, change, show = _ADDRESS.current, _ADDRESS.begin, _ADDRESS.change, _ADDRESS.show
