"""The networks' settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gancore.config.data import ON_IMAGES
from gancore.config.kinds import KINDS, ModelKind, kinds_in_words
from gancore.config.setting import Part, setting

Widths = Annotated[tuple[Annotated[int, Field(ge=1, le=4096)], ...], Field(strict=False, min_length=1, max_length=8)]

MOST_CODE = 50_000  # characters of a network file

_WIDTHS = "a list of 1 to 8 whole numbers from 1 to 4096"


class ModelConfig(Part):
    """The networks."""

    kind: ModelKind = setting(
        "dcgan",
        kinds_in_words(),
        label="networks",
        choices=KINDS.keys(),
        group="Network",
        main=True,
    )
    ngf: int = setting(
        32,
        "Channels before G's last layer; its earlier layers have 2 and 4 times as many. Larger: more capacity, "
        "slower. Report 002 finds little difference from 32 to 256.",
        label="ngf",
        group="Network",
        scale="log",
        marks=(4, 8, 16, 32, 64, 128, 256),
        main=True,
        by_kind=True,
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
        by_kind=True,
        ge=1,
        le=1024,
    )
    nz: int = setting(
        100,
        "Length of the noise vector z that G turns into an image, or of a VAE's code. Report 002 compares 10, 100 "
        "and 1000.",
        label="nz",
        group="Network",
        scale="log",
        marks=(2, 10, 20, 50, 96, 100, 200, 500, 1000),
        main=True,
        ge=1,
        le=4096,
    )
    nc: Literal[1, 3] = setting(
        1,
        "Colour channels of the images. 3 repeats a grey image in every channel; 1 turns colour images grey.",
        label="channels",
        group="Network",
        when=ON_IMAGES,
    )
    init: Literal["custom", "default", "xavier"] = setting(
        "custom",
        "Initial weights. custom: N(0, 0.02) for weights and N(1, 0.02) for batch-norm scales (DCGAN paper). default: "
        "PyTorch's own. xavier: Xavier-uniform for Linear and ConvTranspose weights (report 004's DCGAN).",
        label="initialisation",
        group="Network",
    )
    prior: Literal["normal", "uniform"] = setting(
        "normal",
        "Distribution of z. normal: N(0, 1), as in report 002. uniform: U(-1, 1), as in report 004.",
        label="noise prior",
        group="Network",
        by_kind=True,
    )
    y_in_d: bool = setting(
        True,
        "Whether D is given the class, too. Without it, nothing makes G follow its label (report 002, question 7).",
        label="D sees the class",
        group="Network",
        main=True,
        by_kind=True,
    )
    code: str = setting(
        "",
        "A Python file with build_generator(config) and build_discriminator(config), which return PyTorch modules "
        "(empty: an example). It runs as your own code, with all that you may do: take it only from whom you trust. "
        "In a terminal: train --network FILE.",
        label="network file",
        group="Network",
        by_kind=True,
        hidden=True,
        max_length=MOST_CODE,
        words=f"the text of a Python file, of at most {MOST_CODE:,} characters",
    )
    hidden: Widths = setting(
        (400,),
        "Widths of the encoder's hidden layers, first to last; the decoder has them in reverse.",
        label="hidden layers",
        group="Network",
        by_kind=True,
        words=_WIDTHS,
    )
    g_hidden: Widths = setting(
        (1024, 1024),
        "Widths of G's hidden layers, first to last.",
        label="G layers",
        group="Network",
        by_kind=True,
        words=_WIDTHS,
    )
    d_hidden: Widths = setting(
        (256, 256),
        "Widths of D's hidden layers, first to last.",
        label="D layers",
        group="Network",
        by_kind=True,
        words=_WIDTHS,
    )
    g_leak: float = setting(
        0.0,
        "Slope of G's activations below zero: 0 is ReLU (report 004), 0.2 the LeakyReLU of report 003.",
        label="G leak",
        group="Network",
        scale="linear",
        by_kind=True,
        ge=0.0,
        le=1.0,
    )
    d_leak: float = setting(
        0.01,
        "Slope of D's activations below zero: 0.01 in report 004, 0.2 in report 003.",
        label="D leak",
        group="Network",
        scale="linear",
        by_kind=True,
        when={"model.maxout": (1,)},
        ge=0.0,
        le=1.0,
    )
    maxout: int = setting(
        1,
        "Linear pieces of which each hidden unit of D takes the largest (Goodfellow et al. 2014 use 5). 1: ordinary "
        "activations.",
        label="maxout pieces",
        group="Network",
        scale="linear",
        by_kind=True,
        ge=1,
        le=10,
    )
    g_output: Literal["tanh", "sigmoid", "linear"] = setting(
        "tanh",
        "G's output activation. tanh fits pixels in -1..1, sigmoid pixels in 0..1, linear points of the plane.",
        label="G output",
        group="Network",
        by_kind=True,
    )
    dropout: float = setting(
        0.0,
        "Share of D's hidden units that are dropped at random during training. Weakens a D that is too strong; report "
        "003 uses 0.3, report 001's paper 0.5.",
        label="D dropout",
        group="Network",
        scale="linear",
        by_kind=True,
        ge=0.0,
        le=0.9,
    )
    input_dropout: float = setting(
        0.0,
        "Share of D's inputs that are dropped at random during training; 0.2 in report 001's paper.",
        label="D input dropout",
        group="Network",
        scale="linear",
        by_kind=True,
        ge=0.0,
        le=0.9,
    )
    d_norm: Literal["batch", "none"] = setting(
        "batch",
        "Normalisation in D. The gradient and dragan penalties need none: they are computed for each image "
        "separately, while batch normalisation mixes the images of a batch.",
        label="D normalisation",
        group="Network",
        by_kind=True,
    )
    spectral_norm: bool = setting(
        False,
        "Divide each weight matrix of D by its largest singular value (Miyato et al. 2018), which keeps D from "
        "becoming steep.",
        label="spectral norm in D",
        group="Network",
        by_kind=True,
    )
