"""The loops of tutorials, with the networks of a run: what our step is compared with."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.data import cache_root, load
from gancore.data.mnist5k import load_mnist5k
from gancore.training.runner import pick_device


def plain_steps(config: RunConfig) -> Iterator[object]:
    """The same networks, batches as large, the same rates, and the usual losses; images are those of mnist-5k."""
    networks: dict[str, nn.Module] = pkgutil.resolve_name(config.kind.networks)(config)
    for network in networks.values():
        network.to(pick_device())
    return (_autoencoder if "encoder" in networks else _adversaries)(config, networks)


def _adversaries(config: RunConfig, networks: dict[str, nn.Module]) -> Iterator[object]:
    """D, then G on the same images; D gathers unused gradients in G's step; four numbers are read each step."""
    device, batch_size = pick_device(), config.train.batch_size
    generator, discriminator = networks["generator"], networks["discriminator"]
    optimizer_g, optimizer_d = (
        _adam(config, generator, config.optim.lr_g),
        _adam(config, discriminator, config.optim.lr_d),
    )
    criterion = nn.BCEWithLogitsLoss()
    real_labels, fake_labels = torch.ones(batch_size, device=device), torch.zeros(batch_size, device=device)

    for images, labels in _batches(config):
        condition = [labels.to(device)] if config.kind.condition == "class" else []
        fake = generator(torch.randn(batch_size, config.model.nz, device=device), *condition)

        optimizer_d.zero_grad()
        real_logits = discriminator(images.to(device), *condition)
        fake_logits = discriminator(fake.detach(), *condition)
        loss_d = criterion(real_logits, real_labels) + criterion(fake_logits, fake_labels)
        loss_d.backward()
        optimizer_d.step()

        optimizer_g.zero_grad()
        loss_g = criterion(discriminator(fake, *condition), real_labels)
        loss_g.backward()
        optimizer_g.step()

        d_real, d_fake = real_logits.sigmoid().mean(), fake_logits.sigmoid().mean()
        yield loss_d.item(), loss_g.item(), d_real.item(), d_fake.item()


def _autoencoder(config: RunConfig, networks: dict[str, nn.Module]) -> Iterator[object]:
    """The sum of both terms over the batch, which is read each step."""
    device = pick_device()
    encoder, decoder = networks["encoder"], networks["decoder"]
    optimizer = _adam(config, nn.ModuleList(networks.values()), config.optim.lr)
    for images, _ in _batches(config):
        images = images.to(device)
        optimizer.zero_grad()
        mean, logvar = encoder(images)
        logits = decoder(mean + torch.randn_like(mean) * torch.exp(0.5 * logvar))
        recon = binary_cross_entropy_with_logits(logits, images, reduction="sum")
        kl = -0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())
        loss = recon + kl
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield recon.item(), kl.item()


def _adam(config: RunConfig, network: nn.Module, rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), lr=rate, betas=(config.optim.beta1, config.optim.beta2))


class _Digits(Dataset[tuple[Tensor, int]]):
    """mnist-5k as torchvision's MNIST gives its images: a PIL image each time, transformed."""

    def __init__(self, transform: Callable[[Image.Image], Tensor]) -> None:
        self.images, self.labels = load_mnist5k("train", cache_root())
        self.transform = transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.images[index].numpy())
        return self.transform(image), int(self.labels[index])


def _batches(config: RunConfig) -> Iterator[list[Tensor]]:
    """Images and labels."""
    loader: DataLoader[list[Tensor]] = DataLoader(
        _data(config), config.train.batch_size, shuffle=True, drop_last=True, num_workers=0
    )
    while True:
        yield from loader


def _data(config: RunConfig) -> Dataset[Any]:
    if config.data.name in TOYS:
        points = load(config)
        return TensorDataset(points.pixels, points.labels)
    scaled = [transforms.Normalize((0.5,), (0.5,))] if config.data.range == "-1..1" else []
    return _Digits(transforms.Compose([transforms.Resize(config.data.image_size), transforms.ToTensor(), *scaled]))
