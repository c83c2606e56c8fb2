"""Experiments that the reports suggest: their theory put to the test, and the future work that they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gancore.config import Settings
from gancore.experiments.experiment import DIGITS, Experiment, cross
from gancore.experiments.systems import S2_DCGAN, S8_TOYS, S9_SEMI

_LOSSES: Mapping[str, Settings] = {
    "nonsaturating": {"objective.loss": "nonsaturating"},
    "minimax": {"objective.loss": "minimax"},
    "least squares": {"objective.loss": "least_squares"},
    "wasserstein": {
        "objective.loss": "wasserstein",
        "objective.penalty": "gradient",
        "objective.penalty_weight": 0.1,
        "optim.d_steps": 5,
    },
    "hinge": {"objective.loss": "hinge"},
}

# Rates that fall let a run come to rest: without, samples circle the modes, and chance says how many they touch last.
_AT_REST: Settings = {
    "model.g_hidden": (64, 64),
    "model.d_hidden": (64, 64),
    "optim.lr_g": 3e-3,
    "optim.lr_d": 3e-3,
    "optim.schedule_g": "linear",
    "optim.schedule_d": "linear",
    "train.batch_size": 64,
    "train.steps": 3_000,
}

_PLAIN_D: Settings = {"model.d_norm": "none"}


def _with_and_without_a_gan(counts: Sequence[int]) -> dict[str, Settings]:
    """For each number of labels an arm that learns from the other images, too, and one that has the labels alone."""
    alone: Settings = {"objective.unsupervised_weight": 0.0, "train.evaluate_every": 0}  # G stays as it was: no samples
    return {
        f"labels {count}{words}": {"data.labels": count, **settings}
        for count in counts
        for words, settings in (("", {}), (" alone", alone))
    }


BEYOND = (
    Experiment(
        id="toy-collapse",
        title="Mode collapse that can be counted",
        source="the theory of reports 001 and 002",
        question="Which losses find all modes of a ring of 8 and of a grid of 25 Gaussians?",
        system=(*S8_TOYS, ("our choice: small and short, with rates that fall, so that a run comes to rest", _AT_REST)),
        arms={
            **cross({"ring": {}, "grid": {"data.name": "grid"}}, _LOSSES),
            **{
                f"ring, {loss}, beta1 0.9": {"objective.loss": loss, "optim.beta1": 0.9}
                for loss in ("nonsaturating", "minimax")
            },
        },
        arms_source="our choice: every loss, Wasserstein's with the penalty for toys and 5 updates of D, as Gulrajani "
        "et al. 2017; and the momentum that Adam has unless it is told otherwise",
        seeds=tuple(range(20)),
        quick={},
        note="4 to 8 s a run, Wasserstein's 15 to 30. Chosen by a search with 6 seeds a setting: least squares found "
        "7 to 8 of the ring's 8 modes, the non-saturating loss 4 to 8, and 0 to 5 with beta1 0.9; no loss but perhaps "
        "Wasserstein's, which was not among them, found more than 14 of the grid's 25. "
        "Srivastava et al. 2017 and Lin et al. 2018 report 1 to 6 and 3 to 17 for a GAN.",
    ),
    Experiment(
        id="toy-optimal-d",
        title="The best D, and what its loss measures",
        source="the theory of report 001; Goodfellow et al. 2014, section 4",
        question="How close does D come to p / (p + q), and its loss to 2 log 2 - 2 JSD(p, q)?",
        system=(*S8_TOYS, ("our choice: the wider of the toys' Gaussians", {"data.name": "grid"})),
        arms={
            "G fixed": {"objective.only": "d"},
            **{f"D {n}x": {"optim.d_steps": n, "train.steps": 3_900} for n in (1, 5, 20)},
        },
        arms_source="our choice: the theory lets D reach its optimum before each update of G",
        quick={},
        note="p is known, q is estimated from samples. As many updates of G in each arm but the first.",
    ),
    Experiment(
        id="stability",
        title="What is said to steady a GAN",
        source="report 001, future work",
        question="Do penalties, spectral normalisation, softer targets or averaged weights steady the DCGAN?",
        system=S2_DCGAN,
        arms={
            "baseline": {},
            "label smoothing 0.1": {"objective.label_smoothing": 0.1},
            "instance noise 0.1": {"objective.instance_noise": 0.1},
            "EMA 0.99": {"optim.ema": 0.99},
            "D without normalisation": _PLAIN_D,
            **{
                f"{name} penalty": {**_PLAIN_D, "objective.penalty": name, "objective.penalty_weight": 10.0}
                for name in ("gradient", "r1", "dragan")
            },
            "spectral norm": {**_PLAIN_D, "model.spectral_norm": True},
        },
        arms_source="our choice, of Salimans et al. 2016 (smoothing), Sønderby et al. 2017 (noise), Gulrajani et al. "
        "2017, Mescheder et al. 2018 and Kodali et al. 2017 (penalties), and Miyato et al. 2018 (spectral norm)",
        note="Smoothing, noise and averaging change the baseline; penalties and spectral norm the arm whose D has no "
        "batch normalisation, which the penalties forbid. An average over 100 steps: the usual 1,000 are the whole of "
        "a quick run. Quick: 1,050 steps of batch 64, 2 to 4 min a run.",
    ),
    Experiment(
        id="semi-supervised",
        title="A classifier from few labels",
        source="report 001, future work; Salimans et al. 2016",
        question="How many labels does a classifier need when a GAN helps it to learn from unlabelled images?",
        system=S9_SEMI,
        arms=_with_and_without_a_gan((10, 20, 50, 100, 1000)),
        arms_source="our choice, around the 20 to 200 labels of Salimans et al. 2016, each with its control",
        quick=DIGITS,
        note="Alone, the same network learns from the labelled images and nothing else.",
    ),
)
