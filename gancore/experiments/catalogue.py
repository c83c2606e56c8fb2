"""The catalogue: each experiment of the reports as data. No torch in here.

An experiment is settings with their sources, and what varies. `runs("full")` is what the report did; `runs("quick")`
asks the same question in minutes on data that comes with the installation, where digits stand in for other images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from gancore.config import RunConfig, Settings
from gancore.config.datasets import DATASETS, DatasetName
from gancore.experiments.systems import (
    S1_GOODFELLOW,
    S2_DCGAN,
    S3_CDCGAN,
    S4_VAE,
    S5_GAN,
    S6_CS231N,
    S7_BOLD_ONES,
    S8_TOYS,
    S9_SEMI,
    System,
    decayed,
    settings_of,
    sources_of,
)

Scale = Literal["quick", "full"]

_QUICK: dict[str, Any] = {"data.name": "mnist-5k", "data.limit": None, "train.epochs": 10}
_FOR_QUICK = "our choice for the quick scale"


@dataclass(frozen=True)
class Experiment:
    """A question, and the runs that answer it."""

    id: str
    title: str
    source: str  # where it comes from
    question: str
    system: System = ()
    arms: Mapping[str, Settings] = field(default_factory=lambda: {"": {}})  # name -> what it changes
    arms_source: str = ""  # where these changes come from, unless from `source`
    seeds: tuple[int, ...] = (0,)
    quick: Settings = field(default_factory=lambda: _QUICK)
    quick_arms: Mapping[str, Settings] = field(default_factory=dict)  # name -> what it changes, too, at the quick scale
    note: str = ""  # how it differs from its source, for people

    @property
    def base(self) -> RunConfig:
        """What the arms have in common."""
        return RunConfig().replace(settings_of(self.system))

    @property
    def sources(self) -> Mapping[str, str]:
        """Where the base settings come from, by path; general defaults have no entry."""
        return sources_of(self.system)

    def source_of(self, path: str, arm: str | None = None, scale: Scale = "full") -> str | None:
        """Where the value at `path` comes from, in the base or in an arm; None for a general default."""
        return sources_of(self.system if arm is None else self._system(arm, scale)).get(path)

    def arm(self, name: str, scale: Scale = "full", seed: int | None = None) -> RunConfig:
        """One arm's config."""
        chosen = self.seeds[0] if seed is None else seed
        return RunConfig().replace(settings_of(self._system(name, scale)) | {"seed": chosen})

    def runs(self, scale: Scale = "full", seeds: Sequence[int] | None = None) -> list[RunConfig]:
        """Every arm with every seed, arms first."""
        chosen = self.seeds if seeds is None else tuple(seeds)
        return [self.arm(name, scale, seed) for seed in chosen for name in self.arms]

    def _system(self, arm: str, scale: Scale) -> System:
        varied = (self.arms_source or self.source, self.arms[arm])
        if scale == "full":
            return (*self.system, varied)
        return (*self.system, (_FOR_QUICK, self.quick), varied, (_FOR_QUICK, self.quick_arms.get(arm, {})))


def _vary(path: str, values: Sequence[Any]) -> dict[str, Settings]:
    name = path.rpartition(".")[2]
    return {f"{name} {value}": {path: value} for value in values}


def _cross(first: Mapping[str, Settings], second: Mapping[str, Settings]) -> dict[str, Settings]:
    pairs = product(first.items(), second.items())
    return {f"{name}, {other}": {**settings, **more} for (name, settings), (other, more) in pairs}


_CGAN: Settings = {"model.kind": "cmlp", "model.y_in_d": True}
_RANGES: Mapping[str, Settings] = {"pixels 0..1 (hand-out)": {}, "pixels -1..1": {"data.range": "-1..1"}}


def _share_of_ones(dataset: DatasetName) -> dict[str, Settings]:
    """Fewer images, as many updates."""
    ones = DATASETS[dataset].counts[1]
    return {
        f"{share:.0%} of the ones": {"data.limit": round(share * ones), "train.epochs": round(20 / share)}
        for share in (0.05, 0.1, 0.25, 0.5)
    }


_CATALOGUE = (
    Experiment(
        id="quickstart",
        title="Quickstart: digits in two minutes",
        source="the DCGAN of report 002, on 5,000 digits",
        question="What does a GAN that learns look like?",
        quick={},
    ),
    Experiment(
        id="dcgan-baseline",
        title="DCGAN baseline",
        source="report 002, questions 2 and 4",
        question="Do the default settings give good and diverse digits, and how do the losses move?",
        system=S2_DCGAN,
        arms={"batch 128 (hand-out)": {}, "batch 12 (report)": {"train.batch_size": 12}},
    ),
    Experiment(
        id="dcgan-ngf",
        title="What does ngf do?",
        source="report 002, question 5",
        question="Does a wider generator make better digits?",
        system=S2_DCGAN,
        arms=_vary("model.ngf", (32, 64, 128, 256)),
    ),
    Experiment(
        id="dcgan-ndf",
        title="What does ndf do?",
        source="report 002, question 5",
        question="When does a wider discriminator become too strong?",
        system=S2_DCGAN,
        arms=_vary("model.ndf", (32, 64, 128, 256)),
    ),
    Experiment(
        id="dcgan-capacity-drop",
        title="One network made tiny",
        source='report 002, question 5: "reduce significantly"',
        question="What happens when one of the two has hardly any capacity?",
        system=S2_DCGAN,
        arms={"both 32": {}, **_vary("model.ngf", (4, 8)), **_vary("model.ndf", (4, 8))},
    ),
    Experiment(
        id="dcgan-lr",
        title="Learning rates far too high",
        source="report 002, question 5",
        question="What does a learning rate of 0.1 do to one network, and to both?",
        system=S2_DCGAN,
        arms={
            "baseline": {},
            "lr_d 0.1": {"optim.lr_d": 0.1},
            "lr_g 0.1": {"optim.lr_g": 0.1},
            "both 0.1": {"optim.lr_d": 0.1, "optim.lr_g": 0.1},
        },
    ),
    Experiment(
        id="dcgan-lr-down",
        title="Learning rates too low, or falling",
        source="report 002, to do in question 5, and its later revision",
        question="What do learning rates 10 and 100 times smaller do, and what does a schedule that ends there?",
        system=S2_DCGAN,
        arms={
            "baseline": {},
            "G 5e-5, D 2e-5": {"optim.lr_g": 5e-5, "optim.lr_d": 2e-5},
            "G 5e-6, D 2e-6": {"optim.lr_g": 5e-6, "optim.lr_d": 2e-6},
            **{
                name: {"optim.schedule_g": name, "optim.schedule_d": name}
                for name in ("linear", "exponential", "cosine")
            },
        },
    ),
    Experiment(
        id="dcgan-epochs",
        title="Training for longer",
        source="report 002, question 5 and its later revision",
        question="Does training become unstable after step 3000, and do modes collapse?",
        system=S2_DCGAN,
        arms=_vary("train.epochs", (5, 30, 100)),
        quick={"data.name": "mnist-5k"},
    ),
    Experiment(
        id="dcgan-nz",
        title="What does nz do?",
        source="report 002, question 5",
        question="How long must the noise vector be?",
        system=S2_DCGAN,
        arms=_vary("model.nz", (10, 100, 1000)),
    ),
    Experiment(
        id="dcgan-init",
        title="Does the initialisation matter?",
        source="report 002, to do in question 5, and its later revision",
        question="Is the DCGAN paper's initialisation better than PyTorch's own?",
        system=S2_DCGAN,
        arms=_vary("model.init", ("custom", "default")),
    ),
    Experiment(
        id="dcgan-loss",
        title="The loss that is not in the equation",
        source="report 002, question 3",
        question="Why does everybody train G with -log D(G(z)) and not with log(1 - D(G(z)))?",
        system=S2_DCGAN,
        arms=_vary("objective.loss", ("nonsaturating", "minimax")),
    ),
    Experiment(
        id="dcgan-one-sided",
        title="Only one network learns",
        source="report 002, question 1",
        question="What happens when only G learns, by equation (6) alone, and when only D does, by equation (7)?",
        system=S2_DCGAN,
        arms={
            "both": {},
            "only G, equation (6)": {"objective.only": "g"},
            "only D, equation (7)": {"objective.only": "d"},
        },
    ),
    Experiment(
        id="dcgan-interpolate",
        title="From one digit to another",
        source="report 002, to do in question 5",
        question="Do images change smoothly between two noise vectors, along a line and along a sphere?",
        system=S2_DCGAN,
    ),
    Experiment(
        id="dcgan-dataset",
        title="Garments, photographs, faces",
        source="the last suggestion of report 002's hand-out",
        question="Can a network made for digits learn other images, too?",
        system=S2_DCGAN,
        arms={
            "Fashion-MNIST": {"data.name": "fashion-mnist"},
            "CIFAR-10": {"data.name": "cifar10", "model.nc": 3, "train.epochs": 25},
            "faces": {"data.name": "olivetti", "train.epochs": 1000},
        },
        arms_source="our choice: the hand-out only suggests other images",
        quick_arms={
            "Fashion-MNIST": _QUICK,
            "CIFAR-10": _QUICK,
            "faces": {"data.name": "mnist-5k", "data.limit": 360, "train.epochs": 200},
        },
        note="Quick: digits stand in for the other images, in three channels for photographs, and as few as there are "
        "faces.",
    ),
    Experiment(
        id="cdcgan-baseline",
        title="Conditional DCGAN",
        source="report 002, questions 6 and 8",
        question="Does training improve when both networks are conditioned on the class?",
        system=S3_CDCGAN,
        arms={"conditional": {}, "unconditional": {"model.kind": "dcgan"}},
    ),
    Experiment(
        id="cdcgan-no-y-in-d",
        title="A discriminator without the class",
        source="report 002, question 7",
        question="Could y be removed from the input of D?",
        system=S3_CDCGAN,
        arms={"D sees y": {}, "D without y": {"model.y_in_d": False}},
    ),
    Experiment(
        id="cdcgan-z-columns",
        title="What z means when the class is given",
        source="report 002, question 9",
        question="What do the digits of one column, drawn from one noise vector, have in common?",
        system=S3_CDCGAN,
    ),
    Experiment(
        id="vae-mnist",
        title="VAE on digits",
        source="report 003, problem 4.2",
        question="How much better are reconstructions after the last epoch than after the first?",
        system=(*S4_VAE, ("report 003, problem 4.2", {"data.name": "mnist"})),
        seeds=(1,),
        quick=_QUICK | {"train.preview_every": 35},
    ),
    Experiment(
        id="vae-fashion",
        title="VAE on garments",
        source="report 003, problem 4.3",
        question="How much better are reconstructions after the last epoch than after the first?",
        system=(*S4_VAE, ("report 003, problem 4.3", {"data.name": "fashion-mnist"})),
        seeds=(1,),
        quick=_QUICK | {"train.preview_every": 35},
    ),
    Experiment(
        id="vae-batch",
        title="Batch size of the VAE",
        source="report 003, problem 4.3",
        question="Does the batch size matter at 10 epochs?",
        system=(*S4_VAE, ("report 003, problem 4.3", {"data.name": "fashion-mnist"})),
        arms=_vary("train.batch_size", (64, 128, 256)),
        seeds=(1,),
    ),
    Experiment(
        id="vae-epochs",
        title="Epochs of the VAE",
        source="report 003, problem 4.3",
        question="Which number of epochs and which batch size reconstruct best?",
        system=(*S4_VAE, ("report 003, problem 4.3", {"data.name": "fashion-mnist"})),
        arms={
            f"batch {size}, {epochs} epochs": {"train.batch_size": size, "train.epochs": epochs}
            for size, epochs in ((64, 20), (64, 50), (128, 300))
        },
        seeds=(1,),
        quick={"data.name": "mnist-5k"},
    ),
    Experiment(
        id="gan-fashion-lr",
        title="Garments: equal and unequal learning rates",
        source="report 003, problem 5.3",
        question="What happens when G learns ten times faster than D, or ten times slower?",
        system=S5_GAN,
        arms={
            "equal": {},
            "G 2e-3 > D 2e-4": {"optim.lr_g": 2e-3},
            "G 2e-4 < D 2e-3": {"optim.lr_d": 2e-3},
            "equal, pixels -1..1": {"data.range": "-1..1"},
        },
        quick={"data.name": "mnist-5k"},
        note="The hand-out combines Tanh with pixels in 0..1; the last arm corrects that.",
    ),
    Experiment(
        id="gan-fashion-steps",
        title="Garments: more updates for one network",
        source="report 003, problem 5.3",
        question="What happens when G is updated three times for each update of D, and the other way round?",
        system=S5_GAN,
        arms={"equal": {}, "G 3x": {"optim.g_steps": 3}, "D 3x": {"optim.d_steps": 3}},
        quick={"data.name": "mnist-5k"},
    ),
    Experiment(
        id="cgan-fashion",
        title="Garments: conditional or not",
        source="report 003, problem 5.5",
        question="Does a conditional GAN draw more kinds of garments, and are they blurrier?",
        system=S5_GAN,
        arms=_cross({"CGAN": _CGAN, "GAN": {}}, _RANGES),
        quick={"data.name": "mnist-5k"},
    ),
    Experiment(
        id="vae-vs-gan",
        title="VAE, GAN and conditional GAN",
        source="report 003, problem 5.6",
        question="Which has the sharper images, which the flatter background, which the finer details?",
        system=S5_GAN,
        arms={"VAE": settings_of(S4_VAE), **_cross({"GAN": {}, "CGAN": _CGAN}, _RANGES)},
        quick={"data.name": "mnist-5k"},
    ),
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
        quick=_QUICK | {"train.epochs": 30},
        quick_arms={"DCGAN": {"train.epochs": 15}},
    ),
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
    Experiment(
        id="toy-collapse",
        title="Mode collapse that can be counted",
        source="the theory of reports 001 and 002",
        question="Which losses find all modes of a ring of 8 and of a grid of 25 Gaussians?",
        system=S8_TOYS,
        arms=_cross(
            {"ring": {}, "grid": {"data.name": "grid"}},
            {
                "nonsaturating": {"objective.loss": "nonsaturating"},
                "minimax": {"objective.loss": "minimax"},
                "least squares": {"objective.loss": "least_squares"},
                "wasserstein": {
                    "objective.loss": "wasserstein",
                    "objective.penalty": "gradient",
                    "objective.penalty_weight": 0.1,
                },
                "hinge": {"objective.loss": "hinge"},
            },
        ),
        arms_source="our choice: every loss, Wasserstein's with the penalty of Gulrajani et al. 2017 for toys",
        seeds=(0, 1, 2),
        quick={},
    ),
    Experiment(
        id="semi-supervised",
        title="A classifier from few labels",
        source="report 001, future work; Salimans et al. 2016",
        question="How many labels does a classifier need when a GAN helps it to learn from unlabelled images?",
        system=S9_SEMI,
        arms=_vary("data.labels", (10, 20, 50, 100, 1000)),
        arms_source="our choice, around the 20 to 200 labels of Salimans et al. 2016",
        seeds=(0, 1, 2),
    ),
)

EXPERIMENTS: dict[str, Experiment] = {experiment.id: experiment for experiment in _CATALOGUE}
