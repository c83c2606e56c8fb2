from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.config import RunConfig
from gancore.config.losses import EXPRESSIONS, LOSS_FACTS, LossName
from gancore.losses import LOSSES, ON_PROBABILITIES, Loss, loss_of, own_loss, score

Array = np.ndarray


def sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits))


# The formulas of the papers in float64, on probabilities or scores.
def cross_entropy(real: Array, fake: Array, target: float) -> float:
    """With targets `target` for real images and 0 for generated ones."""
    on_real = target * np.log(sigmoid(real)) + (1 - target) * np.log(1 - sigmoid(real))
    return -on_real.mean() - np.log(1 - sigmoid(fake)).mean()


# Of real and fake logits, and the target for real images where there is one.
D_CLOSED_FORM: dict[str, Callable[[Array, Array, float], float]] = {
    "nonsaturating": cross_entropy,
    "minimax": cross_entropy,
    "least_squares": lambda real, fake, target: 0.5 * ((real - target) ** 2).mean() + 0.5 * (fake**2).mean(),
    "wasserstein": lambda real, fake, _: fake.mean() - real.mean(),
    "hinge": lambda real, fake, _: -np.minimum(0, real - 1).mean() - np.minimum(0, -fake - 1).mean(),
}
G_CLOSED_FORM: dict[str, Callable[[Array], float]] = {
    "nonsaturating": lambda fake: -np.log(sigmoid(fake)).mean(),
    "minimax": lambda fake: np.log(1 - sigmoid(fake)).mean(),
    "least_squares": lambda fake: 0.5 * ((fake - 1) ** 2).mean(),
    "wasserstein": lambda fake: -fake.mean(),
    "hinge": lambda fake: -fake.mean(),
}
HAS_TARGETS = ("nonsaturating", "minimax", "least_squares")

names = pytest.mark.parametrize("name", list(LOSSES))


def draw(*shape: int, seed: int = 0) -> Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def g_gradient(name: LossName, logit: float) -> float:
    fake = torch.tensor([logit], requires_grad=True)
    LOSSES[name].g(fake).backward()
    assert fake.grad is not None
    return fake.grad.item()


@names
@pytest.mark.parametrize(("real_shape", "fake_shape"), [((7,), (7,)), ((3,), (8,))])
def test_losses_equal_their_closed_forms(name: LossName, real_shape: tuple, fake_shape: tuple) -> None:
    real, fake = draw(*real_shape), draw(*fake_shape, seed=1)
    loss_d, loss_g = LOSSES[name].d(real, fake), LOSSES[name].g(fake)
    assert loss_d.shape == loss_g.shape == ()
    assert loss_d.item() == pytest.approx(D_CLOSED_FORM[name](real.numpy(), fake.numpy(), 1.0), rel=1e-12)
    assert loss_g.item() == pytest.approx(G_CLOSED_FORM[name](fake.numpy()), rel=1e-12)


@names
def test_each_of_several_runs_has_its_own_loss(name: LossName) -> None:
    real, fake = draw(3, 7), draw(3, 5, seed=1)
    loss = LOSSES[name]
    each_d = [loss.d(*each) for each in zip(real, fake, strict=True)]
    torch.testing.assert_close(loss.d(real, fake), torch.stack(each_d))
    torch.testing.assert_close(loss.g(fake), torch.stack([loss.g(each) for each in fake]))
    torch.testing.assert_close(score(name, fake), torch.stack([score(name, each) for each in fake]))


@pytest.mark.parametrize(
    ("name", "loss_d", "loss_g"),
    [
        ("nonsaturating", 2 * math.log(2), math.log(2)),
        ("minimax", 2 * math.log(2), -math.log(2)),
        ("least_squares", 0.5, 0.5),
        ("wasserstein", 0.0, 0.0),
        ("hinge", 2.0, 0.0),
    ],
)
def test_a_discriminator_that_says_zero_costs_what_theory_says(name: LossName, loss_d: float, loss_g: float) -> None:
    zero = torch.zeros(4)
    assert LOSSES[name].d(zero, zero).item() == pytest.approx(loss_d)
    assert LOSSES[name].g(zero).item() == pytest.approx(loss_g)


@names
@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_smoothing_lowers_the_target_of_real_images_alone(name: LossName, smoothing: float) -> None:
    real, fake = draw(7), draw(5, seed=1)
    expected = D_CLOSED_FORM[name](real.numpy(), fake.numpy(), 1 - smoothing)
    assert LOSSES[name].d(real, fake, smoothing=smoothing).item() == pytest.approx(expected, rel=1e-12)
    changes_nothing = torch.equal(LOSSES[name].d(real, fake, smoothing=smoothing), LOSSES[name].d(real, fake))
    assert changes_nothing == (name not in HAS_TARGETS)


@pytest.mark.parametrize("name", HAS_TARGETS)
@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_the_best_verdict_on_real_images_is_the_target(name: LossName, smoothing: float) -> None:
    """Where the gradient vanishes, D's output is 1 - smoothing: it is never taught to be surer."""
    target = 1 - smoothing
    logit = math.log(target / smoothing) if LOSS_FACTS[name].output == "probability" else target
    real = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    LOSSES[name].d(real, draw(3), smoothing=smoothing).backward()
    assert real.grad is not None
    assert real.grad.item() == pytest.approx(0, abs=1e-12)


@names
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("real", [-1e4, 1e4])
@pytest.mark.parametrize("fake", [-1e4, 1e4])
def test_values_and_gradients_are_finite_for_huge_logits(
    name: LossName, smoothing: float, real: float, fake: float
) -> None:
    logits = [torch.full((5,), value, requires_grad=True) for value in (real, fake)]
    target = 1 - smoothing
    on_real = {"least_squares": (real - target) ** 2 / 2, "wasserstein": -real, "hinge": max(0, 1 - real)}
    on_fake = {"least_squares": fake**2 / 2, "wasserstein": fake, "hinge": max(0, 1 + fake)}
    limit = on_real.get(name, max(0, -real) + smoothing * real) + on_fake.get(name, max(0, fake))
    assert LOSSES[name].d(*logits, smoothing=smoothing).item() == pytest.approx(limit, rel=1e-6, abs=1e-6)
    for loss in (LOSSES[name].d(*logits, smoothing=smoothing), LOSSES[name].g(logits[1])):
        assert torch.isfinite(loss)
        gradients = torch.autograd.grad(loss, logits, allow_unused=True)
        assert all(torch.isfinite(gradient).all() for gradient in gradients if gradient is not None)


@names
def test_gradients_are_those_of_the_values(name: LossName) -> None:
    real, fake = draw(6).requires_grad_(), draw(4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(LOSSES[name].d, (real, fake))
    assert torch.autograd.gradcheck(lambda *logits: LOSSES[name].d(*logits, smoothing=0.2), (real, fake))
    assert torch.autograd.gradcheck(LOSSES[name].g, (fake,))


def test_only_the_nonsaturating_loss_teaches_g_while_d_is_sure() -> None:
    """d/dl log(1 - sigmoid(l)) = -sigmoid(l) and d/dl -log sigmoid(l) = sigmoid(l) - 1, at l = -20."""
    assert g_gradient("minimax", -20.0) == pytest.approx(-math.exp(-20), rel=1e-5)
    assert g_gradient("nonsaturating", -20.0) == pytest.approx(-1, abs=1e-6)


@names
@pytest.mark.parametrize("logit", [-2.0, 0.0, 0.5])
def test_g_gains_when_d_believes_more(name: LossName, logit: float) -> None:
    assert g_gradient(name, logit) < 0


@names
def test_d_gains_when_it_tells_real_from_fake(name: LossName) -> None:
    real, fake = torch.zeros(1, requires_grad=True), torch.full((1,), 0.5, requires_grad=True)
    LOSSES[name].d(real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert real.grad < 0 < fake.grad


@names
def test_the_score_is_a_mean_probability_or_a_mean_raw_score(name: LossName) -> None:
    logits = draw(9)
    expected = sigmoid(logits.numpy()).mean() if LOSS_FACTS[name].output == "probability" else logits.numpy().mean()
    assert score(name, logits).shape == ()
    assert score(name, logits).item() == pytest.approx(expected, rel=1e-12)


def test_every_loss_of_the_config_exists_and_says_what_d_puts_out() -> None:
    assert {*LOSSES, "own"} == set(get_args(LossName)) == set(LOSS_FACTS)
    assert set(EXPRESSIONS) == set(LOSSES)
    assert {name for name, facts in LOSS_FACTS.items() if facts.output == "probability"} == {"nonsaturating", "minimax"}


def test_the_hinge_ignores_what_is_beyond_its_margin() -> None:
    """Real scores above 1 and generated ones below -1 are right enough: no gradient."""
    real = torch.tensor([0.9, 1.1, -3.0], requires_grad=True)
    fake = torch.tensor([-0.9, -1.1, 3.0], requires_grad=True)
    LOSSES["hinge"].d(real, fake).backward()
    torch.testing.assert_close(real.grad, torch.tensor([-1 / 3, 0.0, -1 / 3]))
    torch.testing.assert_close(fake.grad, torch.tensor([1 / 3, 0.0, 1 / 3]))


def test_wasserstein_is_the_distance_that_the_critic_finds() -> None:
    """D(x) = x is 1-Lipschitz and the best critic for two points: minus the loss is their distance."""
    assert LOSSES["wasserstein"].d(torch.full((4,), 3.0), torch.full((6,), 1.0)).item() == -2.0


# Over where float32's sigmoid rounds to 1, is below BCELoss's 1e-12, is not a normal number, and is 0.
SATURATED = (
    -1e4,
    -104.0,
    -100.0,
    -95.0,
    -88.0,
    -87.0,
    -30.0,
    -27.7,
    -5.0,
    0.0,
    5.0,
    16.0,
    16.7,
    17.0,
    30.0,
    100.0,
    1e4,
)


def of_a_sigmoid(logits: Tensor, target: float) -> Tensor:
    """As the tutorials have it: a D that ends in a sigmoid, and BCELoss."""
    return torch.nn.BCELoss()(torch.nn.Sigmoid()(logits), torch.full_like(logits, target))


def with_gradients(loss: Callable[..., Tensor], *logits: Tensor) -> list[Tensor]:
    leaves = [each.clone().requires_grad_() for each in logits]
    value = loss(*leaves)
    return [value.detach(), *torch.autograd.grad(value, leaves)]


def assert_bits(found: list[Tensor], expected: list[Tensor]) -> None:
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", ON_PROBABILITIES)
@pytest.mark.parametrize("logits", [*([each] for each in SATURATED), list(SATURATED)], ids=str)
def test_losses_on_probabilities_are_those_of_bceloss_to_the_bit(name: LossName, logits: list[float]) -> None:
    fake, real = torch.tensor(logits), torch.tensor(logits[::-1])
    loss, sign, target = ON_PROBABILITIES[name], *((1, 1.0) if name == "nonsaturating" else (-1, 0.0))
    expected = with_gradients(lambda r, f: of_a_sigmoid(r, 1.0) + of_a_sigmoid(f, 0.0), real, fake)
    assert_bits(with_gradients(loss.d, real, fake), expected)
    smoothed = with_gradients(lambda r, f: of_a_sigmoid(r, 0.9) + of_a_sigmoid(f, 0.0), real, fake)
    assert_bits(with_gradients(lambda r, f: loss.d(r, f, smoothing=0.1), real, fake), smoothed)
    assert_bits(with_gradients(loss.g, fake), with_gradients(lambda f: sign * of_a_sigmoid(f, target), fake))


def test_on_probabilities_no_loss_exceeds_100_and_g_learns_nothing_there() -> None:
    """What "very high" can mean in report 003; on logits the loss grows on, and G's gradient stays."""
    value, gradient = with_gradients(ON_PROBABILITIES["nonsaturating"].g, torch.full((3,), -500.0))
    assert value == 100
    assert not gradient.any()
    value, gradient = with_gradients(LOSSES["nonsaturating"].g, torch.full((3,), -500.0))
    assert value == 500
    assert torch.equal(gradient, torch.full((3,), -1 / 3))


@pytest.mark.parametrize("name", ON_PROBABILITIES)
def test_where_nothing_is_cut_probabilities_and_logits_agree(name: LossName) -> None:
    real, fake = draw(50), draw(50, seed=1)
    torch.testing.assert_close(ON_PROBABILITIES[name].d(real, fake), LOSSES[name].d(real, fake))
    torch.testing.assert_close(ON_PROBABILITIES[name].g(fake), LOSSES[name].g(fake))


def test_cross_entropies_and_no_others_exist_on_probabilities() -> None:
    assert set(ON_PROBABILITIES) == {name for name, facts in LOSS_FACTS.items() if facts.output == "probability"}


# --- losses of one's own ----------------------------------------------------------------------------------------------


@names
def test_the_expressions_of_a_loss_are_the_loss(name: LossName) -> None:
    own = own_loss(*EXPRESSIONS[name])
    real, fake = (draw(40, seed=seed).requires_grad_() for seed in (1, 2))

    def found(loss: Loss) -> list[Tensor]:
        of_d, of_g = loss.d(real, fake), loss.g(fake)
        return [of_d, of_g, *torch.autograd.grad(of_d, (real, fake)), *torch.autograd.grad(of_g, fake)]

    for mine, theirs in zip(found(own), found(LOSSES[name]), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)


def test_the_means_of_the_parts_are_over_batches_of_their_own() -> None:
    own = own_loss("1 - 2 * (min(real, 1) - fake ** 2 / 4)", "clip(fake, -1, 1)")
    real, fake = torch.tensor([0.0, 4.0, 0.5]), torch.tensor([2.0, 4.0])
    assert own.d(real, fake).item() == pytest.approx(1 - 2 * 0.5 + 2 * 2.5)
    assert own.g(fake).item() == 1.0


def test_the_settings_say_which_loss() -> None:
    config = RunConfig()
    assert loss_of(config) is LOSSES["nonsaturating"]
    assert loss_of(config.replace({"objective.loss": "hinge"})) is LOSSES["hinge"]
    cut = {"objective.cross_entropy": "probabilities", "objective.loss": "minimax"}
    assert loss_of(config.replace(cut)) is ON_PROBABILITIES["minimax"]
    own = loss_of(config.replace({"objective.loss": "own", "objective.own_g": "-2 * fake"}))
    assert own.g(torch.tensor([3.0])).item() == -6.0
    without = config.replace({"model.kind": "semi", "objective.loss": "hinge", "data.name": "mnist"})
    assert loss_of(without) is LOSSES["nonsaturating"]
