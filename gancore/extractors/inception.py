"""The Inception network that most papers measure photographs with (Salimans et al. 2016, Heusel et al. 2017).

Its weights, 91 MB, are never downloaded by us: they are used where torch-fidelity is installed and has them.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

NAME = "inception-v3"
FILE = "weights-inception-2015-12-05-6cffddc5.pth"  # torch-fidelity's port of the original


class NotAvailable(LookupError):
    """Features cannot be had for these images; the message is one sentence that says why."""


def weights_path() -> Path:
    """Where torch-fidelity keeps the weights."""
    return Path(torch.hub.get_dir()) / "checkpoints" / FILE


def check() -> str:
    """The name of this extractor. Raises `NotAvailable` if it cannot be had."""
    if find_spec("torch_fidelity") is None or not weights_path().is_file():
        raise NotAvailable(
            "FID and the other values that need features are not available for these images: the extractors that come "
            f"with the project know digits and garments, and Inception needs torch-fidelity with its weights, {FILE}"
        )
    return NAME


def describe(images: Tensor) -> tuple[Tensor, Tensor]:
    """Features (N, 2048) and class probabilities (N, 1008) of images (N, C, H, W) in [-1, 1]."""
    pixels = ((images.expand(-1, 3, -1, -1) + 1) * 127.5).round().clamp(0, 255).byte()
    pooled, logits = _load()(pixels)
    return pooled.float(), logits.float().softmax(1)


@lru_cache(maxsize=1)
def _load() -> nn.Module:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    wanted = ["2048", "logits_unbiased"]
    network: nn.Module = FeatureExtractorInceptionV3(NAME, wanted, feature_extractor_weights_path=str(weights_path()))
    return network.eval().requires_grad_(False)
