"""What one iteration needs from outside: everything random, and every batch."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from gancore.data import Batch


@dataclass(frozen=True)
class Update:
    """One update of one network, or of all networks at once. Tensors lie on the device of the run."""

    batch: Batch
    network: str = ""  # `g` or `d` where the two take turns
    z: Tensor | None = None  # (B, nz) latent inputs; None: of what was generated for the update before
    labels: Tensor | None = None  # (B,) classes to generate, of a conditional network
    keeps: bool = False  # the next update goes on with what is generated for this one
    other_z: Tensor | None = None  # (B, nz) for a second output from the same source image
    real_noise: Tensor | None = None  # added to the real samples that D gets
    fake_noise: Tensor | None = None  # added to the generated ones
    penalty: Tensor | None = None  # random numbers that the penalty on D's gradient takes


@dataclass(frozen=True)
class Draws:
    """An iteration as it was drawn on the host. With the weights before it, it decides the weights after it.

    Masks of dropout are the one exception to drawing everything beforehand: their shapes and their type are those of
    activations inside the networks, and how many there are depends on how often D is evaluated. So what is drawn here
    is the seed, from which `update` makes the one generator that they come from.
    """

    step: int  # 1, 2, ...
    updates: tuple[Update, ...]
    dropout_seed: int = 0
