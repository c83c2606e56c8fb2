"""Text that came from somewhere else, shown as it is."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from gancore.config import SETTINGS
from gancore.store import Run
from gancore.text import describe_value

# Emphasis, code, links, HTML, strikethrough and formulas; icons and colours; underscores but those inside a word; and
# what makes a heading, a list or a quotation at the start.
_MARKUP = re.compile(r"([\\`*\[\]<~$]|:(?=\w)|(?<!\w)_|_(?!\w)|^[#>+-])")


def plain(text: str) -> str:
    """Text with nothing in it that Streamlit's Markdown would take for markup, a formula, an icon or a link."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def legend(text: str) -> str:
    """Text for a chart's legend, in which plotly.js understands some HTML."""
    return html.escape(text)


def value_text(path: str, value: Any) -> str:
    """A setting's value in a line or a table; of lists that nobody types, how much is in them."""
    if not SETTINGS[path].hidden:
        return describe_value(value) or "none"
    if path == "data.own_hash":
        return value[:8] or "none"
    if path == "data.own_counts":
        return f"{sum(value):,} in {len(value):,} classes" if value else "none"
    return f"{len(value):,}"


def labels(runs: Sequence[Run]) -> dict[str, str]:
    """A name for each run, by id, that no other of them has, nor the column of settings beside them."""
    names = [*(run.name for run in runs), "setting"]
    return {run.id: run.name if names.count(run.name) == 1 else f"{run.name} ({run.id[-4:]})" for run in runs}
