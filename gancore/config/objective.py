"""What the networks minimise."""

from __future__ import annotations

from typing import Literal

from gancore.config.losses import EXPRESSIONS, LOSS_FACTS, LossName
from gancore.config.setting import Part, setting
from gancore.expressions import LONGEST

PenaltyName = Literal["none", "gradient", "r1", "dragan"]

_GRAMMAR = (
    "It may have numbers, + - * / **, parentheses, softplus, sigmoid, logsigmoid, relu, exp, log, tanh, abs, square, "
)
_GRAMMAR += "sqrt, min, max and clip(x, low, high)."


class ObjectiveConfig(Part):
    """What the networks minimise, and in which order."""

    loss: LossName = setting(
        "nonsaturating",
        " ".join(f"{name}: {facts.help}." for name, facts in LOSS_FACTS.items()),
        label="loss",
        group="Objective",
        main=True,
        by_kind=True,
    )
    own_d: str = setting(
        EXPRESSIONS["nonsaturating"][0],
        "D's loss: a sum of terms in real or in fake, D's logit for a real or a generated sample; the mean of each "
        f"over its batch is taken. {_GRAMMAR}",
        label="D's loss",
        group="Objective",
        main=True,
        by_kind=True,
        when={"objective.loss": ("own",)},
        words=f"an expression in real and fake of at most {LONGEST} characters",
        max_length=LONGEST,
    )
    own_g: str = setting(
        EXPRESSIONS["nonsaturating"][1],
        f"G's loss: an expression in fake, D's logit for a generated sample; its mean over the batch. {_GRAMMAR}",
        label="G's loss",
        group="Objective",
        main=True,
        by_kind=True,
        when={"objective.loss": ("own",)},
        words=f"an expression in fake of at most {LONGEST} characters",
        max_length=LONGEST,
    )
    cross_entropy: Literal["logits", "probabilities"] = setting(
        "logits",
        "How cross-entropy is computed. logits: exactly, for any output of D. probabilities: of D's sigmoid, as by "
        "PyTorch's BCELoss in report 003's hand-out, which cuts logarithms at -100: no loss exceeds 100, and G's "
        "gradient vanishes where the sigmoid comes close to 0 (logits below about -28).",
        label="cross-entropy",
        group="Objective",
        by_kind=True,
        when={"objective.loss": tuple(name for name, facts in LOSS_FACTS.items() if facts.output == "probability")},
    )
    only: Literal["both", "g", "d"] = setting(
        "both",
        "Which network learns. g: only G, against a D that never learns (equation 6 alone). d: only D, against a G "
        "that never learns (equation 7 alone). Report 002, question 1.",
        label="trained networks",
        group="Objective",
        by_kind=True,
    )
    order: Literal["d_first", "g_first"] = setting(
        "d_first",
        "Which network is updated first in each iteration. Report 002 updates D first, report 003 G.",
        label="first update",
        group="Objective",
        by_kind=True,
    )
    noise: Literal["same", "fresh"] = setting(
        "same",
        "Whether the network updated second gets the same noise as the first (report 002) or fresh noise (reports 003 "
        "and 004).",
        label="noise for the second update",
        group="Objective",
        by_kind=True,
    )
    label_smoothing: float = setting(
        0.0,
        "How far below 1 D's target for real images lies (Salimans et al. 2016 use 0.1). Keeps D from becoming "
        "overconfident.",
        label="label smoothing",
        group="Objective",
        scale="linear",
        by_kind=True,
        when={"objective.loss": tuple(name for name, facts in LOSS_FACTS.items() if facts.targets)},
        steer=True,
        ge=0.0,
        le=0.5,
    )
    instance_noise: float = setting(
        0.0,
        "Standard deviation of the noise added to D's inputs, falling to 0 over the run (Sønderby et al. 2017).",
        label="instance noise",
        group="Objective",
        scale="linear",
        by_kind=True,
        ge=0.0,
        le=1.0,
    )
    penalty: PenaltyName = setting(
        "none",
        "Penalty on D's gradient with respect to its input. gradient: norm 1 between real and fake (WGAN-GP). r1: "
        "small at real images (Mescheder et al. 2018). dragan: norm 1 around real images (Kodali et al. 2017; their "
        "code also scales each shift by a further random number from 0 to 1, which is left out here).",
        label="penalty",
        group="Objective",
        by_kind=True,
    )
    penalty_weight: float = setting(
        10.0,
        "Weight of the penalty: usually 10 for gradient and dragan; gamma for r1.",
        label="penalty weight",
        group="Objective",
        scale="log",
        marks=(0.1, 1.0, 10.0, 100.0),
        by_kind=True,
        when={"objective.penalty": ("gradient", "r1", "dragan")},
        steer=True,
        gt=0.0,
        le=1e4,
    )
    clip: float = setting(
        0.0,
        "Limit to which D's weights are clipped after each update (0: no clipping). The original Wasserstein GAN uses "
        "0.01.",
        label="weight clipping",
        group="Objective",
        by_kind=True,
        ge=0.0,
        le=10.0,
    )
    adversarial_weight: float = setting(
        1.0,
        "Weight of the adversarial loss in G's loss (0: G learns from the pixels alone).",
        label="adversarial weight",
        group="Objective",
        main=True,
        by_kind=True,
        ge=0.0,
        le=1e4,
    )
    pixel_weight: float = setting(
        0.0,
        "Weight in G's loss of the pixel-wise cross-entropy with the bold version (needs thickened pairs).",
        label="pixel weight",
        group="Objective",
        main=True,
        by_kind=True,
        when={"data.pairs": ("thickened",)},
        ge=0.0,
        le=1e4,
    )
    diversity_weight: float = setting(
        0.05,
        "Weight of a reward for different outputs from different noise (Mao et al. 2019). 0: G tends to ignore z.",
        label="diversity weight",
        group="Objective",
        main=True,
        by_kind=True,
        ge=0.0,
        le=1e4,
    )
    feature_matching: bool = setting(
        True,
        "G matches the mean features of D's last hidden layer (Salimans et al. 2016), which helps the classifier. "
        "Off: G tries to pass for real, which gives better images.",
        label="feature matching",
        group="Objective",
        main=True,
        by_kind=True,
    )
    unsupervised_weight: float = setting(
        1.0,
        "Weight in D's loss of telling real from generated images, beside classifying the labelled ones (0.5 in the "
        "code of Salimans et al. 2016). 0: D learns from the labelled images alone and G not at all, the control "
        "that shows what the other images are worth.",
        label="unsupervised weight",
        group="Objective",
        main=True,
        by_kind=True,
        ge=0.0,
        le=100.0,
    )
