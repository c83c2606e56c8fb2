"""A run's settings: one frozen model, from which the sliders, the command line and the saved file all come.

A field carries its range, its unit and its help text; `SETTINGS` lists every field with them, and a form or a table
built from that list shows a new field without being told. This module imports no torch, so pages stay fast.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from gancore.config.datasets import DATASETS, TOYS, used_counts
from gancore.config.parts import (
    ADVERSARIAL,
    CONDITIONAL,
    DataConfig,
    ModelConfig,
    ObjectiveConfig,
    OptimConfig,
    TrainConfig,
)
from gancore.config.setting import Part, Setting, allowed, describe, setting

SCHEMA_VERSION = 1
SINGLE_IMAGE_PENALTIES = ("gradient", "dragan")  # batch normalisation in D would mix the images
MIN_SAMPLES = 10  # of which anything can be said
MAX_CONDITIONS = 100  # classes that a conditional network can be told

Settings = Mapping[str, Any]  # values by path

# What else must hold where a setting has a certain value: the networks fit one size, one range, one kind of data.
NEEDS: dict[tuple[str, Any], Settings] = {
    ("model.kind", "dcgan"): {"data.image_size": 32},
    ("model.kind", "cdcgan"): {"data.image_size": 32},
    ("model.kind", "semi"): {"data.image_size": 32},
    ("model.kind", "cs231n"): {"data.image_size": 28},
    ("model.kind", "vae"): {"data.range": "0..1"},
    ("model.kind", "translator"): {"data.image_size": 28, "data.range": "0..1", "model.nc": 1},
    ("data.pairs", "unpaired"): {"objective.pixel_weight": 0.0},  # there is nothing to compare
    **{("data.name", toy): {"model.kind": "mlp", "model.g_output": "linear"} for toy in TOYS},
}


class ConfigError(ValueError):
    """Bad settings, said in one sentence: what is wrong and what is allowed."""


class RunConfig(Part):
    """Everything that decides what a run computes. The default is the quickstart."""

    data: DataConfig = Field(default_factory=DataConfig)
    model: ModelConfig = Field(default_factory=ModelConfig)
    objective: ObjectiveConfig = Field(default_factory=ObjectiveConfig)
    optim: OptimConfig = Field(default_factory=OptimConfig)
    train: TrainConfig = Field(default_factory=TrainConfig)
    seed: int = setting(
        0,
        "Decides every random number of the run: same seed, same run. Try several before you believe a difference.",
        label="seed",
        group="Training",
        main=True,
        ge=0,
        le=2**32 - 1,
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for (path, value), needed in NEEDS.items():
            if _read(self, path) == value:
                for other, wanted in needed.items():
                    if _read(self, other) != wanted:
                        raise ValueError(f"{other} must be {wanted} for {path} {value}")
        self._data_fit()
        if 0 < self.train.final_samples < MIN_SAMPLES:
            raise ValueError(f"train.final_samples must be 0 or at least {MIN_SAMPLES}")
        if self.train.batch_size * self.batches_per_step > self.images:
            taken = "train.batch_size x optim.d_steps" if self.batches_per_step > 1 else "train.batch_size"
            raise ValueError(f"{taken} must be at most {self.images:,}, the number of training images")
        return self

    def _data_fit(self) -> None:
        """What the networks ask of the data."""
        data, kind = self.data, self.model.kind
        if data.name == "own" and not (data.own and data.own_counts):
            raise ValueError("data.own must name an imported image set for data.name own: import one first")
        if data.name == "drawn" and len(data.points) < 2:
            raise ValueError("data.points must hold at least 2 points for data.name drawn: draw them first")
        if data.classes is not None and max(data.classes) >= self.classes:
            raise ValueError(f"data.classes must be numbers from 0 to {self.classes - 1} for data.name {data.name}")
        if kind in CONDITIONAL and not 2 <= self.classes <= MAX_CONDITIONS:
            raise ValueError(f"model.kind {kind} needs images of 2 to {MAX_CONDITIONS} classes")
        penalty = self.objective.penalty
        mixing = self.uses("model.d_norm") and self.model.d_norm == "batch"
        if penalty in SINGLE_IMAGE_PENALTIES and self.uses("objective.penalty") and mixing:
            raise ValueError(f"model.d_norm must be none for objective.penalty {penalty}, which looks at single images")
        if kind == "semi" and not len(self.labels_in_use) <= data.labels <= self.images:
            raise ValueError(
                f"data.labels must be from {len(self.labels_in_use)}, one of each class, to {self.images:,}, all images"
            )
        objective = self.objective
        weights = (objective.adversarial_weight, objective.pixel_weight, objective.diversity_weight)
        if kind == "translator" and not any(weights):
            raise ValueError("objective.adversarial_weight must be above 0 where the other two weights are 0")

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Training images of each class, before `data.limit` cuts the file short."""
        return used_counts(self._all_counts, self.data.classes, self.data.imbalance)

    @property
    def classes(self) -> int:
        """Classes that the data set has, in use or not: labels lie below it."""
        return len(self._all_counts)

    @property
    def _all_counts(self) -> tuple[int, ...]:
        return self.data.own_counts if self.data.name == "own" else DATASETS[self.data.name].counts

    @property
    def labels_in_use(self) -> tuple[int, ...]:
        """Classes of which there are images."""
        return tuple(label for label, count in enumerate(self.class_counts) if count)

    @property
    def images(self) -> int:
        """Training images in use."""
        halved = self.model.kind == "translator" and self.data.pairs == "unpaired"  # one half is the other's target
        available = sum(count // 2 if halved else count for count in self.class_counts)
        return available if self.data.limit is None else min(self.data.limit, available)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: (channels, height, width), or (2,) for points of the plane."""
        if self.data.name in TOYS:
            return (2,)
        return (self.model.nc, self.data.image_size, self.data.image_size)

    @property
    def batches_per_epoch(self) -> int:
        """Full batches in one pass; the last partial one is dropped."""
        return self.images // self.train.batch_size

    @property
    def batches_per_step(self) -> int:
        """Fresh batches that an iteration takes: one for each update of D."""
        return self.optim.d_steps if self.model.kind in ADVERSARIAL else 1

    @property
    def total_steps(self) -> int:
        """Iterations of the whole run."""
        if self.train.steps is not None:
            return self.train.steps
        return self.train.epochs * self.batches_per_epoch // self.batches_per_step

    @cached_property
    def flat(self) -> dict[str, Any]:
        """Every setting by its path, such as `{"model.ngf": 32, ...}`."""
        return {s.path: s.read(self) for s in SETTINGS.values()}

    def replace(self, changes: Settings) -> RunConfig:
        """A copy with the settings at these paths changed. Raises `ConfigError`."""
        tree = self.model_dump()
        for path, value in changes.items():
            if path not in SETTINGS:
                raise ConfigError(_unknown(path))
            *parts, name = path.split(".")
            node = tree
            for part in parts:
                node = node[part]
            node[name] = value
        return parse_config(tree)

    def uses(self, path: str) -> bool:
        """Whether the setting at `path` has an effect, given the others."""
        return uses(path, self.flat)

    def differences(self, other: RunConfig) -> dict[str, tuple[Any, Any]]:
        """The settings in which two configs differ, among those either uses: path -> (mine, theirs)."""
        return {
            path: (self.flat[path], other.flat[path])
            for path in SETTINGS
            if self.flat[path] != other.flat[path] and (self.uses(path) or other.uses(path))
        }


def _read(config: RunConfig, path: str) -> Any:
    part, _, name = path.partition(".")
    return getattr(getattr(config, part), name)


SETTINGS: dict[str, Setting] = describe(RunConfig)

STEERABLE = tuple(path for path, leaf in SETTINGS.items() if leaf.steer)  # may change while a run trains


def uses(path: str, values: Settings) -> bool:
    """Whether the setting at `path` has an effect, given the values of all."""
    return all(values[other] in accepted for other, accepted in SETTINGS[path].when.items())


def needed(path: str, value: Any) -> dict[str, Any]:
    """What else must be set where `value` stands at `path`, for the settings to fit together."""
    changes: dict[str, Any] = {}
    for other, wanted in NEEDS.get((path, value), {}).items():
        changes |= {other: wanted} | needed(other, wanted)
    return changes


def fitting(path: str, value: Any, values: Settings) -> dict[str, Any]:
    """What else a form sets when somebody chooses `value` at `path` among `values`.

    What an old choice alone had asked for goes back to its default, and what the new one needs is set; both may ask for
    more. Nothing overrules the choice itself.
    """
    changes: dict[str, Any] = {path: value}
    waiting = [path]
    while waiting:
        changed = waiting.pop(0)
        before, now = values[changed], changes[changed]
        no_more = {other: SETTINGS[other].default for other in needed(changed, before)} if before != now else {}
        current = {**values, **changes}
        for other, wanted in (no_more | needed(changed, now) | _suggested(changed, now, current)).items():
            if other not in changes:
                changes[other] = wanted
                waiting.append(other)
    return {other: wanted for other, wanted in changes.items() if other != path}


def _suggested(path: str, value: Any, values: Settings) -> dict[str, Any]:
    """What goes with a choice without being needed by it always."""
    found: dict[str, Any] = {}
    if path == "model.kind" and value != "mlp" and values["data.name"] in TOYS:
        found["data.name"] = SETTINGS["data.name"].default
    if path in ("model.kind", "objective.penalty") and values["objective.penalty"] in SINGLE_IMAGE_PENALTIES:
        found["model.d_norm"] = "none"
    coloured = "model.nc" not in needed("model.kind", values["model.kind"])
    if path == "data.name" and value not in (*TOYS, "own") and coloured:
        found["model.nc"] = DATASETS[value].channels
    return found


def check_setting(path: str, value: Any) -> Any:
    """`value`, as the setting at `path` alone would take it. Raises `ConfigError` with one sentence."""
    part, _, name = path.rpartition(".")
    owner: type[Part] = RunConfig.model_fields[part].annotation if part else RunConfig  # type: ignore[assignment]
    try:
        return getattr(owner.model_validate({name: value}), name)
    except (ValidationError, OverflowError):
        raise ConfigError(f"{path} must be {allowed(SETTINGS[path])}") from None


def parse_config(data: Any) -> RunConfig:
    """A config from plain data. Raises `ConfigError` with one sentence for whatever is wrong first."""
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(explain(error)) from None


def parse_setting(path: str, text: str) -> Any:
    """The value that `text`, typed by a person, stands for at `path`. Raises `ConfigError` for an unknown path."""
    if path not in SETTINGS:
        raise ConfigError(_unknown(path))
    if SETTINGS[path].optional and text.strip() in ("", "null"):
        return None
    if SETTINGS[path].kind == "text":
        return text.strip()
    if SETTINGS[path].kind == "list" and not text.strip().startswith("["):
        text = f"[{text}]"
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except ValueError:
        return text.strip()


def migrate(envelope: dict[str, Any]) -> dict[str, Any]:
    """A saved config file of any earlier schema, brought to this one. Raises `ConfigError` for a later one."""
    version = envelope.get("schema")
    if version != SCHEMA_VERSION:
        raise ConfigError(f"config.json has schema {version!r}; this version reads {SCHEMA_VERSION}")
    return envelope


def _unknown(path: str) -> str:
    names = {s.path.rpartition(".")[2]: s.path for s in SETTINGS.values()}
    close = difflib.get_close_matches(path, [*SETTINGS, *names], n=1, cutoff=0.7)
    hint = f"; did you mean {names.get(close[0], close[0])}?" if close else ""
    return f"unknown setting {' '.join(path.split())}{hint}"


def explain(error: ValidationError) -> str:
    """The first problem of a validation, in one sentence for people."""
    problem = error.errors()[0]
    path = ".".join(str(part) for part in problem["loc"])
    kind, given, context = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "value_error":
        return str(context["error"])
    leaf = next((s for s in SETTINGS.values() if path == s.path or path.startswith(f"{s.path}.")), None)
    if leaf is None:
        return f'{path or "the config"} must be an object of settings, such as {{"ngf": 32}}'
    shown = str(given) if isinstance(given, int | float) else json.dumps(given, default=str)
    return f"{leaf.path} must be {allowed(leaf)}, not {shown if len(shown) < 60 else shown[:57] + '...'}"
