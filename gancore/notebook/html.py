"""Runs as a few lines of HTML with a picture, as a notebook shows them. Whatever comes from a folder is escaped."""

from __future__ import annotations

import base64
from pathlib import Path

from gancore.evaluation.measures import MAIN, headline
from gancore.export.markup import Markup, joined, tag
from gancore.export.pictures import encode_picture, read_picture
from gancore.store import Run
from gancore.store.records import LIVE
from gancore.text import compact, describe_duration

WIDTH = 272  # pixels of a sample grid
_LOSSES = {"loss_d": "D loss", "loss_g": "G loss", "loss": "loss", "recon": "reconstruction", "kl": "KL"}


def card(run: Run) -> Markup:
    """A run: its name and state, how far it is, its losses, what was measured, its newest samples."""
    if run.damage:
        return tag("p", tag("b", run.id), f": {run.damage}")
    status = run.status
    done = min(status.step / status.total_steps, 1.0) if status.total_steps else 0.0
    state = run.state
    left = f", {describe_duration(status.remaining)} left" if state in LIVE and status.remaining else ""
    lines = [
        tag("p", tag("b", run.name), f" · {state}", style="margin:0"),
        tag("progress", value=f"{done:.4f}", max="1", style="width:100%"),
        _line(f"step {status.step:,} of {status.total_steps:,}, {describe_duration(status.seconds)}{left}"),
        _line(_losses(run)),
        _line(headline(run.evaluations(), MAIN)),
        _line(status.phase or status.error or ""),
    ]
    text = tag("div", *(line for line in lines if line), style="flex:1;min-width:14em")
    return tag("div", newest(run), text, style="display:flex;gap:1em;flex-wrap:wrap;max-width:44em")


def newest(run: Run) -> Markup:
    """The newest sample grid."""
    samples = run.samples()
    return picture(samples[max(samples)], f"samples of {run.name} at step {max(samples):,}") if samples else Markup("")


def picture(path: Path, alt: str, width: int = WIDTH) -> Markup:
    """A sample grid, each of its pixels as it is; nothing for a file that is none."""
    grid = read_picture(path)
    if grid is None:
        return Markup("")
    source = "data:image/png;base64," + base64.b64encode(encode_picture(grid)).decode()
    return tag("img", src=source, alt=alt, width=width, style="image-rendering:pixelated;background:#181818")


def _losses(run: Run) -> str:
    found = run.status.scalars
    return ", ".join(
        f"{label} {compact(value)}" for name, label in _LOSSES.items() if (value := found.get(name)) is not None
    )


def _line(words: str) -> Markup:
    return tag("p", words, style="margin:0;opacity:0.8") if words else Markup("")


def page(*parts: Markup) -> str:
    """Several of them below each other."""
    return str(joined(parts))
