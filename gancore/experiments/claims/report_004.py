"""What report 004 concludes from three GANs on digits."""

from __future__ import annotations

from gancore.experiments.claims.claim import Arm, Claim, ratio
from gancore.experiments.claims.margins import FID, Margin, below

_VANILLA, _LEAST_SQUARES, _DCGAN = Arm("vanilla"), Arm("least squares"), Arm("DCGAN")

REPORT_004 = (
    Claim(
        id="lsgan-better",
        experiment="mnist-three",
        source="report 004, conclusion 1",
        says="The least-squares loss gives better images than the GAN's.",
        rules=(FID.lower(_LEAST_SQUARES, _VANILLA),),
    ),
    Claim(
        id="dcgan-less-noise",
        experiment="mnist-three",
        source="report 004, conclusion 2",
        says="The DCGAN's images have much less noise than the simple GAN's.",
        rules=(
            Margin("background_detail", ratio(2), '"much less" is at most half').lower(_DCGAN, _VANILLA),
            Margin("background", 0.02, "five of 255 levels of grey: the least that one sees").lower(_DCGAN, _VANILLA),
        ),
    ),
    Claim(
        id="d-score-measures-g",
        experiment="mnist-three",
        source="report 004, conclusion 3",
        says="How sure D is that samples are real measures how good G is.",
        rules=tuple(
            below("score_follows_fid", arm, -0.5, "a quarter of the variance of ranks: less is no measure")
            for arm in (_VANILLA, _LEAST_SQUARES, _DCGAN)
        ),
        note="Over each run's evaluations: a D that learns along with G must rank G's own progress first.",
    ),
    Claim(
        id="d-score-ranks-networks",
        experiment="mnist-three",
        source="report 004, conclusion 3",
        says="Of two GANs the one of whose samples D is surer that they are real is the better one.",
        rules=(
            FID.lower(_DCGAN, _VANILLA),
            Margin("d_score_fake", 0.05, "one probability in twenty").higher(_DCGAN, _VANILLA),
        ),
        note="The third conclusion between runs: each network's own D judges the samples of its own G.",
    ),
)
