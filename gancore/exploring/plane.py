"""The codes of a VAE in the plane: as they are where there are two, else by principal components."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gancore.algorithms import VAE
from gancore.data import Images

ENCODED = 1_000  # images


@dataclass(frozen=True)
class Plane:
    """A plane through the space of codes, and where images lie in it."""

    centre: Tensor  # (nz,)
    axes: Tensor  # (2, nz), orthogonal, of length 1
    places: Tensor  # (N, 2) of the first images
    labels: Tensor  # (N,)
    share: float  # of the variance of their codes that lies in the plane

    @classmethod
    def of(cls, vae: VAE, images: Images) -> Plane:
        """The plane in which the codes of images vary most; of two-dimensional codes the only one there is."""
        codes, _ = vae.encode(images.pixels[:ENCODED].float() / 255)
        nz = codes.shape[1]
        if nz <= 2:
            centre, axes = torch.zeros(nz), torch.eye(2)[:, :nz]
            return cls(centre, axes, codes @ axes.T, images.labels[:ENCODED], 1.0)
        centre = codes.mean(0)
        values, vectors = torch.linalg.eigh((codes - centre).double().T @ (codes - centre).double())
        axes = vectors.T.flip(0)[:2]
        largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
        axes = (axes * torch.where(largest < 0, -1.0, 1.0)).float()
        share = float(values[-2:].sum() / values.sum().clamp(min=1e-300))
        return cls(centre, axes, (codes - centre) @ axes.T, images.labels[:ENCODED], share)

    def at(self, x: float, y: float) -> Tensor:
        """The code (nz,) of a place in the plane."""
        return self.centre + torch.tensor([x, y]) @ self.axes
