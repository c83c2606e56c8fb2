"""The systems of the reports, S1 to S9: what each is set to, and who says so. No torch in here."""

from __future__ import annotations

from typing import Any

from gancore.config import Settings

System = tuple[tuple[str, Settings], ...]  # where settings come from, and the settings; later ones win

_OURS = "our choice: the report does not say"


def settings_of(system: System) -> dict[str, Any]:
    """The value at each path."""
    return {path: value for _, settings in system for path, value in settings.items()}


def sources_of(system: System) -> dict[str, str]:
    """Where the value at each path comes from."""
    return {path: source for source, settings in system for path in settings}


def decayed(updates: int) -> float:
    """What is left of a rate that each update divides by 1.000004."""
    return round(1.000004**-updates, 4)


def risen(updates: int) -> float:
    """The momentum after so many updates where it rises from 0.5 to 0.7 over 250 epochs of 500, and stays there."""
    return round(0.5 + 0.2 * min(updates / 125_000, 1.0), 4)


S1_GOODFELLOW: System = (
    ("report 001", {"data.name": "mnist", "model.kind": "mlp"}),
    (
        "the code of Goodfellow et al. 2014, mnist.yaml",
        {
            "data.limit": 50_000,
            "data.image_size": 28,
            "data.range": "0..1",
            "model.nz": 100,
            "model.g_hidden": (1200, 1200),
            "model.g_leak": 0.0,
            "model.g_output": "sigmoid",
            "model.d_hidden": (240, 240),
            "model.maxout": 5,
            "model.input_dropout": 0.2,
            "model.dropout": 0.5,
            "objective.loss": "nonsaturating",
            "objective.noise": "same",
            "optim.optimizer": "sgd",
            "optim.lr_g": 0.1,
            "optim.lr_d": 0.1,
            "optim.schedule_g": "exponential",
            "optim.schedule_d": "exponential",
            "optim.momentum": 0.5,
            "train.batch_size": 100,
        },
    ),
    ("the code of Goodfellow et al. 2014, which draws from -1.73..1.73 and not from -1..1", {"model.prior": "uniform"}),
    (
        "the code of Goodfellow et al. 2014: divided by 1.000004 at each of these 50,000 updates",
        {"optim.lr_end": decayed(50_000)},
    ),
    (
        "the code of Goodfellow et al. 2014: on the way from 0.5 to 0.7 in epoch 250, after these 50,000 updates",
        {"optim.momentum_end": risen(50_000)},
    ),
    ("our choice: the original updates both at once", {"objective.order": "d_first"}),
    ("our choice: the original was stopped by hand", {"train.epochs": 100}),
    (
        "our choice: the code of Goodfellow et al. 2014 draws weights from +-0.05 in G and +-0.005 in D, and G's "
        "output bias starts so that its first samples have the data's mean in every pixel",
        {"model.init": "default"},
    ),
)

S2_DCGAN: System = (
    (
        "report 002, question 4",
        {
            "model.ngf": 32,
            "model.ndf": 32,
            "model.nz": 100,
            "model.nc": 1,
            "model.init": "custom",
            "objective.loss": "nonsaturating",
            "optim.lr_g": 5e-4,
            "optim.lr_d": 2e-4,
            "optim.beta1": 0.5,
            "train.epochs": 5,
        },
    ),
    (
        "report 002's hand-out",
        {
            "data.name": "mnist",
            "data.image_size": 32,
            "data.range": "-1..1",
            "model.kind": "dcgan",
            "model.prior": "normal",
            "model.d_norm": "batch",
            "objective.order": "d_first",
            "objective.noise": "same",
            "optim.optimizer": "adam",
            "optim.beta2": 0.999,
            "train.preview_every": 200,
        },
    ),
    ("report 002's hand-out, and its step counts; its question 4 says 12", {"train.batch_size": 128}),
)

S3_CDCGAN: System = (
    ("the DCGAN of report 002: its bonus says no more", settings_of(S2_DCGAN)),
    ("report 002's hand-out, bonus", {"model.y_in_d": True}),
    (
        "report 002's hand-out, bonus; our choice: images are generated for labels drawn anew, each as likely as among "
        "the real images, and not for those of the real batch",
        {"model.kind": "cdcgan"},
    ),
)

S4_VAE: System = (
    ("report 003, problem 4", {"model.kind": "vae", "train.batch_size": 128, "train.epochs": 10, "seed": 1}),
    (
        "report 003's hand-out",
        {
            "data.image_size": 28,
            "data.range": "0..1",
            "data.last_batch": "keep",
            "model.hidden": (400,),
            "model.nz": 20,
            "model.init": "default",
            "optim.optimizer": "adam",
            "optim.lr": 1e-3,
            "optim.beta1": 0.9,
            "optim.beta2": 0.999,
        },
    ),
    ("report 003, which shows the first epoch: 469 steps", {"train.preview_every": 469}),
)

S5_GAN: System = (
    ("report 003, problem 5", {"data.name": "fashion-mnist", "model.kind": "mlp"}),
    (
        "report 003's hand-out",
        {
            "data.image_size": 28,
            "data.range": "0..1",
            "data.last_batch": "keep",
            "model.nz": 100,
            "model.g_hidden": (256, 512, 1024),
            "model.g_leak": 0.2,
            "model.g_output": "tanh",
            "model.d_hidden": (1024, 512, 256),
            "model.d_leak": 0.2,
            "model.dropout": 0.3,
            "objective.loss": "nonsaturating",
            "objective.order": "g_first",
            "optim.optimizer": "adam",
            "optim.lr_g": 2e-4,
            "optim.lr_d": 2e-4,
            "optim.beta1": 0.9,
            "optim.beta2": 0.999,
            "train.epochs": 24,
            "train.batch_size": 64,
        },
    ),
    (
        "report 003's hand-out, whose D ends in a sigmoid under BCELoss, which cuts logarithms at -100",
        {"objective.cross_entropy": "probabilities"},
    ),
    (
        "report 003's hand-out: G makes a new batch, and D generates from random noise; filled-in copies of it draw "
        "noise for each",
        {"objective.noise": "fresh"},
    ),
    (_OURS, {"model.prior": "normal", "model.init": "default"}),
)

S6_CS231N: System = (
    ("report 004", {"data.name": "mnist", "model.kind": "mlp", "objective.loss": "nonsaturating"}),
    (
        "report 004's hand-out, the CS231n assignment",
        {
            "data.limit": 50_000,
            "data.image_size": 28,
            "data.range": "-1..1",
            "data.shuffle": False,
            "model.nz": 96,
            "model.prior": "uniform",
            "model.init": "default",
            "model.g_hidden": (1024, 1024),
            "model.g_leak": 0.0,
            "model.g_output": "tanh",
            "model.d_hidden": (256, 256),
            "model.d_leak": 0.01,
            "objective.order": "d_first",
            "objective.noise": "fresh",
            "optim.optimizer": "adam",
            "optim.lr_g": 1e-3,
            "optim.lr_d": 1e-3,
            "optim.beta1": 0.5,
            "optim.beta2": 0.999,
            "train.epochs": 10,
            "train.batch_size": 128,
        },
    ),
)

S7_BOLD_ONES: System = (
    ("report 000", {"data.name": "mnist", "data.classes": (1,), "model.kind": "translator", "model.prior": "normal"}),
    ("our choice: report 000 says several", {"optim.g_steps": 3}),
    ("our choice: report 000 names both cross-entropies and no weights", {"objective.pixel_weight": 30.0}),
    ("our choice: the cross-entropy to real bold ones needs pairs", {"data.pairs": "thickened"}),
    (
        _OURS,
        {
            "data.image_size": 28,
            "data.range": "0..1",
            "model.nz": 16,
            "model.ngf": 16,
            "model.ndf": 16,
            "objective.loss": "nonsaturating",
            "objective.adversarial_weight": 1.0,
            "objective.diversity_weight": 0.05,  # at 1, G makes its ones dim for some noise instead of thin
            "optim.lr_g": 2e-4,
            "optim.lr_d": 2e-4,
            "optim.beta1": 0.5,
            "train.epochs": 20,
            "train.batch_size": 64,
        },
    ),
)


S8_TOYS: System = (
    (
        "our choice, as usual for toys",
        {
            "data.name": "ring",
            "model.kind": "mlp",
            "model.nz": 2,
            "model.init": "default",
            "model.g_hidden": (128, 128),
            "model.g_output": "linear",
            "model.d_hidden": (128, 128),
            "model.d_leak": 0.2,
            "optim.lr_g": 1e-3,
            "optim.lr_d": 1e-3,
            "optim.beta1": 0.5,
            "train.epochs": 50,
            "train.batch_size": 256,
        },
    ),
)

S9_SEMI: System = (
    ("report 001, which names it as future work", {"data.name": "mnist", "model.kind": "semi"}),
    ("Salimans et al. 2016, section 5", {"objective.feature_matching": True}),
    (
        "the code of Salimans et al. 2016 for convolutional networks",
        {
            "objective.noise": "fresh",
            "objective.unsupervised_weight": 0.5,
            "optim.lr_g": 3e-4,
            "optim.lr_d": 3e-4,
            "optim.beta1": 0.5,
            "train.batch_size": 100,
        },
    ),
    ("the code of Salimans et al. 2016, which draws from 0..1 and not from -1..1", {"model.prior": "uniform"}),
    (
        "our choice: the DCGAN of report 002's batch normalisation, where the code of Salimans et al. 2016 normalises "
        "weights",
        {"model.d_norm": "batch"},
    ),
    (
        "our choice: D is tested as it is, where the code of Salimans et al. 2016 tests an average of its weights over "
        "time; this would be one of G's",
        {"optim.ema": 0.0},
    ),
    (
        "our choice: the DCGAN of report 002 in place of their networks",
        {
            "data.image_size": 32,
            "model.ngf": 32,
            "model.ndf": 32,
            "model.nz": 100,
            "model.init": "custom",
            "train.epochs": 10,
        },
    ),
)
