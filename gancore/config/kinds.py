"""The kinds of networks, by what they have in common."""

from __future__ import annotations

from typing import Literal

ModelKind = Literal["dcgan", "mlp", "cs231n", "cdcgan", "cmlp", "vae", "translator", "semi"]

GAN_KINDS = ("dcgan", "mlp", "cs231n", "cdcgan", "cmlp")
ADVERSARIAL = (*GAN_KINDS, "translator", "semi")  # have a G and a D
CONDITIONAL = ("cdcgan", "cmlp")  # are conditioned on the class
CLASS_ROWS, CLASS_COLUMNS = 10, 15  # of their pictures: a class each row at most, a noise each column (report 002)
LAYERED = ("mlp", "cmlp")  # fully connected, widths at will
CONVOLUTIONAL = ("dcgan", "cdcgan", "translator", "semi")  # widths given by ngf and ndf

IS_GAN = {"model.kind": GAN_KINDS}
HAS_D = {"model.kind": ADVERSARIAL}
IS_LAYERED = {"model.kind": LAYERED}
HAS_LOSS = {"model.kind": (*GAN_KINDS, "translator")}
TRANSLATES = {"model.kind": ("translator",)}
