"""The catalogue: each experiment of the reports as data. No torch in here.

An experiment is settings with their sources, and what varies. `runs("full")` is what the report did; `runs("quick")`
asks the same question in minutes on data that comes with the installation, where digits stand in for other images.
"""

from __future__ import annotations

from gancore.experiments.beyond import BEYOND
from gancore.experiments.experiment import Experiment
from gancore.experiments.report_000 import REPORT_000
from gancore.experiments.report_001 import REPORT_001
from gancore.experiments.report_002 import REPORT_002
from gancore.experiments.report_003 import REPORT_003
from gancore.experiments.report_004 import REPORT_004

QUICKSTART = Experiment(
    id="quickstart",
    title="Quickstart: digits in two minutes",
    source="the DCGAN of report 002, on 5,000 digits",
    question="What does a GAN that learns look like?",
    seeds=(0,),
    quick={},
    note="About 95 s on one core, where its FID on digits falls below 10 by step 750 and ends at 6.",
)

_CATALOGUE = (QUICKSTART, *REPORT_002, *REPORT_003, *REPORT_004, *REPORT_001, *REPORT_000, *BEYOND)

EXPERIMENTS: dict[str, Experiment] = {experiment.id: experiment for experiment in _CATALOGUE}
