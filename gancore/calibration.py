"""What the metrics say of images whose quality is known: the floor that real images set, and sets that are plainly bad.

`python -m gancore.calibration docs` writes docs/metrics.md and its pictures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from gancore import rng
from gancore.config import RunConfig
from gancore.data import Images, load
from gancore.data.batches import to_range
from gancore.evaluate import DISPLAY, Evaluator, Samples, Values
from gancore.files import write_atomic
from gancore.imaging import encode_png, grid
from gancore.measures import MEASURES

FLOOR = "real, held out"
HALF, BLURRED = "half the classes missing", "blurred"
MADE_OF_HELD_OUT = (FLOOR, HALF, BLURRED)  # whose likelihood would be that of images under themselves
COUNT = 5_000  # images of each set: as many as test sets have of half of their classes
FLOORS = (1_000, 5_000, 10_000)  # numbers of real images whose values are shown, since some depend on the number
BLUR = 1.5  # standard deviation of the blur in pixels
DATASETS_SHOWN = ("mnist", "fashion-mnist")
SHOWN = 16  # images of each set in its picture

KnownSets = Mapping[str, Callable[[], Tensor]]


def known_sets(config: RunConfig, count: int) -> KnownSets:
    """Sets of up to `count` images (N, C, H, W) in [-1, 1], by what is known of them; the first is the floor."""
    held_out, training = _held_out(config), load(config)
    real, labels = to_range(held_out.pixels, DISPLAY), held_out.labels
    half = labels < config.classes // 2
    return {
        FLOOR: lambda: real[:count],
        "copies of training images": lambda: to_range(training.pixels[:count], DISPLAY),
        HALF: lambda: real[half][:count],
        BLURRED: lambda: blurred(real[:count]),
        "one image repeated": lambda: real[:1].repeat(min(count, len(real)), 1, 1, 1),
        "noise": lambda: torch.rand(real[:count].shape, generator=rng.generator(0, "calibration/noise")) * 2 - 1,
    }


def blurred(images: Tensor, sigma: float = BLUR) -> Tensor:
    """Images (N, C, H, W) under a Gaussian blur of standard deviation `sigma`, in pixels."""
    reach = round(3 * sigma)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (weights / weights.sum())[None, None, None, :]
    flat = images.flatten(0, 1)[:, None]
    rows = conv2d(pad(flat, (reach, reach, 0, 0), mode="replicate"), kernel)
    return conv2d(pad(rows, (0, 0, reach, reach), mode="replicate"), kernel.mT).reshape(images.shape)


def calibrate(config: RunConfig, count: int) -> dict[str, Values]:
    """What a full evaluation says of each known set."""
    evaluator = Evaluator(config)
    found = {name: evaluator.measure(Samples(draw()), "full")[0] for name, draw in known_sets(config, count).items()}
    return found | {name: _without_parzen(found[name]) for name in MADE_OF_HELD_OUT}


def floors(config: RunConfig, counts: Sequence[int]) -> dict[str, Values]:
    """What a full evaluation says of real images that nobody was trained on, as many as each of `counts`."""
    evaluator = Evaluator(config)
    real = to_range(_held_out(config).pixels, DISPLAY)
    return {f"{count:,}": _without_parzen(evaluator.measure(Samples(real[:count]), "full")[0]) for count in counts}


def _held_out(config: RunConfig) -> Images:
    """The test split in random order: its file may begin with the clearer images, as MNIST's does."""
    images = load(config, "test")
    return images[torch.randperm(len(images), generator=rng.generator(0, "calibration"))]


def _without_parzen(values: Values) -> Values:
    """Without the likelihood of held-out images."""
    return {name: value for name, value in values.items() if not name.startswith("parzen")}


# --- the page ---------------------------------------------------------------------------------------------------------


def write_page(folder: Path) -> None:
    """metrics.md in `folder`, and a picture of each known set beside it."""
    (folder / "metrics").mkdir(parents=True, exist_ok=True)
    for name in DATASETS_SHOWN:
        for what, draw in known_sets(_config(name), SHOWN).items():
            write_atomic(folder / "metrics" / f"{name}-{_slug(what)}.png", encode_png(grid(draw(), SHOWN), 2))
    write_atomic(folder / "metrics.md", ("\n".join(_page()) + "\n").encode())


def _config(name: str) -> RunConfig:
    return RunConfig().replace({"data.name": name, "data.image_size": 28, "model.kind": "mlp"})


def _slug(what: str) -> str:
    return what.replace(",", "").replace(" ", "-")


def _page() -> Iterator[str]:
    yield "# What the metrics say of images whose quality is known"
    yield ""
    yield "A value means something only beside two others: what real images score, and what plainly bad ones do. All of"
    yield "this is measured by `python -m gancore.calibration docs`, against 10,000 training images, as a run is. The"
    yield "Parzen log-likelihood is that of held-out images, and left out where the set is made of these."
    for name in DATASETS_SHOWN:
        config = _config(name)
        begin = time.perf_counter()
        found = calibrate(config, COUNT)
        yield from _section(name, config, found)
        print(f"{name}: {time.perf_counter() - begin:.0f} s", flush=True)
    yield from _meanings()


def _section(name: str, config: RunConfig, found: Mapping[str, Values]) -> Iterator[str]:
    extractor = Evaluator(config).extractor
    yield from ("", f"## {name}, {COUNT:,} images each", "")
    yield "| set | a few of it |"
    yield "| --- | --- |"
    for what in found:
        yield f"| {what} | ![{what}](metrics/{name}-{_slug(what)}.png) |"
    yield ""
    yield from _table(found, extractor)
    yield from ("", "The same real images, by their number:", "")
    yield from _table(floors(config, FLOORS), extractor)


def _table(found: Mapping[str, Values], extractor: str | None) -> Iterator[str]:
    """A row for each value, a column for each set."""
    keys = [key for key in MEASURES if any(key in values for values in found.values())]
    yield f"| value | {' | '.join(found)} |"
    yield "| --- " * (len(found) + 1) + "|"
    for key in keys:
        measure = MEASURES[key]
        cells = (f"{values[key]:{measure.digits}}" if key in values else "–" for values in found.values())
        yield f"| {measure.name(extractor)} | {' | '.join(cells)} |"


def _meanings() -> Iterator[str]:
    yield from ("", "## What each value is", "")
    for measure in MEASURES.values():
        yield f"- **{measure.label}**: {measure.help}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the page and its pictures go")
    write_page(parser.parse_args().folder)
