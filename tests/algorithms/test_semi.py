from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from gancore.algorithms import build_algorithm
from gancore.algorithms.semi import _realness
from gancore.rng import StepRng, generator
from tests.miniatures import Batches, equal, held_out, tiny, train, trained


def with_fake_class(logits: Tensor) -> Tensor:
    """Log-probabilities of K + 1 classes, the last of them "fake", whose logit is 0 (Salimans et al. 2016)."""
    return torch.cat([logits.double(), torch.zeros(len(logits), 1)], 1).log_softmax(1)


def judged(algorithm: Any, images: Tensor) -> Tensor:
    """D's logits in training mode, nothing else changed."""
    with torch.no_grad():
        return algorithm.discriminator(images)


def test_the_logit_of_being_real_is_that_of_not_being_fake() -> None:
    logits = 5 * torch.randn(20, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    log_fake = with_fake_class(logits)[:, -1]
    realness = _realness(logits.double())
    torch.testing.assert_close(torch.sigmoid(realness.double()), 1 - log_fake.exp(), rtol=1e-5, atol=1e-7)
    assert torch.isfinite(_realness(torch.tensor([[1e4, -1e4], [-1e4, -1e4]]))).all()


def test_ds_losses_are_those_of_a_softmax_over_one_class_more() -> None:
    """Given that it is real, which class it is; real or fake on the other two batches."""
    config = tiny("semi")
    algorithm, plain, batches = build_algorithm(config), build_algorithm(config), Batches(config)
    scalars = algorithm.step(batches, StepRng(0, 1))
    batch = batches.drawn[0]
    assert batch.labelled is not None
    with torch.no_grad():
        fake = plain.generator(plain.latents(8, generator(0, "noise", 1)))
    of_labelled, of_real, of_fake = (judged(plain, images) for images in (batch.labelled.images, batch.images, fake))
    chosen = with_fake_class(of_labelled).gather(1, batch.labelled.labels[:, None])[:, 0]
    given_real = chosen - (1 - with_fake_class(of_labelled)[:, -1].exp()).log()
    p_real, p_fake = (1 - with_fake_class(logits)[:, -1].exp() for logits in (of_real, of_fake))
    expected = {
        "loss_class": -given_real.mean(),
        "loss_d": -p_real.log().mean() - (1 - p_fake).log().mean(),
        "d_real": p_real.mean(),
        "d_fake": p_fake.mean(),
        "accuracy": (of_real.argmax(1) == batch.labels).double().mean(),
    }
    for name, value in expected.items():
        assert scalars[name].item() == pytest.approx(value.item(), rel=1e-4), name


@pytest.mark.parametrize("weight", [1.0, 0.5, 3.0])
def test_d_follows_the_sum_of_both_losses(weight: float) -> None:
    config = tiny("semi", {"optim.optimizer": "sgd", "objective.unsupervised_weight": weight})
    algorithm, plain, batches = build_algorithm(config), build_algorithm(config), Batches(config)
    scalars = algorithm.step(batches, StepRng(0, 1))
    batch = batches.drawn[0]
    with torch.no_grad():
        fake = plain.generator(plain.latents(8, generator(0, "noise", 1)))
    d = plain.discriminator
    supervised = torch.nn.functional.cross_entropy(d(batch.labelled.images), batch.labelled.labels)
    on_real, on_fake = (torch.sigmoid(torch.logsumexp(d(images), 1)) for images in (batch.images, fake))
    loss = supervised - weight * (on_real.log().mean() + (1 - on_fake).log().mean())
    gradients = torch.autograd.grad(loss, list(d.parameters()))
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert scalars["grad_norm_d"].item() == pytest.approx(norm, rel=1e-4)
    for mine, start, gradient in zip(algorithm.discriminator.parameters(), d.parameters(), gradients, strict=True):
        torch.testing.assert_close(mine, start - config.optim.lr_d * gradient)


def test_without_the_unsupervised_loss_a_classifier_is_trained_on_the_labels_alone() -> None:
    """As by a plain loop that never sees another image; its batch statistics are those of labelled images, too."""
    config = tiny("semi", {"objective.unsupervised_weight": 0.0, "optim.lr_d": 0.01})
    algorithm, start, batches = build_algorithm(config), build_algorithm(config), Batches(config)
    network = start.discriminator
    adam = torch.optim.Adam(network.parameters(), lr=0.01, betas=(config.optim.beta1, config.optim.beta2))
    for step in range(1, 6):
        scalars = algorithm.step(batches, StepRng(0, step))
        batch = batches.drawn[-1]
        loss = torch.nn.functional.cross_entropy(network(batch.labelled.images), batch.labelled.labels)
        adam.zero_grad()
        loss.backward()
        network.eval()
        right = judged(start, batch.images).argmax(1) == batch.labels
        network.train()
        assert scalars["loss_class"].item() == pytest.approx(loss.item(), rel=1e-4)
        assert scalars.keys() == {"loss_class", "accuracy", "grad_norm_d"}
        assert step > 1 or scalars["accuracy"].item() == pytest.approx(right.float().mean().item())
        adam.step()
    for name, mine in algorithm.discriminator.state_dict().items():
        torch.testing.assert_close(mine, network.state_dict()[name], rtol=1e-3, atol=1e-4)
    assert equal(algorithm.generator.state_dict(), start.generator.state_dict())


def test_labels_of_the_unlabelled_batch_are_never_learnt_from() -> None:
    config = tiny("semi")
    states = []
    for shift in (0, 1):
        algorithm, batches = build_algorithm(config), Batches(config)
        for step in (1, 2):
            batch = batches()
            algorithm.step(lambda b=batch, k=shift: replace(b, labels=(b.labels + k) % 10), StepRng(0, step))
        states.append(algorithm.discriminator.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_feature_matching_is_the_distance_of_mean_features() -> None:
    """Of D after its update, in training mode; the real images are those that D saw last."""
    config = tiny("semi", {"optim.lr_g": 1e-6})
    algorithm, batches, seen = build_algorithm(config), Batches(config), []
    algorithm.discriminator.features.register_forward_hook(lambda _, inputs, found: seen.append((*inputs, found)))
    scalars = algorithm.step(batches, StepRng(0, 1))
    (made, of_made), (real, of_real) = seen[3:]
    assert torch.equal(real, batches.drawn[0].images)
    assert made.requires_grad
    assert not of_real.requires_grad
    assert scalars["loss_g"].item() == pytest.approx((of_made.mean(0) - of_real.mean(0)).abs().mean().item(), rel=1e-5)


@pytest.mark.parametrize("matching", [True, False])
def test_gs_objective_leaves_d_alone(matching: bool) -> None:
    config = tiny("semi", {"objective.feature_matching": matching})
    algorithm = build_algorithm(config)
    gradients: list[list[Tensor]] = []
    algorithm.optimizers["optimizer_d"].register_step_post_hook(
        lambda *_: gradients.append([p.grad.clone() for p in algorithm.discriminator.parameters()])
    )
    train(algorithm, config, 1)
    now = [p.grad for p in algorithm.discriminator.parameters()]
    assert all(torch.equal(one, other) for one, other in zip(gradients[0], now, strict=True))


def test_without_feature_matching_g_wants_to_be_taken_for_real() -> None:
    config = tiny("semi", {"objective.feature_matching": False})
    algorithm, seen = build_algorithm(config), []
    algorithm.discriminator.last.register_forward_hook(lambda *args: seen.append(args[-1].detach()))
    scalars = train(algorithm, config, 1)[0]
    p_real = 1 - with_fake_class(seen[-1])[:, -1].exp()
    assert scalars["loss_g"].item() == pytest.approx(-p_real.log().mean().item(), rel=1e-4)
    assert scalars["d_fake_g"].item() == pytest.approx(p_real.mean().item(), rel=1e-4)


@pytest.mark.parametrize("scale", ["-1..1", "0..1"])
def test_accuracy_on_held_out_images_is_ds_in_eval_mode(scale: str) -> None:
    config = tiny("semi", {"data.range": scale})
    algorithm = trained(config)
    images = held_out(config, 2_300)  # in three portions
    real = images.pixels.float() / 255
    algorithm.discriminator.eval()
    right = judged(algorithm, real if scale == "0..1" else 2 * real - 1).argmax(1) == images.labels
    algorithm.discriminator.train()
    assert algorithm.measure(lambda: images) == {"test_accuracy": pytest.approx(right.double().mean().item(), abs=2e-3)}


def test_a_class_that_can_be_seen_is_learnt() -> None:
    """Images whose brightness is their label, and ten labels to learn them from."""
    config = tiny("semi", {"optim.lr_d": 0.01, "model.init": "default", "train.batch_size": 20, "data.limit": None})
    algorithm, batches = build_algorithm(config), Batches(config)

    def bright(labels: Tensor) -> Tensor:
        level = torch.where(labels < 5, -1.0, 1.0)
        return level[:, None, None, None].expand(-1, 1, 32, 32).contiguous()

    def batch() -> Any:
        drawn = batches()
        halves = [replace(part, labels=5 * (part.labels // 5)) for part in (drawn, drawn.labelled)]
        shown = [replace(part, images=bright(part.labels)) for part in halves]
        return replace(shown[0], labelled=shown[1])

    scalars = [algorithm.step(batch, StepRng(0, step)) for step in range(1, 31)]
    assert scalars[0]["accuracy"] < 0.9
    assert torch.stack([step["accuracy"] for step in scalars[-5:]]).mean() > 0.95
