"""The catalogue: each experiment of the reports as data. No torch in here.

An experiment is a base config and what varies. `runs("full")` is what the report did; `runs("quick")` asks the same
question on mnist-5k in minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gancore.config import RunConfig

Settings = Mapping[str, Any]

_QUICK: Settings = {"data.name": "mnist-5k", "data.limit": None, "train.epochs": 10}


@dataclass(frozen=True)
class Experiment:
    """A question, and the runs that answer it."""

    id: str
    title: str
    source: str  # where it comes from
    question: str
    base: RunConfig
    arms: Mapping[str, Settings] = field(default_factory=lambda: {"": {}})  # name -> what it changes
    seeds: tuple[int, ...] = (0,)
    quick: Settings = field(default_factory=lambda: _QUICK)

    def arm(self, name: str, scale: Literal["quick", "full"] = "full", seed: int | None = None) -> RunConfig:
        """One arm's config."""
        changes = {**(self.quick if scale == "quick" else {}), **self.arms[name]}
        return self.base.replace(changes | {"seed": self.seeds[0] if seed is None else seed})

    def runs(self, scale: Literal["quick", "full"] = "full", seeds: Sequence[int] | None = None) -> list[RunConfig]:
        """Every arm with every seed, arms first."""
        chosen = self.seeds if seeds is None else tuple(seeds)
        return [self.arm(name, scale, seed) for seed in chosen for name in self.arms]


def _vary(path: str, values: Sequence[Any]) -> dict[str, Settings]:
    name = path.rpartition(".")[2]
    return {f"{name} {value}": {path: value} for value in values}


_DCGAN = RunConfig().replace({"data.name": "mnist", "train.epochs": 5, "train.batch_size": 128})

_CS231N = RunConfig().replace(
    {
        "data.name": "mnist",
        "data.limit": 50_000,
        "data.image_size": 28,
        "data.shuffle": False,
        "model.kind": "mlp",
        "model.nz": 96,
        "model.prior": "uniform",
        "model.init": "default",
        "objective.noise": "fresh",
        "optim.lr_g": 1e-3,
        "optim.lr_d": 1e-3,
        "train.epochs": 10,
        "train.batch_size": 128,
    }
)

_CATALOGUE = (
    Experiment(
        id="quickstart",
        title="Quickstart: digits in two minutes",
        source="the DCGAN of report 002, on 5,000 digits",
        question="What does a GAN that learns look like?",
        base=RunConfig(),
        quick={},
    ),
    Experiment(
        id="dcgan-baseline",
        title="DCGAN baseline",
        source="report 002, questions 2 and 4",
        question="Do the default settings give good and diverse digits, and how do the losses move?",
        base=_DCGAN,
        arms={"batch 128 (hand-out)": {}, "batch 12 (report)": {"train.batch_size": 12}},
    ),
    Experiment(
        id="dcgan-ngf",
        title="What does ngf do?",
        source="report 002, question 5",
        question="Does a wider generator make better digits?",
        base=_DCGAN,
        arms=_vary("model.ngf", (32, 64, 128, 256)),
    ),
    Experiment(
        id="dcgan-ndf",
        title="What does ndf do?",
        source="report 002, question 5",
        question="When does a wider discriminator become too strong?",
        base=_DCGAN,
        arms=_vary("model.ndf", (32, 64, 128, 256)),
    ),
    Experiment(
        id="dcgan-capacity-drop",
        title="One network made tiny",
        source='report 002, question 5: "reduce significantly"',
        question="What happens when one of the two has hardly any capacity?",
        base=_DCGAN,
        arms={"both 32": {}, **_vary("model.ngf", (4, 8)), **_vary("model.ndf", (4, 8))},
    ),
    Experiment(
        id="dcgan-lr",
        title="Learning rates far too high",
        source="report 002, question 5",
        question="What does a learning rate of 0.1 do to one network, and to both?",
        base=_DCGAN,
        arms={
            "baseline": {},
            "lr_d 0.1": {"optim.lr_d": 0.1},
            "lr_g 0.1": {"optim.lr_g": 0.1},
            "both 0.1": {"optim.lr_d": 0.1, "optim.lr_g": 0.1},
        },
    ),
    Experiment(
        id="dcgan-epochs",
        title="Training for longer",
        source="report 002, question 5 and its later revision",
        question="Does training become unstable after step 3000, and do modes collapse?",
        base=_DCGAN,
        arms=_vary("train.epochs", (5, 30, 100)),
        quick={"data.name": "mnist-5k"},
    ),
    Experiment(
        id="dcgan-nz",
        title="What does nz do?",
        source="report 002, question 5",
        question="How long must the noise vector be?",
        base=_DCGAN,
        arms=_vary("model.nz", (10, 100, 1000)),
    ),
    Experiment(
        id="dcgan-init",
        title="Does the initialisation matter?",
        source="report 002, later revision",
        question="Is the DCGAN paper's initialisation better than PyTorch's own?",
        base=_DCGAN,
        arms=_vary("model.init", ("custom", "default")),
    ),
    Experiment(
        id="dcgan-loss",
        title="The loss that is not in the equation",
        source="report 002, question 3",
        question="Why does everybody train G with -log D(G(z)) and not with log(1 - D(G(z)))?",
        base=_DCGAN,
        arms=_vary("objective.loss", ("nonsaturating", "minimax")),
    ),
    Experiment(
        id="mnist-mlp",
        title="Vanilla GAN and LSGAN, fully connected",
        source="report 004, the first two of its three",
        question="Does the least-squares loss make better digits than cross-entropy?",
        base=_CS231N,
        arms={
            "vanilla": {},
            "least squares": {"objective.loss": "least_squares"},
        },
    ),
)

EXPERIMENTS: dict[str, Experiment] = {experiment.id: experiment for experiment in _CATALOGUE}
