"""Fully connected GANs: Goodfellow's own (report 001), the wide ones of report 003, those of report 004, and toys.

With classes, each network has an embedding as long as there are classes, joined to its input (report 003's CGAN).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from gancore.config import RunConfig
from gancore.models.dropout import Dropout

OUTPUTS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "linear": nn.Identity}


class Maxout(nn.Module):
    """Each unit is the largest of `pieces` linear functions of the input (Goodfellow et al. 2013)."""

    def __init__(self, inputs: int, units: int, pieces: int) -> None:
        super().__init__()
        self.units = units
        self.linear = nn.Linear(inputs, units * pieces)

    def forward(self, x: Tensor) -> Tensor:
        pieces: Tensor = self.linear(x).unflatten(1, (self.units, -1))  # (N, units, pieces)
        return pieces.amax(2)


class Generator(nn.Module):
    """z (N, nz), and labels (N,) or shares of each class (N, classes) if it has classes -> samples (N, *shape)."""

    def __init__(
        self,
        nz: int,
        hidden: tuple[int, ...],
        shape: tuple[int, ...],
        leak: float,
        output: str = "tanh",
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(classes, classes) if classes else None
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((nz + classes, *hidden)):
            layers += [nn.Linear(inputs, outputs), _activation(leak)]
        self.layers = nn.Sequential(*layers, nn.Linear(hidden[-1], math.prod(shape)), OUTPUTS[output]())

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        values: Tensor = self.layers(_join(z, y, self.embedding))
        return values.view(-1, *self.shape)


class Discriminator(nn.Module):
    """Samples (N, *shape), and labels (N,) if it has classes -> logits (N,)."""

    def __init__(
        self,
        shape: tuple[int, ...],
        hidden: tuple[int, ...],
        leak: float,
        dropout: float,
        *,
        input_dropout: float = 0.0,
        maxout: int = 1,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, classes) if classes else None
        layers: list[nn.Module] = [Dropout(input_dropout)] if input_dropout else []
        for inputs, outputs in pairwise((math.prod(shape) + classes, *hidden)):
            if maxout > 1:
                layers.append(Maxout(inputs, outputs, maxout))
            else:
                layers += [nn.Linear(inputs, outputs), _activation(leak)]
            if dropout:
                layers.append(Dropout(dropout))
        self.layers = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))

    def forward(self, samples: Tensor, y: Tensor | None = None) -> Tensor:
        logits: Tensor = self.layers(_join(samples.flatten(1), y, self.embedding))
        return logits.flatten()


def _activation(leak: float) -> nn.Module:
    return nn.LeakyReLU(leak) if leak else nn.ReLU()


def _join(x: Tensor, y: Tensor | None, embedding: nn.Embedding | None) -> Tensor:
    if embedding is None or y is None:
        return x
    return torch.cat([x, y @ embedding.weight if y.is_floating_point() else embedding(y)], 1)


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model, shape = config.model, config.shape
    classes = config.classes if config.kind.condition == "class" else 0
    return {
        "generator": Generator(model.nz, model.g_hidden, shape, model.g_leak, model.g_output, classes),
        "discriminator": Discriminator(
            shape,
            model.d_hidden,
            model.d_leak,
            model.dropout,
            input_dropout=model.input_dropout,
            maxout=model.maxout,
            classes=classes if model.y_in_d else 0,
        ),
    }
