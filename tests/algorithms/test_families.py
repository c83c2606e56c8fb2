"""What every family promises, for every kind of network and every setting that changes a step."""

from __future__ import annotations

import io
import json
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gancore import rng
from gancore.algorithms import GAN, VAE, SemiSupervised, Translator, build_algorithm
from gancore.config import RunConfig, parse_config
from gancore.data import Batch
from gancore.models import build_networks, count_parameters, example_inputs
from gancore.penalties import PENALTIES
from gancore.rng import StepRng
from tests.miniatures import CONDITIONAL, KINDS, Batches, conditions, equal, held_out, tensors, tiny, train, trained

RING = {"data.name": "ring", "model.g_output": "linear"}
WGAN_GP = {"objective.loss": "wasserstein", "objective.penalty": "gradient"}
CLIPPED = {"objective.loss": "wasserstein", "objective.clip": 0.01, "optim.optimizer": "rmsprop"}
SGD = {"optim.optimizer": "sgd", "optim.momentum_end": 0.9, "optim.schedule_g": "exponential"}

ON_PROBABILITIES = {"objective.cross_entropy": "probabilities"}

CASES: dict[str, RunConfig] = {
    **{kind: tiny(kind) for kind in KINDS},
    "mlp minimax, smoothed": tiny("mlp", {"objective.loss": "minimax", "objective.label_smoothing": 0.1}),
    "mlp on probabilities, smoothed": tiny("mlp", ON_PROBABILITIES | {"objective.label_smoothing": 0.1}),
    "mlp least squares, sgd": tiny("mlp", {"objective.loss": "least_squares"} | SGD),
    "mlp wasserstein, clipped, rmsprop": tiny("mlp", CLIPPED),
    "mlp hinge, step": tiny("mlp", {"objective.loss": "hinge", "optim.schedule_g": "step"}),
    "mlp linear and cosine": tiny("mlp", {"optim.schedule_g": "linear", "optim.schedule_d": "cosine"}),
    **{
        f"dcgan {penalty}": tiny("dcgan", {"objective.penalty": penalty, "model.d_norm": "none"})
        for penalty in PENALTIES
    },
    "mlp fresh noise, 2 d, 3 g": tiny("mlp", {"objective.noise": "fresh", "optim.d_steps": 2, "optim.g_steps": 3}),
    "dcgan g first, 2 d, 3 g": tiny("dcgan", {"objective.order": "g_first", "optim.d_steps": 2, "optim.g_steps": 3}),
    "dcgan spectral": tiny("dcgan", {"model.spectral_norm": True}),
    "dcgan ema": tiny("dcgan", {"optim.ema": 0.9, "optim.g_steps": 2}),
    "dcgan instance noise": tiny("dcgan", {"objective.instance_noise": 0.5}),
    "dcgan only g": tiny("dcgan", {"objective.only": "g"}),
    "dcgan only d": tiny("dcgan", {"objective.only": "d"}),
    "dcgan colour, xavier": tiny("dcgan", {"model.nc": 3, "model.init": "xavier"}),
    "mlp maxout, dropout": tiny("mlp", {"model.maxout": 3, "model.dropout": 0.5, "model.input_dropout": 0.2}),
    "mlp maxout, spectral": tiny("mlp", {"model.maxout": 3, "model.spectral_norm": True}),
    "mlp sigmoid, pixels 0..1": tiny("mlp", {"model.g_output": "sigmoid", "data.range": "0..1"}),
    "ring wgan-gp": tiny("mlp", RING | WGAN_GP),
    "cdcgan without y in d": tiny("cdcgan", {"model.y_in_d": False}),
    "cdcgan gradient, spectral": tiny(
        "cdcgan", {"objective.penalty": "gradient", "model.spectral_norm": True, "model.d_norm": "none"}
    ),
    "cmlp without y in d": tiny("cmlp", {"model.y_in_d": False}),
    "cmlp dragan, dropout": tiny("cmlp", {"objective.penalty": "dragan", "model.dropout": 0.3}),
    "vae schedule": tiny("vae", {"optim.schedule": "cosine", "model.hidden": (8, 4)}),
    "translator pixels": tiny("translator", {"objective.pixel_weight": 10.0, "optim.g_steps": 3, "optim.ema": 0.9}),
    "translator pixels alone": tiny(
        "translator",
        {"objective.pixel_weight": 1.0, "objective.adversarial_weight": 0.0, "objective.diversity_weight": 0.0},
    ),
    "translator spectral, g first": tiny("translator", {"model.spectral_norm": True, "objective.order": "g_first"}),
    "semi without feature matching": tiny("semi", {"objective.feature_matching": False, "optim.ema": 0.9}),
    "semi, labels alone": tiny("semi", {"objective.unsupervised_weight": 0.0, "optim.d_steps": 2}),
    "semi spectral, 2 d": tiny("semi", {"model.spectral_norm": True, "optim.d_steps": 2, "model.d_norm": "none"}),
}
every_case = pytest.mark.parametrize("config", list(CASES.values()), ids=list(CASES))
every_kind = pytest.mark.parametrize("config", [tiny(kind) for kind in KINDS], ids=KINDS)
conditional = pytest.mark.parametrize("kind", CONDITIONAL)


def use(algorithm: Any, config: RunConfig, count: int = 5) -> Tensor:
    """Samples, and whatever else can be asked of an algorithm in between."""
    algorithm.measure(lambda: held_out(config))
    algorithm.is_finite()
    algorithm.state_dict()
    if isinstance(algorithm, VAE):
        algorithm.reconstruct(torch.rand(3, *config.shape, generator=torch.Generator().manual_seed(0)))
    elif config.kind.condition != "class":
        algorithm.discriminate(torch.zeros(3, *config.shape))
    return algorithm.sample(algorithm.latents(count, rng.generator(0, "use")), conditions(config, count))


def test_every_kind_of_network_has_an_algorithm() -> None:
    others = {"vae": VAE, "translator": Translator, "semi": SemiSupervised}
    assert all(type(build_algorithm(tiny(kind), "meta")) is others.get(kind, GAN) for kind in KINDS)


@every_case
def test_a_step_returns_the_same_detached_numbers_each_time(config: RunConfig) -> None:
    steps = train(build_algorithm(config), config, 3)
    assert [set(scalars) for scalars in steps] == [set(steps[0])] * 3
    for value in (value for scalars in steps for value in scalars.values()):
        assert value.shape == ()
        assert value.dtype == torch.float32
        assert not value.requires_grad
        assert torch.isfinite(value)


@every_case
def test_samples_are_images_in_the_display_range_or_points(config: RunConfig) -> None:
    samples = use(trained(config, 1), config)
    assert samples.shape == (5, *config.shape)
    assert samples.dtype == torch.float32
    assert not samples.requires_grad
    assert len({tuple(sample.flatten().tolist()) for sample in samples}) == 5
    if len(config.shape) == 3:
        assert samples.abs().max() <= 1
        assert samples.min() < 0  # neither was forgotten in [0, 1], nor is any that fresh all white


@every_case
def test_a_step_is_a_function_of_seed_and_step(config: RunConfig) -> None:
    before = torch.random.get_rng_state()
    first, again, other = (build_algorithm(config.replace({"seed": seed})) for seed in (0, 0, 1))
    scalars = train(first, config, 2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert equal(train(again, config, 2, after=lambda: torch.rand(7)), scalars)  # others may draw as they like
    assert equal(first.state_dict(), again.state_dict())
    train(other, config, 2)
    assert not equal(first.state_dict(), other.state_dict())


@every_case
def test_using_it_in_between_changes_nothing_at_all(config: RunConfig) -> None:
    """Neither batch statistics, nor spectral vectors, nor modes, nor later steps."""
    alone, watched = build_algorithm(config), build_algorithm(config)
    modes = [module.training for network in watched.networks.values() for module in network.modules()]
    use(watched, config)
    assert equal(alone.state_dict(), watched.state_dict())
    expected = train(alone, config, 2)
    global_state = torch.random.get_rng_state()
    assert equal(train(watched, config, 2, after=lambda: use(watched, config)), expected)
    assert equal(alone.state_dict(), watched.state_dict())
    assert [module.training for network in watched.networks.values() for module in network.modules()] == modes
    assert torch.equal(torch.random.get_rng_state(), global_state)


@every_case
def test_a_saved_state_goes_on_bit_for_bit(config: RunConfig) -> None:
    algorithm, loaded = trained(config, 2), build_algorithm(config.replace({"seed": 9}))
    file = io.BytesIO()
    torch.save(algorithm.state_dict(), file)
    file.seek(0)
    loaded.load_state_dict(torch.load(file, weights_only=True))
    assert equal(loaded.state_dict(), algorithm.state_dict())
    assert equal(use(loaded, config), use(algorithm, config))
    ours, theirs = Batches(config), Batches(config)
    for step in (3, 4):
        assert equal(loaded.step(ours, StepRng(0, step)), algorithm.step(theirs, StepRng(0, step)))
    assert equal(loaded.state_dict(), algorithm.state_dict())


@every_case
def test_a_config_survives_json(config: RunConfig) -> None:
    assert parse_config(json.loads(config.model_dump_json())) == config


@every_case
def test_bf16_keeps_full_weights_and_comes_close(config: RunConfig) -> None:
    full, algorithm = build_algorithm(config), build_algorithm(config.replace({"train.precision": "bf16"}))
    expected, half = train(full, config, 2), train(algorithm, config, 2)
    kept = tensors([network.state_dict() for network in algorithm.networks.values()])
    assert all(tensor.dtype != torch.bfloat16 for tensor in kept)
    assert use(algorithm, config).dtype == torch.float32
    assert half[0].keys() == expected[0].keys()
    name = next(name for name in ("loss", "loss_g", "loss_class") if name in expected[0])
    assert half[1][name].dtype == torch.float32
    assert half[1][name].item() == pytest.approx(expected[1][name].item(), rel=0.05, abs=0.05)
    assert not equal(algorithm.state_dict(), full.state_dict())


@every_case
def test_what_can_be_trained_can_be_counted_without_weights(config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    real = {
        name: sum(weight.numel() for weight in network.parameters()) for name, network in build_networks(config).items()
    }

    def refuse(*_: object) -> None:
        raise AssertionError("a generator was made")

    monkeypatch.setattr("gancore.models.rng.generator", refuse)
    networks = build_networks(config, "meta")
    assert all(tensor.is_meta for network in networks.values() for tensor in network.state_dict().values())
    assert count_parameters(config) == real
    for name, inputs in example_inputs(config, 3).items():
        outputs = networks[name](*inputs)
        assert all(output.shape[0] == 3 for output in (outputs if isinstance(outputs, tuple) else (outputs,)))


# --- a step in two halves -------------------------------------------------------------------------------------------


@every_case
def test_steps_can_be_drawn_ahead_and_decide_what_follows(config: RunConfig) -> None:
    """Nothing is drawn in the second half, and the first one neither reads nor writes what is trained."""
    alone, ahead = build_algorithm(config), build_algorithm(config)
    expected = train(alone, config, 3)
    batches, other = Batches(config), build_algorithm(config.replace({"seed": 9}))
    draws = [other.draw(batches, StepRng(config.seed, step)) for step in (1, 2, 3)]
    assert equal([ahead.update(each) for each in draws], expected)
    assert equal(ahead.state_dict(), alone.state_dict())


@every_case
def test_what_was_drawn_is_used_without_being_used_up(config: RunConfig) -> None:
    first, again = build_algorithm(config), build_algorithm(config)
    draws = first.draw(Batches(config), StepRng(config.seed, 1))
    before = tensors([vars(update) | {"images": update.batch.images} for update in draws.updates])
    assert equal(first.update(draws), again.update(draws))
    assert equal(tensors([vars(update) | {"images": update.batch.images} for update in draws.updates]), before)
    assert not any(tensor.requires_grad for tensor in before)


def with_last(batch: Batch, count: int) -> Batch:
    """The batch at the end of an epoch: its last `count` samples, and a full batch of labelled ones beside it."""
    sources = None if batch.sources is None else batch.sources[-count:]
    return Batch(batch.images[-count:], batch.labels[-count:], sources, batch.labelled)


@every_case
@pytest.mark.parametrize("count", [2, 3])
def test_of_a_smaller_batch_as_many_samples_are_made_as_it_has(config: RunConfig, count: int) -> None:
    """Two are the fewest that batch normalisation can take; each update has all that is random in that number."""
    algorithm, batches = trained(config, 1), Batches(config)
    draws = algorithm.draw(lambda: with_last(batches(), count), StepRng(config.seed, 2))
    for update in draws.updates:
        noise = (update.z, update.other_z, update.labels, update.real_noise, update.fake_noise)
        assert {len(each) for each in noise if each is not None} <= {count}
    scalars = algorithm.update(draws)
    assert all(torch.isfinite(value) for value in scalars.values())
    full = algorithm.draw(batches, StepRng(config.seed, 3))
    assert algorithm.update(full).keys() == scalars.keys()


# What five steps came to when they were first recorded: a rewrite of a step may not move them.
FIFTH_STEP: dict[str, dict[str, float]] = {
    "dcgan": {"loss_d": 1.44, "grad_norm_d": 5.535, "loss_g": 0.6554, "grad_norm_g": 5.559},
    "mlp": {"loss_d": 1.393, "grad_norm_d": 0.3485, "loss_g": 0.6925, "grad_norm_g": 0.008585},
    "cs231n": {"loss_d": 1.387, "grad_norm_d": 0.2243, "loss_g": 0.6018, "grad_norm_g": 0.1834},
    "cdcgan": {"loss_d": 1.426, "grad_norm_d": 9.615, "loss_g": 0.7149, "grad_norm_g": 1.603},
    "cmlp": {"loss_d": 1.388, "grad_norm_d": 0.3199, "loss_g": 0.6914, "grad_norm_g": 0.01248},
    "vae": {"loss": 543.4, "recon": 543.4, "grad_norm": 22.9},
    "translator": {
        "loss_d": 1.403,
        "grad_norm_d": 1.705,
        "loss_g": 0.7253,
        "diversity": 0.0008497,
        "grad_norm_g": 1398,
    },
    "own": {"loss_d": 1.375, "grad_norm_d": 0.9905, "loss_g": 0.6879, "grad_norm_g": 0.06306},
    "semi": {"loss_d": 2.462, "loss_class": 2.301, "grad_norm_d": 6.435, "loss_g": 0.2313, "grad_norm_g": 4.559},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_comes_to_what_it_always_came_to(kind: Any) -> None:
    """Beyond rounding, which differs between processors."""
    config = tiny(kind)
    found = {name: value.item() for name, value in train(build_algorithm(config), config, 5)[-1].items()}
    assert {name: found[name] for name in FIFTH_STEP[kind]} == pytest.approx(FIFTH_STEP[kind], rel=0.02)


# --- who learns -----------------------------------------------------------------------------------------------------


def learners(config: RunConfig) -> set[str]:
    """The short names of the networks that learn."""
    if config.uses("objective.unsupervised_weight") and not config.objective.unsupervised_weight:
        return {"d"}
    return {"both": {"g", "d"}, "g": {"g"}, "d": {"d"}}[config.objective.only]


GANS = {name: config for name, config in CASES.items() if config.model.kind != "vae"}


@pytest.mark.parametrize("config", list(GANS.values()), ids=list(GANS))
def test_an_update_changes_one_network_and_adds_to_no_others_gradients(config: RunConfig) -> None:
    algorithm, updates = build_algorithm(config), Counter()
    networks = {"g": algorithm.generator, "d": algorithm.discriminator}
    weights: dict[str, list[Tensor]] = {}  # of each network, before a step
    gradients = {name: gradients_of(network) for name, network in networks.items()}  # after the step before

    def check(name: str) -> None:
        other = "g" if name == "d" else "d"
        assert same(tensors(list(networks[other].parameters())), weights[other])
        assert same(gradients_of(networks[other]), gradients[other])
        assert not equal(list(networks[name].parameters()), weights[name])
        gradients[name] = gradients_of(networks[name])
        updates[name] += 1

    for name in networks:
        optimizer = algorithm.optimizers[f"optimizer_{name}"]
        optimizer.register_step_pre_hook(
            lambda *_: weights.update({key: tensors(list(net.parameters())) for key, net in networks.items()})
        )
        optimizer.register_step_post_hook(lambda *_, name=name: check(name))
    train(algorithm, config, 2)
    steps = {"g": 2 * config.optim.g_steps, "d": 2 * config.optim.d_steps}
    assert updates == {name: steps[name] for name in learners(config)}


def gradients_of(network: nn.Module) -> list[Tensor]:
    return tensors([parameter.grad for parameter in network.parameters()])


def same(left: list[Tensor], right: list[Tensor]) -> bool:
    return (not left and not right) or equal(left, right)


@every_case
def test_every_weight_of_who_learns_moves_and_no_other(config: RunConfig) -> None:
    """After three steps; what cannot have a gradient is named with the reason."""
    algorithm = build_algorithm(config)
    before = {name: deepcopy(dict(network.named_parameters())) for name, network in algorithm.networks.items()}
    train(algorithm, config, 3)
    long_names = {"g": {"generator", "average"}, "d": {"discriminator"}}
    learning = {"encoder", "decoder"}.union(*(long_names[name] for name in learners(config)))
    for network_name, network in algorithm.networks.items():
        still = {name for name, p in network.named_parameters() if torch.equal(p, before[network_name][name])}
        if network_name not in learning:
            assert still == set(before[network_name])
        elif network_name == "discriminator" and config.objective.loss in ("wasserstein", "hinge"):
            assert still <= {"layers.2.bias"}, "a constant raises real and fake scores alike"
        else:
            assert still == set()


# --- the class ------------------------------------------------------------------------------------------------------


def sharpened(network: nn.Module) -> nn.Module:
    """With weights so large that the class shows in the output at once."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(10 if parameter.dim() > 1 else 1)
    return network


@conditional
def test_the_class_changes_the_image_and_the_noise_does_too(kind: Any) -> None:
    config = tiny(kind)
    algorithm = trained(config)
    sharpened(algorithm.generator)
    noise = algorithm.latents(2, torch.Generator())
    images = algorithm.sample(noise.repeat(10, 1), torch.arange(10).repeat_interleave(2)).flatten(1)
    assert torch.pdist(images).min() > 1e-3
    again = algorithm.sample(noise.repeat(10, 1), torch.arange(10).repeat_interleave(2)).flatten(1)
    assert torch.equal(images, again)


@conditional
def test_d_depends_on_the_class_only_if_it_is_conditioned_on_it(kind: Any) -> None:
    images = Batches(tiny(kind))().images[:1].expand(10, -1, -1, -1)
    conditioned = sharpened(build_networks(tiny(kind))["discriminator"]).eval()
    assert torch.pdist(conditioned(images, torch.arange(10))[:, None]).min() > 0
    config = tiny(kind, {"model.y_in_d": False})
    unconditioned = build_networks(config)["discriminator"]
    assert len(example_inputs(config, 2)["discriminator"]) == 1
    with pytest.raises(TypeError):
        unconditioned(images, torch.arange(10), torch.arange(10))
    batches = Batches(config)

    def relabelled(by: int) -> Any:
        batch = batches()
        return Batch(batch.images, (batch.labels + by) % 10)

    first, second = build_algorithm(config), build_algorithm(config)
    one = first.step(lambda: relabelled(0), StepRng(0, 1))
    batches.drawn.clear()
    assert equal(one, second.step(lambda: relabelled(3), StepRng(0, 1)))
    assert equal(first.state_dict(), second.state_dict())


@conditional
def test_d_is_conditioned_on_the_label_of_the_image_that_it_gets(kind: Any) -> None:
    """Real images come with their own labels, generated ones with those that G was given; classes not in use never."""
    config = tiny(kind, {"data.classes": (2, 5)})
    algorithm, seen, made = build_algorithm(config), [], []
    algorithm.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    algorithm.generator.register_forward_pre_hook(lambda _, inputs: made.append(inputs[1]))
    batches = Batches(config)
    for step in range(1, 6):
        algorithm.step(batches, StepRng(0, step))
    for step in range(5):
        real, fake, again = seen[3 * step : 3 * step + 3]
        assert torch.equal(real, batches.drawn[step].labels)
        assert torch.equal(fake, made[step])
        assert torch.equal(again, made[step])
    drawn = torch.cat(made)
    assert set(drawn.tolist()) == {2, 5}
    assert 5 < int((drawn == 2).sum()) < 35  # of 40, each as likely as the other


# --- no more work than needed ---------------------------------------------------------------------------------------

# Forward passes of G and D in one iteration.
PASSES = {
    "dcgan": (1, 3),
    "mlp fresh noise, 2 d, 3 g": (5, 2 * 2 + 3),
    "dcgan g first, 2 d, 3 g": (4, 2 * 2 + 3),
    "dcgan gradient": (1, 4),
    "dcgan r1": (1, 4),
    "dcgan dragan": (1, 4),
    "dcgan only g": (1, 3),
    "dcgan only d": (1, 3),
    "dcgan ema": (2, 4),
    "cdcgan": (1, 3),
    "vae": (1, 1),  # of the decoder and the encoder
    "translator": (2, 3),  # once more, for other noise
    "translator pixels alone": (1, 3),
    "semi": (1, 5),  # features: labelled, unlabelled and made images; made and real ones
    "semi without feature matching": (1, 4),
}


@pytest.mark.parametrize("name", list(PASSES))
def test_a_step_makes_no_needless_passes(name: str) -> None:
    algorithm, passes = build_algorithm(CASES[name]), Counter()
    g, d = ("decoder", "encoder") if name == "vae" else ("generator", "discriminator")
    counted = algorithm.networks[d]
    if name.startswith("semi"):
        counted = counted.get_submodule("features")
    algorithm.networks[g].register_forward_hook(lambda *_: passes.update("g"))
    counted.register_forward_hook(lambda *_: passes.update("d"))
    train(algorithm, CASES[name], 1)
    assert (passes["g"], passes["d"]) == PASSES[name]


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, "y"),  # one pass of G serves both
        ({"objective.noise": "fresh"}, "ny"),
        ({"optim.d_steps": 3}, "nny"),
        ({"objective.order": "g_first", "optim.d_steps": 2}, "yn"),
        ({"objective.only": "d", "objective.noise": "fresh"}, "nn"),
        ({"objective.only": "g", "objective.noise": "fresh"}, "ny"),
    ],
    ids=str,
)
def test_g_keeps_a_graph_only_where_it_learns_from_it(changes: dict[str, Any], kept: str) -> None:
    config = tiny("dcgan", changes)
    algorithm, graphs = build_algorithm(config), []
    algorithm.generator.register_forward_hook(lambda _, __, images: graphs.append(images.requires_grad))
    train(algorithm, config, 1)
    assert "".join("y" if graph else "n" for graph in graphs) == kept


# --- settings that are not in use -----------------------------------------------------------------------------------

UNUSED = {
    "dcgan": {"model.maxout": 3, "model.dropout": 0.5, "data.labels": 20, "objective.pixel_weight": 1.0},
    "mlp": {"model.ngf": 7, "model.d_norm": "none", "model.y_in_d": False, "optim.momentum": 0.9, "optim.lr": 0.1},
    "vae": {"model.prior": "uniform", "model.spectral_norm": True, "objective.clip": 0.1, "optim.ema": 0.9},
    "translator": {"objective.only": "g", "model.d_norm": "none", "model.maxout": 2, "data.labels": 20},
    "semi": {
        "objective.only": "d",
        "objective.loss": "hinge",
        "objective.penalty": "r1",
        "objective.clip": 0.001,
        "objective.instance_noise": 1.0,
        "objective.label_smoothing": 0.3,
    },
}


@pytest.mark.parametrize("kind", list(UNUSED))
def test_a_setting_that_is_not_in_use_changes_nothing(kind: Any) -> None:
    plain = tiny(kind)
    config = plain.replace(UNUSED[kind])
    assert not any(config.uses(path) for path in UNUSED[kind])
    first, second = trained(plain), trained(config)
    assert equal(first.state_dict(), second.state_dict())
    assert equal(use(first, plain), use(second, plain))
