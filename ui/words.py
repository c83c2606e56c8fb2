"""Text that came from somewhere else, shown as it is."""

from __future__ import annotations

import html
import re

from gancore.store.labels import labels
from gancore.store.naming import value_text

__all__ = ["labels", "legend", "plain", "value_text"]

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
