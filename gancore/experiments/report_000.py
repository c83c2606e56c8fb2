"""The experiment of report 000: regular digits made bold."""

from __future__ import annotations

from gancore.config import Settings
from gancore.config.datasets import DATASETS, DatasetName
from gancore.experiments.experiment import Experiment
from gancore.experiments.systems import S7_BOLD_ONES


def _share_of_ones(dataset: DatasetName) -> dict[str, Settings]:
    """Fewer images, as many updates."""
    ones = DATASETS[dataset].counts[1]
    return {
        f"{share:.0%} of the ones": {"data.limit": round(share * ones), "train.epochs": round(20 / share)}
        for share in (0.05, 0.1, 0.25, 0.5)
    }


REPORT_000 = (
    Experiment(
        id="bold-ones",
        title="Regular ones made bold",
        source="report 000",
        question="What does it take to learn bold ones, and when are the data too few or too imbalanced?",
        system=S7_BOLD_ONES,
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
        quick={"data.name": "mnist-5k", "train.batch_size": 16},
        quick_arms=_share_of_ones("mnist-5k"),
    ),
)
