"""The experiment of report 004: three GANs on digits."""

from __future__ import annotations

from gancore.experiments.experiment import DIGITS, Experiment
from gancore.experiments.systems import S6_CS231N

REPORT_004 = (
    Experiment(
        id="mnist-three",
        title="Vanilla GAN, LSGAN and DCGAN",
        source="report 004",
        question="Does the least-squares loss make better digits than cross-entropy, and do convolutions less noise?",
        system=S6_CS231N,
        arms={
            "vanilla": {},
            "least squares": {"objective.loss": "least_squares"},
            "DCGAN": {"model.kind": "cs231n", "model.init": "xavier", "train.epochs": 5},
        },
        quick=DIGITS | {"train.epochs": 90},
        quick_arms={"DCGAN": {"train.epochs": 15}},
        note="Quick: 3,150 steps and 2 min a run, of the DCGAN 525 and 5 min. The vanilla GAN's FID is 13 after "
        "2,100 steps and still falls: fully connected networks need more steps than convolutions.",
    ),
)
