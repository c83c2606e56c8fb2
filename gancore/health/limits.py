"""From where on something counts as wrong in a training: data, set on recorded runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """From where on something counts as wrong.

    In brackets: the worst of the healthy runs; the mildest of the sick, among the recordings that limits are set on.
    """

    # How curves are read
    block: int = 25  # steps whose mean is one point of a curve
    window: int = 8  # points whose median is the level of a curve: one odd block does not count
    # Levels of curves. D's loss, and its lead, are in units of what it loses by guessing
    growth: float = 100.0  # a loss or a gradient, relative to the first step, or to 1 if it was less (28; 180)
    jumps: float = 0.25  # spread of D's loss from step to step (0.56, but not often; 0.36) while it lies
    wrong: float = 1.25  # above this
    often: float = 0.15  # in more than this share of the steps (0.14; 0.18)
    leaps: float = 0.75  # the spread that is enough by itself (0.56; 0.96)
    sure: float = 0.005  # D's loss if it makes no more mistakes (0.11; 0.002)
    winning: float = 0.3  # D's loss if it makes few mistakes, which may do no harm (0.11; 0.22), unless
    lost: float = 1.0  # the FID is above that of one image again and again, see `ONE_IMAGE` (0.97; 1.4)
    stuck: int = 400  # and does not get better for as many steps (200; 600)
    unsure: float = 0.02  # D's loss from which on it does not stop G
    vanished: float = 0.02  # G's gradient, relative to the first step (0.04; 0.006)
    fooled: float = 0.05  # lead of samples over real images in D's eyes (-0.007; 0.11)
    swings: int = 40  # points among which swings of D's loss are looked for: 1,000 steps
    swing: float = 0.4  # size of a swing (0.19; 0.46)
    turns: int = 4  # changes from high to low or back
    code: int = 300  # steps before which a VAE's code may be empty
    kl: float = 3.0  # nats per image in the code (7; 2.7)
    # Evaluations; the values are those of `gancore.evaluation.measures`
    grown: int = 400  # steps before which samples are not judged
    contrast: float = 0.05  # contrast of blank samples (0.22; 0.049)
    diversity: float = 0.3  # diversity, relative to the contrast: pale samples may still differ (0.41; 0.17)
    modes: float = 0.5  # share of a toy's modes that are found
    search: int = 2_000  # steps for which a toy's modes may be looked for, while its run goes on (1,700)
    toy_recall: float = 0.25  # recall of a toy if samples are a few spots and not a cloud (0.15; 0.05)
    clear: float = 0.5  # precision of samples that a classifier can judge (0.48)
    unlike: float = 50.0  # FID of samples that are like nothing real (82; 25), unless
    spot: float = 0.02  # they cover more real images than these do (0.008; of one class of real images 0.08)
    common: float = 20  # samples that there should be of a class for it to count as missing
    rare: float = 0.1  # of them, if it is missing
    missing: float = 0.15  # share of the classes that may be missing (0.1 at the end; of real images: 0.2)
    good: float = 0.3  # precision of samples that are not just noise (0.28; 0.36)
    variety: int = 300  # steps for which images may lack variety, while their run goes on (100)
    recall: float = 0.005  # recall of samples that are all alike within a class (0.007; 0.002)
    varied: float = 0.08  # the same (0.15; 0.05 of 5 real images a class, again and again)
    lifelike: float = 0.85  # where the precision is above this
    among: int = 5  # newest evaluations, most of which must agree on classes, variety or copies
    spreads: float = 0.005  # rise of recall with which samples get more varied
    better: float = 0.95  # FID, relative to the lowest before, while samples still get better (0.94; 0.96)
    copies: float = 0.75  # probability that a sample is nearer to them than a held-out image is (0.55; 0.81)


LIMITS = Limits()

ONE_IMAGE = {"mnist-cnn-v1": 98.0, "fashion-cnn-v1": 66.0}  # FIDs, see docs/metrics.md; others are not judged by it
