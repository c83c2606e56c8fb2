"""The classifiers whose features samples are compared by. Their weights come with the project."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

SIZE = 28  # pixels a side
WIDTH = 64  # features
CLASSES = 10
WEIGHTS = Path(__file__).parent / "weights"


class Classifier(nn.Module):
    """Three pairs of 3x3 convolutions; the features are the means of the last one's maps."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_pair(1, 16), nn.MaxPool2d(2), *_pair(16, 32), nn.MaxPool2d(2), *_pair(32, WIDTH))
        self.head = nn.Linear(WIDTH, CLASSES)

    def features(self, images: Tensor) -> Tensor:
        """(N, WIDTH), from images (N, 1, 28, 28) in [-1, 1]."""
        found: Tensor = self.layers(images)  # (N, WIDTH, 7, 7)
        return found.mean((2, 3))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, CLASSES)."""
        logits: Tensor = self.head(self.features(images))
        return logits


def _pair(before: int, after: int) -> list[nn.Module]:
    found: list[nn.Module] = []
    for channels in (before, after):
        found += [nn.Conv2d(channels, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return found


@lru_cache(maxsize=4)
def load_classifier(name: str) -> Classifier:
    """The network of that name, in eval mode, on the CPU."""
    from safetensors.torch import load_file

    with torch.device("meta"):
        network = Classifier()
    network.load_state_dict(load_file(WEIGHTS / f"{name}.safetensors"), assign=True)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
