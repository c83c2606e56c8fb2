from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from gancore.algorithms import build_algorithm
from gancore.config.optim import OptimConfig
from gancore.optimizers import OPTIMIZERS, build_optimizer, descend, set_rate
from tests.miniatures import equal, tensors, tiny, train

# PyTorch's own, with the settings that the help texts promise.
PLAIN: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.3, 0.9), eps=1e-8, foreach=False, fused=False),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.6, foreach=False),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.05, alpha=0.99, eps=1e-8, momentum=0, centered=False),
}
CONFIG = OptimConfig(beta1=0.3, beta2=0.9, momentum=0.6, momentum_end=0.6)


def network(seed: int = 0) -> nn.Sequential:
    layers = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for place, parameter in enumerate(layers.parameters()):
        source = torch.Generator().manual_seed(10 * seed + place)
        parameter.data = torch.randn(parameter.shape, generator=source)
    return layers


def loss_of(layers: nn.Module, step: int) -> Tensor:
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(100 + step))
    return layers(x).square().mean()


def test_every_optimiser_of_the_config_exists() -> None:
    assert set(OPTIMIZERS) == set(get_args(OptimConfig.model_fields["optimizer"].annotation)) == set(PLAIN)


@pytest.mark.parametrize("name", list(PLAIN))
def test_ten_steps_equal_pytorchs_own(name: Any) -> None:
    config = CONFIG.model_copy(update={"optimizer": name})
    ours, theirs = network(), network()
    optimizer, plain = build_optimizer([ours], config), PLAIN[name](theirs.parameters())
    for step in range(10):
        set_rate(optimizer, 0.05, config, step / 10)
        norm = descend(loss_of(ours, step), optimizer)
        plain.zero_grad()
        loss_of(theirs, step).backward()
        expected = torch.cat([p.grad.flatten() for p in theirs.parameters()]).norm()
        plain.step()
        assert norm.item() == pytest.approx(expected.item(), rel=1e-4)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", list(PLAIN))
def test_steps_are_those_of_the_optimiser_itself_to_the_bit(name: Any) -> None:
    """However they are taken, also from a state that was loaded, and beside parameters without a gradient."""
    config = CONFIG.model_copy(update={"optimizer": name})
    (ours, theirs), unused = (network(), network()), network(1)
    optimizer, itself = build_optimizer([ours, unused], config), build_optimizer([theirs, network(1)], config)
    for step in range(10):
        set_rate(optimizer, 0.05, config, step / 10)
        set_rate(itself, 0.05, config, step / 10)
        norm = descend(loss_of(ours, step), optimizer)
        itself.zero_grad()
        loss_of(theirs, step).backward()
        assert torch.equal(norm, get_total_norm([p.grad for p in theirs.parameters() if p.grad is not None]))
        itself.step()
        if step == 5:
            optimizer.load_state_dict(deepcopy(optimizer.state_dict()))
    assert equal(tensors(list(ours.parameters())), tensors(list(theirs.parameters())))
    assert equal(tensors(optimizer.state_dict()), tensors(itself.state_dict()))


def test_a_loss_that_no_parameter_changes_moves_none() -> None:
    mine, other = network(), network(1)
    optimizer, before = build_optimizer([mine], CONFIG), tensors(list(mine.parameters()))
    assert descend(loss_of(other, 0), optimizer).item() == 0
    assert equal(before, tensors(list(mine.parameters())))


def test_one_optimiser_can_hold_several_networks() -> None:
    first, second = network(), network(1)
    optimizer = build_optimizer([first, second], CONFIG)
    assert len(optimizer.param_groups) == 1
    assert len(optimizer.param_groups[0]["params"]) == 8


@pytest.mark.parametrize(("done", "momentum"), [(0.0, 0.5), (0.25, 0.55), (0.5, 0.6), (1.0, 0.7)])
def test_momentum_changes_evenly(done: float, momentum: float) -> None:
    config = OptimConfig(optimizer="sgd", momentum=0.5, momentum_end=0.7)
    optimizer = build_optimizer([network()], config)
    set_rate(optimizer, 0.3, config, done)
    assert optimizer.param_groups[0]["momentum"] == pytest.approx(momentum)
    assert optimizer.param_groups[0]["lr"] == 0.3


def test_a_run_raises_its_momentum_step_by_step() -> None:
    config = tiny("mlp", {"optim.optimizer": "sgd", "optim.momentum": 0.5, "optim.momentum_end": 0.7})
    algorithm, found = build_algorithm(config), []
    groups = [optimizer.param_groups[0] for optimizer in algorithm.optimizers.values()]
    train(algorithm, config, 20, after=lambda: found.append([group["momentum"] for group in groups]))
    for step, values in enumerate(found):
        assert values == pytest.approx([0.5 + 0.2 * step / 20] * 2)


def test_descending_moves_only_the_optimisers_own_weights() -> None:
    mine, other = network(), network(1)
    before, optimizer = tensors(list(other.parameters())), build_optimizer([mine], CONFIG)
    descend(loss_of(mine, 0) + loss_of(other, 0), optimizer)
    assert equal(list(other.parameters()), before)
    assert all(parameter.grad is None for parameter in other.parameters())


def test_weights_that_the_loss_does_not_need_stay_where_they_are() -> None:
    used, unused = network(), network(1)
    before, optimizer = tensors(list(unused.parameters())), build_optimizer([used, unused], CONFIG)
    norm = descend(loss_of(used, 0), optimizer)
    assert equal(list(unused.parameters()), before)
    assert norm > 0


def test_gradients_do_not_add_up_from_step_to_step() -> None:
    layers, config = network(), OptimConfig(optimizer="sgd")
    optimizer = build_optimizer([layers], config)
    set_rate(optimizer, 0.0, config, 0.0)
    norms = [descend(loss_of(layers, 0), optimizer).item() for _ in range(3)]
    assert norms[0] == norms[1] == norms[2]


# --- weight clipping ------------------------------------------------------------------------------------------------


def test_no_weight_of_d_is_ever_beyond_the_bound() -> None:
    """In an iteration D sees a real and a generated batch, is updated, sees two more, is updated, and judges for G."""
    bound = 0.01
    wasserstein = {"objective.loss": "wasserstein", "objective.clip": bound, "optim.optimizer": "rmsprop"}
    config = tiny("mlp", wasserstein | {"optim.d_steps": 2, "optim.lr_d": 0.1, "optim.lr_g": 0.1})
    algorithm, largest = build_algorithm(config), []
    algorithm.discriminator.register_forward_pre_hook(
        lambda network, _: largest.append(max(p.abs().max().item() for p in network.parameters()))
    )
    train(algorithm, config, 3)
    assert len(largest) == 3 * 5
    assert min(largest[:2]) > bound
    assert largest[2:] == pytest.approx([bound] * 13)
    assert max(p.abs().max().item() for p in algorithm.generator.parameters()) > bound


# --- the moving average of G ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ema", "g_steps"), [(0.5, 1), (0.999, 1), (0.8, 3)])
def test_the_average_is_the_one_computed_by_hand(ema: float, g_steps: int) -> None:
    """It keeps min(ema, step / (step + 10)) of itself: a young one forgets faster."""
    config = tiny("mlp", {"optim.ema": ema, "optim.g_steps": g_steps, "optim.lr_g": 0.05})
    algorithm = build_algorithm(config)
    expected = [p.detach().double().clone() for p in algorithm.generator.parameters()]
    updates = 0

    def follow(*_: object) -> None:
        nonlocal updates
        step = updates // g_steps + 1
        updates += 1
        kept = min(ema, step / (step + 10))
        for mean, weight in zip(expected, algorithm.generator.parameters(), strict=True):
            mean.mul_(kept).add_((1 - kept) * weight.detach().double())

    algorithm.optimizers["optimizer_g"].register_step_post_hook(follow)
    train(algorithm, config, 15)
    assert updates == 15 * g_steps
    for mean, mine in zip(expected, algorithm.networks["average"].parameters(), strict=True):
        torch.testing.assert_close(mine.double(), mean, rtol=1e-5, atol=1e-6)
        assert not mine.requires_grad


def test_the_average_starts_as_g_and_samples_come_from_it() -> None:
    config = tiny("dcgan", {"optim.ema": 0.9})
    algorithm, plain = build_algorithm(config), build_algorithm(config.replace({"optim.ema": 0.0}))
    noise = algorithm.latents(5, torch.Generator())
    assert torch.equal(algorithm.sample(noise), plain.sample(noise))
    train(algorithm, config, 3)
    average = algorithm.networks["average"]
    with torch.no_grad():
        assert torch.equal(algorithm.sample(noise), average(noise))
        assert not torch.equal(algorithm.sample(noise), algorithm.generator.eval()(noise))
    for mine, theirs in zip(average.buffers(), algorithm.generator.buffers(), strict=True):
        assert torch.equal(mine, theirs)
    assert not average.training


def test_the_average_changes_nothing_of_the_training() -> None:
    config = tiny("dcgan", {"optim.ema": 0.9})
    with_average, without = build_algorithm(config), build_algorithm(config.replace({"optim.ema": 0.0}))
    assert equal(train(with_average, config, 3), train(without, config, 3))
    assert equal(with_average.generator.state_dict(), without.generator.state_dict())


@pytest.mark.parametrize(("kind", "changes"), [("adam", {"optim.beta1": 0.1}), ("sgd", {"optim.momentum_end": 0.9})])
def test_a_loaded_state_goes_on_with_the_settings_of_its_new_run(kind: str, changes: dict[str, float]) -> None:
    """A fork may change them; the state that it starts from holds the old ones."""
    config = tiny("mlp", {"optim.optimizer": kind})
    algorithm, fork = build_algorithm(config), build_algorithm(config.replace(changes))
    train(algorithm, config, 2)
    fork.load_state_dict(algorithm.state_dict())
    train(fork, config, 2)
    for optimizer in fork.optimizers.values():
        group = optimizer.param_groups[0]
        assert group["betas"][0] == 0.1 if kind == "adam" else group["momentum"] > 0.51
