"""Text that came from somewhere else, shown as it is."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from gancore.store import Run

# Emphasis, code, links, HTML, strikethrough and formulas; icons and colours; underscores but those inside a word; and
# what makes a heading, a list or a quotation at the start.
_MARKUP = re.compile(r"([\\`*\[\]<~$]|:(?=\w)|(?<!\w)_|_(?!\w)|^[#>+-])")


def plain(text: str) -> str:
    """Text with nothing in it that Streamlit's Markdown would take for markup, a formula, an icon or a link."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def legend(text: str) -> str:
    """Text for a chart's legend, in which plotly.js understands some HTML."""
    return html.escape(text)


def labels(runs: Sequence[Run]) -> dict[str, str]:
    """A name for each run, by id, that no other of them has, nor the column of settings beside them."""
    names = [*(run.name for run in runs), "setting"]
    return {run.id: run.name if names.count(run.name) == 1 else f"{run.name} ({run.id[-4:]})" for run in runs}
