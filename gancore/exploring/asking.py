"""What can be asked of a checkpoint. It comes from a browser, so everything is bounded. No torch in here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gancore.store.records import MOST_COUNT

NOISES = 64  # that belong to a seed: as many as a grid of previews has
MOST_POINTS = 160  # images of one answer
MOST_MOVES = 24  # along directions, of one point
MOST_STOPS = 8  # of a path
MOST_STEPS = 60  # from one stop of a path to the next
MOST_FILE = 4_000_000  # bytes of an image file, as base64 four thirds of it
DIRECTIONS = 8  # of each method that are offered

Method = Literal["sefa", "ganspace"]
Way = Literal["straight", "spherical"]

_MOVE = re.compile(r"(?:(?:sefa|ganspace)-[0-7]|z-(?:0|[1-9][0-9]{0,3}))")


def _known_moves(moves: Mapping[str, float]) -> Mapping[str, float]:
    if unknown := [name for name in moves if not _MOVE.fullmatch(name)]:
        raise ValueError(f"there is no direction {unknown[0][:20]!r}")
    return moves


Amount = Annotated[float, Field(ge=-50, le=50, allow_inf_nan=False)]
Threshold = Annotated[float, Field(ge=0.05, le=10, allow_inf_nan=False)]
Moves = Annotated[Mapping[str, Amount], Field(max_length=MOST_MOVES), AfterValidator(_known_moves)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Label = Annotated[int, Field(ge=0, le=10_000)]
Place = Annotated[int, Field(ge=0, le=MOST_COUNT)]  # of an image in a split


class Asked(BaseModel):
    """Common to all that is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Point(Asked):
    """A place in the latent space: a noise vector of a seed, or a place in the plane of a VAE's codes, and moves from
    there."""

    seed: Seed = 0
    place: Annotated[int, Field(ge=0, lt=NOISES)] = 0  # among the noise vectors of the seed
    label: Label | None = None  # the class, where there are any; None: classes take turns
    moves: Moves = Field(default_factory=dict)  # how far along which directions, such as {"sefa-0": 1.5, "z-12": -2.0}
    plane: tuple[Amount, Amount] | None = None  # in place of noise
    encoded: Place | None = None  # the code of a held-out image, in place of noise


class Weights(Asked):
    """Of which weights something is asked."""

    checkpoint: Annotated[str, Field(max_length=20)] = "last"
    raw: bool = False  # of G itself, where there is an average of it, too
    truncation: Annotated[float, Field(ge=0.05, le=10, allow_inf_nan=False)] | None = (
        None  # of noise: its largest coordinate
    )


class Pictures(Weights):
    """Images of some points."""

    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST_POINTS)]


class Path(Weights):
    """Images on the way through some points."""

    stops: Annotated[tuple[Point, ...], Field(min_length=2, max_length=MOST_STOPS)]
    way: Way = "spherical"
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] = 16  # from a stop to the next


class Film(Path):
    """The same as a file."""

    kind: Literal["gif", "mp4"] = "gif"
    returns: bool = True  # whether it goes the same way back, so that it has no jump


class Toy(Weights):
    """Points of a seed, in the plane."""

    seed: Seed = 0


class Strongest(Weights):
    """The directions in which G changes most."""

    method: Method = "sefa"


class Image(Asked):
    """An image that something is asked about: one that G makes, one of the data, or one that somebody brings."""

    point: Point | None = None
    split: Literal["train", "test"] | None = None
    index: Place = 0  # in the split
    file: Annotated[str, Field(max_length=MOST_FILE * 4 // 3 + 4)] | None = None  # an image file in base64

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(given is not None for given in (self.point, self.split, self.file)) != 1:
            raise ValueError("an image is a point, one of a split or a file")
        return self


class Real(Weights):
    """Some images of the data, to choose one of."""

    split: Literal["train", "test"] = "test"
    start: Place = 0
    count: Annotated[int, Field(ge=1, le=MOST_POINTS)] = 40
    sources: bool = False  # of a translator: those that it is given, not those that it should make


class About(Weights):
    """What is said of an image: its nearest training images, D's score, what a VAE makes of it."""

    image: Image
    label: Label | None = None  # the class that D is told


class Bold(Weights):
    """What a translator makes of an image with several noise vectors of a seed."""

    image: Image
    seed: Seed = 0
    count: Annotated[int, Field(ge=1, le=16)] = 8
    moves: Moves = Field(default_factory=dict)
