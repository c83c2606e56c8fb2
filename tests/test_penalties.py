from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from gancore.algorithms import build_algorithm
from gancore.config.objective import PenaltyName
from gancore.penalties import PENALTIES
from gancore.rng import StepRng, generator
from tests.miniatures import Batches, tiny

Critic = Callable[[Tensor], Tensor]

names = pytest.mark.parametrize("name", list(PENALTIES))


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear(weight: Tensor) -> Critic:
    """D(x) = w.x, whose gradient is w everywhere."""
    return lambda x: (x * weight).flatten(1).sum(1)


def quadratic(x: Tensor) -> Tensor:
    """D(x) = |x|^2 / 2, whose gradient is x itself."""
    return 0.5 * x.flatten(1).square().sum(1)


def price(name: PenaltyName, critic: Critic, real: Tensor, fake: Tensor, numbers: torch.Generator) -> Tensor:
    """A penalty with random numbers from there."""
    penalty = PENALTIES[name]
    return penalty.price(critic, real, fake, penalty.draw(tuple(real.shape), numbers))


def seen_by(name: PenaltyName, real: Tensor, fake: Tensor, seed: int = 0) -> Tensor:
    """The points at which a penalty asks for D's gradient."""
    points: list[Tensor] = []

    def critic(x: Tensor) -> Tensor:
        points.append(x.detach())
        return quadratic(x)

    price(name, critic, real, fake, source(seed))
    assert len(points) == 1, "one pass of D is enough"
    return points[0]


def test_every_penalty_of_the_config_exists() -> None:
    assert set(PENALTIES) == set(get_args(PenaltyName)) - {"none"}


@pytest.mark.parametrize("shape", [(2,), (1, 3, 3)])
@pytest.mark.parametrize("scale", [0.1, 1.0, 7.0])
def test_of_a_linear_critic_they_are_functions_of_its_slope(shape: tuple[int, ...], scale: float) -> None:
    weight = scale * draw(*shape, seed=5)
    norm = weight.norm().item()
    real, fake = draw(6, *shape), draw(6, *shape, seed=1)
    expected = {"gradient": (norm - 1) ** 2, "dragan": (norm - 1) ** 2, "r1": norm**2 / 2}
    for name, value in expected.items():
        found = price(name, linear(weight), real, fake, source())
        assert found.shape == ()
        assert found.item() == pytest.approx(value, rel=1e-9)


@names
def test_of_a_curved_critic_they_are_means_over_where_it_is_looked_at(name: PenaltyName) -> None:
    real, fake = draw(50, 1, 2, 2), draw(50, 1, 2, 2, seed=1)
    norms = seen_by(name, real, fake).flatten(1).norm(dim=1)
    expected = (norms**2).mean() / 2 if name == "r1" else ((norms - 1) ** 2).mean()
    assert price(name, quadratic, real, fake, source()).item() == pytest.approx(expected.item(), rel=1e-9)


@pytest.mark.parametrize("shape", [(2,), (3, 4, 4)])
def test_the_gradient_penalty_looks_between_real_and_fake_samples(shape: tuple[int, ...]) -> None:
    """One share for each pair, the same for all of its numbers, and even over (0, 1)."""
    real, fake = draw(2_000, *shape), draw(2_000, *shape, seed=1)
    shares = ((seen_by("gradient", real, fake) - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(shares, shares.median(1, keepdim=True).values.expand_as(shares), atol=1e-6, rtol=0)
    share = shares.median(1).values
    assert share.min() >= 0
    assert share.max() <= 1
    assert share.mean().item() == pytest.approx(1 / 2, abs=5 / (12 * 2_000) ** 0.5)
    assert share.var().item() == pytest.approx(1 / 12, abs=0.01)


def test_r1_looks_at_real_samples_and_nowhere_else() -> None:
    real, fake = draw(6, 2), torch.full((6, 2), float("nan"))
    assert torch.equal(seen_by("r1", real, fake), real)


def test_dragan_looks_around_real_samples_within_half_their_deviation() -> None:
    real, fake = 3 * draw(2_000, 2), torch.full((2_000, 2), float("nan"))
    shift = (seen_by("dragan", real, fake) - real) / real.std()
    assert shift.min() >= 0
    assert shift.max() <= 0.5
    assert shift.mean().item() == pytest.approx(1 / 4, abs=0.01)
    assert torch.corrcoef(shift.T)[0, 1].abs() < 0.1  # each number by itself


@names
def test_points_are_a_function_of_the_generator(name: PenaltyName) -> None:
    before = torch.random.get_rng_state()
    real, fake = draw(6, 2), draw(6, 2, seed=1)
    first, same, other = (seen_by(name, real, fake, seed) for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert torch.equal(first, other) == (name == "r1")
    assert torch.equal(torch.random.get_rng_state(), before)


def small_critic(seed: int = 0) -> nn.Module:
    """Smooth, so that differences are gradients."""
    critic = nn.Sequential(nn.Flatten(), nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0)).double()
    for place, parameter in enumerate(critic.parameters()):
        parameter.data = draw(*parameter.shape, seed=10 * seed + place)
    return critic


@names
def test_its_gradient_is_that_of_its_value(name: PenaltyName) -> None:
    """With respect to each of D's weights, against central differences."""
    critic, real, fake = small_critic(), draw(3, 1, 2, 2), draw(3, 1, 2, 2, seed=1)

    def value() -> float:
        return price(name, critic, real, fake, source()).item()

    weights = list(critic.parameters())
    penalty = price(name, critic, real, fake, source())
    found = torch.autograd.grad(penalty, weights, allow_unused=True, materialize_grads=True)
    step = 1e-6
    for weight, gradient in zip(weights, found, strict=True):
        flat = weight.data.view(-1)
        for place in range(flat.numel()):
            kept = flat[place].item()
            flat[place] = kept + step
            above = value()
            flat[place] = kept - step
            below = value()
            flat[place] = kept
            assert gradient.view(-1)[place].item() == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("name", ["gradient", "dragan"])
def test_where_d_is_flat_the_gradient_is_still_a_number(name: PenaltyName) -> None:
    """The root of the squared norm has none at 0."""
    weight = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    penalty = price(name, linear(weight), draw(4, 2), draw(4, 2, seed=1), source())
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert torch.isfinite(torch.autograd.grad(penalty, weight)[0]).all()


@names
def test_neither_the_samples_nor_g_get_a_gradient(name: PenaltyName) -> None:
    real, fake = draw(4, 1, 2, 2).requires_grad_(), draw(4, 1, 2, 2, seed=1).requires_grad_()
    price(name, small_critic(), real, fake, source()).backward()
    assert real.grad is None
    assert fake.grad is None


def test_fakes_in_half_precision_are_met_in_full() -> None:
    real = draw(4, 2).float()
    found = seen_by("gradient", real, draw(4, 2, seed=1).bfloat16())
    assert found.dtype == torch.float32


@names
def test_it_adds_its_weight_to_ds_loss_and_is_recorded_without(name: PenaltyName) -> None:
    """A step's gradient norm is that of loss plus weight times penalty, computed by hand."""
    on_ring = {"data.name": "ring", "model.g_output": "linear"}
    config = tiny("mlp", on_ring | {"objective.penalty": name, "objective.penalty_weight": 3.0})
    algorithm, by_hand = build_algorithm(config), build_algorithm(config)
    batches = Batches(config)
    scalars = algorithm.step(batches, StepRng(0, 1))
    real = batches.drawn[0].images
    with torch.no_grad():
        fake = by_hand.generator(by_hand.latents(8, generator(0, "noise", 1)))
    d = by_hand.discriminator
    penalty = price(name, d, real, fake, generator(0, "penalty", 1))
    loss = -torch.sigmoid(d(real)).log().mean() - (1 - torch.sigmoid(d(fake))).log().mean()
    gradients = torch.autograd.grad(loss + 3 * penalty, list(d.parameters()), materialize_grads=True, allow_unused=True)
    assert scalars["penalty"].item() == pytest.approx(penalty.item(), rel=1e-5)
    assert scalars["loss_d"].item() == pytest.approx(loss.item(), rel=1e-5)
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    assert scalars["grad_norm_d"].item() == pytest.approx(norm.item(), rel=1e-4)
