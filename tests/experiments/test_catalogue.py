from __future__ import annotations

import json
from typing import Any

import pytest

from gancore.config import SETTINGS, RunConfig, parse_config
from gancore.config.datasets import DATASETS, TOYS
from gancore.experiments import EXPERIMENTS, Experiment
from gancore.losses import LOSSES
from gancore.models import count_parameters

# Every id of the specification's catalogue, in its order.
IDS = """quickstart dcgan-baseline dcgan-ngf dcgan-ndf dcgan-capacity-drop dcgan-lr dcgan-lr-down dcgan-epochs dcgan-nz
    dcgan-init dcgan-loss dcgan-one-sided dcgan-interpolate dcgan-dataset cdcgan-baseline cdcgan-no-y-in-d
    cdcgan-z-columns vae-mnist vae-fashion vae-batch vae-epochs gan-fashion-lr gan-fashion-steps cgan-fashion vae-vs-gan
    mnist-three goodfellow bold-ones bold-others toy-collapse toy-optimal-d stability semi-supervised"""

# What may be smaller at the quick scale, so that the question stays the same.
SMALLER = {
    *("data.name", "data.limit", "train.epochs", "train.batch_size", "train.preview_every"),
    "train.steps",
    *("optim.lr_end", "optim.momentum_end"),  # fall and rise with each update, of which there are fewer
}

# Networks too dear for two cores, whose quick arms are all narrower.
NARROWER = {key: {"model.ngf", "model.ndf"} for key in ("cdcgan-baseline", "cdcgan-no-y-in-d", "cdcgan-z-columns")}

everyone = pytest.mark.parametrize("entry", list(EXPERIMENTS.values()), ids=list(EXPERIMENTS))
at_both_scales = pytest.mark.parametrize("scale", ["full", "quick"])


def settings(experiment: str, path: str) -> list[Any]:
    entry = EXPERIMENTS[experiment]
    return [config.flat[path] for config in entry.runs(seeds=entry.seeds[:1])]


def test_the_catalogue_is_complete() -> None:
    assert list(EXPERIMENTS) == IDS.split()


@everyone
@at_both_scales
def test_every_run_is_valid_different_and_survives_json(entry: Experiment, scale: Any) -> None:
    runs = entry.runs(scale)
    assert len(set(runs)) == len(runs) == len(entry.arms_at(scale)) * len(entry.seeds)
    for config in runs:
        assert config.total_steps > 0
        assert parse_config(json.loads(config.model_dump_json())) == config


@everyone
def test_every_entry_says_what_it_is(entry: Experiment) -> None:
    assert EXPERIMENTS[entry.id] is entry
    assert entry.title
    assert entry.source
    assert entry.question.endswith("?")
    assert entry.note == "" or entry.note.endswith(".")
    assert (list(entry.arms) == [""]) == (len(entry.arms) == 1)
    assert entry.quick_arms.keys() <= entry.arms.keys()
    assert entry.full_only < set(entry.arms)


@everyone
def test_the_quick_scale_asks_the_same_question_without_a_download(entry: Experiment) -> None:
    for name in entry.arms:
        full, quick = entry.arm(name), entry.arm(name, "quick")
        assert DATASETS[quick.data.name].download == ""
        assert quick.data.name in ("mnist-5k", *TOYS)
        assert quick.total_steps * quick.train.batch_size <= full.total_steps * full.train.batch_size
        changed = set(full.differences(quick))
        assert changed <= SMALLER | NARROWER.get(entry.id, set())
        assert changed & set(entry.arms[name]) <= set(entry.quick_arms.get(name, ()))


@everyone
def test_arms_differ_only_in_what_they_say(entry: Experiment) -> None:
    for name, changes in entry.arms.items():
        assert set(entry.base.differences(entry.arm(name))) - {"seed"} <= set(changes)


@everyone
@at_both_scales
def test_every_setting_that_is_not_the_general_default_has_a_source(entry: Experiment, scale: Any) -> None:
    assert entry.sources.keys() <= SETTINGS.keys()
    for name in entry.arms:
        config = entry.arm(name, scale)
        for path in RunConfig().differences(config):
            assert entry.source_of(path, name, scale), path


def test_a_source_is_that_of_the_value_in_question() -> None:
    entry = EXPERIMENTS["dcgan-lr"]
    assert entry.source_of("optim.lr_d") == entry.sources["optim.lr_d"] == "report 002, question 4"
    assert entry.source_of("optim.lr_d", "baseline") == "report 002, question 4"
    assert entry.source_of("optim.lr_d", "lr_d 0.1") == entry.source == "report 002, question 5"
    assert entry.source_of("data.name", "baseline") == "report 002's hand-out"
    assert entry.source_of("data.name", "baseline", "quick") == "our choice for the quick scale"
    assert entry.source_of("train.device") is None
    faces = EXPERIMENTS["dcgan-dataset"]
    assert faces.source_of("train.epochs", "faces") == faces.arms_source
    assert faces.source_of("train.epochs", "faces", "quick") == "our choice for the quick scale"


def test_arms_that_take_too_long_are_left_to_the_full_scale() -> None:
    entry = EXPERIMENTS["dcgan-ndf"]
    assert [config.model.ndf for config in entry.runs("full", seeds=(0,))] == [32, 64, 128, 256]
    assert [config.model.ndf for config in entry.runs("quick", seeds=(0,))] == [32, 64, 128]


def test_the_quick_sweeps_of_the_dcgan_train_for_as_long_as_a_good_one_takes() -> None:
    """The quickstart's FID is 6 after 1,050 steps, and was 86 after 350."""
    for entry in EXPERIMENTS.values():
        for name in entry.arms_at("quick"):
            quick = entry.arm(name, "quick")
            if quick.model.kind in ("dcgan", "cdcgan"):
                assert quick.total_steps >= EXPERIMENTS["quickstart"].base.total_steps, (entry.id, name)


@pytest.mark.parametrize("scale", ["full", "quick"])
def test_the_unconditional_networks_of_equal_capacity_are_as_large_as_the_conditional_ones(scale: Any) -> None:
    entry = EXPERIMENTS["cdcgan-baseline"]
    conditional = count_parameters(entry.arm("conditional", scale))
    assert count_parameters(entry.arm("unconditional, equal capacity", scale)) == {
        name: pytest.approx(count, rel=0.01) for name, count in conditional.items()
    }
    assert count_parameters(entry.arm("unconditional", scale))["generator"] < conditional["generator"] / 4


def test_runs_are_every_arm_with_every_seed_arms_first() -> None:
    entry = EXPERIMENTS["dcgan-nz"]
    runs = entry.runs(seeds=(3, 4))
    assert [(config.model.nz, config.seed) for config in runs] == [
        *((10, 3), (100, 3), (1000, 3)),
        *((10, 4), (100, 4), (1000, 4)),
    ]
    assert entry.runs() == entry.runs(seeds=range(5))


def test_seeds_are_the_reports_own_and_several_where_chance_decides() -> None:
    """Five where a claim is that there is little difference; report 003 begins at 1."""
    assert {entry.id: entry.seeds for entry in EXPERIMENTS.values() if entry.seeds != (0, 1, 2)} == {
        "quickstart": (0,),
        "toy-collapse": tuple(range(20)),  # seconds each
        **dict.fromkeys(("dcgan-ngf", "dcgan-nz", "dcgan-init"), (0, 1, 2, 3, 4)),
        **dict.fromkeys(("vae-mnist", "vae-fashion", "vae-epochs"), (1, 2, 3)),
        "vae-batch": (1, 2, 3, 4, 5),
    }


def test_quickstart_is_the_default() -> None:
    assert EXPERIMENTS["quickstart"].runs() == EXPERIMENTS["quickstart"].runs("quick") == [RunConfig()]
    config = RunConfig()
    assert (config.data.name, config.model.kind, config.model.ngf, config.model.ndf) == ("mnist-5k", "dcgan", 32, 32)
    assert (config.train.batch_size, config.train.epochs) == (64, 15)


@pytest.mark.parametrize(
    ("experiment", "path", "values"),
    [
        ("dcgan-baseline", "train.batch_size", [128, 12]),
        ("dcgan-ngf", "model.ngf", [32, 64, 128, 256]),
        ("dcgan-ndf", "model.ndf", [32, 64, 128, 256]),
        ("dcgan-capacity-drop", "model.ngf", [32, 4, 8, 32, 32]),
        ("dcgan-capacity-drop", "model.ndf", [32, 32, 32, 4, 8]),
        ("dcgan-lr", "optim.lr_d", [2e-4, 0.1, 2e-4, 0.1]),
        ("dcgan-lr", "optim.lr_g", [5e-4, 5e-4, 0.1, 0.1]),
        ("dcgan-lr-down", "optim.lr_g", [5e-4, 5e-5, 5e-6, 5e-4, 5e-4, 5e-4]),
        ("dcgan-lr-down", "optim.lr_d", [2e-4, 2e-5, 2e-6, 2e-4, 2e-4, 2e-4]),
        ("dcgan-lr-down", "optim.schedule_g", [*["constant"] * 3, "linear", "exponential", "cosine"]),
        ("dcgan-lr-down", "optim.schedule_d", [*["constant"] * 3, "linear", "exponential", "cosine"]),
        ("dcgan-epochs", "train.epochs", [5, 30, 100]),
        ("dcgan-nz", "model.nz", [10, 100, 1000]),
        ("dcgan-init", "model.init", ["custom", "default"]),
        ("dcgan-loss", "objective.loss", ["nonsaturating", "minimax"]),
        ("dcgan-one-sided", "objective.only", ["both", "g", "d"]),
        ("dcgan-dataset", "data.name", ["fashion-mnist", "cifar10", "olivetti"]),
        ("dcgan-dataset", "model.nc", [1, 3, 1]),
        ("cdcgan-baseline", "model.kind", ["cdcgan", "dcgan", "dcgan"]),
        ("cdcgan-baseline", "model.ngf", [32, 32, 120]),
        ("cdcgan-no-y-in-d", "model.y_in_d", [True, False]),
        ("vae-batch", "train.batch_size", [64, 128, 256]),
        ("vae-batch", "train.epochs", [10, 10, 10]),
        ("vae-epochs", "train.batch_size", [128, 64, 64, 128]),
        ("vae-epochs", "train.epochs", [10, 20, 50, 300]),
        ("gan-fashion-lr", "optim.lr_g", [2e-4, 2e-3, 2e-4, 2e-4]),
        ("gan-fashion-lr", "optim.lr_d", [2e-4, 2e-4, 2e-3, 2e-4]),
        ("gan-fashion-lr", "data.range", ["0..1", "0..1", "0..1", "-1..1"]),
        ("gan-fashion-steps", "optim.g_steps", [1, 3, 1, 3, 5, 1, 1]),
        ("gan-fashion-steps", "optim.d_steps", [1, 1, 3, 1, 1, 3, 5]),
        ("cgan-fashion", "model.kind", ["cmlp", "cmlp", "mlp", "mlp"]),
        ("cgan-fashion", "data.range", ["0..1", "-1..1", "0..1", "-1..1"]),
        ("vae-vs-gan", "model.kind", ["vae", "mlp", "mlp", "cmlp", "cmlp"]),
        ("vae-vs-gan", "data.range", ["0..1", "0..1", "-1..1", "0..1", "-1..1"]),
        ("vae-vs-gan", "data.name", ["fashion-mnist"] * 5),
        ("mnist-three", "model.kind", ["mlp", "mlp", "cs231n"]),
        ("mnist-three", "objective.loss", ["nonsaturating", "least_squares", "nonsaturating"]),
        ("goodfellow", "data.name", ["mnist", "mnist", "olivetti", "cifar10"]),
        ("goodfellow", "data.image_size", [28, 28, 32, 32]),
        ("goodfellow", "model.nc", [1, 1, 1, 3]),
        ("goodfellow", "optim.lr_d", [0.1, 0.05, 0.05, 0.025]),
        ("goodfellow", "optim.lr_g", [0.1, 0.1, 0.05, 0.025]),
        ("bold-ones", "optim.g_steps", [3, 1, 5, *[3] * 9]),
        ("bold-ones", "objective.pixel_weight", [30, 30, 30, 0, 10, 100, 0, *[30] * 5]),
        ("bold-ones", "data.pairs", [*["thickened"] * 6, "unpaired", *["thickened"] * 5]),
        ("bold-ones", "data.limit", [*[None] * 7, 337, 674, 1686, 3371, None]),
        ("bold-ones", "data.classes", [*[(1,)] * 11, (0, 1)]),
        ("bold-others", "data.classes", [(1,), (1, 7), (0, 1, 2, 3, 4)]),
        ("toy-collapse", "data.name", [*["ring"] * 5, *["grid"] * 5, *["ring"] * 2]),
        ("toy-collapse", "optim.beta1", [*[0.5] * 10, 0.9, 0.9]),
        ("toy-optimal-d", "optim.d_steps", [1, 1, 5, 20]),
        ("toy-optimal-d", "objective.only", ["d", "both", "both", "both"]),
        ("stability", "objective.penalty", [*["none"] * 5, "gradient", "r1", "dragan", "none"]),
        ("stability", "model.d_norm", [*["batch"] * 4, *["none"] * 5]),
        ("semi-supervised", "data.labels", [10, 10, 20, 20, 50, 50, 100, 100, 1000, 1000]),
        ("semi-supervised", "objective.unsupervised_weight", [0.5, 0.0] * 5),
    ],
)
def test_an_experiment_varies_what_the_report_varied(experiment: str, path: str, values: list[Any]) -> None:
    assert settings(experiment, path) == values


def test_the_claim_about_step_3000_is_tested_at_the_batch_size_that_it_fits() -> None:
    """Step 3000 in epoch 6.4 of 30 is batch 128."""
    config = EXPERIMENTS["dcgan-epochs"].runs()[1]
    assert 3_000 / (config.total_steps / config.train.epochs) == pytest.approx(6.4, abs=0.02)


def test_schedules_end_where_the_smallest_rates_begin() -> None:
    falling = EXPERIMENTS["dcgan-lr-down"].arm("cosine").optim
    assert falling.lr_g * falling.lr_end == pytest.approx(5e-6)
    assert falling.lr_d * falling.lr_end == pytest.approx(2e-6)


def test_a_toy_meets_every_loss_and_the_wasserstein_loss_its_penalty() -> None:
    runs = EXPERIMENTS["toy-collapse"].runs(seeds=(0,))
    assert {(config.data.name, config.objective.loss) for config in runs} == {
        (toy, loss) for toy in ("ring", "grid") for loss in LOSSES
    }
    for config in runs:
        assert (config.objective.penalty == "gradient") == (config.objective.loss == "wasserstein")
        assert config.objective.penalty == "none" or config.objective.penalty_weight == 0.1


@pytest.mark.parametrize("scale", ["full", "quick"])
@pytest.mark.parametrize("experiment", ["bold-ones", "bold-others"])
def test_a_small_share_of_bold_ones_is_not_one_of_few_updates_too(experiment: str, scale: Any) -> None:
    entry = EXPERIMENTS[experiment]
    first, *others = (entry.arm(name, scale) for name in entry.arms)
    assert {config.total_steps for config in others} == {first.total_steps}
    assert first.total_steps == pytest.approx(first.train.epochs * first.batches_per_epoch, rel=0.01)


@at_both_scales
def test_more_updates_of_one_network_need_not_be_more_or_less_training_of_g(scale: Any) -> None:
    entry = EXPERIMENTS["gan-fashion-steps"]
    updates = {
        name: config.total_steps * config.optim.g_steps for name in entry.arms for config in [entry.arm(name, scale)]
    }
    equal = updates.pop("equal")
    assert equal == entry.arm("equal", scale).total_steps
    assert updates.pop("G 3x") == 3 * equal
    assert updates.pop("D 3x") == pytest.approx(equal / 3, rel=0.001)
    assert all(name.endswith("equal G updates") for name in updates)
    assert list(updates.values()) == pytest.approx([equal] * 4, rel=0.001)


@at_both_scales
def test_each_number_of_labels_has_a_control_that_differs_in_nothing_else(scale: Any) -> None:
    entry = EXPERIMENTS["semi-supervised"]
    for count in (10, 20, 50, 100, 1000):
        helped, alone = (entry.arm(f"labels {count}{words}", scale) for words in ("", " alone"))
        assert set(helped.differences(alone)) == {"objective.unsupervised_weight", "train.evaluate_every"}


def test_the_batch_size_of_a_vae_is_not_one_of_few_updates_at_the_quick_scale() -> None:
    entry = EXPERIMENTS["vae-batch"]
    for name in entry.arms:
        assert entry.arm(name, "quick").total_steps == pytest.approx(entry.arm(name).total_steps, rel=0.02)


def test_what_steadies_a_gan_is_compared_with_one_that_differs_in_nothing_else() -> None:
    entry = EXPERIMENTS["stability"]
    plain = "D without normalisation"
    compared = {
        "label smoothing 0.1": ("baseline", "objective.label_smoothing"),
        "instance noise 0.1": ("baseline", "objective.instance_noise"),
        "EMA 0.99": ("baseline", "optim.ema"),
        plain: ("baseline", "model.d_norm"),
        **{f"{name} penalty": (plain, "objective.penalty") for name in ("gradient", "r1", "dragan")},
        "spectral norm": (plain, "model.spectral_norm"),
    }
    assert ["baseline", *compared] == list(entry.arms)
    for name, (against, path) in compared.items():
        assert set(entry.arm(against).differences(entry.arm(name))) - {"objective.penalty_weight"} == {path}


def test_a_moving_average_is_shorter_than_a_quick_run() -> None:
    config = EXPERIMENTS["stability"].arm("EMA 0.99", "quick")
    assert config.optim.ema**config.total_steps < 1e-3  # the share in it of G's first weights


def test_photographs_and_faces_are_stood_in_for_by_what_makes_them_hard() -> None:
    entry = EXPERIMENTS["dcgan-dataset"]
    assert entry.arm("CIFAR-10", "quick").model.nc == 3
    assert entry.arm("faces", "quick").images == entry.arm("faces").images == 360
