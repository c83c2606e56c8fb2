from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gancore.algorithms import build_algorithm
from gancore.config import ConfigError
from gancore.rng import StepRng, generator
from tests.miniatures import Batches, conditions, equal, tensors, tiny, train, trained

ALONE = {"objective.adversarial_weight": 0.0, "objective.pixel_weight": 0.0, "objective.diversity_weight": 0.0}


def first_step(changes: dict[str, Any]) -> tuple[Any, Any, dict[str, Tensor]]:
    """After one step in which only G matters: G before it, the batch, and the numbers."""
    config = tiny("translator", changes)
    algorithm, before, batches = build_algorithm(config), build_algorithm(config), Batches(config)
    scalars = algorithm.step(batches, StepRng(0, 1))
    return before, batches.drawn[0], scalars


def drawn_by(algorithm: Any, batch: Any, passes: int) -> list[tuple[Tensor, Tensor]]:
    """Noise and logits of the first passes of G, in training mode."""
    source = generator(0, "noise", 1)
    noise = [algorithm.latents(len(batch.sources), source) for _ in range(passes)]
    return [(z, algorithm.generator(batch.sources, z)) for z in noise]


def gradient_norm(loss: Tensor, network: nn.Module) -> float:
    gradients = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in gradients]).norm().item()


def test_the_pixel_loss_is_the_cross_entropy_of_probabilities() -> None:
    before, batch, scalars = first_step(ALONE | {"objective.pixel_weight": 3.0})
    [(_, logits)] = drawn_by(before, batch, 1)
    p, x = 1 / (1 + np.exp(-logits.detach().double().numpy())), batch.images.double().numpy()
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).mean()
    assert scalars["loss_pixel"].item() == pytest.approx(expected, rel=1e-5)
    pixel = nn.functional.binary_cross_entropy(torch.sigmoid(logits), batch.images)
    assert scalars["grad_norm_g"].item() == pytest.approx(gradient_norm(3 * pixel, before.generator), rel=1e-3)


def test_diversity_is_how_far_images_move_for_how_far_noise_moves() -> None:
    """Mao et al. 2019: G minimises the inverse of the ratio of mean distances."""
    before, batch, scalars = first_step(ALONE | {"objective.diversity_weight": 2.0})
    (z, logits), (other_z, other_logits) = drawn_by(before, batch, 2)
    assert not torch.equal(z, other_z)
    moved = (torch.sigmoid(logits) - torch.sigmoid(other_logits)).abs().mean()
    ratio = moved / (z - other_z).abs().mean()
    assert scalars["diversity"].item() == pytest.approx(ratio.item(), rel=1e-4)
    expected = gradient_norm(2 / (ratio + 1e-5), before.generator)
    assert scalars["grad_norm_g"].item() == pytest.approx(expected, rel=1e-3)


def test_a_g_that_ignores_its_noise_is_finite() -> None:
    config = tiny("translator")
    algorithm = build_algorithm(config)
    for layer in (algorithm.generator.up, algorithm.generator.out):
        nn.init.zeros_(layer.style.weight)
    scalars = train(algorithm, config, 3)
    assert scalars[0]["diversity"].item() == 0
    assert all(torch.isfinite(value) for step in scalars for value in step.values())
    assert algorithm.is_finite()


def test_the_terms_add_up_with_their_weights() -> None:
    weights = {"objective.adversarial_weight": 0.5, "objective.pixel_weight": 3.0, "objective.diversity_weight": 2.0}
    config = tiny("translator", weights | {"optim.lr_d": 1e-6, "optim.optimizer": "sgd"})  # so that D hardly moves
    algorithm, before, batches = build_algorithm(config), build_algorithm(config), Batches(config)
    scalars = algorithm.step(batches, StepRng(0, 1))
    batch = batches.drawn[0]
    (z, logits), (other_z, other_logits) = drawn_by(before, batch, 2)
    images, others = torch.sigmoid(logits), torch.sigmoid(other_logits)
    before.discriminator(batch.images)
    verdict = -torch.sigmoid(before.discriminator(images)).log().mean()
    pixel = nn.functional.binary_cross_entropy(images, batch.images)
    ratio = (images - others).abs().mean() / (z - other_z).abs().mean()
    loss = 0.5 * verdict + 3 * pixel + 2 / (ratio + 1e-5)
    assert scalars["loss_g"].item() == pytest.approx(verdict.item(), rel=1e-4)  # the game's alone
    assert scalars["grad_norm_g"].item() == pytest.approx(gradient_norm(loss, before.generator), rel=1e-2)


@pytest.mark.parametrize(
    ("weight", "name"), [("objective.pixel_weight", "loss_pixel"), ("objective.diversity_weight", "diversity")]
)
def test_a_weight_of_0_drops_its_term(weight: str, name: str) -> None:
    for value in (0.0, 1.0):
        _, _, scalars = first_step({weight: value})
        assert (name in scalars) == (value > 0)


@pytest.mark.parametrize("changes", [{"objective.pixel_weight": 1.0}, {"objective.diversity_weight": 1.0}])
def test_without_an_adversarial_weight_d_is_scored_and_teaches_nothing(changes: dict[str, float]) -> None:
    """Not even where it has diverged."""
    config = tiny("translator", ALONE | changes)
    healthy, ill = build_algorithm(config), build_algorithm(config)
    nn.init.constant_(ill.discriminator.layers[-1].weight, float("inf"))
    train(ill, config, 2)
    scalars = train(healthy, config, 2)[-1]
    assert torch.isfinite(scalars["loss_g"])
    assert equal(healthy.generator.state_dict(), ill.generator.state_dict())
    before, after = (tensors(list(each.generator.parameters())) for each in (build_algorithm(config), healthy))
    assert not equal(before, after)


def test_a_generator_that_nothing_teaches_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"objective\.adversarial_weight must be above 0"):
        tiny("translator", ALONE)


def test_several_updates_of_g_share_a_batch_and_draw_noise_of_their_own() -> None:
    config = tiny("translator", {"optim.g_steps": 3, "objective.diversity_weight": 0.0})
    algorithm, batches, inputs, updates = build_algorithm(config), Batches(config), [], Counter()
    algorithm.generator.register_forward_pre_hook(lambda _, given: inputs.append(given))
    for name, optimizer in algorithm.optimizers.items():
        optimizer.register_step_post_hook(lambda *_, name=name: updates.update([name]))
    algorithm.step(batches, StepRng(0, 1))
    assert updates == {"optimizer_d": 1, "optimizer_g": 3}
    assert len(batches.drawn) == 1
    assert all(torch.equal(sources, batches.drawn[0].sources) for sources, _ in inputs)
    assert len({tuple(z.flatten().tolist()) for _, z in inputs}) == 3


@pytest.mark.parametrize("order", ["d_first", "g_first"])
def test_each_update_of_d_takes_a_fresh_batch_and_its_own_sources(order: str) -> None:
    config = tiny("translator", {"optim.d_steps": 3, "objective.order": order, "objective.diversity_weight": 0.0})
    algorithm, batches, sources = build_algorithm(config), Batches(config), []
    algorithm.generator.register_forward_pre_hook(lambda _, given: sources.append(given[0]))
    algorithm.step(batches, StepRng(0, 1))
    assert len(batches.drawn) == 3
    assert [
        next(place for place, batch in enumerate(batches.drawn) if torch.equal(batch.sources, given))
        for given in sources
    ] == [0, 1, 2]


def test_d_tells_bold_images_from_gs_without_seeing_the_source() -> None:
    config = tiny("translator", {"objective.diversity_weight": 0.0})
    algorithm, batches, seen = build_algorithm(config), Batches(config), []
    algorithm.discriminator.register_forward_pre_hook(lambda _, given: seen.append(given))
    algorithm.step(batches, StepRng(0, 1))
    assert [len(given) for given in seen] == [1, 1, 1]
    assert torch.equal(seen[0][0], batches.drawn[0].images)
    assert all(given[0].min() >= 0 and given[0].max() <= 1 for given in seen)
    assert [given[0].requires_grad for given in seen] == [False, False, True]


def test_samples_are_probabilities_shown_in_the_display_range() -> None:
    algorithm = trained(tiny("translator"))
    regular = conditions(algorithm.config, 5)
    z = algorithm.latents(5, torch.Generator())
    with torch.no_grad():
        expected = torch.sigmoid(algorithm.generator.eval()(regular, z)) * 2 - 1
    algorithm.generator.train()
    torch.testing.assert_close(algorithm.sample(z, regular), expected)
    assert not torch.equal(algorithm.sample(z, regular), algorithm.sample(z.flip(0), regular))
    assert not torch.equal(algorithm.sample(z, regular), algorithm.sample(z, regular.flip(0)))


def test_a_pixel_weight_alone_learns_the_twin() -> None:
    """With twins that are always black, G's pixels go there."""
    config = tiny("translator", ALONE | {"objective.pixel_weight": 1.0, "optim.lr_g": 0.02})
    algorithm, batches = build_algorithm(config), Batches(config)

    def black() -> Any:
        batch = batches()
        return replace(batch, images=torch.zeros_like(batch.images))

    losses = [algorithm.step(black, StepRng(0, step))["loss_pixel"].item() for step in range(1, 40)]
    assert losses[-1] < 0.3 * losses[0]
