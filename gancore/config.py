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

from gancore.datasets import DATASETS, TOYS, used_counts
from gancore.parts import (
    ADVERSARIAL,
    CONDITIONAL,
    DataConfig,
    ModelConfig,
    ObjectiveConfig,
    OptimConfig,
    TrainConfig,
)
from gancore.settings import Part, Setting, allowed, describe, setting

SCHEMA_VERSION = 1

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
        if kind in CONDITIONAL and self.classes < 2:
            raise ValueError(f"model.kind {kind} needs images of at least 2 classes")
        if kind == "semi" and not self.classes_in_use <= data.labels <= self.images:
            raise ValueError(
                f"data.labels must be from {self.classes_in_use}, one of each class, to {self.images:,}, all images"
            )
        objective = self.objective
        weights = (objective.adversarial_weight, objective.pixel_weight, objective.diversity_weight)
        if kind == "translator" and not any(weights):
            raise ValueError(
                "objective.adversarial_weight must be above 0 where the other two weights are 0"
            )

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
    def classes_in_use(self) -> int:
        """Classes of which there are images."""
        return sum(count > 0 for count in self.class_counts)

    @property
    def images(self) -> int:
        """Training images in use."""
        available = sum(self.class_counts)
        if self.model.kind == "translator" and self.data.pairs == "unpaired":
            available //= 2  # one half is the other's target
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

    What the old choice alone had asked for goes back to its default, and what the new one needs is set. Coloured images
    come in colour.
    """
    no_more = {other: SETTINGS[other].default for other in needed(path, values[path])}
    changes = no_more | needed(path, value)
    if path == "model.kind" and values["data.name"] in TOYS and value not in ("mlp", values[path]):
        changes |= {"data.name": SETTINGS["data.name"].default}
    coloured = "model.nc" not in needed("model.kind", values["model.kind"])
    if path == "data.name" and value not in (*TOYS, "own") and coloured:
        changes |= {"model.nc": DATASETS[value].channels}
    return changes


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
