"""The catalogue, what is claimed of it, and what the runs say: all of it data. Nothing imports torch."""

from gancore.experiments.catalogue import EXPERIMENTS
from gancore.experiments.claims import CLAIMS
from gancore.experiments.claims.claim import Claim
from gancore.experiments.evidence import counted
from gancore.experiments.experiment import Experiment, Scale
from gancore.experiments.outcomes import OUTCOMES, Outcome, outcome
from gancore.experiments.verdicts import Finding, Verdict, judge, judge_all

__all__ = [
    "CLAIMS",
    "EXPERIMENTS",
    "OUTCOMES",
    "Claim",
    "Experiment",
    "Finding",
    "Outcome",
    "Scale",
    "Verdict",
    "counted",
    "judge",
    "judge_all",
    "outcome",
]
