"""Which data a run learns from. Each field carries its range, its unit and its help text, see `setting`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gancore.config.datasets import IMAGES, DatasetName
from gancore.config.setting import Part, setting

Classes = Annotated[tuple[Annotated[int, Field(ge=0, le=999)], ...], Field(strict=False, min_length=1, max_length=999)]
Counts = Annotated[tuple[Annotated[int, Field(ge=0, le=10**7)], ...], Field(strict=False, max_length=1000)]
Point = Annotated[tuple[Annotated[float, Field(ge=-1, le=1)], ...], Field(strict=False, min_length=2, max_length=2)]
Points = Annotated[tuple[Point, ...], Field(strict=False, max_length=1000)]

ON_IMAGES = {"data.name": IMAGES}
LEAST_BATCH = 2  # images of which batch normalisation can take a variance, whatever the layer


class DataConfig(Part):
    """Which images, how many, how large."""

    name: DatasetName = setting(
        "mnist-5k",
        "The samples to learn from. mnist-5k and the toys come with the installation; the others are downloaded on "
        "first use. Toys are points in the plane, which train in seconds and make mode collapse easy to see.",
        label="dataset",
        group="Data",
        main=True,
    )
    own: str = setting(
        "",
        "Which of your imported image sets to train on.",
        label="image set",
        group="Data",
        when={"data.name": ("own",)},
        pattern=r"^([a-z0-9][a-z0-9-]{0,63})?$",
        words="the name of an imported image set, in lowercase letters, digits and hyphens",
    )
    own_counts: Counts = setting(
        (),
        "Number of images of each class in that set; filled in when the set is chosen.",
        label="images per class",
        group="Data",
        when={"data.name": ("own",)},
        hidden=True,
        words="a list of up to 1000 whole numbers, one for each class",
    )
    own_hash: str = setting(
        "",
        "Digest of that set's images, labels and class names; filled in when the set is chosen. A run refuses to go "
        "on with a set of the same name and other contents. Empty, as in runs of earlier versions: any contents will "
        "do.",
        label="contents of the image set",
        group="Data",
        when={"data.name": ("own",)},
        hidden=True,
        pattern=r"^([0-9a-f]{32})?$",
        words="the digest of an imported image set, 32 hexadecimal digits, or empty",
    )
    points: Points = setting(
        (),
        "The points of the hand-drawn distribution, each as x, y from -1 to 1.",
        label="drawn points",
        group="Data",
        when={"data.name": ("drawn",)},
        hidden=True,
        words="a list of up to 1000 pairs of numbers from -1 to 1",
    )
    limit: int | None = setting(
        None,
        "Use only the first this many training images (empty: all). If there are few, D can memorise them.",
        label="images",
        group="Data",
        ge=2,
        le=1_000_000,
    )
    classes: Classes | None = setting(
        None,
        "Use only these classes, by number (empty: all). 1: only ones; 0, 2: T-shirts and pullovers.",
        label="classes",
        group="Data",
        words="a list of whole numbers from 0 to 999, such as 0, 1, 7",
    )
    imbalance: float = setting(
        1.0,
        "Share of its images that the last class keeps; the first keeps all, the others lie in between. 1: unchanged. "
        "0.01: the last class is a hundred times rarer than the first, and G tends to drop it.",
        label="imbalance",
        group="Data",
        scale="log",
        marks=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
        ge=0.001,
        le=1.0,
    )
    labels: int = setting(
        100,
        "Number of labelled images, the same for each class. The classifier learns from these; all other images are "
        "used without their labels.",
        label="labelled images",
        group="Data",
        scale="log",
        marks=(10, 20, 50, 100, 200, 500, 1000),
        main=True,
        by_kind=True,
        ge=1,
        le=100_000,
    )
    pairs: Literal["thickened", "unpaired"] = setting(
        "thickened",
        "Where the bold images come from. thickened: each regular image has a bold version, dilated by a disk of "
        "random radius (Morpho-MNIST). unpaired: the thicker half of the real images is taken as bold, the thinner "
        "half as regular.",
        label="bold images",
        group="Data",
        main=True,
        by_kind=True,
    )
    image_size: Literal[8, 16, 28, 32, 64] = setting(
        32,
        "Side of the square images in pixels. The DCGANs need 32; the MLPs of the assignments use 28.",
        label="image size",
        group="Data",
        when=ON_IMAGES,
    )
    range: Literal["-1..1", "0..1"] = setting(
        "-1..1",
        "The values of black and white. A G that ends in tanh fits -1..1, one that ends in a sigmoid 0..1. Report "
        "003's hand-out combines tanh with 0..1, which may be why its backgrounds are noisy.",
        label="pixel range",
        group="Data",
        when=ON_IMAGES,
    )
    shuffle: bool = setting(
        True,
        "Draw the images in a new random order every epoch. Off: in file order, as in the CS231n assignment.",
        label="shuffle",
        group="Data",
    )
    last_batch: Literal["drop", "keep"] = setting(
        "drop",
        "What becomes of the images left over at the end of an epoch where they do not fill a batch. drop: they are "
        "not used in that epoch. keep: they make a smaller batch, as in report 003's hand-out; a single image is "
        "dropped all the same, since batch normalisation needs two.",
        label="last batch",
        group="Data",
    )
