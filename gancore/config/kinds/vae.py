"""The variational autoencoder: what a page can show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gancore.config.kinds.kind import IMAGES_FIRST, Curve, Input, Kind, Panel, Preview

if TYPE_CHECKING:
    from gancore.config.run import RunConfig


def inputs(_config: RunConfig) -> dict[str, tuple[Input, ...]]:
    """What the encoder and the decoder take."""
    return {"encoder": ("samples",), "decoder": ("z",)}


def panels(_config: RunConfig) -> dict[str, Panel]:
    """The bound and its two terms."""
    return {
        "losses": Panel(
            "Losses",
            "nats per image",
            "The reconstruction improves while the KL term, the information in the code, grows.",
            (
                Curve("loss", "total", alone="loss"),
                Curve("recon", "reconstruction", "g"),
                Curve("kl", "KL", "d"),
            ),
        ),
        "kl": Panel(
            "KL",
            "nats per image",
            "Falling to zero: the decoder ignores the code (posterior collapse).",
            (Curve("kl", "KL", "d"),),
        ),
        "gradients": Panel(
            "Gradients",
            "gradient norm",
            "Large jumps: instability.",
            (Curve("grad_norm", "encoder and decoder", alone="gradient norm"),),
            log=True,
        ),
    }


def preview(config: RunConfig) -> Preview:
    """Held-out images and their reconstructions, then samples."""
    noise = f"fixed noise of seed {config.seed}"
    caption = f"two rows of held-out images, each above its reconstructions, then samples · {noise}"
    rows = ("held out", "rebuilt") * 2 + ("sample",) * 4
    return Preview(caption, rows=rows if config.data.name != "own" else ())  # of which there may be fewer


VAE = Kind(
    help="encoder and decoder (report 003)",
    algorithm="gancore.algorithms.vae:VAE",
    networks="gancore.models.vae:build",
    script="gancore.export.script.networks:vae",
    inputs=inputs,
    settings=frozenset({"model.hidden", "optim.lr", "optim.schedule"}),
    panels=panels,
    preview=preview,
    needs={"data.range": "0..1"},
    headline=("fid", "test_elbo", *IMAGES_FIRST[1:]),
)
