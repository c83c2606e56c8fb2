"""What report 002 and its later revision claim of the conditional DCGAN."""

from __future__ import annotations

from gancore.experiments.claims.claim import Arm, Claim, ratio
from gancore.experiments.claims.margins import FID, SPIKES, Margin, above, below, loss, roughness

_REVISED = "report 002, later revision"
_CONDITIONAL, _UNCONDITIONAL = Arm("conditional"), Arm("unconditional")
_WITH_Y, _WITHOUT_Y = Arm("D sees y"), Arm("D without y")
_ONLY = Arm("")
_TENTH = "a tenth of a nat over the last third: rounding alone moves a loss by as much"

_TRAINING = (
    Claim(
        id="cdcgan-steadier",
        experiment="cdcgan-baseline",
        source=f"{_REVISED}, question 8",
        says="The conditional DCGAN trains more stably than the unconditional one, with fewer spikes.",
        rules=(
            roughness("g").lower(_CONDITIONAL, _UNCONDITIONAL),
            roughness("d").lower(_CONDITIONAL, _UNCONDITIONAL),
            SPIKES.lower(_CONDITIONAL, _UNCONDITIONAL),
        ),
        provenance="later revision",
    ),
    Claim(
        id="cdcgan-not-capacity",
        experiment="cdcgan-baseline",
        source="report 002, question 8",
        says="The class makes the conditional DCGAN's digits better, not its larger networks.",
        rules=(FID.lower(_CONDITIONAL, Arm("unconditional, equal capacity")),),
        provenance="our question",
        note="The conditional G has 8.3 times as many parameters as the unconditional one.",
    ),
    Claim(
        id="cdcgan-noisy",
        experiment="cdcgan-baseline",
        source=f"{_REVISED}, question 6",
        says="The conditional DCGAN's images are noisy, with white dots.",
        rules=(
            Margin("background_detail", ratio(1.25), "a quarter more is the least that one sees").higher(
                _CONDITIONAL, _UNCONDITIONAL
            ),
            Margin("white_dots", 0.001, "about one dot more in each image, of some 800 pixels of background").higher(
                _CONDITIONAL, _UNCONDITIONAL
            ),
        ),
        provenance="later revision",
    ),
    Claim(
        id="cdcgan-loss-midway",
        experiment="cdcgan-baseline",
        source=f"{_REVISED}, question 6",
        says="In the middle of the training the conditional DCGAN's losses are higher.",
        rules=tuple(loss(net, "mid").higher(_CONDITIONAL, _UNCONDITIONAL) for net in ("g", "d")),
        provenance="later revision",
    ),
    Claim(
        id="cdcgan-end",
        experiment="cdcgan-baseline",
        source=f"{_REVISED}, question 8",
        says="At the end the conditional DCGAN's D loss rises while G's falls.",
        rules=(
            above("slope_loss_d", _CONDITIONAL, 0.3, _TENTH),
            below("slope_loss_g", _CONDITIONAL, -0.3, _TENTH),
        ),
        provenance="later revision",
    ),
)

_THE_LABEL = (
    Claim(
        id="no-y-ignored",
        experiment="cdcgan-no-y-in-d",
        source="report 002, question 7",
        says="If D does not see the label, G ignores it: its digits are random, like an ordinary GAN's.",
        rules=(
            below("conditional_accuracy", _WITHOUT_Y, 0.2, "twice the tenth that digits drawn at random score"),
            above("conditional_accuracy", _WITH_Y, 0.9, "a condition that works, of which real digits score 1"),
        ),
    ),
    Claim(
        id="no-y-worse",
        experiment="cdcgan-no-y-in-d",
        source=f"{_REVISED}, question 7",
        says="Without the label in D the images are worse.",
        rules=(
            FID.higher(_WITHOUT_Y, _WITH_Y),
            Margin("confidence", 0.02, "a fifth of what blurring costs (docs/metrics.md)").lower(_WITHOUT_Y, _WITH_Y),
        ),
        provenance="later revision",
    ),
    Claim(
        id="z-is-style",
        experiment="cdcgan-z-columns",
        source=f"{_REVISED}, question 9",
        says="The noise stands for the style alone: one noise vector gives digits of every class the same style.",
        rules=(
            above("column_thickness", _ONLY, 0.3, "three tenths of the variance: less is hardly seen in a grid"),
            above("column_slant", _ONLY, 0.3, "three tenths of the variance: less is hardly seen in a grid"),
            above("conditional_accuracy", _ONLY, 0.9, "style alone: the class is what was asked for"),
        ),
        provenance="later revision",
    ),
)

REPORT_002_BONUS = (*_TRAINING, *_THE_LABEL)
