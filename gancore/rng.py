"""Every random number is a function of (seed, stream, counter).

Nothing in gancore reads or writes torch's global generators, so another thread drawing numbers changes nothing
and a resumed run needs no saved random state: step 1,234 draws the same noise whoever asks, whenever.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def derive_seed(seed: int, stream: str, counter: int = 0) -> int:
    """A 32-bit seed for one stream at one counter.

    32 bits, because CPU generators keep no more of a seed; hashed, because `seed + step` makes the runs of
    neighbouring seeds draw each other's numbers one step later.
    """
    digest = hashlib.blake2b(f"{seed}/{stream}/{counter}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little")


def generator(seed: int, stream: str, counter: int = 0) -> torch.Generator:
    """A fresh CPU generator for one stream at one counter."""
    return torch.Generator().manual_seed(derive_seed(seed, stream, counter))


class StepRng:
    """The random numbers of one training step; each named stream goes on where it left off within the step."""

    def __init__(self, seed: int, step: int) -> None:
        self.seed = seed
        self.step = step
        self._streams: dict[str, torch.Generator] = {}

    def seed_of(self, name: str) -> int:
        """The seed of the stream `name` at this step, for somebody who draws from it elsewhere."""
        return derive_seed(self.seed, name, self.step)

    def stream(self, name: str) -> torch.Generator:
        """The generator of `name` at this step."""
        if name not in self._streams:
            self._streams[name] = generator(self.seed, name, self.step)
        return self._streams[name]


def draw_noise(prior: str, count: int, nz: int, source: torch.Generator) -> Tensor:
    """Latent vectors z, (count, nz) on the CPU: `normal` is N(0, 1), `uniform` is U(-1, 1)."""
    if prior == "uniform":
        return torch.rand(count, nz, generator=source) * 2 - 1
    return torch.randn(count, nz, generator=source)
