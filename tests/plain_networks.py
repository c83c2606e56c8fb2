"""The networks of the reports written down a second time, as plain PyTorch, to compare ours with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, linear, one_hot, relu


def plain_dcgan(nz: int, ngf: int, ndf: int, nc: int) -> dict[str, nn.Module]:
    """Report 002: z is (N, nz, 1, 1), logits are (N, 1, 1, 1)."""
    return {
        "generator": nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 4, kernel_size=4, stride=1, padding=0, bias=False),
            nn.BatchNorm2d(ngf * 4),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf * 2, ngf, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf, nc, kernel_size=4, stride=2, padding=1, bias=False),
            nn.Tanh(),
        ),
        "discriminator": nn.Sequential(
            nn.Conv2d(nc, ndf, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(ndf),
            nn.LeakyReLU(0.2),
            nn.Conv2d(ndf, ndf * 2, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(ndf * 2, ndf * 4, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(ndf * 4),
            nn.LeakyReLU(0.2),
            nn.Conv2d(ndf * 4, 1, kernel_size=4, stride=1, padding=0, bias=False),
        ),
    }


def plain_mlp() -> dict[str, nn.Module]:
    """Report 004: z is (N, 96), images are (N, 784)."""
    return {
        "generator": nn.Sequential(
            nn.Linear(96, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 784), nn.Tanh()
        ),
        "discriminator": nn.Sequential(
            nn.Linear(784, 256), nn.LeakyReLU(0.01), nn.Linear(256, 256), nn.LeakyReLU(0.01), nn.Linear(256, 1)
        ),
    }


def plain_cs231n() -> dict[str, nn.Module]:
    """Report 004's DCGAN, as the assignment has it: z is (N, 96), images are (N, 1, 28, 28)."""
    return {
        "generator": nn.Sequential(
            nn.Linear(96, 1024),
            nn.ReLU(),
            nn.BatchNorm1d(1024),
            nn.Linear(1024, 7 * 7 * 128),
            nn.ReLU(),
            nn.BatchNorm1d(7 * 7 * 128),
            nn.Unflatten(1, (128, 7, 7)),
            nn.ConvTranspose2d(128, 64, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(64),
            nn.ConvTranspose2d(64, 1, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        ),
        "discriminator": nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=5, stride=1),
            nn.LeakyReLU(0.01),
            nn.MaxPool2d(2, stride=2),
            nn.Conv2d(32, 64, kernel_size=5, stride=1),
            nn.LeakyReLU(0.01),
            nn.MaxPool2d(2, stride=2),
            nn.Flatten(),
            nn.Linear(4 * 4 * 64, 4 * 4 * 64),
            nn.LeakyReLU(0.01),
            nn.Linear(4 * 4 * 64, 1),
        ),
    }


def plain_report_003(classes: int = 0) -> dict[str, nn.Module]:
    """Report 003's GAN; `classes` is how much longer a class makes the inputs of its conditional one."""
    return {
        "generator": nn.Sequential(
            *(nn.Linear(100 + classes, 256), nn.LeakyReLU(0.2)),
            *(nn.Linear(256, 512), nn.LeakyReLU(0.2)),
            *(nn.Linear(512, 1024), nn.LeakyReLU(0.2)),
            *(nn.Linear(1024, 784), nn.Tanh()),
        ),
        "discriminator": nn.Sequential(
            *(nn.Linear(784 + classes, 1024), nn.LeakyReLU(0.2), nn.Dropout(0.3)),
            *(nn.Linear(1024, 512), nn.LeakyReLU(0.2), nn.Dropout(0.3)),
            *(nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Dropout(0.3)),
            nn.Linear(256, 1),
        ),
    }


class PlainConditionalGenerator(nn.Module):
    """Report 002, bonus: z (N, nz) and labels (N,)."""

    def __init__(self, nz: int, ngf: int, nc: int) -> None:
        super().__init__()
        self.z = nn.Sequential(nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 8))
        self.y = nn.Sequential(nn.ConvTranspose2d(10, ngf * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 8))
        self.second = nn.Sequential(nn.ConvTranspose2d(ngf * 16, ngf * 8, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 8))
        self.third = nn.Sequential(nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 4))
        self.fourth = nn.ConvTranspose2d(ngf * 4, nc, 4, 2, 1, bias=False)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        y = one_hot(labels, 10).to(z.dtype)
        found = torch.cat([relu(self.z(z[:, :, None, None])), relu(self.y(y[:, :, None, None]))], 1)
        return torch.tanh(self.fourth(relu(self.third(relu(self.second(found))))))


class PlainConditionalDiscriminator(nn.Module):
    """Report 002, bonus: images (N, nc, 32, 32) and labels (N,), each of which becomes ten planes of 32x32."""

    def __init__(self, ndf: int, nc: int) -> None:
        super().__init__()
        self.x = nn.Conv2d(nc, ndf * 2, 4, 2, 1, bias=False)
        self.y = nn.Conv2d(10, ndf * 2, 4, 2, 1, bias=False)
        self.second = nn.Sequential(nn.Conv2d(ndf * 4, ndf * 8, 4, 2, 1, bias=False), nn.BatchNorm2d(ndf * 8))
        self.third = nn.Sequential(nn.Conv2d(ndf * 8, ndf * 16, 4, 2, 1, bias=False), nn.BatchNorm2d(ndf * 16))
        self.fourth = nn.Conv2d(ndf * 16, 1, 4, 1, 0, bias=False)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        planes = torch.zeros(len(images), 10, 32, 32, dtype=images.dtype)
        for place, label in enumerate(labels.tolist()):
            planes[place, label] = 1
        found = torch.cat([leaky_relu(self.x(images), 0.2), leaky_relu(self.y(planes), 0.2)], 1)
        return self.fourth(leaky_relu(self.third(leaky_relu(self.second(found), 0.2)), 0.2)).flatten()


class PlainVAE(nn.Module):
    """Report 003's hand-out: 784-400-20-400-784."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = relu(self.fc1(x))
        return self.fc21(hidden), self.fc22(hidden)

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.fc4(relu(self.fc3(z))))


def plain_maxout(x: Tensor, weight: Tensor, bias: Tensor, units: int, pieces: int) -> Tensor:
    """Each unit is the largest of its own `pieces` lines, which follow each other (Goodfellow et al. 2013)."""
    lines = [linear(x, weight[row : row + 1], bias[row : row + 1])[:, 0] for row in range(units * pieces)]
    columns = []
    for unit in range(units):
        largest = lines[unit * pieces]
        for line in lines[unit * pieces + 1 : (unit + 1) * pieces]:
            largest = torch.where(line > largest, line, largest)
        columns.append(largest)
    return torch.stack(columns, 1)
