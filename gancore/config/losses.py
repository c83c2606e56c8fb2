"""What is known of each adversarial loss, for forms, charts and findings. Its arithmetic stands in `gancore.losses`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

LossName = Literal["nonsaturating", "minimax", "least_squares", "wasserstein", "hinge", "own"]

_OF_PROBABILITIES = "D(x) near 1 and D(G(z)) near 0: D recognises every fake. Both near 1/2: it cannot tell."
_OF_SCORES = "Scores have no fixed scale: what matters is how far real lies above fake, and whether the gap closes."


@dataclass(frozen=True)
class LossFacts:
    """What is known of one loss."""

    help: str
    output: Literal["probability", "score"]  # what D's output means, and so `d_real` and `d_fake`
    caption: str  # what to look for in D's outputs
    guessing: float  # D's loss when it cannot tell real from fake; NaN where scores have no fixed scale
    boundary: float = 0.0  # the logit at which D guesses, and above which it says real; NaN where there is none
    targets: bool = False  # whether D has a target for real images, which smoothing can lower
    saturates: bool = False  # whether G's gradient vanishes when D is confident

    @property
    def words(self) -> str:
        """D's output in words."""
        return "probability" if self.output == "probability" else "raw score"


LOSS_FACTS: dict[LossName, LossFacts] = {
    "nonsaturating": LossFacts(
        "G maximises log D(G(z))",
        "probability",
        _OF_PROBABILITIES,
        guessing=2 * math.log(2),
        targets=True,
    ),
    "minimax": LossFacts(
        "G minimises log(1 - D(G(z))), whose gradient vanishes when D is confident",
        "probability",
        _OF_PROBABILITIES,
        guessing=2 * math.log(2),
        targets=True,
        saturates=True,
    ),
    "least_squares": LossFacts(
        "squared distance of D's score from 1 and 0 (LSGAN)",
        "score",
        "D is trained towards 1 on real and 0 on fake images; G pulls the fakes towards 1.",
        guessing=0.25,
        boundary=0.5,
        targets=True,
    ),
    "wasserstein": LossFacts(
        "D's mean score on real minus fake images; needs clipping or the gradient penalty",
        "score",
        _OF_SCORES,
        guessing=math.nan,
        boundary=math.nan,
    ),
    "hinge": LossFacts(
        "like wasserstein, but only within a margin",
        "score",
        _OF_SCORES,
        guessing=2.0,
    ),
    "own": LossFacts(
        "two expressions of your own in D's logits",
        "score",
        _OF_SCORES,
        guessing=math.nan,
        boundary=math.nan,
    ),
}

# Losses as expressions: D's and G's.
EXPRESSIONS: dict[LossName, tuple[str, str]] = {
    "nonsaturating": ("softplus(-real) + softplus(fake)", "softplus(-fake)"),
    "minimax": ("softplus(-real) + softplus(fake)", "-softplus(fake)"),
    "least_squares": ("0.5 * square(real - 1) + 0.5 * square(fake)", "0.5 * square(fake - 1)"),
    "wasserstein": ("fake - real", "-fake"),
    "hinge": ("relu(1 - real) + relu(1 + fake)", "-fake"),
}
