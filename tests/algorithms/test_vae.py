from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl
from torch.nn.functional import binary_cross_entropy

from gancore import rng
from gancore.algorithms import build_algorithm
from gancore.algorithms.vae import kl_divergence, reconstruction_error
from gancore.config import RunConfig
from gancore.experiments.systems import S4_VAE, settings_of
from gancore.rng import StepRng
from tests.miniatures import Batches, held_out, tiny, train, trained
from tests.plain_networks import PlainVAE

REPORT = RunConfig().replace(settings_of(S4_VAE) | {"data.name": "mnist-5k", "train.batch_size": 16})


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pixels(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_the_divergence_is_that_of_two_gaussians() -> None:
    mean, logvar = 2 * draw(5, 3), draw(5, 3, seed=1)
    found = kl_divergence(mean, logvar)
    assert found.shape == (5,)
    torch.testing.assert_close(found, torch_kl(Normal(mean, torch.exp(logvar / 2)), Normal(0.0, 1.0)).sum(1))
    m, lv = mean.numpy(), logvar.numpy()
    np.testing.assert_allclose(found.numpy(), -0.5 * (1 + lv - m**2 - np.exp(lv)).sum(1), rtol=1e-12)


def test_the_divergence_is_an_expectation_under_the_code() -> None:
    """E_q[log q - log p], estimated from samples, has the sign that a curve of it should have."""
    mean, logvar = torch.tensor([[1.0, -0.5]]), torch.tensor([[0.3, -1.0]])
    q, p = Normal(mean, torch.exp(logvar / 2)), Normal(0.0, 1.0)
    z = mean + torch.exp(logvar / 2) * torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0))
    estimate = (q.log_prob(z) - p.log_prob(z)).sum(1).mean().item()
    assert kl_divergence(mean, logvar).item() == pytest.approx(estimate, abs=0.02)


def test_the_divergence_is_nothing_for_the_prior_and_positive_elsewhere() -> None:
    assert kl_divergence(torch.zeros(2, 3), torch.zeros(2, 3)).tolist() == [0, 0]
    assert (kl_divergence(draw(100, 3), draw(100, 3, seed=1)) > 0).all()


def test_the_reconstruction_error_is_the_cross_entropy_summed_over_an_image() -> None:
    logits, images = 3 * draw(4, 1, 5, 5), pixels(4, 1, 5, 5)
    found = reconstruction_error(logits, images)
    assert found.shape == (4,)
    x, p = images.numpy(), 1 / (1 + np.exp(-logits.numpy()))
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum((1, 2, 3))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10)


@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_sure_and_wrong_pixels_cost_a_finite_price(logit: float) -> None:
    logits = torch.full((2, 1, 2, 2), logit, requires_grad=True)
    images = torch.tensor([0.0, 1.0])[:, None, None, None].expand(2, 1, 2, 2)
    error = reconstruction_error(logits, images)
    assert sorted(error.tolist()) == pytest.approx([0, 4e4])
    error.sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_gradients_are_those_of_the_values() -> None:
    assert torch.autograd.gradcheck(kl_divergence, (draw(2, 3).requires_grad_(), draw(2, 3, seed=1).requires_grad_()))
    images = pixels(2, 1, 2, 2)
    logits = draw(2, 1, 2, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda logits: reconstruction_error(logits, images), (logits,))


def test_three_steps_equal_the_hand_outs_loop() -> None:
    """Sums over the batch, PyTorch's Adam, probabilities in place of logits; our curves are means over images."""
    algorithm, plain = build_algorithm(REPORT), PlainVAE()
    ours = [*algorithm.encoder.parameters(), *algorithm.decoder.parameters()]
    for mine, theirs in zip(ours, plain.parameters(), strict=True):
        theirs.data.copy_(mine.data)
    adam = torch.optim.Adam(plain.parameters(), lr=1e-3, foreach=False)
    batches, same = Batches(REPORT), Batches(REPORT)
    for step in (1, 2, 3):
        scalars = algorithm.step(batches, StepRng(REPORT.seed, step))
        x = same().images.view(-1, 784)
        mu, logvar = plain.encode(x)
        eps = torch.randn(16, 20, generator=rng.generator(REPORT.seed, "noise", step))
        bce = binary_cross_entropy(plain.decode(mu + eps * torch.exp(0.5 * logvar)), x, reduction="sum")
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        adam.zero_grad()
        (bce + kld).backward()
        norm = torch.cat([p.grad.flatten() for p in plain.parameters()]).norm()
        adam.step()
        expected = {"loss": (bce + kld) / 16, "recon": bce / 16, "kl": kld / 16, "grad_norm": norm}
        assert {name: value.item() for name, value in scalars.items()} == pytest.approx(
            {name: value.item() for name, value in expected.items()}, rel=1e-4
        )
    for mine, theirs in zip(ours, plain.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=2e-5)


def test_training_lowers_the_loss() -> None:
    config = tiny("vae", {"optim.lr": 0.01})
    algorithm, batch = build_algorithm(config), Batches(config)()
    batch = replace(batch, images=batch.images.round())
    losses = [algorithm.step(lambda: batch, StepRng(0, step))["loss"].item() for step in range(1, 60)]
    assert losses[-1] < 0.9 * losses[0]


def test_the_rate_is_its_own() -> None:
    algorithm = trained(tiny("vae", {"optim.lr": 0.003, "optim.lr_g": 0.5, "optim.lr_d": 0.5}), 1)
    assert list(algorithm.optimizers) == ["optimizer"]
    assert algorithm.optimizers["optimizer"].param_groups[0]["lr"] == 0.003


def test_codes_are_drawn_from_the_normal_prior_whatever_a_gan_would_draw() -> None:
    z = build_algorithm(tiny("vae", {"model.prior": "uniform", "model.nz": 1000})).latents(100, torch.Generator())
    assert z.std().item() == pytest.approx(1, abs=0.02)
    assert z.abs().max() > 3


def test_samples_are_the_decoders_means_of_the_pixels() -> None:
    algorithm = trained(tiny("vae"))
    z = algorithm.latents(5, torch.Generator())
    with torch.no_grad():
        expected = torch.sigmoid(algorithm.decoder(z)) * 2 - 1
    assert torch.equal(algorithm.sample(z), expected)


def test_reconstructions_go_through_the_mean_of_the_code() -> None:
    algorithm = trained(tiny("vae"))
    images = Batches(algorithm.config)().images
    with torch.no_grad():
        algorithm.encoder.logvar.bias.fill_(20.0)  # a code so uncertain that its noise would show
        expected = torch.sigmoid(algorithm.decoder(algorithm.encoder(images)[0])) * 2 - 1
    first, again = algorithm.reconstruct(images), algorithm.reconstruct(images)
    assert torch.equal(first, expected)
    assert torch.equal(first, again)
    assert first.shape == images.shape


def test_the_bound_is_minus_its_two_terms_in_nats_an_image() -> None:
    algorithm = trained(tiny("vae"))
    nn.init.ones_(algorithm.encoder.mean.bias)
    images = held_out(algorithm.config, 2_500)  # in three portions
    found = algorithm.measure(lambda: images)
    assert set(found) == {"test_recon", "test_kl", "test_elbo"}
    assert found["test_elbo"] == pytest.approx(-(found["test_recon"] + found["test_kl"]), rel=1e-12)
    with torch.no_grad():
        real = images.pixels.float() / 255
        mean, logvar = algorithm.encoder(real)
        expected_kl = torch_kl(Normal(mean, torch.exp(logvar / 2)), Normal(0.0, 1.0)).sum(1).mean()
    assert found["test_kl"] == pytest.approx(expected_kl.item(), rel=1e-4)
    assert algorithm.measure(lambda: images) == found


def test_measuring_agrees_with_the_curves_on_the_same_images() -> None:
    algorithm = trained(tiny("vae"))
    nn.init.ones_(algorithm.encoder.mean.bias)
    images = held_out(algorithm.config, 3_000)
    found = algorithm.measure(lambda: images)
    batch = replace(Batches(algorithm.config)(), images=images.pixels.float() / 255)
    step = algorithm.step(lambda: batch, StepRng(0, 9))
    assert step["recon"].item() == pytest.approx(found["test_recon"], rel=1e-3)  # the noise differs
    assert step["kl"].item() == pytest.approx(found["test_kl"], rel=1e-4)


def test_both_networks_share_one_optimiser() -> None:
    algorithm = build_algorithm(tiny("vae"))
    parameters = algorithm.optimizers["optimizer"].param_groups[0]["params"]
    assert len(parameters) == len(list(algorithm.encoder.parameters())) + len(list(algorithm.decoder.parameters()))
    scalars = train(algorithm, algorithm.config, 1)[0]
    norm = torch.cat([parameter.grad.flatten() for parameter in parameters]).norm().item()
    assert scalars["grad_norm"].item() == pytest.approx(norm, rel=1e-5)
