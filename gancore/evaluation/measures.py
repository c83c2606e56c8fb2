"""What is measured of a run's samples: the names and meanings of the values, and the record of one evaluation.

No torch in here: pages read evaluations without it. `gancore.evaluation.evaluator` makes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gancore.store.evaluations import Evaluation, Size, Weights

CHEAP_SAMPLES = 1_000
FULL_SAMPLES = 10_000  # unless the run's settings say otherwise

_HELD_OUT = " From 1,000 of them during training, all at the end."


@dataclass(frozen=True)
class Measure:
    """What a value says, for people."""

    label: str
    help: str  # what it is, and which paper or report it comes from
    better: Literal["low", "high", ""] = ""  # "": neither, or close to the data's
    digits: str = ".3g"  # as in a format specification
    learned: bool = False  # computed from features of an extractor, whose name belongs to the value
    real: float | None = None  # what other real images would give, where it is the same for all data

    def name(self, extractor: str | None) -> str:
        """`FID (mnist-cnn-v1)`."""
        return self.label + self.through(extractor)

    def through(self, extractor: str | None) -> str:
        """` (mnist-cnn-v1)`, or nothing if no extractor belongs to the value."""
        return f" ({extractor})" if self.learned and extractor else ""


MEASURES: dict[str, Measure] = {
    "fid": Measure(
        "FID",
        "Fréchet distance between Gaussians fitted to the features of samples and of real images (Heusel et al. "
        "2017). 0: same mean and covariance. Fewer samples give higher values: compare equal numbers only.",
        "low",
        ".3g",
        learned=True,
    ),
    "kid": Measure(
        "KID",
        "Squared kernel distance between the features of samples and of real images (Bińkowski et al. 2018). 0 on "
        "average if they are alike, whatever the number of samples. Uses equal numbers of both.",
        "low",
        ".3g",
        learned=True,
    ),
    "kid_error": Measure("± KID", "Standard error of the KID.", learned=True),
    "inception_score": Measure(
        "inception score",
        "From 1 to the number of classes (Salimans et al. 2016): high when each sample clearly belongs to one class "
        "and all classes appear. Ignores variety within a class.",
        "high",
        ".2f",
        learned=True,
    ),
    "precision": Measure(
        "precision",
        "Share of samples in the neighbourhood of real images (Kynkäänniemi et al. 2019): quality. Uses equal numbers "
        "of both, with k = 5 (the paper: 3).",
        "high",
        ".2f",
        learned=True,
    ),
    "recall": Measure(
        "recall",
        "Share of real images in the neighbourhood of samples (Kynkäänniemi et al. 2019): variety. Uses equal numbers "
        "of both, with k = 5 (the paper: 3).",
        "high",
        ".2f",
        learned=True,
    ),
    "density": Measure(
        "density",
        "Number of real neighbourhoods that a sample lies in, relative to that of real images (Naeem et al. 2020): "
        "quality, robust to outliers. Uses equal numbers of both, with k = 5 as in the paper.",
        "high",
        ".2f",
        learned=True,
        real=1.0,
    ),
    "coverage": Measure(
        "coverage",
        "Share of real images with a sample in their neighbourhood (Naeem et al. 2020): variety, robust to outliers. "
        "Uses equal numbers of both, with k = 5 as in the paper.",
        "high",
        ".2f",
        learned=True,
    ),
    "classes": Measure(
        "classes found",
        "Classes that the classifier finds among the samples at least a tenth as often as among real images.",
        "high",
        ".0f",
        learned=True,
    ),
    "kl_to_uniform": Measure(
        "KL of classes",
        "Divergence of the samples' class distribution from the uniform one, in nats. 0: all classes equally often.",
        "low",
        ".3g",
        learned=True,
    ),
    "confidence": Measure(
        "confidence",
        "Mean probability of the class that the classifier predicts: lower for blends of classes than for clear "
        "images. Says nothing about images unlike its training data: it can be confident about noise.",
        "high",
        ".2f",
        learned=True,
    ),
    "conditional_accuracy": Measure(
        "conditional accuracy",
        "Share of samples that the classifier assigns to the requested class (report 002, question 7; report 003, "
        "problem 5.5).",
        "high",
        ".2f",
        learned=True,
    ),
    "parzen": Measure(
        "Parzen log-likelihood",
        "Mean log-likelihood of held-out images, in nats, under Gaussians around the samples, as in Goodfellow et al. "
        "2014; on 28 x 28 pixels where the data have them.",
        "high",
        ".0f",
    ),
    "parzen_error": Measure("± Parzen", "Standard error of the Parzen log-likelihood over held-out images."),
    "parzen_sigma": Measure(
        "Parzen sigma",
        "Width of these Gaussians, chosen on 1,000 images outside the training set if a limit leaves some, otherwise "
        "on training images.",
    ),
    "closer_to_training": Measure(
        "closer to training",
        "Probability that a sample is closer to a training image than a held-out image is (Meehan et al. 2020). 0.5: "
        "as new as held-out images. Near 1: copies, or images without detail. From 250 samples during training, 1,000 "
        "at the end; 1,000 held-out images.",
        "",
        ".2f",
        real=0.5,
    ),
    "diversity": Measure(
        "diversity",
        "Mean distance between two samples, relative to that between two real images. 0: always the same image. From "
        "1,000 samples.",
        "",
        ".2f",
        real=1.0,
    ),
    "similarity": Measure(
        "MS-SSIM within a class",
        "Mean structural similarity of two samples of the same class (Odena et al. 2017). 1: always the same. From "
        "1,000 pairs.",
        "",
        ".2f",
        learned=True,
    ),
    "contrast": Measure(
        "contrast",
        "Standard deviation of the pixels of an image, relative to real images. 0: blank. From 1,000 samples.",
        "",
        ".2f",
        real=1.0,
    ),
    "sharpness": Measure(
        "sharpness",
        "Variance of the Laplacian, relative to real images. Below 1: blurred. From 1,000 samples.",
        "",
        ".2f",
        real=1.0,
    ),
    "background": Measure(
        "background noise",
        "Brightness of the samples where the data are black, as a root mean square from 0 to 1. From 1,000 samples.",
        "low",
        ".3f",
    ),
    "high_frequency": Measure(
        "fine detail",
        "Share of energy in fine structure, relative to real images. Above 1: grainy. Below 1: smooth. From 1,000 "
        "samples.",
        "",
        ".2f",
        real=1.0,
    ),
    "thickness": Measure(
        "stroke thickness", "Mean width of strokes in pixels (Castro et al. 2019). From 500 samples.", "", ".2f"
    ),
    "thickness_ratio": Measure(
        "bold / regular",
        "Mean stroke width of G's outputs over that of its inputs (report 000). From 500 samples.",
        "",
        ".2f",
    ),
    "boldness": Measure(
        "boldness",
        "Mean stroke width of G's outputs, relative to that of real bold images. From 500 samples.",
        "",
        ".2f",
        real=1.0,
    ),
    "kept_class": Measure(
        "digit kept",
        "Share of translated images that the classifier assigns to the digit of the input (report 000).",
        "high",
        ".2f",
        learned=True,
    ),
    "noise_spread": Measure(
        "spread over noise",
        "Distance between 16 translations of one image with different noise, relative to that between real bold "
        "images. Mean over 16 images.",
        "",
        ".2f",
        real=1.0,
    ),
    "modes": Measure(
        "modes found",
        "Gaussians of a toy with at least a tenth of their share of the samples near them.",
        "high",
        ".0f",
    ),
    "near_modes": Measure("near a mode", "Share of samples within 3 sigma of a Gaussian of the toy.", "high", ".2f"),
    "reverse_kl": Measure(
        "reverse KL",
        "Divergence of the samples' modes from those of the data, in nats (Srivastava et al. 2017; Lin et al. 2018). "
        "0: each as often as in the data.",
        "low",
        ".3g",
    ),
    "test_elbo": Measure(
        "test ELBO", "Evidence lower bound of held-out images, in nats per image." + _HELD_OUT, "high", ".1f"
    ),
    "test_recon": Measure(
        "test reconstruction", "Cross-entropy of held-out images, in nats per image." + _HELD_OUT, "low", ".1f"
    ),
    "test_kl": Measure("test KL", "Information in the code of a held-out image, in nats." + _HELD_OUT, "", ".1f"),
    "test_accuracy": Measure(
        "test accuracy", "Share of held-out images that D classifies correctly." + _HELD_OUT, "high", ".3f"
    ),
}

MAIN = ("fid", "coverage", "classes", "modes", "near_modes", "test_elbo", "test_accuracy")  # in tables of many runs


def full_key(key: str, extractor: str | None) -> str:
    """`fid (mnist-cnn-v1)`: a key for files that do not name the extractor elsewhere."""
    return key + MEASURES[key].through(extractor) if key in MEASURES else key


def shown_weights(evaluations: Iterable[Evaluation]) -> Weights:
    """The network whose values stand for the run: the average of G where there is one, as in its samples."""
    return "ema" if any(each.weights == "ema" for each in evaluations) else "raw"


def at_the_end(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """The full evaluations of the network that stands for the run."""
    return _shown(evaluations, "full")


def on_the_way(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """The cheap evaluations of the network that stands for the run that make one curve.

    They have one number of samples, on which values hang: the usual one, or the most common if none has that. And one
    extractor, the newest's.
    """
    cheap = _shown(evaluations, "cheap")
    counts = Counter(each.samples for each in cheap)
    usual = max(counts, key=lambda count: (count == CHEAP_SAMPLES, counts[count], count), default=CHEAP_SAMPLES)
    alike = [each for each in cheap if each.samples == usual]
    latest = max((each for each in alike if each.extractor), key=_age, default=None)
    return [each for each in alike if latest is None or each.extractor in (latest.extractor, None)]


def final(evaluations: Iterable[Evaluation]) -> Evaluation | None:
    """The newest full evaluation of the network that stands for the run: of several that of most samples."""
    return max(at_the_end(evaluations), key=_age, default=None)


def last(evaluations: Iterable[Evaluation], key: str, size: Size = "cheap") -> Evaluation | None:
    """The newest evaluation of that size that knows `key`."""
    return newest(on_the_way(evaluations) if size == "cheap" else at_the_end(evaluations), key)


def best(evaluations: Iterable[Evaluation], key: str) -> Evaluation | None:
    """The best value of `key` on the way; None where none is better than another."""
    return best_of(on_the_way(evaluations), key)


def headline(evaluations: Iterable[Evaluation], keys: Iterable[str]) -> str:
    """`FID (mnist-cnn-v1) 12.3`: the first of the `keys` that was measured, at its last, of a full evaluation first."""
    every = list(evaluations)
    for key in keys:
        found = last(every, key, "full") or last(every, key)
        if found is not None:
            return f"{MEASURES[key].name(found.extractor)} {found.values[key]:{MEASURES[key].digits}}"
    return ""


def newest(evaluations: Iterable[Evaluation], key: str) -> Evaluation | None:
    """The newest of these that knows `key`."""
    return max((each for each in evaluations if key in each.values), key=_age, default=None)


def best_of(evaluations: Iterable[Evaluation], key: str) -> Evaluation | None:
    """The one of these with the best value of `key`; None where none is better than another."""
    sign = {"low": 1, "high": -1, "": 0}[MEASURES[key].better]
    known = [each for each in evaluations if key in each.values] if sign else []
    return min(known, key=lambda each: sign * each.values[key], default=None)


def _shown(evaluations: Iterable[Evaluation], size: Size) -> list[Evaluation]:
    found = list(evaluations)
    weights = shown_weights(found)
    return [each for each in found if each.size == size and each.weights == weights]


def _age(evaluation: Evaluation) -> tuple[int, int]:
    return evaluation.step, evaluation.samples
