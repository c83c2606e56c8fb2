"""A run's settings: one frozen model, from which the sliders, the command line and the saved file all come.

A field carries its range, its unit and its help text; `SETTINGS` lists every field with them, and a form or a table
built from that list shows a new field without being told. This module imports no torch, so pages stay fast.
"""

from __future__ import annotations

import difflib
import json
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from gancore.config.data import LEAST_BATCH, DataConfig
from gancore.config.datasets import DATASETS, TOYS, used_counts
from gancore.config.kinds import KINDS, Kind
from gancore.config.model import ModelConfig
from gancore.config.objective import ObjectiveConfig
from gancore.config.optim import OptimConfig
from gancore.config.rules import Settings, check_fit
from gancore.config.setting import Part, Setting, allowed, describe, setting
from gancore.config.train import TrainConfig

SCHEMA_VERSION = 1


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
        "Determines every random number of the run: same seed, same run. Try several before you believe a difference.",
        label="seed",
        group="Training",
        main=True,
        ge=0,
        le=2**32 - 1,
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        check_fit(self)
        return self

    @property
    def kind(self) -> Kind:
        """What is declared of its networks and of the family that trains them."""
        return KINDS[self.model.kind]

    @property
    def labelled(self) -> int:
        """Images whose labels may be used, where those of the others may not; 0 where that makes no difference."""
        return self.data.labels if self.uses("data.labels") else 0

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
        halved = self.uses("data.pairs") and self.data.pairs == "unpaired"  # one half is the other's target
        available = sum(count // 2 if halved else count for count in self.class_counts)
        return available if self.data.limit is None else min(self.data.limit, available)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: (channels, height, width), or (2,) for points of the plane."""
        if self.is_points:
            return (2,)
        return (self.model.nc, self.data.image_size, self.data.image_size)

    @property
    def is_points(self) -> bool:
        """Whether it learns points of the plane, not images."""
        return self.data.name in TOYS

    @property
    def least_batch(self) -> int:
        """Images that a batch must have, or it is dropped: all of a full one, unless partial ones are kept."""
        return LEAST_BATCH if self.data.last_batch == "keep" else self.train.batch_size

    @property
    def batches_per_epoch(self) -> int:
        """Batches in one pass, with the last partial one where it is kept."""
        return (self.images + self.train.batch_size - self.least_batch) // self.train.batch_size

    @property
    def images_per_epoch(self) -> int:
        """Training images that one pass shows: all but those of a batch that is dropped."""
        rest = self.images % self.train.batch_size
        return self.images - (rest if rest < self.least_batch else 0)

    @property
    def batches_per_step(self) -> int:
        """Fresh batches that an iteration takes: one for each update of D."""
        return self.optim.d_steps if self.uses("optim.d_steps") else 1

    @property
    def images_per_step(self) -> float:
        """Training images that an iteration takes, on average over an epoch."""
        return self.images_per_epoch / self.batches_per_epoch * self.batches_per_step

    @property
    def total_steps(self) -> int:
        """Iterations of the whole run."""
        if self.train.steps is not None:
            return self.train.steps
        return self.train.epochs * self.batches_per_epoch // self.batches_per_step

    @cached_property
    def flat(self) -> dict[str, Any]:
        """Every setting by its path, such as `{"model.ngf": 32, ...}`."""
        return dict(zip(SETTINGS, _all_settings(self), strict=True))

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

    @cached_property
    def used(self) -> frozenset[str]:
        """The paths of the settings that have an effect, given the others."""
        return _used(tuple(self.flat[path] for path in _DECISIVE))

    def uses(self, path: str) -> bool:
        """Whether the setting at `path` has an effect, given the others."""
        return path in self.used

    def differences(self, other: RunConfig) -> dict[str, tuple[Any, Any]]:
        """The settings in which two configs differ, among those either uses: path -> (mine, theirs)."""
        return {
            path: (self.flat[path], other.flat[path])
            for path in SETTINGS
            if self.flat[path] != other.flat[path] and (self.uses(path) or other.uses(path))
        }


SETTINGS: dict[str, Setting] = describe(RunConfig)
_all_settings = attrgetter(*SETTINGS)  # in one go: a table asks it of thousands of runs

_DECISIVE = tuple(dict.fromkeys(other for each in SETTINGS.values() for other in each.when))  # on these, use depends

STEERABLE = tuple(path for path, leaf in SETTINGS.items() if leaf.steer)  # may change while a run trains


def uses(path: str, values: Settings) -> bool:
    """Whether the setting at `path` has an effect, given the values of all."""
    conditions = SETTINGS[path].when
    return not conditions or all(values[other] in accepted for other, accepted in conditions.items())


@lru_cache(maxsize=1_000)
def _used(decisive: tuple[Any, ...]) -> frozenset[str]:
    values = dict(zip(_DECISIVE, decisive, strict=True))
    return frozenset(path for path in SETTINGS if uses(path, values))


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
    except (ValueError, RecursionError):  # the latter of thousands of brackets
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
    try:
        shown = str(given) if isinstance(given, int | float) else json.dumps(given, default=str)
    except RecursionError:
        shown = "a deeply nested " + type(given).__name__
    return f"{leaf.path} must be {allowed(leaf)}, not {shown if len(shown) < 60 else shown[:57] + '...'}"
