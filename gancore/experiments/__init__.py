"""The catalogue: each experiment of the reports as data. Nothing imports torch."""

from gancore.experiments.catalogue import EXPERIMENTS, Experiment, Scale

__all__ = ["EXPERIMENTS", "Experiment", "Scale"]
