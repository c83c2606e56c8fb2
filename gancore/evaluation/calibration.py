"""The metrics on images of known quality: the floor that real images set, and sets that are plainly bad.

`python -m gancore.evaluation.calibration docs` writes docs/metrics.md and its pictures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from gancore import rng
from gancore.config import RunConfig, needed
from gancore.data import Images, load
from gancore.data.batches import to_range
from gancore.data.bold import RADII, thicken
from gancore.data.toys import TOY_SIGMA, load_toy, toy_modes
from gancore.evaluation.drawing import MANY, NOISES, Samples
from gancore.evaluation.evaluator import DISPLAY, Evaluator, Values
from gancore.evaluation.measures import MEASURES
from gancore.files import write_atomic
from gancore.pictures.grids import encode_png, grid
from gancore.text import listed

FLOOR = "real, held out"
HALF, BLURRED = "half the classes missing", "blurred"
MADE_OF_HELD_OUT = (FLOOR, HALF, BLURRED)  # whose likelihood would be that of images under themselves
PERMUTED = "other classes requested"
COUNT = 5_000  # images of each set: as many as test sets have of half of their classes
FLOORS = (1_000, 5_000, 10_000)  # numbers of real images whose values are shown, since some depend on the number
POINTS = 2_000  # of a toy
TRANSLATED = 500  # digits that are made bold
BLUR = 1.5  # standard deviation of the blur in pixels
DATASETS_SHOWN = ("mnist", "fashion-mnist")
TOYS_SHOWN = ("ring", "grid")
SHOWN = 16  # images of each set in its picture
WIDTH = 120  # of a line of text

OF_ALL_SAMPLES = (  # other values look at the first of them, or at a fixed number of pairs
    *("fid", "kid", "kid_error", "inception_score", "precision", "recall", "density", "coverage"),
    *("classes", "kl_to_uniform", "confidence"),
)
OF_TRANSLATIONS = ("thickness_ratio", "boldness", "kept_class", "noise_spread")
OF_NETWORKS = (  # no set of images has them
    *("test_elbo", "test_recon", "test_kl", "test_accuracy"),
    *("recon_fid", "recon_sharpness", "recon_background", "recon_high_frequency"),
    *("d_accuracy", "d_score_real", "d_score_fake", "optimal_d_error", "js_of_loss"),
    *("path_linear", "path_spherical", "path_random", "path_jump", "column_thickness", "column_slant"),
    *("other_thickness_ratio", "other_kept_class"),
)

KnownSets = Mapping[str, Callable[[], Samples]]


def known_sets(config: RunConfig, count: int) -> KnownSets:
    """Sets of up to `count` images, by what is known of them, with the requested class of each.

    The first is the floor. For one image, and noise, all classes are requested.
    """
    held_out, training = _held_out(config), load(config)[:count]
    half = held_out[held_out.labels < config.classes // 2][:count]
    held_out = held_out[:count]
    real, labels = to_range(held_out.pixels, DISPLAY), held_out.labels
    return {
        FLOOR: lambda: Samples(real, labels),
        "copies of training images": lambda: Samples(to_range(training.pixels, DISPLAY), training.labels),
        HALF: lambda: Samples(to_range(half.pixels, DISPLAY), half.labels),
        BLURRED: lambda: Samples(blurred(real), labels),
        "one image repeated": lambda: Samples(real[:1].repeat(len(real), 1, 1, 1), labels),
        "noise": lambda: Samples(torch.rand(real.shape, generator=_source("noise")) * 2 - 1, labels),
    }


def known_points(name: str, count: int) -> Mapping[str, Tensor]:
    """Sets of `count` points (N, 2) beside a toy's Gaussians, by what is known of them; the first is the floor.

    Of that, more than are held out are drawn anew.
    """
    modes = toy_modes(name)
    assert modes is not None
    places, noise = torch.arange(count), TOY_SIGMA[name] * torch.randn(count, 2, generator=_source("points"))
    held_out, _ = load_toy(name, "test")
    real = held_out if count <= len(held_out) else modes[places % len(modes)] + noise
    low, high = modes.amin(0), modes.amax(0)
    return {
        FLOOR: real[:count],
        "half of the modes": modes[places % (len(modes) // 2)] + noise,
        "one mode": modes[:1] + noise,
        "noise": low + (high - low) * torch.rand(count, 2, generator=_source("noise")),
    }


def known_translations(config: RunConfig, count: int) -> Mapping[str, Samples]:
    """What a translator might make of `count` held-out digits, and of the first of them with different noises."""
    given = _held_out(config)[:count]
    sources = given.sources
    assert sources is not None
    few = sources[:NOISES].repeat_interleave(NOISES, 0)
    radii = torch.empty(len(few)).uniform_(*RADII, generator=_source("radii"))
    others = torch.randint(len(given), (len(few),), generator=_source("others"))

    def made(pixels: Tensor, of_noises: Tensor) -> Samples:
        variants = to_range(of_noises, DISPLAY).view(-1, NOISES, *pixels.shape[1:])
        return Samples(to_range(pixels, DISPLAY), given.labels, sources.float() / 255, variants)

    return {
        "real bold versions": made(given.pixels, thicken(few, radii)),
        "bold versions of other digits": made(given.pixels.roll(1, 0), given.pixels[others]),
        "unchanged inputs": made(sources, few),
        "one bold image repeated": made(given.pixels[:1].expand_as(given.pixels), given.pixels[:1].expand_as(few)),
    }


def _source(what: str) -> torch.Generator:
    return rng.generator(0, f"calibration/{what}")


def blurred(images: Tensor, sigma: float = BLUR) -> Tensor:
    """Images (N, C, H, W) under a Gaussian blur of standard deviation `sigma`, in pixels."""
    reach = round(3 * sigma)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (weights / weights.sum())[None, None, None, :]
    flat = images.flatten(0, 1)[:, None]
    rows = conv2d(pad(flat, (reach, reach, 0, 0), mode="replicate"), kernel)
    return conv2d(pad(rows, (0, 0, reach, reach), mode="replicate"), kernel.mT).reshape(images.shape)


def calibrate(evaluator: Evaluator, count: int) -> dict[str, Values]:
    """What a full evaluation says of each known set, and of real images when other classes are requested of them."""
    sets = known_sets(evaluator.config, count)
    found = {name: evaluator.measure(draw(), "full")[0] for name, draw in sets.items()}
    found |= {name: _without_parzen(found[name]) for name in MADE_OF_HELD_OUT}
    real = sets[FLOOR]()
    assert real.classes is not None
    others = real.classes[torch.randperm(len(real.classes), generator=_source("permuted"))]
    permuted, _ = evaluator.measure(replace(real, classes=others), "cheap")
    return found | {PERMUTED: {"conditional_accuracy": permuted["conditional_accuracy"]}}


def floors(evaluator: Evaluator, counts: Sequence[int]) -> dict[str, Values]:
    """What hangs on their number, of real images that nobody was trained on, as many as each of `counts`."""
    real = to_range(_held_out(evaluator.config).pixels, DISPLAY)
    found = {f"{count:,}": evaluator.measure(Samples(real[:count]), "cheap")[0] for count in counts}
    return {count: {key: values[key] for key in OF_ALL_SAMPLES} for count, values in found.items()}


def calibrate_toy(name: str) -> dict[str, Values]:
    """What an evaluation says of each known set of points."""
    evaluator = Evaluator(RunConfig().replace({"data.name": name, "model.kind": "mlp", "model.g_output": "linear"}))
    sets, many = known_points(name, POINTS), known_points(name, MANY)
    found = {what: Samples(points, many=many[what]) for what, points in sets.items()}
    return {what: evaluator.measure(samples, "full")[0] for what, samples in found.items()}


def calibrate_translations() -> dict[str, Values]:
    """What translations that are known to be good or bad score, in what is measured of translations alone."""
    config = RunConfig().replace({"model.kind": "translator"} | needed("model.kind", "translator"))
    evaluator = Evaluator(config)
    found = {name: evaluator.measure(made, "cheap")[0] for name, made in known_translations(config, TRANSLATED).items()}
    return {name: {key: values[key] for key in OF_TRANSLATIONS} for name, values in found.items()}


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
        for what, draw in known_sets(config_of(name), SHOWN).items():
            picture = encode_png(grid(draw().images, SHOWN), 2)
            write_atomic(folder / "metrics" / f"{name}-{_slug(what)}.png", picture)
    write_atomic(folder / "metrics.md", ("\n".join(_page()) + "\n").encode())


def config_of(name: str) -> RunConfig:
    """Of a run that learns a data set as it is."""
    return RunConfig().replace({"data.name": name, "data.image_size": 28, "model.kind": "mlp"})


def _slug(what: str) -> str:
    return what.replace(",", "").replace(" ", "-")


def _page() -> Iterator[str]:
    yield "# The metrics on images of known quality"
    yield ""
    yield "A value can be judged only beside two others: that of real images, and that of plainly bad ones. All of this"
    yield "was computed by `python -m gancore.evaluation.calibration docs`; reference: up to 10,000 training images."
    yield "The Parzen log-likelihood is that of held-out images; it is left out for sets that are made from them."
    yield ""
    named = listed([MEASURES[key].label for key in OF_NETWORKS])
    yield from wrap(f"There is no row of what belongs to trained networks, not to sets of images: {named}.", WIDTH)
    for name in DATASETS_SHOWN:
        begin = time.perf_counter()
        yield from _of_images(name)
        print(f"{name}: {time.perf_counter() - begin:.0f} s", flush=True)
    yield from _of_translations()
    for name in TOYS_SHOWN:
        yield from ("", f"## {name}, {POINTS:,} points each", "")
        yield from table(calibrate_toy(name))
    yield from _meanings()


def _of_images(name: str) -> Iterator[str]:
    evaluator = Evaluator(config_of(name))
    found = calibrate(evaluator, COUNT)
    yield from ("", f"## {name}, {COUNT:,} images each", "")
    yield "| set | examples |"
    yield "| --- | --- |"
    for what in found:
        if what != PERMUTED:
            yield f"| {what} | ![{what}](metrics/{name}-{_slug(what)}.png) |"
    yield ""
    yield "The requested class of each image is its own; for one image repeated, and noise, those of held-out images."
    yield "In the last column the images of the first are requested with each other's classes; nothing else changes."
    yield ""
    yield from table(found, evaluator.extractor)
    yield from ("", "Values that depend on the number of samples, for the same real images:", "")
    yield from table(floors(evaluator, FLOORS), evaluator.extractor)


def _of_translations() -> Iterator[str]:
    yield from ("", f"## Making digits bold, {TRANSLATED:,} held-out digits of mnist-5k", "")
    yield "A bold version is dilated by a random radius; nothing else about it is random."
    yield ""
    yield from table(calibrate_translations(), "mnist-cnn-v1")


def table(found: Mapping[str, Values], extractor: str | None = None) -> Iterator[str]:
    """A row for each value, a column for each set."""
    keys = [key for key in MEASURES if any(key in values for values in found.values())]
    yield f"| metric | {' | '.join(found)} |"
    yield "| --- " * (len(found) + 1) + "|"
    for key in keys:
        measure = MEASURES[key]
        cells = (f"{values[key]:{measure.digits}}" if key in values else "–" for values in found.values())
        yield f"| {measure.name(extractor)} | {' | '.join(cells)} |"


def _meanings() -> Iterator[str]:
    yield from ("", "## Definitions", "")
    for measure in MEASURES.values():
        yield f"- **{measure.label}**: {measure.help}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the page and its pictures go")
    write_page(parser.parse_args().folder)
