"""The experiment of report 001: the first GAN."""

from __future__ import annotations

from gancore.experiments.experiment import Experiment
from gancore.experiments.systems import S1_GOODFELLOW, decayed

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
                "optim.lr_end": decayed(30_000),
            },
            "CIFAR-10": {"data.name": "cifar10", "data.image_size": 32, "model.nc": 3},
        },
        arms_source="our choice: the original halves D's loss, and its networks for other images were larger",
        quick={"data.name": "mnist-5k", "data.limit": None, "optim.lr_end": decayed(4_500)},
        quick_arms={
            "faces": {
                "data.name": "mnist-5k",
                "data.limit": 360,
                "train.epochs": 1_000,
                "optim.lr_end": decayed(3_000),
            },
            "CIFAR-10": {"data.name": "mnist-5k"},
        },
        note="The Toronto Face Database is not public, so the Olivetti faces take its place. The original draws z from "
        "+-1.73, updates both networks at once, and halves D's loss, hence the arm with half D's rate. Quick: digits "
        "stand in for faces and photographs.",
    ),
)
