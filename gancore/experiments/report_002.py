"""The experiments of report 002: a DCGAN on digits, without classes and with them."""

from __future__ import annotations

from gancore.config import Settings
from gancore.experiments.experiment import DIGITS, QUICK, Experiment, vary
from gancore.experiments.systems import S2_DCGAN, S3_CDCGAN

_FIVE = (0, 1, 2, 3, 4)  # seeds, where a claim says that there is little difference

# All costs are of one core of a small machine; FID through mnist-cnn-v1, of 1,000 samples.
_REACHED = (
    "Quick: 1,050 steps of batch 64, about 95 s a run; the baseline's FID falls below 10 by step 750 and ends at 6."
)

# A cDCGAN of the full width takes 0.9 s a step.
_NARROW: Settings = QUICK | {"model.ngf": 16, "model.ndf": 16}
_NARROWED = (
    "Quick: networks of half the width, 5 min a run, as the full ones take a quarter of an hour; the conditional one's "
    "FID falls below 10 by step 630 of 1,050, and it reads as the class asked for in 8 of 10 images."
)

REPORT_002 = (
    Experiment(
        id="dcgan-baseline",
        title="DCGAN baseline",
        source="report 002, questions 2 and 4",
        question="Do the default settings give good and diverse digits, and how do the losses move?",
        system=S2_DCGAN,
        arms={"batch 128 (hand-out)": {}, "batch 12 (report)": {"train.batch_size": 12}},
        quick=DIGITS | {"train.epochs": 30},
        note="Quick: 30 epochs, which are 1,050 steps of batch 128 (3 min a run) and 11,250 of batch 12 (5 min).",
    ),
    Experiment(
        id="dcgan-ngf",
        title="What does ngf do?",
        source="report 002, question 5",
        question="Does a wider generator make better digits?",
        system=S2_DCGAN,
        arms=vary("model.ngf", (32, 64, 128, 256)),
        seeds=_FIVE,
        full_only=frozenset({"ngf 256"}),
        note=f"{_REACHED} ngf 128 takes 6 min; ngf 256 would take 20, and is left to the full scale.",
    ),
    Experiment(
        id="dcgan-ndf",
        title="What does ndf do?",
        source="report 002, question 5",
        question="When does a wider discriminator become too strong?",
        system=S2_DCGAN,
        arms=vary("model.ndf", (32, 64, 128, 256)),
        full_only=frozenset({"ndf 256"}),
        note=f"{_REACHED} ndf 64 takes 4 min and ndf 128 12; ndf 256 would take 50, and is left to the full scale.",
    ),
    Experiment(
        id="dcgan-capacity-drop",
        title="One network made tiny",
        source='report 002, question 5: "reduce significantly"',
        question="What happens when one of the two has hardly any capacity?",
        system=S2_DCGAN,
        arms={"both 32": {}, **vary("model.ngf", (4, 8)), **vary("model.ndf", (4, 8))},
        note=_REACHED,
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
        note=_REACHED,
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
        note=_REACHED,
    ),
    Experiment(
        id="dcgan-epochs",
        title="Training for longer",
        source="report 002, question 5 and its later revision",
        question="Does training become unstable after step 3000, and do modes collapse?",
        system=S2_DCGAN,
        arms=vary("train.epochs", (5, 30, 100)),
        quick=DIGITS | {"train.batch_size": 16},
        note="Quick: batch 16, so that as many epochs of fewer digits are 1,405, 8,430 and 28,100 steps, half a minute "
        "to 13 min a run, and step 3000 lies in epoch 11.",
    ),
    Experiment(
        id="dcgan-nz",
        title="What does nz do?",
        source="report 002, question 5",
        question="How long must the noise vector be?",
        system=S2_DCGAN,
        arms=vary("model.nz", (10, 100, 1000)),
        seeds=_FIVE,
        note=f"{_REACHED} With nz 10 it ends at 4 or 5, with nz 1000, which takes a fifth longer, at 7 to 11.",
    ),
    Experiment(
        id="dcgan-init",
        title="Does the initialisation matter?",
        source="report 002, to do in question 5, and its later revision",
        question="Is the DCGAN paper's initialisation better than PyTorch's own?",
        system=S2_DCGAN,
        arms=vary("model.init", ("custom", "default")),
        seeds=_FIVE,
        note=_REACHED,
    ),
    Experiment(
        id="dcgan-loss",
        title="The loss that is not in the equation",
        source="report 002, question 3",
        question="Why does everybody train G with -log D(G(z)) and not with log(1 - D(G(z)))?",
        system=S2_DCGAN,
        arms=vary("objective.loss", ("nonsaturating", "minimax")),
        note=_REACHED,
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
        note=_REACHED,
    ),
    Experiment(
        id="dcgan-interpolate",
        title="From one digit to another",
        source="report 002, to do in question 5",
        question="Do images change smoothly between two noise vectors, along a line and along a sphere?",
        system=S2_DCGAN,
        note=_REACHED,
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
            "Fashion-MNIST": QUICK,
            "CIFAR-10": QUICK,
            "faces": {"data.name": "mnist-5k", "data.limit": 360, "train.epochs": 210},
        },
        note="Quick: digits stand in for the other images, in three channels for photographs, and as few as there are "
        f"faces; 1,050 steps of batch 64 each. {_REACHED}",
    ),
    Experiment(
        id="cdcgan-baseline",
        title="Conditional DCGAN",
        source="report 002, questions 6 and 8",
        question="Does training improve when both networks are conditioned on the class?",
        system=S3_CDCGAN,
        arms={
            "conditional": {},
            "unconditional": {"model.kind": "dcgan"},
            "unconditional, equal capacity": {"model.kind": "dcgan", "model.ngf": 120, "model.ndf": 128},
        },
        arms_source="report 002, questions 6 and 8; the widths of equal capacity are our choice",
        quick=_NARROW,
        quick_arms={"unconditional, equal capacity": {"model.ngf": 57, "model.ndf": 64}},
        note="At the same ngf and ndf, the conditional networks have 8 and 16 times as many parameters as the "
        f"unconditional ones, hence the arm that has as many (to 1 %). {_NARROWED}",
    ),
    Experiment(
        id="cdcgan-no-y-in-d",
        title="A discriminator without the class",
        source="report 002, question 7",
        question="Could y be removed from the input of D?",
        system=S3_CDCGAN,
        arms={"D sees y": {}, "D without y": {"model.y_in_d": False}},
        quick=_NARROW,
        note=_NARROWED,
    ),
    Experiment(
        id="cdcgan-z-columns",
        title="What z means when the class is given",
        source="report 002, question 9",
        question="What do the digits of one column, drawn from one noise vector, have in common?",
        system=S3_CDCGAN,
        quick=_NARROW,
        note=_NARROWED,
    ),
)
