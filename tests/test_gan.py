from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from gancore.algorithms import ALGORITHMS, GAN, build_algorithm, gan
from gancore.config import RunConfig
from gancore.data import Batch
from gancore.models import MODELS
from gancore.rng import StepRng, draw_noise
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


class Batches:
    """Fixed images, drawn one batch after the other."""

    def __init__(self, config: RunConfig) -> None:
        self._shape = (config.train.batch_size, config.model.nc, config.data.image_size, config.data.image_size)
        self.drawn: list[Tensor] = []

    def __call__(self) -> Batch:
        source = torch.Generator().manual_seed(len(self.drawn))
        self.drawn.append(torch.rand(self._shape, generator=source) * 2 - 1)
        return Batch(self.drawn[-1], torch.zeros(self._shape[0]))


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


def tensors(state: object) -> list[Tensor]:
    if isinstance(state, Tensor):
        return [state.clone()]
    parts = state.values() if isinstance(state, dict) else state if isinstance(state, list) else []
    return [tensor for part in parts for tensor in tensors(part)]


def equal(left: object, right: object) -> bool:
    pairs = list(zip(tensors(left), tensors(right), strict=True))
    return bool(pairs) and all(torch.equal(one, other) for one, other in pairs)


def train(algorithm: GAN, steps: int, after: Callable[[], object] = lambda: None) -> list[dict[str, Tensor]]:
    """Steps 1, 2, ... of a run, always with the same batches and noise."""
    batches, scalars = Batches(algorithm.config), []
    for step in range(1, steps + 1):
        scalars.append(algorithm.step(batches, StepRng(algorithm.config.seed, step)))
        after()
    return scalars


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
    algorithm.optimizer_d.register_step_post_hook(lambda *_: updates.append("d"))
    algorithm.optimizer_g.register_step_post_hook(lambda *_: updates.append("g"))
    monkeypatch.setattr(gan, "draw_noise", lambda *args: noises.append(draw_noise(*args)) or noises[-1])
    train_step = algorithm.step(batches, StepRng(0, 1))
    assert "".join(updates) == "".join(update[0] for update in schedule.split())
    assert len(noises) == len({update[1] for update in schedule.split()})
    assert len({tuple(noise.flatten().tolist()) for noise in noises}) == len(noises)
    assert len(batches.drawn) == config.optim.d_steps
    assert all(not value.requires_grad and value.shape == () for value in train_step.values())


def test_each_update_leaves_the_other_network_alone(config: RunConfig) -> None:
    algorithm = GAN(with_schedule(config, "d_first", "fresh", 2, 2), torch.device("cpu"))
    networks = {"d": algorithm.discriminator, "g": algorithm.generator}
    weights = {name: tensors(dict(network.named_parameters())) for name, network in networks.items()}
    gradients: dict[str, list[Tensor]] = {}

    def check(name: str) -> None:
        other = "g" if name == "d" else "d"
        now = {key: tensors(dict(network.named_parameters())) for key, network in networks.items()}
        assert equal(now[other], weights[other])
        assert not equal(now[name], weights[name])
        weights.update(now)
        gradients[name] = [parameter.grad.clone() for parameter in networks[name].parameters()]
        if other in gradients:  # nor has it added to the other's gradients
            assert equal([parameter.grad for parameter in networks[other].parameters()], gradients[other])

    algorithm.optimizer_d.register_step_post_hook(lambda *_: check("d"))
    algorithm.optimizer_g.register_step_post_hook(lambda *_: check("g"))
    train(algorithm, 2)
    assert set(gradients) == {"d", "g"}


def test_minimax_has_the_same_d_and_another_g(dcgan: RunConfig) -> None:
    standard, minimax = (
        train(GAN(dcgan.replace({"objective.loss": loss}), torch.device("cpu")), 1)[0]
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
    scalars = train(algorithm, 1)[0]
    assert scalars["d_real"].item() == scalars["d_fake"].item() == 3.0
    assert scalars["loss_d"].item() == pytest.approx(6.5)
    assert scalars["loss_g"].item() == pytest.approx(2.0, abs=1e-4)


def test_a_step_is_a_function_of_seed_and_step(config: RunConfig) -> None:
    first, again = GAN(config, torch.device("cpu")), GAN(config, torch.device("cpu"))
    assert all(equal(one, other) for one, other in zip(train(first, 3), train(again, 3), strict=True))
    assert equal(first.state_dict(), again.state_dict())
    other = GAN(config.replace({"seed": 1}), torch.device("cpu"))
    train(other, 3)
    assert not equal(first.state_dict(), other.state_dict())


def test_training_and_sampling_touch_no_global_random_numbers(config: RunConfig) -> None:
    before = torch.random.get_rng_state()
    algorithm = GAN(config, torch.device("cpu"))
    train(algorithm, 2, after=lambda: algorithm.sample(algorithm.draw(3, torch.Generator())))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_numbers_drawn_by_others_change_nothing(config: RunConfig) -> None:
    alone, disturbed = GAN(config, torch.device("cpu")), GAN(config, torch.device("cpu"))
    train(alone, 3)
    train(disturbed, 3, after=lambda: torch.rand(7))
    assert equal(alone.state_dict(), disturbed.state_dict())


def test_sampling_leaves_the_training_state_untouched(config: RunConfig) -> None:
    alone, watched = GAN(config, torch.device("cpu")), GAN(config, torch.device("cpu"))
    noise = watched.draw(5, torch.Generator())
    train(alone, 3)
    train(watched, 3, after=lambda: watched.sample(noise))
    assert equal(alone.state_dict(), watched.state_dict())
    modules = [*watched.generator.modules(), *watched.discriminator.modules()]
    assert all(module.training for module in modules)


def test_samples_are_drawn_in_eval_mode(dcgan: RunConfig) -> None:
    algorithm = GAN(dcgan, torch.device("cpu"))
    train(algorithm, 3)
    plain = plain_dcgan(4, 2, 2, 1)["generator"]
    copy_weights(algorithm.generator, plain)
    z = algorithm.draw(5, torch.Generator())
    images = algorithm.sample(z)
    torch.testing.assert_close(images, plain.eval()(z[:, :, None, None]).detach())
    assert not images.requires_grad
    torch.testing.assert_close(algorithm.sample(z[:1]), images[:1])  # no batch statistics


def test_sampling_that_fails_goes_back_to_training(dcgan: RunConfig) -> None:
    algorithm = GAN(dcgan, torch.device("cpu"))
    with pytest.raises(RuntimeError):
        algorithm.sample(torch.zeros(2, 5))  # nz is 4
    assert algorithm.generator.training


def test_a_loaded_state_goes_on_bit_for_bit(config: RunConfig) -> None:
    algorithm, loaded = GAN(config, torch.device("cpu")), GAN(config.replace({"seed": 9}), torch.device("cpu"))
    train(algorithm, 2)
    loaded.load_state_dict(deepcopy(algorithm.state_dict()))
    assert equal(loaded.state_dict(), algorithm.state_dict())
    for each in (algorithm, loaded):
        each.step(Batches(config), StepRng(0, 3))
    assert equal(loaded.state_dict(), algorithm.state_dict())


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


def test_bf16_computes_in_half_precision_and_keeps_full_weights(config: RunConfig) -> None:
    full = train(GAN(config, torch.device("cpu")), 2)[-1]
    algorithm = GAN(config.replace({"train.precision": "bf16"}), torch.device("cpu"))
    half = train(algorithm, 2)[-1]
    assert all(tensor.dtype != torch.bfloat16 for tensor in tensors(algorithm.state_dict()))
    assert all(value.dtype == torch.float32 for value in half.values())
    assert half["loss_d"].item() == pytest.approx(full["loss_d"].item(), rel=0.05)
    assert half["loss_d"].item() != full["loss_d"].item()


def test_adam_has_the_rates_and_betas_of_the_config(config: RunConfig) -> None:
    changes = {"optim.lr_g": 0.003, "optim.lr_d": 0.007, "optim.beta1": 0.25, "optim.beta2": 0.75}
    algorithm = GAN(config.replace(changes), torch.device("cpu"))
    for optimizer, rate in ((algorithm.optimizer_g, 0.003), (algorithm.optimizer_d, 0.007)):
        assert isinstance(optimizer, torch.optim.Adam)
        assert [(group["lr"], group["betas"]) for group in optimizer.param_groups] == [(rate, (0.25, 0.75))]


def test_every_kind_of_network_has_an_algorithm(config: RunConfig) -> None:
    assert set(ALGORITHMS) == set(MODELS)
    assert isinstance(build_algorithm(config), GAN)
