"""Samples of a run's networks, held against real images. Whatever a value is called: `gancore.evaluation.measures`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from gancore import metrics, rng
from gancore.algorithms import GAN, VAE, Algorithm
from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.data import DataUnavailable, Images, cache_root, load
from gancore.data.arrays import Array, remembered
from gancore.data.batches import to_range
from gancore.data.toys import TOY_SIGMA, toy_modes
from gancore.evaluation import latent
from gancore.evaluation.discriminator import JUDGED, Judge, against_optimum
from gancore.evaluation.drawing import NOISES, Drawing, Samples
from gancore.evaluation.measures import CHEAP_SAMPLES, FULL_SAMPLES
from gancore.evaluation.pixels import PIXEL_SAMPLES, RealPixels, relative
from gancore.evaluation.strokes import STROKES, other_digits, thickness
from gancore.extractors.describe import CLASSES, EXTRACTOR_OF, Described, NotAvailable, describe, extractor_for, fitted
from gancore.progress import UNWATCHED, Work
from gancore.sampling.samples import AT_ONCE, draw
from gancore.store.evaluations import Evaluation, Size, Weights

Values = dict[str, float]

DISPLAY = "-1..1"  # the range of pixels in which samples are measured
REFERENCE = 10_000  # real images that samples are held against, at most
NEAREST_SAMPLES: dict[Size, int] = {"cheap": 250, "full": 1_000}  # whose nearest training image is searched for
QUICKLY_SEARCHED = 10_000  # training images among which a cheap evaluation can search
DIGITS = "mnist-cnn-v1"  # the extractor of images that have strokes
RECONSTRUCTED = ("sharpness", "background", "high_frequency")  # pixel statistics of reconstructions
SIMILAR_PAIRS = 1_000
PARZEN_VALIDATION = 1_000  # images on which the windows' width is chosen


class Evaluator:
    """Measures samples of one run again and again against the same real images.

    Those are the run's training images before `data.limit` cut them short: what it should have learned. Noise and
    conditions are the same each time. Raises `DataUnavailable`.
    """

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        translates = config.kind.condition == "image"  # whose twins take their time
        real = load(config if translates else config.replace({"data.limit": None}))
        order = torch.randperm(len(real), generator=rng.generator(0, "reference"))
        self.real = real[order[:REFERENCE]]
        unseen = real[config.images :]  # of the training file, as the 2014 paper validates on its last images
        self.validation = (unseen if len(unseen) >= PARZEN_VALIDATION else self.real)[:PARZEN_VALIDATION]
        self.on_plane = config.data.name in TOYS
        self.extractor, self.missing = chosen_extractor(config)
        self.described: Described | None = None  # the real images through the extractor
        self.knows_classes = self.extractor in EXTRACTOR_OF.values()
        self._measured_sources: tuple[Tensor, float] | None = None  # the last ones, with their thickness

    def evaluate(
        self,
        algorithm: Algorithm,
        step: int,
        size: Size,
        weights: Weights = "raw",
        samples: int | None = None,  # how many, if not as usual for the size
        work: Work = UNWATCHED,
    ) -> Evaluation:
        """Everything that can be said of the algorithm's samples. Raises `Cancelled` if the work is."""
        self.prepare(work)
        begin = time.perf_counter()
        usual = CHEAP_SAMPLES if size == "cheap" else self.config.train.final_samples or FULL_SAMPLES
        made = self._draw(algorithm, samples or usual, size, raw=weights == "raw", work=work)
        values, described = self.measure(made, size, algorithm, work)
        return Evaluation(
            step=step,
            weights=weights,
            size=size,
            samples=len(made.images),
            reference=f"{self.config.data.own or self.config.data.name}, training images",
            reference_count=len(self.real),
            extractor=self.extractor,
            missing=self.missing,
            seconds=round(time.perf_counter() - begin, 3),
            values=values,
            histogram=_histogram(described.classes) if described and self.knows_classes else (),
            expected=_histogram(self.real.labels) if described and self.knows_classes else (),
        )

    def prepare(self, work: Work = UNWATCHED) -> None:
        """Measure the real images, once: what an evaluation costs does not include it."""
        if self.extractor is not None:
            self.described = self.described or _described(self.real.pixels, self.extractor, work)
        if not self.on_plane:
            _ = self.real_pixels.values
        _, sources = self._conditions(STROKES)
        if sources is not None:
            _ = self._source_thickness(sources), self._real_thickness
        if self.held_out is not None and self.config.images <= QUICKLY_SEARCHED:
            _ = self._held_out_nearest

    def measure(
        self, made: Samples, size: Size, algorithm: Algorithm | None = None, work: Work = UNWATCHED
    ) -> tuple[Values, Described | None]:
        """The values of some samples, and their features; what a family alone can measure needs its algorithm.

        They are measured as pictures show them, except by D.
        """
        self.prepare(work)
        values = {} if self.on_plane else {"out_of_range": metrics.out_of_range(made.images)}
        shown = made.shown()
        described = None
        if self.extractor is not None:
            described = describe(shown.images, self.extractor, _count(work, shown.images))
        for what, measure in self._parts(shown, described, size, algorithm):
            work.begin(what)
            values |= measure()
        judge = self._judge(algorithm)
        if judge is not None and self.unseen is not None:
            work.begin("D's judgement")
            values |= judge.accuracy(self.unseen, made.images, made.classes, JUDGED[size])
        return {name: value for name, value in values.items() if math.isfinite(value)}, described

    def _parts(
        self, made: Samples, described: Described | None, size: Size, algorithm: Algorithm | None
    ) -> Iterator[tuple[str, Callable[[], Values]]]:
        """What is measured, in words, and how."""
        if self.on_plane:
            yield "points", lambda: self._points(made.images)
            if made.many is not None:
                many, judge = made.many, self._judge(algorithm)
                yield "densities", lambda: self._densities(many, judge)
            return
        if described is not None:
            yield "features", lambda: self._features(described, made)
        yield "pixels", lambda: self.real_pixels.compare(made.images)
        if self.held_out is not None and (size == "full" or self.config.images <= QUICKLY_SEARCHED):
            yield "nearest training images", lambda: self._memory(made, size)
        if self.extractor == DIGITS:
            yield "slant", lambda: {"slant": float(metrics.slant(made.images[:PIXEL_SAMPLES]).mean())}
        if size == "full":
            yield from self._lengthy(made, described, algorithm)
        if algorithm is not None and self.held_out is not None:
            yield "held-out images", lambda: self._family(algorithm, size)
        if made.sources is not None:
            yield "translations", lambda: self._translation(made, described)

    def _lengthy(
        self, made: Samples, described: Described | None, algorithm: Algorithm | None
    ) -> Iterator[tuple[str, Callable[[], Values]]]:
        """What takes too long for an evaluation while a run trains."""
        if self.held_out is not None:
            yield "Parzen windows", lambda: self._parzen(made)
        if described is not None and self.knows_classes:
            yield "similarity within classes", lambda: self._similarity(made, described)
        if self.extractor == DIGITS:
            yield "strokes", lambda: {"thickness": thickness(made.images)}
        columns = made.columns
        if columns is not None:
            yield "columns", lambda: latent.columns(columns)
        if made.paths:
            yield "paths", lambda: latent.paths(made.paths)
        if isinstance(algorithm, VAE) and self.held_out is not None:
            yield "reconstructions", lambda: self._reconstructions(algorithm)

    # --- samples and real images ------------------------------------------------------------------------------------

    def _draw(self, algorithm: Algorithm, count: int, size: Size, *, raw: bool, work: Work) -> Samples:
        noise = algorithm.latents(count, rng.generator(self.config.seed, "evaluation"))
        classes, sources = self._conditions(count)
        condition = sources if sources is not None else classes

        def after(done: int) -> None:
            work.begin(f"drawing samples, {done:,} of {count:,}")

        images = draw(algorithm, noise, condition, raw=raw, after=after)
        others, drawing = self._other_digits, Drawing(algorithm, self.config, raw)
        at_length = size == "full"
        plays = self.config.kind.game(self.config) is not None
        return Samples(
            images,
            classes,
            sources,
            variants=None if sources is None else drawing.variants(sources[:NOISES]),
            others=drawing.others(others[0]) if others is not None and at_length else None,
            columns=drawing.columns() if at_length and self._has_columns else None,
            paths=drawing.paths() if at_length and plays and sources is None and not self.on_plane else {},
            many=drawing.many() if at_length and self._density_is_known else None,
        )

    @property
    def _has_columns(self) -> bool:
        """Whether strokes can be compared between the classes of one noise."""
        several = len(self.config.labels_in_use) > 1
        return self.config.kind.condition == "class" and self.extractor == DIGITS and several

    @property
    def _density_is_known(self) -> bool:
        """Whether the data come from a mixture of Gaussians, of which unconditional networks learn the whole."""
        return toy_modes(self.config.data.name) is not None and self.config.kind.condition == "none"

    @cached_property
    def _other_digits(self) -> tuple[Tensor, Tensor] | None:
        """Regular digits (N, 1, H, W) in [0, 1] for a translator that was trained on others, and their classes."""
        return None if self.config.kind.condition != "image" else other_digits(self.config)

    def _conditions(self, count: int) -> tuple[Tensor | None, Tensor | None]:
        """What `count` samples are made from besides noise: their classes, and the images that are to be translated."""
        if self.config.kind.condition == "class":
            return self.real.labels[torch.arange(count) % len(self.real)], None  # as often as among real images
        if self.config.kind.condition == "none":
            return None, None
        given = self.held_out or self.real
        assert given.sources is not None
        places = torch.arange(count) % len(given)
        return given.labels[places], given.sources[places].float() / 255

    @cached_property
    def real_pixels(self) -> RealPixels:
        """Of as many real images as pixel statistics are taken of."""
        return RealPixels(to_range(self.real.pixels[:PIXEL_SAMPLES], DISPLAY))

    @cached_property
    def held_out(self) -> Images | None:
        """Images that the run was not trained on, in random order; None if there are none.

        Where only the first of them are used: a file may begin with the clearer images, as MNIST's does.
        """
        if self.config.data.name == "own" or self.on_plane:  # whose test split is what it was trained on
            return None
        try:
            images = load(self.config, "test")
        except DataUnavailable:
            return None
        return images[torch.randperm(len(images), generator=rng.generator(0, "held out"))]

    @property
    def unseen(self) -> Images | None:
        """Images that the run was not trained on; of a toy, points that it was, of which there are many."""
        return self.real if self.on_plane else self.held_out

    # --- what is measured -------------------------------------------------------------------------------------------

    def _judge(self, algorithm: Algorithm | None) -> Judge | None:
        game = self.config.kind.game(self.config)
        return Judge(algorithm, game) if isinstance(algorithm, GAN) and game is not None else None

    def _densities(self, points: Tensor, judge: Judge | None) -> Values:
        """How far the distribution of a toy's samples is from that of its data, and D from the best one."""
        name, in_use = self.config.data.name, torch.tensor(self.config.labels_in_use)
        modes = toy_modes(name)
        assert modes is not None
        return against_optimum(judge, self.real, points, modes[in_use], name, self._shares)

    def _reconstructions(self, algorithm: VAE) -> Values:
        """What a VAE makes of held-out images, judged as samples are (report 003, problem 5.6)."""
        assert self.held_out is not None
        pixels = self.held_out.pixels[:REFERENCE]
        images = torch.cat([algorithm.reconstruct(part.float() / 255) for part in torch.split(pixels, AT_ONCE)])
        found = {key: value for key, value in self.real_pixels.compare(images).items() if key in RECONSTRUCTED}
        if self.extractor is not None and self.described is not None:
            features = describe(images, self.extractor).features
            found["fid"] = metrics.frechet_distance(self.described.features, features)
        return {f"recon_{key}": value for key, value in found.items()}

    def _family(self, algorithm: Algorithm, size: Size) -> Values:
        """What the family alone can say of itself on held-out images."""
        held_out = self.held_out
        assert held_out is not None
        return algorithm.measure(lambda: held_out[:CHEAP_SAMPLES] if size == "cheap" else held_out)

    def _points(self, points: Tensor) -> Values:
        count = min(len(points), len(self.real))
        found = metrics.prdc(self.real.pixels[:count], points[:count])
        name = self.config.data.name
        modes = toy_modes(name)
        if modes is None:
            return found
        in_use = torch.tensor(self.config.labels_in_use)
        return found | metrics.toy_quality(points, modes[in_use], TOY_SIGMA[name], self._shares)

    def _features(self, described: Described, made: Samples) -> Values:
        assert self.described is not None
        real, fake = self.described.features, described.features
        count = min(len(real), len(fake))
        kid, kid_error = metrics.kernel_distance(real[:count], fake[:count])
        found = {
            "fid": metrics.frechet_distance(real, fake),
            "kid": kid,
            "kid_error": kid_error,
            "inception_score": metrics.inception_score(described.probabilities),
        }
        found |= metrics.prdc(real[:count], fake[:count])
        return found | self._classes(described, made) if self.knows_classes else found

    def _classes(self, described: Described, made: Samples) -> Values:
        """What can be said of samples whose classes the extractor knows."""
        found = {"confidence": float(described.probabilities.amax(1).mean())} | self._coverage(described.classes)
        if made.sources is None and made.classes is not None:
            found["conditional_accuracy"] = metrics.conditional_accuracy(described.classes, made.classes)
        return found

    def _coverage(self, predicted: Tensor) -> Values:
        """Which of the classes in use come up, and how evenly.

        As for toys, a class comes up if it has a tenth of its share among real images: one sample alone may be an error
        of the classifier.
        """
        in_use = torch.tensor(self.config.labels_in_use)
        places = (predicted[:, None] == in_use).nonzero()[:, 1]  # of those samples that are of a class in use
        if len(places) == 0:
            return {"classes": 0.0}
        found = metrics.mode_coverage(places, len(in_use))
        enough = (len(predicted) * self._shares / 10).clamp(min=1)
        classes = int((torch.tensor(found["histogram"]) >= enough).sum())
        return {"classes": classes, "kl_to_uniform": found["kl_to_uniform"]}

    @cached_property
    def _shares(self) -> Tensor:
        """Of each class in use among the run's images, before a limit cuts them short."""
        counts = torch.tensor(self.config.class_counts, dtype=torch.float64)
        return counts[counts > 0] / counts.sum()

    def _memory(self, made: Samples, size: Size) -> Values:
        samples = made.images[: NEAREST_SAMPLES[size]]
        return {"closer_to_training": metrics.closer(self._nearest(samples), self._held_out_nearest)}

    @cached_property
    def _held_out_nearest(self) -> Tensor:
        assert self.held_out is not None
        return self._nearest(to_range(self.held_out.pixels[: NEAREST_SAMPLES["full"]], DISPLAY))

    def _nearest(self, images: Tensor) -> Tensor:
        """The distance (N,) of each image to the nearest one that the run was trained on."""
        parts = torch.split(load(self.config).pixels, 5_000)
        found = [metrics.nearest_distance(images.flatten(1), to_range(part, DISPLAY).flatten(1)) for part in parts]
        return torch.stack(found).amin(0)

    def _parzen(self, made: Samples) -> Values:
        assert self.held_out is not None
        matrices = (made.images, to_range(self.validation.pixels, DISPLAY), to_range(self.held_out.pixels, DISPLAY))
        found = metrics.parzen_log_likelihood(*(self._unit(images) for images in matrices))
        return dict(zip(("parzen", "parzen_error", "parzen_sigma"), found, strict=True))

    def _unit(self, images: Tensor) -> Tensor:
        """Pixels (N, P) in [0, 1]; of digits and garments in 28 x 28, so that runs of any size compare."""
        scaled = fitted(images) if self.knows_classes else images
        return ((scaled + 1) / 2).clamp(0, 1).flatten(1)

    def _similarity(self, made: Samples, described: Described) -> Values:
        source = rng.generator(0, "similarity")
        found = metrics.similarity_within_classes(fitted(made.images), described.classes, SIMILAR_PAIRS, source)
        return {} if found is None else {"similarity": found}

    def _translation(self, made: Samples, described: Described | None) -> Values:
        """How well a network makes digits bold (report 000)."""
        assert made.sources is not None
        assert made.classes is not None
        width = thickness(made.images)
        found = {
            "thickness_ratio": relative(width, self._source_thickness(made.sources)),
            "boldness": relative(width, self._real_thickness),
        }
        if described is not None:
            found["kept_class"] = metrics.conditional_accuracy(described.classes, made.classes)
        if made.variants is not None:
            spread = sum(metrics.mean_distance(each) for each in made.variants) / len(made.variants)
            found["noise_spread"] = relative(spread, self.real_pixels.values["diversity"])
        return found | self._of_other_digits(made)

    def _of_other_digits(self, made: Samples) -> Values:
        """How well it does so with digits that it was not trained on."""
        if made.others is None or self._other_digits is None:
            return {}
        sources, labels = self._other_digits
        found = {"other_thickness_ratio": relative(thickness(made.others), thickness(sources))}
        if self.extractor is not None:
            seen = describe(made.others, self.extractor).classes
            found["other_kept_class"] = metrics.conditional_accuracy(seen, labels)
        return found

    @cached_property
    def _real_thickness(self) -> float:
        return thickness(self.real_pixels.images)

    def _source_thickness(self, sources: Tensor) -> float:
        """Of what a translator is given: measured once, as it is the same in each evaluation."""
        measured = sources[:STROKES]
        if self._measured_sources is None or not torch.equal(self._measured_sources[0], measured):
            self._measured_sources = measured, thickness(measured)
        return self._measured_sources[1]


def chosen_extractor(config: RunConfig) -> tuple[str | None, str]:
    """The extractor that fits the run's images, or why there is none."""
    if config.data.name in TOYS:
        return None, ""
    try:
        return extractor_for(config.data.name), ""
    except NotAvailable as reason:
        return None, str(reason)


def _described(pixels: Tensor, extractor: str, work: Work) -> Described:
    """Real images through an extractor, kept in the cache: they are the same for all runs of a data set."""

    def compute() -> dict[str, Array]:
        found = describe(to_range(pixels, DISPLAY), extractor, _count(work, pixels, "real images"))
        return {"features": found.features.numpy(), "probabilities": found.probabilities.numpy()}

    shape = (len(pixels), None)
    wanted = dict.fromkeys(("features", "probabilities"), (np.float32, shape))
    made = remembered(cache_root() / "features", extractor, pixels, wanted, compute)
    return Described(torch.from_numpy(made["features"]), torch.from_numpy(made["probabilities"]))


def _histogram(classes: Tensor) -> tuple[int, ...]:
    return tuple(classes.bincount(minlength=CLASSES).tolist())


def _count(work: Work, images: Tensor, what: str = "samples") -> Callable[[int], object]:
    """A callback that reports how many of some images have been described."""
    return lambda done: work.begin(f"computing features of {what}, {done:,} of {len(images):,}")
