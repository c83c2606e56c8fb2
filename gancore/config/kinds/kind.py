"""What is declared of a kind of networks and of the family of algorithms that trains it. Nothing here loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gancore.config.losses import LossFacts

if TYPE_CHECKING:
    from gancore.config.run import RunConfig

Condition = Literal["none", "class", "image"]  # what samples are made from besides noise
Input = Literal["samples", "z", "labels", "sources"]  # what a network takes

IMAGES_FIRST = ("fid", "coverage", "diversity", "closer_to_training", "sharpness")


@dataclass(frozen=True)
class Curve:
    """One line of a chart."""

    column: str  # of the scalars that a step returns
    name: str
    role: Literal["d", "g", "neither"] = "neither"  # whose it is, which decides its colour
    alone: str = ""  # its name where it stands beside curves of other charts; empty: as in its own

    @property
    def full_name(self) -> str:
        """Its name where its chart is not there to explain it."""
        return self.alone or self.name


@dataclass(frozen=True)
class Panel:
    """One chart of a run's own curves."""

    title: str
    y: str  # axis title
    caption: str  # what to look for
    curves: tuple[Curve, ...]
    log: bool = False


@dataclass(frozen=True)
class Preview:
    """The picture that a run shows of itself, in words; it is drawn by the algorithm's `preview`."""

    caption: str
    aspect: float = 1.0  # how much wider than high
    rows: tuple[str, ...] = ()  # what each of its rows shows, where they differ


def _nothing_to_check(_config: RunConfig) -> None:
    pass


def _no_game(_config: RunConfig) -> None:
    return None


@dataclass(frozen=True)
class Kind:
    """One choice of `model.kind`."""

    help: str
    algorithm: str  # `module:class` of the family that trains it
    networks: str  # `module:function` that builds its networks
    inputs: Callable[[RunConfig], dict[str, tuple[Input, ...]]]  # what each network takes
    settings: frozenset[str]  # those it uses among the settings that not every kind uses, by path
    panels: Callable[[RunConfig], dict[str, Panel]]  # charts of its curves, the main one first
    preview: Callable[[RunConfig], Preview]
    needs: Mapping[str, Any] = field(default_factory=dict)  # what other settings must be, by path
    check: Callable[[RunConfig], None] = _nothing_to_check  # raises a `ValueError` for settings that do not fit
    condition: Condition = "none"
    game: Callable[[RunConfig], LossFacts | None] = _no_game  # what G and D play, where there are a G and a D
    script: str = ""  # `module:function` that writes its networks as plain code; empty: nobody has
    headline: tuple[str, ...] = IMAGES_FIRST  # measures of images that say most of it, the first one first
