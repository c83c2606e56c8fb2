"""Generative adversarial training (Goodfellow et al. 2014) with any adversarial loss."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from gancore.config import RunConfig
from gancore.data import Batch
from gancore.losses import LOSSES, score
from gancore.models import build_networks
from gancore.models.dropout import seed_dropout
from gancore.rng import StepRng, draw_noise


class GAN:
    """A generator and a discriminator, updated in turn.

    D sees real and fake images as separate batches, so batch normalisation keeps separate statistics for them.
    Gradients are computed only for the network being updated. With `noise="same"` the second network sees the very
    images that the first was last updated on: for D first, G's loss is then the updated D's verdict on them.
    """

    def __init__(self, config: RunConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        networks = build_networks(config, device)
        self.generator, self.discriminator = networks["generator"], networks["discriminator"]
        self.optimizer_g = _adam(self.generator, config.optim.lr_g, config)
        self.optimizer_d = _adam(self.discriminator, config.optim.lr_d, config)
        self.loss = LOSSES[config.objective.loss]

    def step(self, next_batch: Callable[[], Batch], rng: StepRng) -> dict[str, Tensor]:
        """One iteration: `d_steps` updates of D, each on a fresh batch, and `g_steps` of G."""
        optim, objective = self.config.optim, self.config.objective
        for network in (self.generator, self.discriminator):
            seed_dropout(network, rng.stream("dropout"))
        first_is_d = objective.order == "d_first"
        updates = ["d"] * optim.d_steps + ["g"] * optim.g_steps
        if not first_is_d:
            updates.sort(reverse=True)
        share_after = (optim.d_steps if first_is_d else optim.g_steps) - 1 if objective.noise == "same" else None

        scalars: dict[str, Tensor] = {}
        shared: Tensor | None = None
        for index, network_name in enumerate(updates):
            sharing = index == share_after
            if shared is None:
                fake = self._generate(rng, with_gradient=network_name == "g" or sharing)
            else:
                fake, shared = shared, None
            if network_name == "d":
                scalars |= self._update_d(next_batch(), fake.detach())
            else:
                scalars |= self._update_g(fake)
            if sharing:
                shared = fake
        return scalars

    def _generate(self, rng: StepRng, *, with_gradient: bool) -> Tensor:
        config = self.config
        z = draw_noise(config.model.prior, config.train.batch_size, config.model.nz, rng.stream("noise"))
        with torch.set_grad_enabled(with_gradient), self._autocast():
            images: Tensor = self.generator(z.to(self.device))
        return images

    def _update_d(self, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        with self._autocast():
            real_logits, fake_logits = self.discriminator(batch.images), self.discriminator(fake)
        real_logits, fake_logits = real_logits.float(), fake_logits.float()
        loss = self.loss.d(real_logits, fake_logits)
        norm = _descend(loss, self.optimizer_d)
        name = self.config.objective.loss
        return {
            "loss_d": loss.detach(),
            "d_real": score(name, real_logits.detach()),
            "d_fake": score(name, fake_logits.detach()),
            "grad_norm_d": norm,
        }

    def _update_g(self, fake: Tensor) -> dict[str, Tensor]:
        with self._autocast():
            fake_logits = self.discriminator(fake)
        fake_logits = fake_logits.float()
        loss = self.loss.g(fake_logits)
        norm = _descend(loss, self.optimizer_g)
        return {
            "loss_g": loss.detach(),
            "d_fake_g": score(self.config.objective.loss, fake_logits.detach()),
            "grad_norm_g": norm,
        }

    def _autocast(self) -> AbstractContextManager[object]:
        if self.config.train.precision == "fp32" or self.device.type == "meta":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def draw(self, count: int, source: torch.Generator) -> Tensor:
        """Noise z (count, nz) on the CPU."""
        return draw_noise(self.config.model.prior, count, self.config.model.nz, source)

    def sample(self, z: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] on the CPU; running statistics are used and not changed."""
        self.generator.eval()
        try:
            with torch.no_grad():
                images: Tensor = self.generator(z.to(self.device))
            return images.cpu()
        finally:
            self.generator.train()

    def is_finite(self) -> bool:
        """Whether every weight and running statistic of both networks is a finite number."""
        tensors = [*self.generator.state_dict().values(), *self.discriminator.state_dict().values()]
        return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)

    def state_dict(self) -> dict[str, Any]:
        """Both networks and both optimisers."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "optimizer_g": self.optimizer_g,
            "optimizer_d": self.optimizer_d,
        }


def _adam(network: nn.Module, lr: float, config: RunConfig) -> torch.optim.Adam:
    fused = next(network.parameters()).device.type != "meta"  # shapes alone have no fused kernel
    betas = (config.optim.beta1, config.optim.beta2)
    return torch.optim.Adam(network.parameters(), lr=lr, betas=betas, fused=fused)


def _descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> Tensor:
    """One update of the optimizer's own parameters, whatever else the loss depends on; returns their gradient norm."""
    parameters = optimizer.param_groups[0]["params"]
    optimizer.zero_grad()
    loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]
    norm = get_total_norm([parameter.grad for parameter in parameters])
    optimizer.step()
    return norm
