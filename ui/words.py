"""Text that came from somewhere else, shown as it is, and how far a run is, in words."""

from __future__ import annotations

import html
import re

from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.store.labels import labels
from gancore.store.naming import value_text
from gancore.store.records import Status
from gancore.text import describe_duration

__all__ = ["labels", "legend", "losses_line", "plain", "progress_line", "share", "unit", "value_text"]

# Emphasis, code, links, HTML, entities, strikethrough and formulas; colours; underscores but those inside a word; and
# what makes a heading, a list or a quotation at the start.
_MARKUP = re.compile(r"([\\`*\[\]<~$&]|:(?=\w)|(?<![^\W_])_|_(?![^\W_])|^[#>+-])")
_NUMBER = re.compile(r"^(\d+)([.)])")  # begins a list

# Streamlit looks for these in the text that is left once Markdown has been read, so a backslash does not help: links,
# mail addresses, icons and emoji, arrows and the like that stand alone.
_AUTOMATIC = re.compile(
    r"(?<=:)(?=//|material|[\w+-]+:)|(?<=www)(?=\.)|(?<=@)(?=[\w-])"
    r"|(?:(?<=\s[-<>~])|(?<=^[-<>~]))(?=(?:>|->|-|=)(?!\S))",
    re.IGNORECASE,
)
_JOINER = "\u2060"  # without width


def plain(text: str) -> str:
    """Text with nothing in it that Streamlit's Markdown would take for markup, a formula, an icon or a link."""
    joined = _AUTOMATIC.sub(_JOINER, " ".join(text.split()))
    return _NUMBER.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", joined))


def legend(text: str) -> str:
    """Text for a chart's legend, in which plotly.js understands some HTML."""
    return html.escape(text)


def share(status: Status) -> float:
    """How much of a run's steps are done."""
    return min(status.step / status.total_steps, 1.0) if status.total_steps else 0.0


def unit(config: RunConfig) -> str:
    """What a run learns from, counted."""
    return "points" if config.data.name in TOYS else "images"


def progress_line(status: Status, *, live: bool = True, counted: str = "images", busy: bool = False) -> str:
    """`epoch 3.2 · step 210/1,050 · 1 min 20 s left · 940 images/s`; `busy` is a store where another run trains."""
    if status.phase and live:
        return f"{status.phase} …"
    if status.state == "queued":
        return "queued" if busy else "starting …"
    parts = [f"epoch {status.epoch:.1f}", f"step {status.step:,}/{status.total_steps:,}"]
    if live and status.state == "running" and status.remaining is not None:
        parts.append(f"{describe_duration(status.remaining)} left")
    elif not live:
        parts.append(f"trained for {describe_duration(status.seconds)}")
    if status.rate and live:
        parts.append(f"{status.rate:,.0f} {counted}/s")
    if status.device:
        parts.append(f"on {status.device}")
    return " · ".join(parts)


def losses_line(status: Status) -> str:
    """`D loss 0.61 · G loss 1.9`."""
    values = {label: status.scalars.get(name) for name, label in SHOWN_SCALARS.items()}
    return " · ".join(f"{label} {value:.3g}" for label, value in values.items() if value is not None)


SHOWN_SCALARS = {"loss_d": "D loss", "loss_g": "G loss", "loss": "loss", "accuracy": "accuracy"}
