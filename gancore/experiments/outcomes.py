"""What came of a run, as one number: what was measured of it at its end, and what its curves say.

A claim names outcomes; each says which differences are noise, and what a run counts as that failed: what pure noise
scores on the images where that is worst (docs/metrics.md), or what a network scores that learnt nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gancore.evaluation.measures import MEASURES
from gancore.experiments import readings
from gancore.experiments.evidence import failed
from gancore.experiments.readings import Read
from gancore.store import Run

Better = Literal["low", "high", ""]

_ENDLESS = 100.0  # nats: the hand-outs' BCELoss cuts its logarithms there, so no loss of theirs shows more
_WILD = 100.0  # times as rough as is usual: nothing says how rough a curve without an end is


@dataclass(frozen=True)
class Outcome:
    """One number of a run."""

    label: str
    help: str
    better: Better  # "": neither
    worst: float  # what a failed run counts as
    resolution: float  # standard deviation of measuring it twice, in the units that are compared; never below that
    ratio: bool  # differences are ratios: values are positive, and compared by their logarithms
    digits: str  # as in a format specification
    read: Read  # None: it was not measured
    floor: float = 1e-9  # of a value that ratios are made of: smaller ones are as good as that


def outcome(run: Run, key: str) -> float | None:
    """One outcome of a run; that of a failed one is the worst. None: it was not measured, or the run did not end."""
    if failed(run):
        return OUTCOMES[key].worst
    return OUTCOMES[key].read(run) if run.status.state == "finished" else None


# --- what was measured at the end -----------------------------------------------------------------------------------


def _measured(
    key: str, worst: float, resolution: float, *, ratio: bool = False, floor: float = 1e-9, digits: str | None = None
) -> Outcome:
    """A value of the final evaluation, in the words of `MEASURES`; means of what is counted want other `digits`."""
    said = MEASURES[key]
    read = readings.at_the_end(key)
    return Outcome(said.label, said.help, said.better, worst, resolution, ratio, digits or said.digits, read, floor)


# A DCGAN of digits was measured five times with other noise: the FID, 5.8, differed by 1.6 % (standard deviation),
# coverage by 0.009, confidence by 0.002, sharpness and fine detail by 0.5 and 0.8 %, background noise by 0.0009, its
# detail by 5 %, white dots by 0.00001, Parzen log-likelihood by 2.2 nats, paths by 5 %. Rounded up, and for others of
# their kind alike: a share of 10,000 samples has a standard error of at most 0.005, of 1,000 of at most 0.016.
_MEASURED: Mapping[str, Outcome] = {
    "fid": _measured("fid", 219.0, 0.03, ratio=True),
    "coverage": _measured("coverage", 0.0, 0.01),
    "classes": _measured("classes", 1.0, 0.2, digits=".1f"),
    "kl_to_uniform": _measured("kl_to_uniform", 2.3, 0.01),
    "confidence": _measured("confidence", 0.1, 0.005),
    "conditional_accuracy": _measured("conditional_accuracy", 0.1, 0.005),
    "parzen": _measured("parzen", -629.0, 2.0),
    "closer_to_training": _measured("closer_to_training", 1.0, 0.02),
    "sharpness": _measured("sharpness", 8.94, 0.02, ratio=True, floor=0.001),
    "background": _measured("background", 0.576, 0.002),
    "background_detail": _measured("background_detail", 0.576, 0.05, ratio=True, floor=0.001),
    "white_dots": _measured("white_dots", 0.1, 0.0001),
    "high_frequency": _measured("high_frequency", 7.97, 0.02, ratio=True, floor=0.001),
    "out_of_range": _measured("out_of_range", 1.0, 0.005),
    "boldness": _measured("boldness", 0.52, 0.02),
    "thickness_ratio": _measured("thickness_ratio", 1.0, 0.03),
    "kept_class": _measured("kept_class", 0.0, 0.02),
    "noise_spread": _measured("noise_spread", 0.0, 0.02),
    "other_kept_class": _measured("other_kept_class", 0.0, 0.02),
    "other_thickness_ratio": _measured("other_thickness_ratio", 1.0, 0.03),
    "modes": _measured("modes", 0.0, 0.2, digits=".1f"),
    "near_modes": _measured("near_modes", 0.0, 0.01),
    "reverse_kl": _measured("reverse_kl", 3.22, 0.01),
    "optimal_d_error": _measured("optimal_d_error", 0.5, 0.01),
    "js_divergence": _measured("js_divergence", 0.693, 0.01),
    "js_of_loss": _measured("js_of_loss", 0.693, 0.01),
    "test_elbo": _measured("test_elbo", -543.4, 0.2),
    "test_recon": _measured("test_recon", 543.4, 0.2),
    "test_accuracy": _measured("test_accuracy", 0.1, 0.005),
    "recon_fid": _measured("recon_fid", 219.0, 0.03, ratio=True),
    "recon_sharpness": _measured("recon_sharpness", 8.94, 0.02, ratio=True, floor=0.001),
    "recon_background": _measured("recon_background", 0.576, 0.002),
    "recon_high_frequency": _measured("recon_high_frequency", 7.97, 0.02, ratio=True, floor=0.001),
    "d_accuracy": _measured("d_accuracy", 0.5, 0.01),
    "d_score_real": _measured("d_score_real", 0.5, 0.01),
    "d_score_fake": _measured("d_score_fake", 0.5, 0.01),
    "column_thickness": _measured("column_thickness", 0.0, 0.05),
    "column_slant": _measured("column_slant", 0.0, 0.05),
    "path_linear": _measured("path_linear", 16.0, 0.05, ratio=True),
    "path_spherical": _measured("path_spherical", 16.0, 0.05, ratio=True),
    "path_random": _measured("path_random", 16.0, 0.05, ratio=True),
    "path_jump": _measured("path_jump", 1.0, 0.015),
}


# --- what the curves say --------------------------------------------------------------------------------------------


def _curve(
    key: str, label: str, help: str, worst: float, resolution: float, better: Better = "", *, ratio: bool = False
) -> Outcome:
    digits = ".3g" if ratio else ".2f"
    return Outcome(label, help, better, worst, resolution, ratio, digits, readings.of_curves(key), 1e-6)


_NETWORKS = {"g": "G", "d": "D"}

_CURVES: Mapping[str, Outcome] = {
    **{
        f"{when}_loss_{net}": _curve(
            f"{when}_loss_{net}", f"{name}'s loss {words}", f"Mean of {name}'s loss {of}, in nats.", _ENDLESS, 0.02
        )
        for net, name in _NETWORKS.items()
        for when, words, of in (
            ("tail", "at the end", "over the last tenth of the steps"),
            ("mid", "midway", "over the middle third of the steps"),
        )
    },
    **{
        f"slope_loss_{net}": _curve(
            f"slope_loss_{net}",
            f"rise of {name}'s loss at the end",
            f"Slope of {name}'s loss in the last third, in nats per length of the run: below 0 it falls.",
            _ENDLESS,
            0.02,
        )
        for net, name in _NETWORKS.items()
    },
    **{
        f"roughness_loss_{net}": _curve(
            f"roughness_loss_{net}",
            f"roughness of {name}'s loss",
            f"Standard deviation of {name}'s loss around lines through 50 steps each, in nats, over the second half.",
            _WILD,
            0.05,
            "low",
            ratio=True,
        )
        for net, name in _NETWORKS.items()
    },
    **{
        f"late_roughness_loss_{net}": _curve(
            f"late_roughness_loss_{net}",
            f"roughness of {name}'s loss, late over early",
            f"Roughness of {name}'s loss in the last third over that before the first: above 1 it grew rougher.",
            _WILD,
            0.05,
            "low",
            ratio=True,
        )
        for net, name in _NETWORKS.items()
    },
    **{
        f"spikes_loss_{net}": _curve(
            f"spikes_loss_{net}",
            f"spikes of {name}'s loss",
            f"Jumps of {name}'s loss above the steps around by six standard deviations, in 1,000 steps.",
            1_000.0,
            0.3,
            "low",
        )
        for net, name in _NETWORKS.items()
    },
    "tail_grad_norm_g": _curve(
        "tail_grad_norm_g",
        "G's gradient at the end",
        "Mean norm of G's gradient over the last tenth of the steps.",
        1e6,
        0.05,
        ratio=True,
    ),
    "early_grad_norm_g": _curve(
        "early_grad_norm_g",
        "G's gradient early on",
        "Mean norm of G's gradient over the first twentieth of the steps.",
        1e6,
        0.05,
        ratio=True,
    ),
    "saturated_grad_norm_g": _curve(
        "saturated_grad_norm_g",
        "G's gradient while D sees through it",
        "Mean norm of G's gradient over the steps at which D(G(z)) is below 0.05 (report 002, question 3).",
        1e6,
        0.05,
        ratio=True,
    ),
    "tail_d_real": _curve("tail_d_real", "D(x) at the end", "Mean of D's output on real images at the end.", 0.5, 0.01),
    "tail_d_fake": _curve(
        "tail_d_fake", "D(G(z)) at the end", "Mean of D's output on generated images at the end.", 0.5, 0.01
    ),
    "early_d_fake": _curve(
        "early_d_fake",
        "D(G(z)) early on",
        "Mean of D's output on generated images in the first twentieth of the steps.",
        0.5,
        0.01,
    ),
    "losses_correlation": _curve(
        "losses_correlation",
        "correlation of the losses",
        "Of G's and D's losses over more than a hundredth and less than a tenth of the run: below 0 they move against "
        "each other (report 002, question 4).",
        0.0,
        0.02,
    ),
}


# --- what is derived ------------------------------------------------------------------------------------------------

_DERIVED: Mapping[str, Outcome] = {
    "fid_over_best": Outcome(
        "FID over its best",
        "The last FID on the way over the lowest: above 1, the run was better before.",
        "low",
        100.0,
        0.05,
        True,
        ".2f",
        readings.over_best("fid"),
    ),
    "coverage_lost": Outcome(
        "coverage lost",
        "How far the last coverage on the way lies below the highest: what collapsed again.",
        "low",
        1.0,
        0.02,
        False,
        ".2f",
        readings.lost_since_best("coverage"),
    ),
    "fid_after_a_third": Outcome(
        "FID after a third",
        "Of the first evaluation after a third of the run, of fewer samples than the final one.",
        "low",
        219.0,
        0.05,
        True,
        ".3g",
        readings.after_a_third("fid"),
    ),
    "steps_until_usable": Outcome(
        f"steps until FID {readings.USABLE_FID:.0f}",
        "The step of the first evaluation with a lower FID; if there was none, all steps of the run.",
        "low",
        1e6,
        0.1,
        True,
        ".0f",
        readings.steps_until_usable,
    ),
    "score_follows_fid": Outcome(
        "D's score against FID",
        "Spearman's rank correlation over a run's evaluations of D's mean output on samples with their FID: -1 if the "
        "score grows whenever the FID falls (report 004, third conclusion).",
        "",
        0.0,
        0.05,
        False,
        ".2f",
        readings.follows("d_score_fake", "fid"),
    ),
    "d_gap": Outcome(
        "D(x) less D(G(z)) at the end",
        "How much more D takes real images for real than generated ones, each in batches of their own as it learns. "
        "Its accuracy as measured says less of a D with batch normalisation, whose averages mix the two.",
        "",
        0.0,
        0.01,
        False,
        ".2f",
        readings.between(readings.of_curves("tail_d_real"), readings.of_curves("tail_d_fake")),
    ),
    "js_gap": Outcome(
        "JSD by the loss, less the true one",
        "Jensen-Shannon divergence that D's loss amounts to, 2 log 2 - 2 JSD, less that of the distributions, in nats.",
        "",
        -0.693,
        0.01,
        False,
        ".3f",
        readings.between(readings.at_the_end("js_of_loss"), readings.at_the_end("js_divergence")),
    ),
    "lost_on_others": Outcome(
        "digits kept, less other digits kept",
        "How many more of the digits that it was trained on keep their class than of other digits (report 000).",
        "low",
        1.0,
        0.03,
        False,
        ".2f",
        readings.between(readings.at_the_end("kept_class"), readings.at_the_end("other_kept_class")),
    ),
    **{
        f"shown_{key}": Outcome(
            f"{MEASURES[key].label} as shown",
            f"Of a VAE's reconstructions, which report 003 shows, and of other networks' samples. {MEASURES[key].help}",
            known.better,
            known.worst,
            known.resolution,
            known.ratio,
            known.digits,
            readings.at_the_end(f"recon_{key}", key),
            known.floor,
        )
        for key in ("fid", "sharpness", "background", "high_frequency")
        for known in (_MEASURED[key],)
    },
}

OUTCOMES: dict[str, Outcome] = {**_MEASURED, **_CURVES, **_DERIVED}
