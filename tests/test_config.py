from __future__ import annotations

import json
import math
from itertools import product
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from gancore.config import (
    D_OUTPUT,
    DATASETS,
    SCHEMA_VERSION,
    SETTINGS,
    ConfigError,
    DatasetName,
    LossName,
    ModelConfig,
    RunConfig,
    migrate,
    parse_config,
    parse_setting,
)
from gancore.settings import Setting

# A config in which every other setting may take any of its values.
FREE = RunConfig().replace({"model.kind": "mlp", "train.batch_size": 2})

NAN, INFINITY = math.nan, math.inf
WRONG_TYPES: dict[str, list[Any]] = {
    "int": [1.5, True, "3", NAN, INFINITY, -INFINITY, [], {}],
    "float": [True, "0.1", None, NAN, INFINITY, -INFINITY, [1.0]],
    "bool": [1, "yes", None],
    "choice": ["nonsense", None, NAN, 7],
    "widths": [(), (0,), (4097,), (1.5,), (True,), (8,) * 9, "16", 16, None, ({},)],
}


def valid_values(leaf: Setting) -> list[Any]:
    if leaf.kind in ("choice", "bool"):
        return list(leaf.choices or (True, False))
    if leaf.kind == "widths":
        return [(1,), (4096, 3, 7)]
    assert leaf.low is not None
    assert leaf.high is not None
    inside = (leaf.low + leaf.high) / 2 if leaf.kind == "float" else (leaf.low + leaf.high) // 2
    ends = [*([] if leaf.open_low else [leaf.low]), *([] if leaf.open_high else [leaf.high])]
    return [*ends, inside, *([None] if leaf.optional else [])]


def refused_values(leaf: Setting) -> list[Any]:
    if leaf.kind not in ("int", "float"):
        return WRONG_TYPES[leaf.kind]
    assert leaf.low is not None
    assert leaf.high is not None
    below = leaf.low if leaf.open_low else leaf.low - 1
    above = leaf.high if leaf.open_high else leaf.high + 1
    return [below, above, *WRONG_TYPES[leaf.kind], *([] if leaf.optional else [None])]


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
        config = FREE.replace({path: value})
        assert SETTINGS[path].read(config) == value
        assert config.flat[path] == value
        assert RunConfig.model_validate(json.loads(config.model_dump_json())) == config
        assert parse_config(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("path", list(SETTINGS))
def test_every_bad_value_is_refused_in_one_sentence_that_names_the_setting(path: str) -> None:
    for value in refused_values(SETTINGS[path]):
        for attempt in (lambda v=value: FREE.replace({path: v}), lambda v=value: parse_config(tree_with(path, v))):
            with pytest.raises(ConfigError) as refusal:
                attempt()
            sentence = str(refusal.value)
            assert sentence.startswith(f"{path} must be ")
            assert "\n" not in sentence
            assert len(sentence) < 250


@pytest.mark.parametrize("path", list(SETTINGS))
def test_every_setting_can_be_shown(path: str) -> None:
    leaf = SETTINGS[path]
    assert leaf.path == path
    assert leaf.label
    assert leaf.help.endswith(".")
    assert leaf.group in ("Training", "Network", "Objective", "Learning")
    assert leaf.default in valid_values(leaf) or SETTINGS[path].read(RunConfig()) == leaf.default
    if leaf.kind in ("int", "float"):
        assert leaf.low is not None
        assert leaf.high is not None
        assert leaf.low < leaf.high
        assert all(leaf.low <= mark <= leaf.high for mark in leaf.marks)
        assert list(leaf.marks) == sorted(leaf.marks)
    for other, values in leaf.when.items():
        assert set(values) < set(SETTINGS[other].choices) or set(values) == set(SETTINGS[other].choices)


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


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"data.image_size": 28},
            "data.image_size must be 32 for model.kind dcgan (28 is for mlp)",
        ),
        (
            {"data.limit": 63},
            "train.batch_size x optim.d_steps must be at most 63, the number of training images",
        ),
        (
            {"optim.d_steps": 20, "train.batch_size": 226},
            "train.batch_size x optim.d_steps must be at most 4,500, the number of training images",
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        RunConfig().replace(changes)
    assert str(refusal.value) == said


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


def test_differences_are_those_that_matter() -> None:
    config = RunConfig()
    changes = {"model.ngf": 8, "seed": 3, "model.d_hidden": (3,)}  # the last one is for the mlp only
    assert config.differences(config.replace(changes)) == {"model.ngf": (32, 8), "seed": (0, 3)}
    assert config.differences(config) == {}
    as_mlp = config.replace({"model.kind": "mlp", "model.d_hidden": (3,)})
    assert config.differences(as_mlp) == {"model.kind": ("dcgan", "mlp"), "model.d_hidden": ((256, 256), (3,))}


@pytest.mark.parametrize(("kind", "path"), list(product(("dcgan", "mlp"), ("model.ngf", "model.dropout", "model.nz"))))
def test_a_setting_of_the_other_kind_is_not_used(kind: str, path: str) -> None:
    used = {"dcgan": ("model.ngf", "model.nz"), "mlp": ("model.dropout", "model.nz")}
    assert RunConfig().replace({"model.kind": kind}).uses(path) == (path in used[kind])


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
    assert set(D_OUTPUT) == set(get_args(LossName))
    assert set(DATASETS) == set(get_args(DatasetName))
    assert [name for name, info in DATASETS.items() if not info.download] == ["mnist-5k"]
