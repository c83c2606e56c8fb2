"""A run's settings: one frozen model, from which the sliders, the command line and the saved file all come.

A field carries its range, its unit and its help text; `SETTINGS` lists every field with them, and a form or a table
built from that list shows a new field without being told. This module imports no torch, so pages stay fast.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from gancore.settings import Part, Setting, allowed, describe, setting

SCHEMA_VERSION = 1

DatasetName = Literal["mnist-5k", "mnist", "fashion-mnist"]
ModelKind = Literal["dcgan", "mlp"]
LossName = Literal["nonsaturating", "minimax", "least_squares"]
GAN_KINDS = ("dcgan", "mlp")


@dataclass(frozen=True)
class DatasetInfo:
    """What can be said of a dataset without loading it."""

    title: str
    images: int  # in the training split
    download: str  # what the first use fetches, for people; empty when nothing


DATASETS: dict[DatasetName, DatasetInfo] = {
    "mnist-5k": DatasetInfo("MNIST, 5,000 digits (no download)", 4_500, ""),
    "mnist": DatasetInfo("MNIST, 60,000 digits", 60_000, "12 MB"),
    "fashion-mnist": DatasetInfo("Fashion-MNIST, 60,000 garments", 60_000, "31 MB"),
}

# What D's output means, and so what `d_real` and `d_fake` are: a probability after a sigmoid, or a raw score.
D_OUTPUT: dict[LossName, Literal["probability", "score"]] = {
    "nonsaturating": "probability",
    "minimax": "probability",
    "least_squares": "score",
}


class ConfigError(ValueError):
    """Bad settings, said in one sentence: what is wrong and what is allowed."""


Widths = Annotated[tuple[Annotated[int, Field(ge=1, le=4096)], ...], Field(strict=False, min_length=1, max_length=8)]
_MLP = {"model.kind": ("mlp",)}
_DCGAN = {"model.kind": ("dcgan",)}


class DataConfig(Part):
    """Which images, how many, how large."""

    name: DatasetName = setting(
        "mnist-5k",
        "The images to learn from. mnist-5k comes with the installation; the others are downloaded at first use.",
        label="dataset",
        group="Training",
        main=True,
    )
    limit: int | None = setting(
        None,
        "Use only the first this many training images (empty: all). With few images D can learn them by heart.",
        label="images",
        group="Training",
        ge=2,
        le=1_000_000,
    )
    image_size: Literal[28, 32] = setting(
        32,
        "Side of the square images in pixels. The DCGAN needs 32; the MLP networks of the CS231n assignment use 28.",
        label="image size",
        group="Training",
    )
    shuffle: bool = setting(
        True,
        "Draw the images in a new random order each epoch. Off: in file order, as the CS231n assignment does.",
        label="shuffle",
        group="Training",
    )


class ModelConfig(Part):
    """The two networks."""

    kind: ModelKind = setting(
        "dcgan",
        "dcgan: convolutions with batch normalisation (report 002). mlp: fully connected layers (report 004).",
        label="networks",
        group="Network",
        main=True,
    )
    ngf: int = setting(
        32,
        "Channels before G's last layer; its other layers have 2 and 4 times as many. Larger: slower, more capacity. "
        "Report 002 finds little difference from 32 to 256.",
        label="ngf",
        group="Network",
        scale="log",
        marks=(4, 8, 16, 32, 64, 128, 256),
        main=True,
        when=_DCGAN,
        ge=1,
        le=1024,
    )
    ndf: int = setting(
        32,
        "Channels of D's first layer; the next have 2 and 4 times as many. Too large: D wins and G's loss grows "
        "(report 002 at 256). Too small: D is fooled by rough strokes.",
        label="ndf",
        group="Network",
        scale="log",
        marks=(4, 8, 16, 32, 64, 128, 256),
        main=True,
        when=_DCGAN,
        ge=1,
        le=1024,
    )
    nz: int = setting(
        100,
        "Length of the noise vector z that G turns into an image. Report 002 compares 10, 100 and 1000.",
        label="nz",
        group="Network",
        scale="log",
        marks=(2, 10, 50, 96, 100, 200, 500, 1000),
        main=True,
        when={"model.kind": GAN_KINDS},
        ge=1,
        le=4096,
    )
    nc: Literal[1, 3] = setting(
        1,
        "Colour channels of the images. 3 repeats a grey image in every channel.",
        label="channels",
        group="Network",
    )
    init: Literal["custom", "default"] = setting(
        "custom",
        "Starting weights. custom: N(0, 0.02) for weights and N(1, 0.02) for batch-norm scales (DCGAN paper). "
        "default: PyTorch's own.",
        label="initialisation",
        group="Network",
    )
    prior: Literal["normal", "uniform"] = setting(
        "normal",
        "How z is drawn. normal: N(0, 1), as in report 002. uniform: U(-1, 1), as in report 004.",
        label="noise prior",
        group="Network",
        when={"model.kind": GAN_KINDS},
    )
    g_hidden: Widths = setting(
        (1024, 1024), "Widths of G's hidden layers, first to last.", label="G layers", group="Network", when=_MLP
    )
    d_hidden: Widths = setting(
        (256, 256), "Widths of D's hidden layers, first to last.", label="D layers", group="Network", when=_MLP
    )
    g_leak: float = setting(
        0.0,
        "Slope of G's activations below zero: 0 is ReLU (report 004), 0.2 the LeakyReLU of report 003.",
        label="G leak",
        group="Network",
        scale="linear",
        when=_MLP,
        ge=0.0,
        le=1.0,
    )
    d_leak: float = setting(
        0.01,
        "Slope of D's activations below zero: 0.01 in report 004, 0.2 in report 003.",
        label="D leak",
        group="Network",
        scale="linear",
        when=_MLP,
        ge=0.0,
        le=1.0,
    )
    dropout: float = setting(
        0.0,
        "Share of D's hidden units that are dropped at random in training. Weakens a D that is too strong; "
        "report 003 uses 0.3.",
        label="D dropout",
        group="Network",
        scale="linear",
        when=_MLP,
        ge=0.0,
        le=0.9,
    )


class ObjectiveConfig(Part):
    """What D and G minimise, and in which order."""

    loss: LossName = setting(
        "nonsaturating",
        "nonsaturating: G maximises log D(G(z)). minimax: G minimises log(1 - D(G(z))), whose gradient vanishes while "
        "D is sure. least_squares: squared distance of D's score to 1 and 0 (LSGAN).",
        label="loss",
        group="Objective",
        main=True,
    )
    order: Literal["d_first", "g_first"] = setting(
        "d_first",
        "Which network is updated first in each iteration. Report 002 updates D first, report 003 G.",
        label="first update",
        group="Objective",
    )
    noise: Literal["same", "fresh"] = setting(
        "same",
        "Whether the second network sees the same noise as the first (report 002) or draws its own (report 004).",
        label="noise for the second update",
        group="Objective",
    )


class OptimConfig(Part):
    """Adam for both networks, and how often each is updated."""

    lr_g: float = setting(
        5e-4,
        "Learning rate of G. Too high: losses jump and images break (report 002 at 0.1). Too low: G cannot follow D.",
        label="lr_g",
        group="Learning",
        scale="log",
        marks=(1e-6, 2e-6, 5e-6, 2e-5, 5e-5, 2e-4, 5e-4, 1e-3, 2e-3, 0.1),
        main=True,
        gt=0.0,
        le=1.0,
    )
    lr_d: float = setting(
        2e-4,
        "Learning rate of D. Too high: D wins at once or breaks. Too low: D is fooled and teaches G nothing.",
        label="lr_d",
        group="Learning",
        scale="log",
        marks=(1e-6, 2e-6, 5e-6, 2e-5, 5e-5, 2e-4, 5e-4, 1e-3, 2e-3, 0.1),
        main=True,
        gt=0.0,
        le=1.0,
    )
    beta1: float = setting(
        0.5,
        "Adam's memory of past gradients. GANs use 0.5; PyTorch's 0.9 often makes them swing.",
        label="beta1",
        group="Learning",
        scale="linear",
        ge=0.0,
        lt=1.0,
    )
    beta2: float = setting(
        0.999,
        "Adam's memory of the gradients' size.",
        label="beta2",
        group="Learning",
        ge=0.0,
        lt=1.0,
    )
    d_steps: int = setting(
        1,
        "Updates of D in each iteration, each on a fresh batch. More makes D stronger.",
        label="D steps",
        group="Learning",
        scale="linear",
        ge=1,
        le=20,
    )
    g_steps: int = setting(
        1,
        "Updates of G in each iteration. Report 003 tries 3.",
        label="G steps",
        group="Learning",
        scale="linear",
        ge=1,
        le=20,
    )


class TrainConfig(Part):
    """How long, in which portions, and what is written down on the way."""

    epochs: int = setting(
        15,
        "Passes over the images. Report 002 compares 5, 30 and 100 on the full MNIST.",
        label="epochs",
        group="Training",
        scale="log",
        marks=(1, 2, 5, 10, 15, 20, 30, 50, 100, 300),
        main=True,
        ge=1,
        le=10_000,
    )
    batch_size: int = setting(
        64,
        "Images in each update. Small batches make noisy gradients; 12 in report 002, 128 in its hand-out.",
        label="batch size",
        group="Training",
        scale="log",
        marks=(8, 12, 16, 32, 64, 100, 128, 256, 512),
        main=True,
        ge=2,
        le=4096,
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32",
        "fp32 is exact and repeatable. bf16 halves memory traffic on hardware that supports it.",
        label="precision",
        group="Training",
    )
    preview_every: int = setting(
        100,
        "Steps between sample grids. Early ones come at steps 0, 1, 2, 4, 8, ... besides.",
        label="preview every",
        group="Training",
        scale="log",
        marks=(10, 20, 50, 100, 200, 500, 1000),
        ge=1,
        le=100_000,
    )
    checkpoint_seconds: float = setting(
        30.0,
        "Seconds between checkpoints: what a crash costs. Longer for large networks, so that saving stays below 2 %.",
        label="checkpoint every (s)",
        group="Training",
        ge=1.0,
        le=3600.0,
    )
    keep_epochs: int = setting(
        0,
        "Keep a checkpoint each this many epochs, besides the last one (0: only the last).",
        label="keep a checkpoint every (epochs)",
        group="Training",
        ge=0,
        le=10_000,
    )


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
        if self.model.kind == "dcgan" and self.data.image_size != 32:
            raise ValueError("data.image_size must be 32 for model.kind dcgan (28 is for mlp)")
        if self.train.batch_size * self.optim.d_steps > self.images:
            raise ValueError(
                f"train.batch_size x optim.d_steps must be at most {self.images:,}, the number of training images"
            )
        return self

    @property
    def images(self) -> int:
        """Training images in use."""
        available = DATASETS[self.data.name].images
        return available if self.data.limit is None else min(self.data.limit, available)

    @property
    def batches_per_epoch(self) -> int:
        """Full batches in one pass; the last partial one is dropped."""
        return self.images // self.train.batch_size

    @property
    def total_steps(self) -> int:
        """Iterations of the whole run; each takes `d_steps` fresh batches."""
        return self.train.epochs * self.batches_per_epoch // self.optim.d_steps

    @cached_property
    def flat(self) -> dict[str, Any]:
        """Every setting by its path, such as `{"model.ngf": 32, ...}`."""
        return {s.path: s.read(self) for s in SETTINGS.values()}

    def replace(self, changes: Mapping[str, Any]) -> RunConfig:
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
        return all(SETTINGS[other].read(self) in values for other, values in SETTINGS[path].when.items())

    def differences(self, other: RunConfig) -> dict[str, tuple[Any, Any]]:
        """The settings in which two configs differ, among those either uses: path -> (mine, theirs)."""
        return {
            path: (self.flat[path], other.flat[path])
            for path in SETTINGS
            if self.flat[path] != other.flat[path] and (self.uses(path) or other.uses(path))
        }


SETTINGS: dict[str, Setting] = describe(RunConfig)


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
    if SETTINGS[path].optional and not text.strip():
        return None
    if SETTINGS[path].kind == "widths" and not text.strip().startswith("["):
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
