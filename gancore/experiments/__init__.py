"""The catalogue: each experiment of the reports as data. Nothing imports torch."""

from gancore.experiments.catalogue import EXPERIMENTS
from gancore.experiments.experiment import Experiment, Scale

__all__ = ["EXPERIMENTS", "Experiment", "Scale"]
