"""Generative adversarial networks, with and without classes: what a page can show of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gancore.config.datasets import DATASETS, TOYS
from gancore.config.kinds.kind import Curve, Input, Kind, Panel, Preview
from gancore.config.losses import LOSS_FACTS, LossFacts

if TYPE_CHECKING:
    from gancore.config.run import RunConfig

CLASS_ROWS, CLASS_COLUMNS = 10, 15  # of a preview: one class per row at most, one noise vector per column (report 002)

PLAYERS = frozenset({"model.prior", "model.spectral_norm", "objective.order", "objective.noise", "optim.ema"})
PLAYERS |= {f"optim.{name}" for name in ("lr_g", "lr_d", "schedule_g", "schedule_d", "d_steps", "g_steps")}
LOSS = {"objective.own_d", "objective.own_g"}
LOSS |= {f"objective.{name}" for name in ("loss", "cross_entropy", "label_smoothing", "instance_noise", "clip")}
WIDTHS = {"model.ngf", "model.ndf"}

_GAN = PLAYERS | LOSS | {f"objective.{name}" for name in ("only", "penalty", "penalty_weight")}
_NORMED = WIDTHS | {"model.d_norm"}
_LAYERED = {
    f"model.{name}"
    for name in ("g_hidden", "d_hidden", "g_leak", "d_leak", "maxout", "g_output", "dropout", "input_dropout")
}


def game(config: RunConfig) -> LossFacts:
    """What G and D play."""
    return LOSS_FACTS[config.objective.loss]


def inputs(config: RunConfig) -> dict[str, tuple[Input, ...]]:
    """What G and D take."""
    labels: tuple[Input, ...] = ("labels",) if config.kind.condition == "class" else ()
    return {"generator": ("z", *labels), "discriminator": ("samples", *(labels if config.model.y_in_d else ()))}


def panels(config: RunConfig) -> dict[str, Panel]:
    """Losses, D's outputs for real and generated samples, and gradients."""
    return _players_panels(config) | _penalty_panel(config)


def _players_panels(config: RunConfig) -> dict[str, Panel]:
    played = config.kind.game(config)
    assert played is not None
    only = config.objective.only if config.uses("objective.only") else "both"
    return {
        "losses": Panel(
            "Losses",
            "loss",
            "Should stay in balance: if one runs away, one network has won.",
            (Curve("loss_d", "D loss", "d"), Curve("loss_g", "G loss", "g")),
        ),
        "outputs": Panel(
            "D(x), D(G(z))",
            f"D's output ({played.words})",
            played.caption,
            (
                Curve("d_real", "D(x), real", alone="D(x)"),
                Curve("d_fake", "D(G(z)) in D's step", "d"),
                Curve("d_fake_g", "D(G(z)) in G's step", "g"),
            ),
        ),
    } | gradients(*("d", "g") if only == "both" else (only,))


def gradients(*learning: str) -> dict[str, Panel]:
    """Gradient norms of the networks that learn."""
    curves = (
        Curve("grad_norm_d", "D", "d", alone="D gradient norm"),
        Curve("grad_norm_g", "G", "g", alone="G gradient norm"),
    )
    caption = "G's gradient falling towards zero: it no longer learns. Either one jumping: instability."
    shown = tuple(curve for curve in curves if curve.role in learning)
    return {"gradients": Panel("Gradients", "gradient norm", caption, shown, log=True)}


def _penalty_panel(config: RunConfig) -> dict[str, Panel]:
    objective = config.objective
    if not config.uses("objective.penalty") or objective.penalty == "none" or objective.only == "g":
        return {}
    curve = Curve("penalty", "penalty", "d")
    return {"penalty": Panel("Penalty", "penalty", "Near 0: D's gradient is as the penalty requires.", (curve,))}


def preview(config: RunConfig) -> Preview:
    """Samples of fixed noise; of points with D's field; of classes in rows."""
    noise = f"fixed noise of seed {config.seed}"
    if config.data.name in TOYS:
        return Preview(f"grey data, orange samples, D's output in blue, arrows where D pulls G's samples · {noise}")
    return Preview(f"{noise} · {sampled_network(config)}")


def _class_preview(config: RunConfig) -> Preview:
    noise = f"fixed noise of seed {config.seed}"
    caption = f"one class per row, one noise vector per column · {noise} · {sampled_network(config)}"
    labels = config.labels_in_use[:CLASS_ROWS]
    names = dict(enumerate(DATASETS[config.data.name].classes))
    rows = tuple(names.get(label, str(label)) for label in labels)
    return Preview(caption, CLASS_COLUMNS / len(labels), rows)


def sampled_network(config: RunConfig) -> str:
    """The network that samples are drawn from, in words."""
    return "EMA of G" if config.optim.ema else "raw G"


_ALGORITHM = "gancore.algorithms.gan:GAN"
_CONDITIONED = "conditioned on the class (reports 002, 003)"

DCGAN = Kind(
    help="convolutions with batch normalisation (report 002)",
    algorithm=_ALGORITHM,
    networks="gancore.models.dcgan:build",
    script="gancore.export.script.networks:dcgan",
    inputs=inputs,
    settings=_GAN | _NORMED,
    panels=panels,
    preview=preview,
    needs={"data.image_size": 32},
    game=game,
)
MLP = Kind(
    help="fully connected (reports 001, 003, 004)",
    algorithm=_ALGORITHM,
    networks="gancore.models.mlp:build",
    script="gancore.export.script.networks:mlp",
    inputs=inputs,
    settings=_GAN | _LAYERED,
    panels=panels,
    preview=preview,
    game=game,
)
CS231N = Kind(
    help="the DCGAN of report 004",
    algorithm=_ALGORITHM,
    networks="gancore.models.cs231n:build",
    script="gancore.export.script.networks:cs231n",
    inputs=inputs,
    settings=_GAN,
    panels=panels,
    preview=preview,
    needs={"data.image_size": 28},
    game=game,
)
OWN = Kind(
    help="networks of your own, from a Python file",
    algorithm=_ALGORITHM,
    networks="gancore.models.own:build",
    inputs=inputs,
    settings=_GAN | {"model.code"},
    panels=panels,
    preview=preview,
    game=game,
)
CDCGAN = Kind(
    help=_CONDITIONED,
    algorithm=_ALGORITHM,
    networks="gancore.models.cdcgan:build",
    script="gancore.export.script.networks:cdcgan",
    inputs=inputs,
    settings=_GAN | _NORMED | {"model.y_in_d"},
    panels=panels,
    preview=_class_preview,
    needs={"data.image_size": 32},
    condition="class",
    game=game,
)
CMLP = Kind(
    help=_CONDITIONED,
    algorithm=_ALGORITHM,
    networks="gancore.models.mlp:build",
    script="gancore.export.script.networks:mlp",
    inputs=inputs,
    settings=_GAN | _LAYERED | {"model.y_in_d"},
    panels=panels,
    preview=_class_preview,
    condition="class",
    game=game,
)
