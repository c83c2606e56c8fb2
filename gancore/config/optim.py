"""How the networks follow their gradients."""

from __future__ import annotations

from typing import Literal

from gancore.config.setting import Part, setting

ScheduleName = Literal["constant", "step", "linear", "exponential", "cosine"]

_RATES = (1e-6, 2e-6, 5e-6, 2e-5, 5e-5, 2e-4, 5e-4, 1e-3, 2e-3, 0.1)


class OptimConfig(Part):
    """How the networks follow their gradients, and how often each is updated."""

    lr_g: float = setting(
        5e-4,
        "Learning rate of G. Too high: losses jump and images break up (report 002 at 0.1). Too low: G cannot keep up "
        "with D.",
        label="lr_g",
        group="Learning",
        scale="log",
        marks=_RATES,
        main=True,
        by_kind=True,
        steer=True,
        gt=0.0,
        le=1.0,
    )
    lr_d: float = setting(
        2e-4,
        "Learning rate of D. Too high: D wins at once or breaks down. Too low: D is fooled and teaches G nothing.",
        label="lr_d",
        group="Learning",
        scale="log",
        marks=_RATES,
        main=True,
        by_kind=True,
        steer=True,
        gt=0.0,
        le=1.0,
    )
    lr: float = setting(
        1e-3,
        "Learning rate of the encoder and the decoder (1e-3 in report 003).",
        label="lr",
        group="Learning",
        scale="log",
        marks=_RATES,
        main=True,
        by_kind=True,
        steer=True,
        gt=0.0,
        le=1.0,
    )
    schedule_g: ScheduleName = setting(
        "constant",
        "How lr_g falls over the run, to lr_end times its initial value. step: at one half and three quarters.",
        label="schedule of lr_g",
        group="Learning",
        by_kind=True,
    )
    schedule_d: ScheduleName = setting(
        "constant",
        "How lr_d falls over the run, to lr_end times its initial value. step: at one half and three quarters.",
        label="schedule of lr_d",
        group="Learning",
        by_kind=True,
    )
    schedule: ScheduleName = setting(
        "constant",
        "How lr falls over the run, to lr_end times its initial value. step: at one half and three quarters.",
        label="schedule of lr",
        group="Learning",
        by_kind=True,
    )
    lr_end: float = setting(
        0.01,
        "Final learning rate of a schedule that is not constant, as a share of the initial one.",
        label="lr_end",
        group="Learning",
        scale="log",
        marks=(0.001, 0.01, 0.1, 0.5),
        gt=0.0,
        le=1.0,
    )
    optimizer: Literal["adam", "sgd", "rmsprop"] = setting(
        "adam",
        "adam: used by nearly all GANs. sgd: with momentum, as in Goodfellow et al. 2014. rmsprop: as in the original "
        "Wasserstein GAN.",
        label="optimiser",
        group="Learning",
    )
    beta1: float = setting(
        0.5,
        "Adam's decay rate for past gradients. GANs use 0.5; PyTorch's 0.9 often makes them oscillate.",
        label="beta1",
        group="Learning",
        scale="linear",
        when={"optim.optimizer": ("adam",)},
        ge=0.0,
        lt=1.0,
    )
    beta2: float = setting(
        0.999,
        "Adam's decay rate for past squared gradients.",
        label="beta2",
        group="Learning",
        when={"optim.optimizer": ("adam",)},
        ge=0.0,
        lt=1.0,
    )
    momentum: float = setting(
        0.5,
        "Initial momentum of SGD.",
        label="momentum",
        group="Learning",
        scale="linear",
        when={"optim.optimizer": ("sgd",)},
        ge=0.0,
        lt=1.0,
    )
    momentum_end: float = setting(
        0.5,
        "Final momentum of SGD, reached linearly over the run (in Goodfellow et al. 2014 it rises from 0.5 to 0.7 at "
        "epoch 250: to 0.58 at epoch 100).",
        label="final momentum",
        group="Learning",
        scale="linear",
        when={"optim.optimizer": ("sgd",)},
        ge=0.0,
        lt=1.0,
    )
    d_steps: int = setting(
        1,
        "Updates of D per iteration, each on a fresh batch. More of them make D stronger.",
        label="D steps",
        group="Learning",
        scale="linear",
        by_kind=True,
        steer=True,
        ge=1,
        le=20,
    )
    g_steps: int = setting(
        1,
        "Updates of G per iteration. Report 003 tries 3.",
        label="G steps",
        group="Learning",
        scale="linear",
        by_kind=True,
        steer=True,
        ge=1,
        le=20,
    )
    ema: float = setting(
        0.0,
        "Decay of a moving average of G's weights, from which samples are then drawn (0: none; 0.999 is usual). "
        "Steadies the samples without changing the training.",
        label="EMA of G",
        group="Learning",
        by_kind=True,
        ge=0.0,
        lt=1.0,
    )
