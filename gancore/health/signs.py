"""What a doctor knows: the signs of a training that goes wrong, what they mean, and what to change."""

from __future__ import annotations

from dataclasses import dataclass

from gancore.health import curve_signs, remedies, sample_signs
from gancore.health.evidence import Detector
from gancore.health.remedies import Idea


@dataclass(frozen=True)
class Sign:
    """Something that can go wrong."""

    title: str
    detect: Detector
    means: str
    source: str
    ideas: tuple[Idea, ...]
    implies: tuple[str, ...] = ()  # signs that need not be reported besides


# From the gravest on.
SIGNS: dict[str, Sign] = {
    "not_a_number": Sign(
        "Losses are no longer finite",
        curve_signs.broken_numbers,
        "An update was so large that losses or weights overflowed. Nothing can be learned after that: the run ended "
        "here.",
        "report 002, question 5, where learning rates of 0.1 ruin the training",
        (
            remedies.GRADIENT_PENALTY,
            remedies.ADAM,
            remedies.LOW_RATES,
            remedies.TENTH,
            remedies.LOW_RATE,
            remedies.TENTH_OF_LR,
        ),
        implies=("growing", "jumping"),
    ),
    "growing": Sign(
        "Training diverges",
        curve_signs.growth,
        "Each update overshoots further than the one before. Nothing bounds the scores of a Wasserstein D that is "
        "neither clipped nor penalised; other losses grow like this when the learning rates are far too high.",
        "Arjovsky et al. 2017; report 002, question 5",
        (
            remedies.GRADIENT_PENALTY,
            remedies.CLIPPING,
            remedies.SPECTRAL_NORM,
            remedies.ADAM,
            remedies.LOW_RATES,
            remedies.TENTH,
            remedies.LOW_RATE,
        ),
    ),
    "dead_output": Sign(
        "G produces the same image again and again",
        sample_signs.dead_output,
        "Whatever the noise, G produces nearly the same image. Often its outputs are saturated at black or white, "
        "where the gradient of its last layer is 0, and it cannot recover.",
        "report 002, question 5 (lr_g of 0.1); Salimans et al. 2016, section 3.2",
        (
            remedies.LET_BOTH_LEARN,
            remedies.ADAM,
            remedies.LOW_RATES,
            remedies.WIDER_G,
            remedies.SPECTRAL_NORM,
            remedies.TENTH,
        ),
        implies=("mode_collapse", "memorisation"),
    ),
    "jumping": Sign(
        "D's loss jumps",
        curve_signs.jumping,
        "D is confident on one batch and wrong on the next: its steps are too long for it to settle, so the gradients "
        "that it gives G change all the time.",
        "report 002, question 5, where learning rates of 0.1 ruin the training",
        (remedies.ADAM, remedies.LOW_RATES, remedies.TENTH, remedies.LARGER_BATCH),
    ),
    "mode_collapse": Sign(
        "Mode collapse",
        sample_signs.collapse,
        "G produces only some of the kinds of samples in the data, those that D accepts, and drops the others.",
        "Goodfellow et al. 2014 (the Helvetica scenario); report 002's later revision; report 003, problem 5.5",
        (
            remedies.FEWER_G_STEPS,
            *remedies.SLOWER_G,
            remedies.CALMER,
            remedies.R1,
            remedies.WGAN_GP,
            *remedies.TELL_CLASSES,
            remedies.LARGER_BATCH,
        ),
    ),
    "vanishing": Sign(
        "G's gradient vanishes",
        curve_signs.vanishing,
        "D rejects every sample with such confidence that a small change of G makes no difference: G stops learning.",
        "report 002, question 3; Goodfellow et al. 2014, section 3; Arjovsky and Bottou 2017",
        (
            remedies.TAMED_RATES,
            remedies.NONSATURATING,
            *remedies.SLOWER_D,
            remedies.LOW_RATES,
            remedies.NARROWER_D,
            remedies.SMOOTHING,
            remedies.WGAN_GP,
        ),
        implies=("d_too_strong",),
    ),
    "d_too_strong": Sign(
        "D is too strong",
        curve_signs.strong_d,
        "D tells real images from samples almost without error, so its output hardly says in which direction G should "
        "move: G falls further and further behind.",
        "report 002, question 5 (ndf 256); report 001, on keeping G and D synchronised",
        (
            remedies.LET_BOTH_LEARN,
            remedies.TAMED_RATES,
            remedies.NONSATURATING,
            remedies.FEWER_D_STEPS,
            *remedies.SLOWER_D,
            remedies.SMOOTHING,
            remedies.NARROWER_D,
            remedies.DROPOUT,
            remedies.R1,
            remedies.CALMER,
        ),
    ),
    "d_fooled": Sign(
        "D is fooled",
        curve_signs.fooled,
        "D rates samples as more real than real images. G has nothing left to learn from it, however bad its samples "
        "are.",
        "report 002, question 1 (equation 6 alone) and question 5 (a tiny ndf)",
        (remedies.LET_BOTH_LEARN, remedies.FEWER_G_STEPS, remedies.FASTER_D, remedies.WIDER_D, remedies.MORE_D_STEPS),
    ),
    "oscillation": Sign(
        "G and D oscillate",
        curve_signs.oscillation,
        "Each network undoes what the other has just learned: D wins, G escapes, D catches up, and nothing settles.",
        "report 002, question 4; Mescheder et al. 2018",
        (remedies.CALMER, remedies.HALF, remedies.LOW_RATES, remedies.R1, remedies.AVERAGE),
    ),
    "memorisation": Sign(
        "G copies training images",
        sample_signs.memorisation,
        "Samples are closer to images of the training set than new images would be: D has memorised its images and "
        "teaches G to repeat them.",
        "Meehan et al. 2020; report 000, on small training sets",
        (remedies.ALL_IMAGES, remedies.SHORTER, remedies.NARROWER_D, remedies.DROPOUT),
        implies=("mode_collapse",),
    ),
    "posterior_collapse": Sign(
        "Posterior collapse",
        curve_signs.empty_code,
        "The encoder gives every image the same code, so the decoder ignores it and always draws the mean image.",
        "Bowman et al. 2016; the KL term of report 003, problem 4",
        (remedies.LOW_RATE, remedies.SHALLOWER, remedies.TENTH_OF_LR),
        implies=("dead_output", "mode_collapse"),
    ),
}
