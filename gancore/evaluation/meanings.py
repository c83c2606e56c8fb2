"""The names and meanings of what is measured of a run's samples and networks. No torch in here: pages read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_NORMALISED = (
    " A D with batch normalisation was trained on batches that are all real or all generated, and says little of "
    "single images: see D(x) and D(G(z)) in the curves."
)
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
    "background_detail": Measure(
        "background detail",
        "High frequencies where the data are black: difference of a pixel's brightness from the mean of its four "
        "neighbours, as a root mean square from 0 to 1. 0: an even background. From 1,000 samples.",
        "low",
        ".3f",
    ),
    "white_dots": Measure(
        "white dots",
        "Share of pixels where the data are black that are brighter, by a quarter, than the median of the 3 x 3 pixels "
        "around them (report 002, later revision). From 1,000 samples.",
        "low",
        ".2g",
    ),
    "out_of_range": Measure(
        "out of range",
        "Share of the samples' pixel values below black or above white, before they are clipped. All other values, and "
        "all pictures, are of the clipped samples; D alone sees them as G makes them.",
        "low",
        ".2g",
        real=0.0,
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
    "slant": Measure(
        "slant",
        "Mean slant of strokes in degrees, from second-order moments, as in deskewing (Castro et al. 2019). Above 0: "
        "leaning right. From 1,000 samples.",
        "",
        ".1f",
    ),
    "column_thickness": Measure(
        "thickness down a column",
        "How alike images of one noise vector and different classes are in stroke thickness (report 002, question 9): "
        "intraclass correlation ICC(3,1), each class's mean removed. 1: the noise alone decides; 0: alike by chance. "
        "From 40 noise vectors for each class.",
        "",
        ".2f",
    ),
    "column_slant": Measure(
        "slant down a column",
        "The same for the slant of strokes. From 40 noise vectors for each class.",
        "",
        ".2f",
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
    "other_thickness_ratio": Measure(
        "bold / regular of other digits",
        "The same ratio for digits that the network was not trained on (report 000). From at most 500 held-out ones.",
        "",
        ".2f",
    ),
    "other_kept_class": Measure(
        "other digits kept",
        "Share of translated digits of the classes that were not trained on that the classifier assigns to their class "
        "(report 000). From at most 500 held-out ones.",
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
    "path_linear": Measure(
        "largest step on a line",
        "Along straight paths between two noise vectors (report 002, to do 7), largest distance between neighbouring "
        "images over the mean one, in pixels. 1: even steps; 16: one jump. Mean over 16 paths of 16 steps.",
        "low",
        ".2f",
    ),
    "path_spherical": Measure(
        "largest step on an arc",
        "The same along arcs (White 2016), on which noise keeps its length. Mean over 16 paths of 16 steps.",
        "low",
        ".2f",
    ),
    "path_random": Measure(
        "largest step of unrelated samples",
        "The same for sequences of unrelated samples: about 1.1 to 1.4, as their steps are all large. Mean over 16 "
        "sequences of 16 steps.",
        "",
        ".2f",
    ),
    "path_jump": Measure(
        "jump on a path",
        "Largest step of a straight path, relative to the mean distance between unrelated samples. Small: images "
        "change gradually. 1: they jump as between unrelated ones. Mean over 16 paths of 16 steps.",
        "low",
        ".2f",
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
    "js_divergence": Measure(
        "Jensen-Shannon",
        "Divergence between the distributions of a toy's data and samples, in nats: 0 to 0.69. The data's is known, "
        "the samples' is estimated with Gaussian kernels half as wide as the data's Gaussians, which blur both alike. "
        "From 20,000 samples.",
        "low",
        ".3f",
    ),
    "js_of_loss": Measure(
        "Jensen-Shannon by D's loss",
        "(2 log 2 - D's loss) / 2, in nats: what D's loss says of that divergence if D is optimal (Goodfellow et al. "
        "2014, theorem 1). Less if it is not. From 250 points of each during training, 1,000 at the end.",
        "",
        ".3f",
    ),
    "optimal_d_error": Measure(
        "D's distance to optimum",
        "Mean |D(x) - p / (p + q)| over points of the data and samples of a toy (Goodfellow et al. 2014, proposition "
        "1), with the densities of the Jensen-Shannon divergence. From 1,000 points of each.",
        "low",
        ".3f",
    ),
    "d_accuracy": Measure(
        "D's accuracy",
        "Share of held-out images and of samples that D, in eval mode, classifies rightly. 0.5: it guesses. Not for "
        "scores without a scale (Wasserstein). From 250 of each during training, 1,000 at the end." + _NORMALISED,
        "",
        ".2f",
    ),
    "d_score_real": Measure(
        "D(x) on held-out images",
        "D's mean output for held-out images, in eval mode, on the scale of D(x) in the curves (report 004). From 250 "
        "during training, 1,000 at the end." + _NORMALISED,
        "",
        ".3f",
    ),
    "d_score_fake": Measure(
        "D(G(z)) in evaluations",
        "D's mean output for samples as G makes them, in eval mode (report 004). From 250 during training, 1,000 at "
        "the end.",
        "",
        ".3f",
    ),
    "recon_fid": Measure(
        "FID of reconstructions",
        "As FID, of up to 10,000 reconstructions of held-out images (report 003, problem 5.6).",
        "low",
        ".3g",
        learned=True,
    ),
    "recon_sharpness": Measure(
        "sharpness of reconstructions",
        "As sharpness, of 1,000 reconstructions of held-out images (report 003, problem 5.6).",
        "",
        ".2f",
        real=1.0,
    ),
    "recon_background": Measure(
        "background noise of reconstructions",
        "As background noise, of 1,000 reconstructions of held-out images (report 003, problem 5.6).",
        "low",
        ".3f",
    ),
    "recon_high_frequency": Measure(
        "fine detail of reconstructions",
        "As fine detail, of 1,000 reconstructions of held-out images (report 003, problem 5.6).",
        "",
        ".2f",
        real=1.0,
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

# What others reached, with the standard error, in nats: of MNIST's 10,000 test images under 10,000 samples (Goodfellow
# et al. 2014, table 1).
PEERS: dict[str, tuple[float, float]] = {
    "stacked contractive autoencoder": (121, 1.6),
    "deep belief network": (138, 2),
    "deep generative stochastic network": (214, 1.1),
    "first GAN": (225, 2),
}
WITH_PEERS = ("mnist", "mnist-5k")  # data sets of the same digits


def peers(key: str, dataset: str) -> str:
    """What others reached in a value on such images, as a sentence; empty where there is nothing to compare with."""
    if key != "parzen" or dataset not in WITH_PEERS:
        return ""
    known = ", ".join(f"{name} {value:g} ± {error:g}" for name, (value, error) in PEERS.items())
    return f"On MNIST in Goodfellow et al. 2014, table 1, from 10,000 samples: {known}."
