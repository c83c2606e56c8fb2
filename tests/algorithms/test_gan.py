from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from gancore.algorithms import GAN, base, build_algorithm
from gancore.config import RunConfig
from gancore.config.model import ModelKind
from gancore.rng import StepRng, draw_noise, generator
from tests.miniatures import Batches, equal, tensors, tiny, train
from tests.plain_networks import plain_dcgan

# (order, noise, d_steps, g_steps) -> the updates of an iteration, the number being that of the noise they see.
SCHEDULES = {
    ("d_first", "same", 1, 1): "d1 g1",
    ("d_first", "fresh", 1, 1): "d1 g2",
    ("g_first", "same", 1, 1): "g1 d1",
    ("g_first", "fresh", 1, 1): "g1 d2",
    ("d_first", "same", 2, 3): "d1 d2 g2 g3 g4",
    ("d_first", "fresh", 2, 3): "d1 d2 g3 g4 g5",
    ("g_first", "same", 2, 3): "g1 g2 g3 d3 d4",
    ("g_first", "fresh", 2, 3): "g1 g2 g3 d4 d5",
}


class Reference:
    """Report 002's loop in the plainest PyTorch, for any schedule of updates: BCE on logits, Adam, whole backwards."""

    def __init__(self, config: RunConfig, start: GAN) -> None:
        model, optim = config.model, config.optim
        networks = plain_dcgan(model.nz, model.ngf, model.ndf, model.nc)
        self.config = config
        self.generator, self.discriminator = networks["generator"], networks["discriminator"]
        copy_weights(start.generator, self.generator)
        copy_weights(start.discriminator, self.discriminator)
        betas = (optim.beta1, optim.beta2)
        self.adam_g = torch.optim.Adam(self.generator.parameters(), lr=optim.lr_g, betas=betas, foreach=False)
        self.adam_d = torch.optim.Adam(self.discriminator.parameters(), lr=optim.lr_d, betas=betas, foreach=False)

    def step(self, schedule: str, batches: Iterator[Tensor], noise: torch.Generator) -> dict[str, float]:
        images: dict[str, Tensor] = {}
        scalars: dict[str, Tensor] = {}
        for network, number in schedule.split():
            if number not in images:
                z = torch.randn(self.config.train.batch_size, self.config.model.nz, generator=noise)
                images[number] = self.generator(z[:, :, None, None])
            update = self.update_d if network == "d" else self.update_g
            scalars |= update(*([next(batches)] if network == "d" else []), images[number])
        return {name: value.item() for name, value in scalars.items()}

    def update_d(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        real_logits, fake_logits = self.discriminator(real), self.discriminator(fake.detach())
        ones, zeros = torch.ones_like(real_logits), torch.zeros_like(fake_logits)
        loss = binary_cross_entropy_with_logits(real_logits, ones)
        loss = loss + binary_cross_entropy_with_logits(fake_logits, zeros)
        self.adam_d.zero_grad()
        loss.backward()
        norm = gradient_norm(self.discriminator)
        self.adam_d.step()
        d_real, d_fake = torch.sigmoid(real_logits).mean(), torch.sigmoid(fake_logits).mean()
        return {"loss_d": loss, "d_real": d_real, "d_fake": d_fake, "grad_norm_d": norm}

    def update_g(self, fake: Tensor) -> dict[str, Tensor]:
        fake_logits = self.discriminator(fake)
        loss = binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
        self.adam_g.zero_grad()
        loss.backward()
        norm = gradient_norm(self.generator)
        self.adam_g.step()
        return {"loss_g": loss, "d_fake_g": torch.sigmoid(fake_logits).mean(), "grad_norm_g": norm}


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    copies = [tensor.clone() for tensor in source.state_dict().values()]
    target.load_state_dict(dict(zip(target.state_dict(), copies, strict=True)))


def gradient_norm(network: nn.Module) -> Tensor:
    return torch.cat([parameter.grad.flatten() for parameter in network.parameters()]).norm()


def with_schedule(config: RunConfig, order: str, noise: str, d_steps: int, g_steps: int) -> RunConfig:
    objective = {"objective.order": order, "objective.noise": noise}
    return config.replace(objective | {"optim.d_steps": d_steps, "optim.g_steps": g_steps})


@pytest.mark.parametrize(("settings", "schedule"), list(SCHEDULES.items()), ids=list(SCHEDULES.values()))
def test_three_iterations_equal_a_plain_loop(dcgan: RunConfig, settings: tuple, schedule: str) -> None:
    config = with_schedule(dcgan, *settings)
    algorithm = GAN(config, torch.device("cpu"))
    reference = Reference(config, algorithm)
    ours, theirs = Batches(config), Batches(config)
    for step in (1, 2, 3):
        scalars = algorithm.step(ours, StepRng(config.seed, step))
        noise = StepRng(config.seed, step).stream("noise")
        expected = reference.step(schedule, iter(lambda: theirs().images, None), noise)
        assert scalars.keys() == expected.keys()
        for name, value in expected.items():
            assert scalars[name].item() == pytest.approx(value, rel=1e-3, abs=1e-5), name
    for network, plain in (
        (algorithm.generator, reference.generator),
        (algorithm.discriminator, reference.discriminator),
    ):
        for mine, other in zip(network.state_dict().values(), plain.state_dict().values(), strict=True):
            torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("settings", "schedule"), list(SCHEDULES.items()), ids=list(SCHEDULES.values()))
def test_an_iteration_makes_the_updates_and_draws_that_are_documented(
    config: RunConfig, settings: tuple, schedule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = with_schedule(config, *settings)
    algorithm, batches, noises = GAN(config, torch.device("cpu")), Batches(config), []
    updates: list[str] = []
    algorithm.optimizers["optimizer_d"].register_step_post_hook(lambda *_: updates.append("d"))
    algorithm.optimizers["optimizer_g"].register_step_post_hook(lambda *_: updates.append("g"))
    monkeypatch.setattr(base, "draw_noise", lambda *args: noises.append(draw_noise(*args)) or noises[-1])
    train_step = algorithm.step(batches, StepRng(0, 1))
    assert "".join(updates) == "".join(update[0] for update in schedule.split())
    assert len(noises) == len({update[1] for update in schedule.split()})
    assert len({tuple(noise.flatten().tolist()) for noise in noises}) == len(noises)
    assert len(batches.drawn) == config.optim.d_steps
    assert all(not value.requires_grad and value.shape == () for value in train_step.values())


def test_minimax_has_the_same_d_and_another_g(dcgan: RunConfig) -> None:
    standard, minimax = (
        train(GAN(dcgan.replace({"objective.loss": loss}), torch.device("cpu")), dcgan, 1)[0]
        for loss in ("nonsaturating", "minimax")
    )
    assert torch.equal(standard["loss_d"], minimax["loss_d"])
    assert torch.equal(standard["d_fake_g"], minimax["d_fake_g"])
    assert minimax["loss_g"] < 0 < standard["loss_g"]


def test_least_squares_records_raw_scores(mlp: RunConfig) -> None:
    """With D's last layer a constant 3, both scores are 3: 1/2 (3-1)^2 + 1/2 3^2, and nothing to learn but the bias."""
    algorithm = GAN(mlp.replace({"objective.loss": "least_squares", "optim.lr_d": 1e-6}), torch.device("cpu"))
    last = algorithm.discriminator.layers[-1]
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, 3.0)
    scalars = train(algorithm, mlp, 1)[0]
    assert scalars["d_real"].item() == scalars["d_fake"].item() == 3.0
    assert scalars["loss_d"].item() == pytest.approx(6.5)
    assert scalars["loss_g"].item() == pytest.approx(2.0, abs=1e-4)


def test_samples_are_drawn_in_eval_mode(dcgan: RunConfig) -> None:
    algorithm = GAN(dcgan, torch.device("cpu"))
    train(algorithm, dcgan, 3)
    plain = plain_dcgan(4, 2, 2, 1)["generator"]
    copy_weights(algorithm.generator, plain)
    z = algorithm.latents(5, torch.Generator())
    images = algorithm.sample(z)
    torch.testing.assert_close(images, plain.eval()(z[:, :, None, None]).detach())
    assert not images.requires_grad
    torch.testing.assert_close(algorithm.sample(z[:1]), images[:1])  # no batch statistics


def test_sampling_that_fails_goes_back_to_training(dcgan: RunConfig) -> None:
    algorithm = GAN(dcgan, torch.device("cpu"))
    with pytest.raises(RuntimeError):
        algorithm.sample(torch.zeros(2, 5))  # nz is 4
    assert algorithm.generator.training


def seen_by_d(config: RunConfig, step: int) -> tuple[list[Tensor], list[Tensor]]:
    """What D sees at one step, and what it would see without noise: real, generated, and generated for G."""
    seen: list[list[Tensor]] = []
    for changes in ({}, {"objective.instance_noise": 0.0}):
        algorithm = build_algorithm(config.replace(changes))
        seen.append([])
        algorithm.discriminator.register_forward_pre_hook(lambda _, inputs: seen[-1].append(inputs[0]))
        algorithm.step(Batches(config), StepRng(0, step))
    return seen[0], seen[1]


@pytest.mark.parametrize(("step", "share"), [(1, 1.0), (11, 0.5), (20, 0.05), (21, 0.0), (30, 0.0)])
def test_instance_noise_lies_on_all_that_d_sees_and_fades_over_the_run(step: int, share: float) -> None:
    """Of 20 steps; each time drawn anew, and G learns through it."""
    noisy, clean = seen_by_d(tiny("mlp", {"objective.instance_noise": 0.4}), step)
    noises = [one.detach() - other.detach() for one, other in zip(noisy, clean, strict=True)]
    for noise in noises:
        assert noise.mean().item() == pytest.approx(0, abs=0.05 * share + 1e-6)
        assert noise.std().item() == pytest.approx(0.4 * share, rel=0.05, abs=1e-6)
    if share:
        assert len({round(noise.sum().item(), 4) for noise in noises}) == 3
    assert [images.requires_grad for images in noisy] == [False, False, True]


def test_instance_noise_is_a_stream_of_its_own() -> None:
    """So that z, and with it what G draws, is the same with and without."""
    config = tiny("mlp", {"objective.instance_noise": 0.4})
    noisy, clean = seen_by_d(config, 1)
    source = generator(0, "instance noise", 1)
    for one, other in zip(noisy[:2], clean[:2], strict=True):
        torch.testing.assert_close(one, other + 0.4 * torch.randn(other.shape, generator=source))


@pytest.mark.parametrize(
    ("only", "unseen"), [("g", {"grad_norm_d"}), ("d", {"grad_norm_g"}), ("both", set())], ids=["g", "d", "both"]
)
def test_who_does_not_learn_is_scored_all_the_same(only: str, unseen: set[str], dcgan: RunConfig) -> None:
    both, alone = (
        train(build_algorithm(dcgan.replace({"objective.only": who})), dcgan, 1)[0] for who in ("both", only)
    )
    assert set(both) - set(alone) == unseen
    for name in {"loss_d", "d_real", "d_fake"} if only != "both" else alone.keys():
        assert torch.equal(alone[name], both[name])


def test_against_a_fixed_d_g_learns_to_fool_it(dcgan: RunConfig) -> None:
    algorithm = build_algorithm(dcgan.replace({"objective.only": "g", "optim.lr_g": 0.01}))
    weights = tensors(list(algorithm.discriminator.parameters()))
    scalars = train(algorithm, dcgan, 20)
    assert scalars[-1]["d_fake_g"] > scalars[0]["d_fake_g"]
    assert equal(list(algorithm.discriminator.parameters()), weights)


def test_one_sided_play_takes_as_many_batches_as_any(dcgan: RunConfig) -> None:
    for only in ("both", "g", "d"):
        config = dcgan.replace({"objective.only": only, "optim.d_steps": 3})
        batches: Any = Batches(config)
        build_algorithm(config).step(batches, StepRng(0, 1))
        assert len(batches.drawn) == config.batches_per_step == 3


@pytest.mark.parametrize("loss", ["nonsaturating", "minimax"])
def test_a_d_that_ends_in_a_sigmoid_is_played_with_bceloss(mlp: RunConfig, loss: str) -> None:
    """Of a D so sure of itself that BCELoss cuts the logarithm: G's loss is 100, not 200, and G learns nothing."""
    config = mlp.replace({"objective.loss": loss, "model.dropout": 0.0})
    for how, most in (("probabilities", 100.0), ("logits", 200.0)):
        algorithm: Any = build_algorithm(config.replace({"objective.cross_entropy": how, "optim.lr_d": 1e-6}))
        last = [layer for layer in algorithm.discriminator.modules() if isinstance(layer, nn.Linear)][-1]
        with torch.no_grad():
            last.weight.mul_(1e-3)
            last.bias.fill_(-200.0)
        scalars = train(algorithm, config, 1)[0]
        assert scalars["loss_g"].item() == pytest.approx(most if loss == "nonsaturating" else 0.0, rel=1e-3)
        assert (scalars["grad_norm_g"] > 0) == (loss == "nonsaturating" and how == "logits")
        assert scalars["loss_d"].item() == pytest.approx(most, rel=1e-3)


@pytest.mark.parametrize("kind", ["mlp", "cdcgan", "translator"])
def test_the_non_saturating_loss_in_expressions_gives_its_curves(kind: ModelKind) -> None:
    curves = []
    for loss in ("nonsaturating", "own"):  # whose expressions are at first the non-saturating ones
        config = tiny(kind, {"objective.loss": loss})
        curves.append(train(build_algorithm(config), config, 5))
    for built_in, own in zip(*curves, strict=True):
        for name in ("loss_d", "loss_g", "grad_norm_d", "grad_norm_g"):
            torch.testing.assert_close(own[name], built_in[name], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_one_bad_number_makes_an_algorithm_not_finite(config: RunConfig, name: str, value: float) -> None:
    for index, _ in enumerate(getattr(GAN(config, torch.device("cpu")), name).state_dict()):
        algorithm = GAN(config, torch.device("cpu"))
        assert algorithm.is_finite()
        tensor = list(getattr(algorithm, name).state_dict().values())[index]
        if tensor.is_floating_point():  # all but the counter of batches
            tensor[(-1,) * tensor.dim()] = value
            assert not algorithm.is_finite()


def test_adam_has_the_rates_and_betas_of_the_config(config: RunConfig) -> None:
    changes = {"optim.lr_g": 0.003, "optim.lr_d": 0.007, "optim.beta1": 0.25, "optim.beta2": 0.75}
    algorithm = GAN(config.replace(changes), torch.device("cpu"))
    train(algorithm, config, 1)
    for optimizer, rate in zip(algorithm.optimizers.values(), (0.003, 0.007), strict=True):
        assert isinstance(optimizer, torch.optim.Adam)
        assert [(group["lr"], group["betas"]) for group in optimizer.param_groups] == [(rate, (0.25, 0.75))]
