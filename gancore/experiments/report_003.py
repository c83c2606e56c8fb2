"""The experiments of report 003: variational autoencoders, and GANs of fully connected networks."""

from __future__ import annotations

from collections.abc import Mapping

from gancore.config import Settings
from gancore.experiments.experiment import DIGITS, Experiment, cross, vary
from gancore.experiments.systems import S4_VAE, S5_GAN, settings_of

_CGAN: Settings = {"model.kind": "cmlp", "model.y_in_d": True}
_FAR = (
    "Quick: 2,130 steps, 75 s a run, in which fully connected networks do not reach a usable FID: on pixels of 0..1 "
    "it is about 50 after 2,500 steps, when 3 of 10 digits are found, and no better on -1..1. In full they train for "
    "22,512. What can be compared early are losses, backgrounds and which classes appear."
)
_VAE_QUICK: Settings = DIGITS | {"train.epochs": 60, "train.preview_every": 36}
_VAE_REACHED = "Quick: 60 epochs, which are 2,160 steps and 20 s a run, after which the FID on digits is below 10."
_LONGER: Settings = DIGITS | {"train.epochs": 30}  # 2,130 steps
_RANGES: Mapping[str, Settings] = {"pixels 0..1 (hand-out)": {}, "pixels -1..1": {"data.range": "-1..1"}}


def _in_step(updates: int) -> dict[str, Settings]:
    """Arms with as many updates of G in all, and 3 or 5 times fewer or more of D."""
    faster: dict[str, Settings] = {
        f"G {n}x, equal G updates": {"optim.g_steps": n, "train.steps": updates // n} for n in (3, 5)
    }
    slower: dict[str, Settings] = {
        f"D {n}x, equal G updates": {"optim.d_steps": n, "train.steps": updates} for n in (3, 5)
    }
    return faster | slower


REPORT_003 = (
    Experiment(
        id="vae-mnist",
        title="VAE on digits",
        source="report 003, problem 4.2",
        question="How much better are reconstructions after the last epoch than after the first?",
        system=(*S4_VAE, ("report 003, problem 4.2", {"data.name": "mnist"})),
        seeds=(1, 2, 3),
        quick=_VAE_QUICK,
        note=_VAE_REACHED,
    ),
    Experiment(
        id="vae-fashion",
        title="VAE on garments",
        source="report 003, problem 4.3",
        question="How much better are reconstructions after the last epoch than after the first?",
        system=(*S4_VAE, ("report 003, problem 4.3", {"data.name": "fashion-mnist"})),
        seeds=(1, 2, 3),
        quick=_VAE_QUICK,
        note=_VAE_REACHED,
    ),
    Experiment(
        id="vae-batch",
        title="Batch size of the VAE",
        source="report 003, problem 4.3",
        question="Does the batch size matter at 10 epochs?",
        system=(*S4_VAE, ("report 003, problem 4.3", {"data.name": "fashion-mnist"})),
        arms=vary("train.batch_size", (64, 128, 256)),
        seeds=(1, 2, 3, 4, 5),
        quick=DIGITS | {"train.epochs": 130},
        note="Quick: 130 epochs of fewer digits, which are as many updates as the report's 10 epochs; 1 min a run. "
        "With batch 128 the FID on digits ends at 9.",
    ),
    Experiment(
        id="vae-epochs",
        title="Epochs of the VAE",
        source="report 003, problem 4.3",
        question="Which number of epochs and which batch size reconstruct best?",
        system=(*S4_VAE, ("report 003, problem 4.3", {"data.name": "fashion-mnist"})),
        arms={
            f"batch {size}, {epochs} epochs": {"train.batch_size": size, "train.epochs": epochs}
            for size, epochs in ((128, 10), (64, 20), (64, 50), (128, 300))
        },
        seeds=(1, 2, 3),
        quick=DIGITS,
        note="Quick: as many epochs of thirteen times fewer images, 360 to 10,800 updates and up to 1.5 min a run. "
        "The FID on digits is 26 after 10 epochs of batch 128 and 9 after 100.",
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
        quick=_LONGER,
        note=f"The hand-out combines Tanh with pixels in 0..1; the last arm corrects that. {_FAR}",
    ),
    Experiment(
        id="gan-fashion-steps",
        title="Garments: more updates for one network",
        source="report 003, problem 5.3",
        question="What happens when G is updated three times for each update of D, and the other way round?",
        system=S5_GAN,
        arms={"equal": {}, "G 3x": {"optim.g_steps": 3}, "D 3x": {"optim.d_steps": 3}, **_in_step(22_512)},
        arms_source="report 003, problem 5.3; the arms of equal G updates are our choice",
        quick=_LONGER,
        quick_arms=_in_step(2_130),
        note="As the report has it, all arms see the images equally often, so that G is updated three times as often "
        "under G 3x as under equal, and a third as often under D 3x. The other arms differ in D's updates alone. "
        f"{_FAR} 1 to 7 min a run.",
    ),
    Experiment(
        id="cgan-fashion",
        title="Garments: conditional or not",
        source="report 003, problem 5.5",
        question="Does a conditional GAN draw more kinds of garments, and are they blurrier?",
        system=S5_GAN,
        arms=cross({"CGAN": _CGAN, "GAN": {}}, _RANGES),
        quick=_LONGER,
        note=_FAR,
    ),
    Experiment(
        id="vae-vs-gan",
        title="VAE, GAN and conditional GAN",
        source="report 003, problem 5.6",
        question="Which has the sharper images, which the flatter background, which the finer details?",
        system=S5_GAN,
        arms={"VAE": settings_of(S4_VAE), **cross({"GAN": {}, "CGAN": _CGAN}, _RANGES)},
        quick=_LONGER,
        quick_arms={"VAE": {"train.epochs": 60}},
        note=f"{_FAR} The VAE's is below 10.",
    ),
)
