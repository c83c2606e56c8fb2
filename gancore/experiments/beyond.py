"""Experiments that the reports suggest: their theory put to the test, and the future work that they name."""

from __future__ import annotations

from gancore.experiments.experiment import DIGITS, Experiment, cross, vary
from gancore.experiments.systems import S8_TOYS, S9_SEMI

BEYOND = (
    Experiment(
        id="toy-collapse",
        title="Mode collapse that can be counted",
        source="the theory of reports 001 and 002",
        question="Which losses find all modes of a ring of 8 and of a grid of 25 Gaussians?",
        system=S8_TOYS,
        arms=cross(
            {"ring": {}, "grid": {"data.name": "grid"}},
            {
                "nonsaturating": {"objective.loss": "nonsaturating"},
                "minimax": {"objective.loss": "minimax"},
                "least squares": {"objective.loss": "least_squares"},
                "wasserstein": {
                    "objective.loss": "wasserstein",
                    "objective.penalty": "gradient",
                    "objective.penalty_weight": 0.1,
                },
                "hinge": {"objective.loss": "hinge"},
            },
        ),
        arms_source="our choice: every loss, Wasserstein's with the penalty of Gulrajani et al. 2017 for toys",
        quick={},
    ),
    Experiment(
        id="semi-supervised",
        title="A classifier from few labels",
        source="report 001, future work; Salimans et al. 2016",
        question="How many labels does a classifier need when a GAN helps it to learn from unlabelled images?",
        system=S9_SEMI,
        arms=vary("data.labels", (10, 20, 50, 100, 1000)),
        arms_source="our choice, around the 20 to 200 labels of Salimans et al. 2016",
        quick=DIGITS,
    ),
)
