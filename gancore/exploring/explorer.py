"""One checkpoint, loaded to be looked into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, TypeVar

import torch
from PIL import Image as Picture
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gancore import rng
from gancore.algorithms import VAE
from gancore.algorithms.base import Family
from gancore.data import Images, load
from gancore.data.batches import to_range
from gancore.exploring.asking import DIRECTIONS, NOISES, Bold, Method, Path, Point, Weights
from gancore.exploring.plane import Plane
from gancore.sampling.directions import Directions, ganspace, sefa
from gancore.sampling.latent import linear_path, spherical_path, truncated
from gancore.sampling.samples import draw, load_step, shown
from gancore.store import Run

PROBES = 1_000  # noise vectors whose activations principal components are taken of
POINTS = 1_000  # of a picture of the plane
DISPLAY = "-1..1"  # black and white of images that are shown and compared

T = TypeVar("T")


class NotThere(LookupError):
    """What is asked for does not exist in this run; the message is one sentence."""


class Explorer:
    """A run's networks as a checkpoint has them, in eval mode and without gradients of their weights.

    Several threads may ask at once: nothing that is asked changes a network.
    """

    def __init__(self, run: Run, checkpoint: str) -> None:
        self.run, self.config = run, run.config
        self.step, algorithm = load_step(run, checkpoint)
        assert isinstance(algorithm, Family)
        self.algorithm = algorithm
        self.algorithm.optimizers.clear()  # which take twice as much memory as the networks
        for network in algorithm.networks.values():
            network.eval().requires_grad_(False)
        self._known: dict[object, Any] = {}

    @property
    def bytes(self) -> int:
        """That its networks take."""
        tensors = (each for network in self.algorithm.networks.values() for each in network.state_dict().values())
        return sum(each.numel() * each.element_size() for each in tensors)

    def once(self, what: object, find: Callable[[], T]) -> T:
        """What is found out of this checkpoint once, by name; twice if two ask for it first at the same moment."""
        if what not in self._known:
            self._known[what] = find()
        found: T = self._known[what]
        return found

    # --- images of points -------------------------------------------------------------------------------------------

    def images(self, points: Sequence[Point], weights: Weights) -> Tensor:
        """What is made of points: (N, C, H, W) in [-1, 1]. Raises `NotThere`."""
        return self._made(self.latents(points, weights), self.labels(points), weights)

    def along(self, path: Path) -> Tensor:
        """Images in equal steps through the stops of a path, both ends included: (N, C, H, W) in [-1, 1].

        Where the class changes from one stop to the next, its shares change with the same steps.
        """
        stops = self.latents(path.stops, path)
        way = linear_path if path.way == "straight" else spherical_path
        z = _joined(way(stops[:-1], stops[1:], path.steps))
        return self._made(z, self._labels_along(path), path)

    def latents(self, points: Sequence[Point], weights: Weights) -> Tensor:
        """The latent vectors of points: (N, nz)."""
        z = torch.stack([self._start(point, weights) for point in points])
        for row, point in zip(z, points, strict=True):
            for name, amount in point.moves.items():
                row += amount * self._direction(name, weights)
        return z

    def labels(self, points: Sequence[Point]) -> Tensor | None:
        """The classes of points, (N,), where there are any: those in use take turns unless a point says its own."""
        if self.config.kind.condition != "class":
            return None
        in_use = self.config.labels_in_use
        said = [in_use[point.place % len(in_use)] if point.label is None else point.label for point in points]
        if unknown := [label for label in said if label not in in_use]:
            raise NotThere(f"this run knows no class {unknown[0]}")
        return torch.tensor(said)

    def _labels_along(self, path: Path) -> Tensor | None:
        labels = self.labels(path.stops)
        if labels is None or len(set(labels.tolist())) == 1:
            return labels if labels is None else labels[:1].expand((len(labels) - 1) * path.steps + 1)
        shares = one_hot(labels, self.config.classes).float()
        return _joined(linear_path(shares[:-1], shares[1:], path.steps))

    def _start(self, point: Point, weights: Weights) -> Tensor:
        """A point before its moves: (nz,), a copy."""
        if point.plane is not None:
            return self.plane().at(*point.plane)
        if point.encoded is not None:
            return self._encoded(point.encoded)
        noise = self.noise(point.seed)[point.place]
        return noise.clone() if weights.truncation is None else truncated(noise, weights.truncation, self.prior)

    def noise(self, seed: int) -> Tensor:
        """The noise vectors of a seed, (64, nz): those of `gancore sample --seed`."""
        return _noise(self.config.model.nz, self.prior, seed)

    @property
    def prior(self) -> str:
        """The distribution of noise: of a VAE's codes it is always normal."""
        return "normal" if isinstance(self.algorithm, VAE) else self.config.model.prior

    def _made(self, z: Tensor, condition: Tensor | None, weights: Weights) -> Tensor:
        if self.config.kind.condition == "image":
            raise NotThere("a translator makes images of other images, not of noise alone")
        return shown(draw(self.algorithm, z, condition, raw=weights.raw))

    # --- directions -------------------------------------------------------------------------------------------------

    def directions(self, method: Method, raw: bool) -> Directions:
        """Those in which G changes most."""
        raw = raw and self.algorithm.averaged
        return self.once((method, raw), lambda: self._find_directions(method, self._sampler(raw)))

    def _find_directions(self, method: Method, network: nn.Module) -> Directions:
        if not all(bool(each.isfinite().all()) for each in network.state_dict().values()):
            raise NotThere("the weights of G are not finite numbers any more, so it has no directions")
        network = deepcopy(network)  # which gets hooks for a moment
        if method == "sefa":
            return sefa(network, self._through(network), self.config.model.nz, DIRECTIONS)
        noise = self.algorithm.latents(PROBES, rng.generator(0, "explore/directions"))
        return ganspace(network, self._through(network), noise, DIRECTIONS)

    def _direction(self, name: str, weights: Weights) -> Tensor:
        method, _, number = name.partition("-")
        nz = self.config.model.nz
        if method == "z":
            if int(number) >= nz:
                raise NotThere(f"z has {nz} dimensions here, so none is number {number}")
            return torch.eye(nz)[int(number)]
        found = self.directions("sefa" if method == "sefa" else "ganspace", weights.raw).vectors
        if int(number) >= len(found):
            raise NotThere(f"z has {nz} dimensions here, so there is no direction {int(number) + 1}")
        return found[int(number)]

    def _sampler(self, raw: bool) -> nn.Module:
        networks = self.algorithm.networks
        if isinstance(self.algorithm, VAE):
            return networks["decoder"]
        return networks["average" if self.algorithm.averaged and not raw else "generator"]

    def _through(self, network: nn.Module) -> _Through:
        given = None
        if self.config.kind.condition == "class":
            given = torch.tensor(self.config.labels_in_use)
        elif self.config.kind.condition == "image":
            sources = self.real("test").sources
            assert sources is not None
            given = sources[:PROBES].float() / 255
        return _Through(network, given)

    # --- real images ------------------------------------------------------------------------------------------------

    def real(self, split: str) -> Images:
        """Real images, `train` or `test`. Raises `DataUnavailable`."""
        return load(self.config, split)

    def some(self, split: str, start: int, count: int, *, sources: bool = False) -> Tensor:
        """Real images (N, C, H, W) in [-1, 1]; of a translator those that it should make, or its `sources`."""
        images = self.real(split)
        pixels = images.sources if sources and images.sources is not None else images.pixels
        if start >= len(pixels):
            raise NotThere(f"there are only {len(pixels):,} such images")
        return to_range(pixels[start : start + count], DISPLAY)

    def bold(self, image: Tensor, asked: Bold) -> Tensor:
        """What a translator makes of an image (1, 1, H, W) in [-1, 1] with the first noise vectors of a seed."""
        if self.config.kind.condition != "image":
            raise NotThere("only a translator makes digits bold")
        points = [Point(seed=asked.seed, place=place, moves=asked.moves) for place in range(asked.count)]
        given = ((image + 1) / 2).expand(asked.count, -1, -1, -1)
        return shown(draw(self.algorithm, self.latents(points, asked), given, raw=asked.raw))

    # --- a VAE's codes ----------------------------------------------------------------------------------------------

    def plane(self) -> Plane:
        """The plane of a VAE's codes. Raises `NotThere`."""
        return self.once("plane", lambda: Plane.of(self.vae(), self.real("test")))

    def _encoded(self, index: int) -> Tensor:
        return self.vae().encode((self.some("test", index, 1) + 1) / 2)[0][0]

    def vae(self) -> VAE:
        """The algorithm, if it is one. Raises `NotThere`."""
        if not isinstance(self.algorithm, VAE):
            raise NotThere("only a VAE has codes")
        return self.algorithm

    # --- points of the plane ----------------------------------------------------------------------------------------

    def toy(self, seed: int, weights: Weights) -> Picture.Image:
        """Samples of a toy against its data and D's field."""
        noise = self.algorithm.latents(POINTS, rng.generator(seed, "sample"))
        if weights.truncation is not None:
            noise = truncated(noise, weights.truncation, self.prior)
        classes = torch.tensor(self.config.labels_in_use)
        labels = classes[torch.arange(POINTS) % len(classes)] if self.config.kind.condition == "class" else None
        samples = draw(self.algorithm, noise, labels, raw=weights.raw)
        return self.algorithm.picture(samples, 1, lambda: self.real("train"))


class _Through:
    """A network as a function of z alone: of what it takes besides, the images or classes given take turns."""

    def __init__(self, network: nn.Module, given: Tensor | None) -> None:
        self._network, self._given = network, given

    def __call__(self, z: Tensor) -> object:
        if self._given is None:
            return self._network(z)
        if self._given.dim() == 1:
            return self._network(z, self._given[torch.arange(len(z)) % len(self._given)])
        return self._network(self._given[:1].expand(len(z), -1, -1, -1), z)


@lru_cache(maxsize=64)
def _noise(nz: int, prior: str, seed: int) -> Tensor:
    return rng.draw_noise(prior, NOISES, nz, rng.generator(seed, "sample"))


def _joined(legs: Tensor) -> Tensor:
    """Legs (L, S + 1, D) of a path, one after the other: (L S + 1, D); where one ends the next one begins."""
    return torch.cat([legs[:, :-1].flatten(0, 1), legs[-1:, -1]])
