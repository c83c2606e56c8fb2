"""The experiment of report 001: the first GAN."""

from __future__ import annotations

from gancore.experiments.experiment import DIGITS, Experiment
from gancore.experiments.systems import S1_GOODFELLOW, decayed, risen

REPORT_001 = (
    Experiment(
        id="goodfellow",
        title="The first GAN",
        source="report 001, after Goodfellow et al. 2014",
        question="How likely are real digits, faces and photographs under the distribution of the first GAN's samples?",
        system=S1_GOODFELLOW,
        arms={
            "MNIST": {},
            "MNIST, D at half the rate": {"optim.lr_d": 0.05},
            "faces": {
                "data.name": "olivetti",
                "data.image_size": 32,
                "train.epochs": 10_000,
                "optim.lr_g": 0.05,
                "optim.lr_d": 0.05,
                "optim.lr_end": decayed(30_000),
                "optim.momentum_end": risen(30_000),
            },
            "CIFAR-10": {
                "data.name": "cifar10",
                "data.image_size": 32,
                "model.nc": 3,
                "optim.lr_g": 0.025,
                "optim.lr_d": 0.025,
            },
        },
        arms_source="the rates of the code of Goodfellow et al. 2014; half of D's for its halved loss, the number of "
        "epochs and the networks, which were larger there for faces and photographs, are our choice",
        quick=DIGITS | {"optim.lr_end": decayed(4_500), "optim.momentum_end": risen(4_500)},
        quick_arms={
            "faces": {
                "data.name": "mnist-5k",
                "data.limit": 360,
                "train.epochs": 1_000,
                "optim.lr_end": decayed(3_000),
                "optim.momentum_end": risen(3_000),
            },
            "CIFAR-10": {"data.name": "mnist-5k"},
        },
        full_only=frozenset({"CIFAR-10"}),
        note="The Toronto Face Database is not public, so the Olivetti faces take its place. The original draws z from "
        "+-1.73, updates both networks at once, and halves D's loss, hence the arm with half D's rate. Quick: 100 "
        "epochs of digits, 4 min a run; as few digits as there are faces stand in for them, and photographs, for "
        "which digits say nothing, are left to the full scale.",
    ),
)
