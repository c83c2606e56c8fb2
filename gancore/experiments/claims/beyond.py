"""What the reports repeat of theory and name as future work, put to the test."""

from __future__ import annotations

from gancore.experiments.claims.claim import Arm, Claim
from gancore.experiments.claims.margins import FID, Margin, above, below, roughness

_FIXED = Arm("G fixed")
_THEORY = "report 001, theoretical insights"
_PLAIN_D = Arm("D without normalisation")
_BASELINE = Arm("baseline")
_ACCURACY = Margin("test_accuracy", 0.02, "two more digits of a hundred read rightly")

_OF_THEORY = (
    Claim(
        id="d-reaches-optimum",
        experiment="toy-optimal-d",
        source=_THEORY,
        says="For a given G the best D is p / (p + q), and training finds it.",
        rules=(below("optimal_d_error", _FIXED, 0.1, "a fifth of the half by which guessing is wrong"),),
    ),
    Claim(
        id="loss-measures-js",
        experiment="toy-optimal-d",
        source=_THEORY,
        says="At the best D the loss is 2 log 2 less twice the Jensen-Shannon divergence of p and q.",
        rules=(
            above("js_gap", _FIXED, -0.07, "a tenth of log 2, the largest divergence that there is"),
            below("js_gap", _FIXED, 0.07, "a tenth of log 2, the largest divergence that there is"),
        ),
    ),
)

_ALL_MODES = "24 of 25: one mode is lost on average"

_OF_COLLAPSE = (
    Claim(
        id="toy-gan-loses-modes",
        experiment="toy-collapse",
        source="the theory of reports 001 and 002",
        says="Mode collapse can strike a GAN anywhere: a usual one loses some of a grid of 25 Gaussians.",
        rules=(below("modes", Arm("grid, nonsaturating"), 24.0, _ALL_MODES),),
        provenance="our question",
    ),
    Claim(
        id="toy-wasserstein-keeps-modes",
        experiment="toy-collapse",
        source="the theory of reports 001 and 002",
        says="A Wasserstein GAN with a gradient penalty keeps all modes of a grid of 25 Gaussians.",
        rules=(above("modes", Arm("grid, wasserstein"), 24.0, _ALL_MODES),),
        provenance="our question",
    ),
)

_OF_THE_FUTURE = (
    *(
        Claim(
            id=f"semi-supervised-{labels}",
            experiment="semi-supervised",
            source="report 001, future directions",
            says=f"A GAN helps to learn a classifier from {labels} labels.",
            rules=(_ACCURACY.higher(Arm(f"labels {labels}"), Arm(f"labels {labels} alone")),),
            provenance="our question",
            note="Against the same network that learns from the labelled images alone.",
        )
        for labels in (10, 100, 1000)
    ),
    *(
        Claim(
            id=f"steadier-{name.replace(' ', '-')}",
            experiment="stability",
            source="report 001, future directions",
            says=says,
            rules=(FID.lower(Arm(name), than), roughness("g").lower(Arm(name), than)),
            provenance="our question",
        )
        for name, than, says in (
            ("spectral norm", _PLAIN_D, "Spectral normalisation of D gives better images and a steadier loss."),
            ("gradient penalty", _PLAIN_D, "A gradient penalty gives better images and a steadier loss."),
            ("r1 penalty", _PLAIN_D, "The R1 penalty gives better images and a steadier loss."),
            ("dragan penalty", _PLAIN_D, "DRAGAN's penalty gives better images and a steadier loss."),
        )
    ),
    *(
        Claim(
            id=f"better-{name.partition(' 0')[0].replace(' ', '-').lower()}",
            experiment="stability",
            source="report 001, future directions",
            says=says,
            rules=(FID.lower(Arm(name), _BASELINE),),
            provenance="our question",
        )
        for name, says in (
            ("label smoothing 0.1", "Smoothed labels give better images."),
            ("instance noise 0.1", "Noise on D's inputs gives better images."),
            ("EMA 0.99", "Averaging G's weights gives better images."),
        )
    ),
)

BEYOND = (*_OF_THEORY, *_OF_COLLAPSE, *_OF_THE_FUTURE)
