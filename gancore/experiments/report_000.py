"""The experiment of report 000: regular digits made bold."""

from __future__ import annotations

from gancore.config import Settings
from gancore.config.datasets import DATASETS, DatasetName
from gancore.experiments.experiment import Experiment
from gancore.experiments.systems import S7_BOLD_ONES

_BOLD = (
    *S7_BOLD_ONES,
    ("our choice: 20 epochs of the ones, and as many updates of other images", {"train.steps": 2_100}),
)
_FEWER: Settings = {"data.name": "mnist-5k", "train.batch_size": 16, "train.steps": 540}


def _share_of_ones(dataset: DatasetName) -> dict[str, Settings]:
    ones = DATASETS[dataset].counts[1]
    return {f"{share:.0%} of the ones": {"data.limit": round(share * ones)} for share in (0.05, 0.1, 0.25, 0.5)}


REPORT_000 = (
    Experiment(
        id="bold-ones",
        title="Regular ones made bold",
        source="report 000",
        question="What does it take to learn bold ones, and when are the data too few or too imbalanced?",
        system=_BOLD,
        arms={
            "G 3x, pixel weight 30": {},
            "G 1x": {"optim.g_steps": 1},
            "G 5x": {"optim.g_steps": 5},
            "pixel weight 0": {"objective.pixel_weight": 0.0},
            "pixel weight 10": {"objective.pixel_weight": 10.0},
            "pixel weight 100": {"objective.pixel_weight": 100.0},
            "unpaired": {"data.pairs": "unpaired", "objective.pixel_weight": 0.0},
            **_share_of_ones("mnist"),
            "ones rare among zeros": {"data.classes": (0, 1), "data.imbalance": 0.05},
        },
        arms_source="our choice: the report names what may matter, but no values",
        quick=_FEWER,
        quick_arms=_share_of_ones("mnist-5k"),
        note="All arms have as many updates of D, so that fewer images are seen more often. Quick: 540 "
        "steps and below 1 min a run, after which the first arm's FID on bold ones is 2 and their strokes are as bold "
        "as real ones to 6 %.",
    ),
    Experiment(
        id="bold-others",
        title="Bold digits that are no ones",
        source="report 000, limitations",
        question="What does a network that learnt to make ones bold do to digits that it never saw?",
        system=_BOLD,
        arms={
            "learnt from ones": {},
            "learnt from ones and sevens": {"data.classes": (1, 7)},
            "learnt from 0 to 4": {"data.classes": (0, 1, 2, 3, 4)},
        },
        arms_source="our choice: the report asks of other images, and names none",
        quick=_FEWER,
        note="Measured at the end: the strokes of held-out digits of all classes that the network was not trained on, "
        "and whether they are still read as what they were. Other images than digits are not measured: nothing tells "
        "whether they were kept.",
    ),
)
