from __future__ import annotations

import json
import math
from itertools import product
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from gancore.config import (
    NEEDS,
    SCHEMA_VERSION,
    SETTINGS,
    STEERABLE,
    ConfigError,
    RunConfig,
    check_setting,
    fitting,
    migrate,
    needed,
    parse_config,
    parse_setting,
    uses,
)
from gancore.config.datasets import IMAGES, TOYS, DatasetName
from gancore.config.kinds import KINDS
from gancore.config.losses import LOSS_FACTS, LossName
from gancore.config.model import ModelConfig
from gancore.config.setting import Setting

# A config in which every other setting may take any of its values, given what that value needs.
FREE = RunConfig().replace({"model.kind": "mlp", "train.batch_size": 2})
SUPPLIED: dict[tuple[str, Any], dict[str, Any]] = {
    ("data.name", "own"): {"data.own": "faces", "data.own_counts": (300, 200)},
    ("data.name", "drawn"): {"data.points": ((0.0, 0.5), (-1.0, 1.0))},
}

NAN, INFINITY = math.nan, math.inf
WIDTHS = ("model.hidden", "model.g_hidden", "model.d_hidden")
GOOD_WIDTHS = [(1,), (4096, 3, 7)]
BAD_WIDTHS = [(), (0,), (4097,), (1.5,), (True,), (8,) * 9, ("8",), ({},)]
GOOD_LISTS: dict[str, list[Any]] = {
    "data.own_counts": [(), (0, 7), (1,) * 1000],
    "data.points": [(), ((0.0, -1.0), (1.0, 0.5))],
    "data.classes": [None, (1,), (0, 9, 3)],
    **dict.fromkeys(WIDTHS, GOOD_WIDTHS),
}
BAD_LISTS: dict[str, list[Any]] = {
    "data.own_counts": [(-1,), (1.5,), (True,), (1,) * 1001, ((1,),)],
    "data.points": [(1.0, 1.0), ((0.0,),), ((0.0, 0.0, 0.0),), ((0.0, 1.01),), ((0.0, NAN),), ((0.0, True),)],
    "data.classes": [(), (-1,), (1000,), (1.5,), (True,), ((1,),)],
    **dict.fromkeys(WIDTHS, BAD_WIDTHS),
}
WRONG_TYPES: dict[str, list[Any]] = {
    "int": [1.5, True, "3", NAN, INFINITY, -INFINITY, [], {}],
    "float": [True, "0.1", None, NAN, INFINITY, -INFINITY, [1.0]],
    "bool": [1, "yes", None],
    "choice": ["nonsense", None, NAN, 7],
    "text": ["-faces", "Faces", "my faces", "../faces", "a" * 65, "fa\nces", None, 3, True, []],
    "list": ["16", 16, {}, True, NAN],
}


def valid_values(leaf: Setting) -> list[Any]:
    if leaf.kind in ("choice", "bool"):
        return list(leaf.choices or (True, False))
    if leaf.kind == "text":
        return ["", "0123456789abcdef" * 2] if leaf.path == "data.own_hash" else ["", "faces-2", "a" * 64]
    if leaf.kind == "list":
        return GOOD_LISTS[leaf.path]
    assert leaf.low is not None
    assert leaf.high is not None
    inside = (leaf.low + leaf.high) / 2 if leaf.kind == "float" else (leaf.low + leaf.high) // 2
    ends = [*([] if leaf.open_low else [leaf.low]), *([] if leaf.open_high else [leaf.high])]
    return [*ends, inside, *([None] if leaf.optional else [])]


def refused_values(leaf: Setting) -> list[Any]:
    bad = [*WRONG_TYPES[leaf.kind], *([] if leaf.optional else [None])]
    if leaf.path == "model.code":  # any text
        return ["#" * 50_001, *(value for value in bad if not isinstance(value, str))]
    if leaf.path in ("objective.own_d", "objective.own_g"):  # any short text, where the loss is another one
        return ["#" * 301, *(value for value in bad if not isinstance(value, str))]
    if leaf.kind == "list":
        return [*bad, *BAD_LISTS[leaf.path]]
    if leaf.kind not in ("int", "float"):
        return bad
    assert leaf.low is not None
    assert leaf.high is not None
    return [*bad, leaf.low if leaf.open_low else leaf.low - 1, leaf.high if leaf.open_high else leaf.high + 1]


def with_value(path: str, value: Any) -> RunConfig:
    """`FREE` with that value, and what must come with it."""
    key = (path, value) if isinstance(value, str) else (path, None)
    return FREE.replace(needed(*key) | SUPPLIED.get(key, {}) | {path: value})


def refusal(changes: dict[str, Any], start: RunConfig | None = None) -> str:
    with pytest.raises(ConfigError) as refused:
        (start or RunConfig()).replace(changes)
    return str(refused.value)


def tree_with(path: str, value: Any) -> dict[str, Any]:
    tree = FREE.model_dump()
    *parts, name = path.split(".")
    node = tree
    for part in parts:
        node = node[part]
    node[name] = value
    return tree


@pytest.mark.parametrize("path", list(SETTINGS))
def test_every_valid_value_of_a_setting_survives_json(path: str) -> None:
    for value in valid_values(SETTINGS[path]):
        config = with_value(path, value)
        assert config.flat[path] == value
        assert RunConfig.model_validate(json.loads(config.model_dump_json())) == config
        assert parse_config(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("path", list(SETTINGS))
def test_every_bad_value_is_refused_in_one_sentence_that_names_the_setting(path: str) -> None:
    for value in refused_values(SETTINGS[path]):
        for attempt in (lambda v=value: FREE.replace({path: v}), lambda v=value: parse_config(tree_with(path, v))):
            with pytest.raises(ConfigError) as refused:
                attempt()
            sentence = str(refused.value)
            assert sentence.startswith(f"{path} must be ")
            assert "\n" not in sentence
            assert len(sentence) < 250


@pytest.mark.parametrize("path", list(SETTINGS))
def test_every_setting_can_be_shown(path: str) -> None:
    leaf = SETTINGS[path]
    assert leaf.path == path
    assert leaf.label
    assert leaf.help.endswith(".")
    assert leaf.group in ("Data", "Training", "Network", "Objective", "Learning")
    assert leaf.default in valid_values(leaf) or RunConfig().flat[path] == leaf.default
    if leaf.kind in ("int", "float"):
        assert leaf.low is not None
        assert leaf.high is not None
        assert leaf.low < leaf.high
        assert all(leaf.low <= mark <= leaf.high for mark in leaf.marks)
        assert list(leaf.marks) == sorted(leaf.marks)
    assert leaf.hidden <= (leaf.kind in ("list", "text"))
    for other, values in leaf.when.items():
        assert values
        assert set(values) <= set(valid_values(SETTINGS[other]))


def test_the_fixed_paths_exist() -> None:
    fixed = """data.name data.limit model.kind model.ngf model.ndf model.nz model.init objective.loss
        optim.lr_g optim.lr_d optim.beta1 optim.g_steps optim.d_steps train.epochs
        train.batch_size train.precision seed"""
    assert set(fixed.split()) <= set(SETTINGS)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"modle": {}}, "unknown setting modle"),
        ({"model": {"ngff": 3}}, "unknown setting model.ngff; did you mean model.ngf?"),
        ({"epochs": 3}, "unknown setting epochs; did you mean train.epochs?"),
        ({"a\nb": 3}, "unknown setting a b"),
        ({"model": 3}, 'model must be an object of settings, such as {"ngf": 32}'),
        (None, 'the config must be an object of settings, such as {"ngf": 32}'),
        ([], 'the config must be an object of settings, such as {"ngf": 32}'),
        ("ngf", 'the config must be an object of settings, such as {"ngf": 32}'),
    ],
)
def test_what_is_no_setting_is_refused(data: Any, said: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_config(data)
    assert str(refusal.value) == said


@pytest.mark.parametrize("path", ["ngf", "model", "model.ngf.x", ""])
def test_replacing_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match=f"^unknown setting {path}"):
        RunConfig().replace({path: 3})


OWN = {"data.name": "own", "data.own": "faces"}
SEMI = {"model.kind": "semi"}
DRAWN = {"data.name": "drawn", "model.kind": "mlp", "model.g_output": "linear"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data.limit": 63}, "train.batch_size must be at most 63, the number of training images"),
        (
            {"model.kind": "vae", "data.range": "0..1", "optim.d_steps": 20, "data.limit": 63},
            "train.batch_size must be at most 63, the number of training images",
        ),
        (
            {"optim.d_steps": 20, "train.batch_size": 226},
            "train.batch_size x optim.d_steps must be at most 4,500, the number of training images",
        ),
        ({"data.name": "own"}, "data.own must name an imported image set for data.name own: import one first"),
        (OWN, "data.own must name an imported image set for data.name own: import one first"),
        (DRAWN, "data.points must hold at least 2 points for data.name drawn: draw them first"),
        (
            DRAWN | {"data.points": ((0.0, 0.0),)},
            "data.points must hold at least 2 points for data.name drawn: draw them first",
        ),
        ({"data.classes": (0, 10)}, "data.classes must be numbers from 0 to 9 for data.name mnist-5k"),
        (
            OWN | {"data.own_counts": (90, 90), "data.classes": (2,)},
            "data.classes must be numbers from 0 to 1 for data.name own",
        ),
        (
            OWN | {"data.own_counts": (90,), "model.kind": "cdcgan"},
            "model.kind cdcgan needs images of 2 to 100 classes",
        ),
        (SEMI | {"data.labels": 9}, "data.labels must be from 10, one of each class, to 4,500, all images"),
        (
            SEMI | {"data.labels": 701, "data.limit": 700},
            "data.labels must be from 10, one of each class, to 700, all images",
        ),
        (
            SEMI | {"data.labels": 2, "data.classes": (1, 7, 3)},
            "data.labels must be from 3, one of each class, to 1,368, all images",
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(changes: dict[str, Any], said: str) -> None:
    assert refusal(changes) == said


def test_what_the_networks_and_the_toys_need() -> None:
    assert {
        **{("model.kind", kind): {"data.image_size": 32} for kind in ("dcgan", "cdcgan", "semi")},
        ("model.kind", "cs231n"): {"data.image_size": 28},
        ("model.kind", "vae"): {"data.range": "0..1"},
        ("model.kind", "translator"): {"data.image_size": 28, "data.range": "0..1", "model.nc": 1},
        ("data.pairs", "unpaired"): {"objective.pixel_weight": 0.0},
        **{("data.name", toy): {"model.kind": "mlp", "model.g_output": "linear"} for toy in TOYS},
    } == ALL_NEEDS


ALL_NEEDS = {("model.kind", name): kind.needs for name, kind in KINDS.items() if kind.needs} | NEEDS
WANTS = [(path, value, other) for (path, value), wanted in ALL_NEEDS.items() for other in wanted]


@pytest.mark.parametrize(("path", "value", "other"), WANTS)
def test_each_need_is_enforced_in_one_sentence(path: str, value: Any, other: str) -> None:
    good = with_value(path, value)
    wanted = ALL_NEEDS[path, value][other]
    assert good.flat[other] == wanted
    wrong = next(choice for choice in reversed(valid_values(SETTINGS[other])) if choice != wanted)
    breaking = {other: wrong} | ({} if other == "model.kind" else needed(other, wrong))
    assert refusal(breaking, good) == f"{other} must be {wanted} for {path} {value}"


def test_a_form_is_told_what_else_to_set() -> None:
    assert needed("model.kind", "vae") == {"data.range": "0..1"}
    assert needed("data.name", "ring") == {"model.kind": "mlp", "model.g_output": "linear"}
    assert needed("model.kind", "mlp") == needed("model.ngf", 3) == needed("data.name", "mnist") == {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_can_be_chosen_from_any_other(kind: str) -> None:
    for before in KINDS:
        start = RunConfig().replace(needed("model.kind", before) | {"model.kind": before})
        assert start.replace(needed("model.kind", kind) | {"model.kind": kind}).model.kind == kind


@pytest.mark.parametrize(("batch", "d_steps", "limit"), [(64, 1, 64), (8, 5, 40), (225, 20, None)])
def test_one_iteration_an_epoch_is_enough(batch: int, d_steps: int, limit: int | None) -> None:
    changes = {"data.limit": limit, "train.batch_size": batch, "optim.d_steps": d_steps, "train.epochs": 7}
    assert RunConfig().replace(changes).total_steps == 7


def test_a_config_is_frozen_and_hashable() -> None:
    config = RunConfig()
    with pytest.raises(ValidationError):
        config.seed = 1  # type: ignore[misc]
    with pytest.raises(ValidationError):
        config.model.ngf = 1  # type: ignore[misc]
    assert hash(config) == hash(RunConfig())
    assert config.replace({"model.ngf": 3}) != config


@pytest.mark.parametrize("update", [{"ngf": 0}, {"ngf": NAN}, {"ngf": "3"}, {"ngff": 3}, {"dropout": 0.95}])
def test_a_copy_is_validated_again(update: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ModelConfig().model_copy(update=update)
    with pytest.raises(ValidationError):
        RunConfig().model_copy(update={"model": update})
    with pytest.raises(ValidationError):
        RunConfig().model_copy(update={"model": ModelConfig.model_construct(ngf=0)})


def test_a_good_copy_differs_only_where_it_was_told_to() -> None:
    config = RunConfig()
    _ = config.flat  # the copy must not inherit the cached one
    copy = config.model_copy(update={"model": ModelConfig(ngf=5)})
    assert copy == config.replace({"model.ngf": 5})
    assert copy.flat["model.ngf"] == 5
    assert config.model.ngf == 32


@pytest.mark.parametrize(
    ("data", "limit", "batch", "epochs", "d_steps", "images", "steps"),
    [
        ("mnist-5k", None, 64, 15, 1, 4_500, 15 * 70),  # 70.3 batches
        ("mnist", None, 12, 5, 1, 60_000, 25_000),  # report 002
        ("mnist", None, 128, 5, 1, 60_000, 2_340),  # its hand-out: 468.75 batches
        ("mnist", 50_000, 128, 10, 1, 50_000, 3_900),  # report 004
        ("fashion-mnist", None, 64, 24, 3, 60_000, 24 * 937 // 3),
        ("mnist-5k", 43, 8, 4, 1, 43, 20),
        ("mnist-5k", 43, 8, 4, 3, 43, 6),  # 20 batches, 3 an iteration, 2 left over
        ("mnist-5k", 1_000_000, 4_096, 3, 1, 4_500, 3),
    ],
)
def test_the_number_of_steps_is_known_before(
    data: str, limit: int | None, batch: int, epochs: int, d_steps: int, images: int, steps: int
) -> None:
    config = RunConfig().replace(
        {
            "data.name": data,
            "data.limit": limit,
            "train.batch_size": batch,
            "train.epochs": epochs,
            "optim.d_steps": d_steps,
        }
    )
    assert config.images == images
    assert config.total_steps == steps


@pytest.mark.parametrize(
    ("changes", "per_step", "steps"),
    [
        ({}, 1, 70),
        ({"optim.d_steps": 3, "optim.g_steps": 5}, 3, 23),
        ({"model.kind": "vae", "data.range": "0..1", "optim.d_steps": 3}, 1, 70),
        ({"model.kind": "semi", "optim.d_steps": 2}, 2, 35),
    ],
)
def test_each_update_of_d_takes_a_fresh_batch(changes: dict[str, Any], per_step: int, steps: int) -> None:
    config = RunConfig().replace({"train.epochs": 1} | changes)
    assert (config.batches_per_epoch, config.batches_per_step, config.total_steps) == (70, per_step, steps)


@pytest.mark.parametrize(
    ("data", "limit", "batch", "d_steps", "steps", "images"),
    [
        ("mnist", None, 128, 1, 469, 60_000),  # PyTorch's example of a VAE
        ("fashion-mnist", None, 64, 1, 938, 60_000),
        ("fashion-mnist", None, 64, 3, 312, 60_000),  # 938 batches, 2 left over
        ("mnist-5k", 40, 8, 1, 5, 40),
        ("mnist-5k", 41, 8, 1, 5, 40),  # one image alone is dropped
        ("mnist-5k", 42, 8, 1, 6, 42),
        ("mnist-5k", 43, 8, 1, 6, 43),
    ],
)
def test_a_kept_last_batch_is_one_more(
    data: str, limit: int | None, batch: int, d_steps: int, steps: int, images: int
) -> None:
    changes = {"data.name": data, "data.limit": limit, "train.batch_size": batch, "optim.d_steps": d_steps}
    config = RunConfig().replace(changes | {"data.last_batch": "keep", "train.epochs": 1})
    assert (config.total_steps, config.images_per_epoch) == (steps, images)
    assert config.images_per_step == pytest.approx(d_steps * images / config.batches_per_epoch)


@pytest.mark.parametrize(
    ("limit", "d_steps", "images", "per_step"), [(43, 1, 40, 8.0), (43, 3, 40, 24.0), (40, 1, 40, 8.0)]
)
def test_a_dropped_last_batch_is_not_counted(limit: int, d_steps: int, images: int, per_step: float) -> None:
    config = RunConfig().replace({"data.limit": limit, "train.batch_size": 8, "optim.d_steps": d_steps})
    assert (config.images_per_epoch, config.images_per_step) == (images, per_step)


BOLD = {"model.kind": "translator", "data.image_size": 28, "data.range": "0..1", "data.name": "mnist"}


@pytest.mark.parametrize(
    ("changes", "classes", "in_use", "images"),
    [
        ({}, 10, 10, 4_500),
        ({"data.classes": (1,)}, 10, 1, 447),
        ({"data.classes": (7, 1, 1)}, 10, 2, 447 + 457),
        ({"data.classes": (1,), "data.limit": 100}, 10, 1, 100),
        ({"data.classes": (1, 7), "data.imbalance": 0.5}, 10, 2, 447 + 228),
        (OWN | {"data.own_counts": (90, 30, 60)}, 3, 3, 180),
        (OWN | {"data.own_counts": (90, 30, 60), "data.classes": (2, 0)}, 3, 2, 150),
        (BOLD | {"data.classes": (1,)}, 10, 1, 6_742),
        (BOLD | {"data.classes": (1,), "data.pairs": "unpaired"}, 10, 1, 3_371),  # the other half are the bold ones
        (BOLD | {"data.classes": (1,), "data.pairs": "unpaired", "data.limit": 5_000}, 10, 1, 3_371),
        ({"data.name": "ring", "model.kind": "mlp", "model.g_output": "linear"}, 8, 8, 20_000),
        (DRAWN | {"data.points": ((0.0, 0.0), (1.0, 1.0))}, 1, 1, 20_000),
    ],
)
def test_the_images_in_use_are_counted(changes: dict[str, Any], classes: int, in_use: int, images: int) -> None:
    config = RunConfig().replace(changes)
    assert (config.classes, len(config.labels_in_use), config.images) == (classes, in_use, images)
    assert len(config.class_counts) == classes


def test_class_counts_are_those_before_the_limit() -> None:
    config = RunConfig().replace({"data.classes": (1, 7), "data.imbalance": 0.1, "data.limit": 400})
    assert config.class_counts == (0, 447, 0, 0, 0, 0, 0, 46, 0, 0)
    assert config.images == 400


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({}, (1, 32, 32)),
        ({"data.name": "cifar10", "model.nc": 3}, (3, 32, 32)),
        ({"model.kind": "mlp", "data.image_size": 8}, (1, 8, 8)),
        ({"data.name": "grid", "model.kind": "mlp", "model.g_output": "linear"}, (2,)),
    ],
)
def test_the_shape_of_a_sample(changes: dict[str, Any], shape: tuple[int, ...]) -> None:
    assert RunConfig().replace(changes).shape == shape


def test_differences_are_those_that_matter() -> None:
    config = RunConfig()
    changes = {"model.ngf": 8, "seed": 3, "model.d_hidden": (3,)}  # the last one is for the mlp only
    assert config.differences(config.replace(changes)) == {"model.ngf": (32, 8), "seed": (0, 3)}
    assert config.differences(config) == {}
    as_mlp = config.replace({"model.kind": "mlp", "model.d_hidden": (3,)})
    assert config.differences(as_mlp) == {"model.kind": ("dcgan", "mlp"), "model.d_hidden": ((256, 256), (3,))}


USED = {
    "model.ngf": "dcgan cdcgan translator semi",
    "model.ndf": "dcgan cdcgan translator semi",
    "model.nz": "dcgan mlp cs231n cdcgan cmlp vae translator semi own",
    "model.prior": "dcgan mlp cs231n cdcgan cmlp translator semi own",
    "model.y_in_d": "cdcgan cmlp",
    "model.code": "own",
    "model.hidden": "vae",
    "model.dropout": "mlp cmlp",
    "model.g_output": "mlp cmlp",
    "model.d_norm": "dcgan cdcgan semi",
    "data.labels": "semi",
    "data.pairs": "translator",
    "objective.loss": "dcgan mlp cs231n cdcgan cmlp translator own",
    "objective.only": "dcgan mlp cs231n cdcgan cmlp own",
    "objective.pixel_weight": "translator",
    "objective.feature_matching": "semi",
    "optim.lr": "vae",
    "optim.lr_g": "dcgan mlp cs231n cdcgan cmlp translator semi own",
    "optim.d_steps": "dcgan mlp cs231n cdcgan cmlp translator semi own",
    "optim.beta1": "dcgan mlp cs231n cdcgan cmlp vae translator semi own",
    "seed": "dcgan mlp cs231n cdcgan cmlp vae translator semi own",
}


@pytest.mark.parametrize(("path", "kind"), list(product(USED, KINDS)))
def test_a_setting_is_used_by_the_networks_that_have_it(path: str, kind: str) -> None:
    config = RunConfig().replace(needed("model.kind", kind) | {"model.kind": kind})
    assert config.uses(path) == uses(path, config.flat) == (kind in USED[path].split())


@pytest.mark.parametrize(
    ("path", "other", "used", "unused"),
    [
        ("optim.beta1", "optim.optimizer", ["adam"], ["sgd", "rmsprop"]),
        ("optim.momentum", "optim.optimizer", ["sgd"], ["adam", "rmsprop"]),
        ("objective.penalty_weight", "objective.penalty", ["gradient", "r1", "dragan"], ["none"]),
        (
            "objective.label_smoothing",
            "objective.loss",
            ["nonsaturating", "minimax", "least_squares"],
            ["hinge", "own"],
        ),
        ("objective.cross_entropy", "objective.loss", ["nonsaturating", "minimax"], ["hinge", "own"]),
        ("objective.own_d", "objective.loss", ["own"], ["nonsaturating", "hinge"]),
        ("objective.own_g", "objective.loss", ["own"], ["nonsaturating", "hinge"]),
        ("model.d_leak", "model.maxout", [1], [2, 5]),
        ("data.own", "data.name", ["own"], ["mnist-5k", "mnist"]),
        ("data.own_hash", "data.name", ["own"], ["mnist-5k", "mnist"]),
        ("data.points", "data.name", ["drawn"], ["mnist-5k", "ring"]),
        ("data.image_size", "data.name", list(IMAGES), list(TOYS)),
        ("data.range", "data.name", list(IMAGES), list(TOYS)),
        ("model.nc", "data.name", list(IMAGES), list(TOYS)),
    ],
)
def test_a_setting_is_used_where_another_has_certain_values(
    path: str, other: str, used: list[Any], unused: list[Any]
) -> None:
    assert [uses(path, FREE.flat | {other: value}) for value in (*used, *unused)] == [True] * len(used) + [False] * len(
        unused
    )


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("objective.own_d", "softplus(-reel)", "objective.own_d: unknown name 'reel' at 11: use real or fake"),
        ("objective.own_d", "real * fake", "objective.own_d: the term at 1 has both real and fake, which D sees in "),
        (
            "objective.own_g",
            "real - fake",
            "objective.own_g: real is not known in G's update: ",
        ),
        ("objective.own_g", "log(fake)", "objective.own_g: its value is not finite at fake = 0"),
        ("objective.own_g", "f" * 301, "objective.own_g must be an expression in fake of at most 300 "),
    ],
)
def test_a_loss_of_ones_own_is_checked_where_it_is_used(path: str, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        RunConfig().replace({"objective.loss": "own", path: text})
    assert str(refused.value).startswith(sentence)
    if len(text) <= 300:
        assert RunConfig().replace({path: text}).flat[path] == text


def test_what_may_change_while_a_run_trains() -> None:
    assert STEERABLE == (
        "objective.label_smoothing",
        "objective.penalty_weight",
        "optim.lr_g",
        "optim.lr_d",
        "optim.lr",
        "optim.d_steps",
        "optim.g_steps",
    )


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("model.ngf", "64", 64),
        ("optim.lr_g", "5e-4", 5e-4),
        ("optim.lr_g", " 1 ", 1),
        ("data.name", "mnist", "mnist"),
        ("data.name", '"mnist"', "mnist"),
        ("data.limit", "null", None),
        ("data.limit", " ", None),
        ("data.shuffle", "false", False),
        ("data.classes", "1", [1]),
        ("data.classes", "0, 2", [0, 2]),
        ("data.classes", " ", None),
        ("data.classes", "null", None),
        ("data.own", " 2024 ", "2024"),
        ("data.own", "", ""),
        ("data.points", "[[0, 1], [1, 0.5]]", [[0, 1], [1, 0.5]]),
        ("model.hidden", "400", [400]),
        ("model.g_hidden", "16, x", "[16, x]"),
        ("model.g_hidden", "16,32", [16, 32]),
        ("model.g_hidden", "[16, 32]", [16, 32]),
        ("optim.lr_d", "NaN", "NaN"),
        ("optim.lr_d", "-Infinity", "-Infinity"),
        ("model.kind", "not json {", "not json {"),
    ],
)
def test_text_becomes_the_value_it_stands_for(path: str, text: str, value: Any) -> None:
    parsed = parse_setting(path, text)
    assert parsed == value
    assert type(parsed) is type(value)


def test_text_for_an_unknown_path_is_refused_with_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"unknown setting model\.nfg; did you mean model\.ngf\?"):
        parse_setting("model.nfg", "3")


@pytest.mark.parametrize("version", [None, 0, SCHEMA_VERSION + 1, "1", NAN])
def test_a_file_of_another_schema_is_refused(version: Any) -> None:
    with pytest.raises(ConfigError, match=f"this version reads {SCHEMA_VERSION}$"):
        migrate({"schema": version, "config": {}})


def test_a_file_of_this_schema_is_taken_as_it_is() -> None:
    assert migrate({"schema": SCHEMA_VERSION, "config": {"seed": 3}}) == {
        "schema": SCHEMA_VERSION,
        "config": {"seed": 3},
    }


def test_the_tables_cover_every_choice() -> None:
    assert set(LOSS_FACTS) == set(get_args(LossName))


# --- what a form sets besides ----------------------------------------------------------------------------------------

CHOICES = [
    *(("model.kind", kind) for kind in KINDS),
    *(("data.name", name) for name in get_args(DatasetName) if name not in ("own", "drawn")),
    ("objective.penalty", "gradient"),
    ("data.pairs", "unpaired"),
]


@pytest.mark.parametrize(("path", "value"), CHOICES, ids=str)
def test_any_two_choices_in_a_form_leave_settings_that_fit(path: str, value: str) -> None:
    first = dict(RunConfig().flat)
    first |= {path: value} | fitting(path, value, first)
    assert RunConfig().replace(first)
    for other, wanted in CHOICES:
        second = first | {other: wanted} | fitting(other, wanted, first)
        assert RunConfig().replace(second).flat[other] == wanted


def test_leaving_a_toy_takes_back_what_it_asked_for() -> None:
    values = dict(RunConfig().flat)
    for path, value in (("data.name", "ring"), ("model.kind", "vae"), ("model.kind", "dcgan")):
        values |= {path: value} | fitting(path, value, values)
    assert values == RunConfig().flat


@pytest.mark.parametrize(
    ("path", "value"),
    [("model.g_hidden", [[256]]), ("optim.lr", 5), ("optim.lr", 10**400), ("model.g_hidden", [{"a": 1}]), ("seed", -1)],
)
def test_a_value_that_a_setting_cannot_have_is_told_alone(path: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{path} must be "):
        check_setting(path, value)


def test_a_value_that_a_setting_can_have_is_returned_as_it_will_be() -> None:
    assert check_setting("model.g_hidden", [3, 4]) == (3, 4)
    assert check_setting("optim.lr_g", 1) == 1.0
    assert check_setting("data.limit", None) is None


def test_penalties_on_single_images_want_no_batch_normalisation() -> None:
    with pytest.raises(ConfigError, match=r"model\.d_norm must be none for objective\.penalty gradient"):
        RunConfig().replace({"objective.penalty": "gradient"})
    assert RunConfig().replace({"objective.penalty": "gradient", "model.d_norm": "none"})
    assert RunConfig().replace({"objective.penalty": "gradient", "model.kind": "mlp"})
