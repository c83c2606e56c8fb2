"""What the arithmetic of one step hangs on."""

from __future__ import annotations

from gancore.config.run import RunConfig

_RATES = ("optim.lr_g", "optim.lr_d", "optim.lr")
_NEUTRAL = {"seed": 0, "train.epochs": 1, "data.limit": None} | dict.fromkeys(_RATES, 1e-3)


def neutral(config: RunConfig) -> RunConfig:
    """The same steps, with what changes nothing of a step's arithmetic as if nobody had chosen it."""
    return config.replace(_NEUTRAL)
