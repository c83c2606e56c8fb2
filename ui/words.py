"""Text that came from somewhere else, shown as it is."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from gancore.config import SETTINGS
from gancore.store import Run
from gancore.text import describe_value

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

_COLUMNS = ("setting", "at the end")  # beside those of runs


def plain(text: str) -> str:
    """Text with nothing in it that Streamlit's Markdown would take for markup, a formula, an icon or a link."""
    joined = _AUTOMATIC.sub(_JOINER, " ".join(text.split()))
    return _NUMBER.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", joined))


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
    """A name for each run, by id, that no other of them has, nor a column beside them: its name, where that is not
    enough with the last letters of its id, or with all of it."""
    names = {run.id: " ".join(run.name.split()) or run.id for run in runs}
    forms = {run_id: (name, f"{name} ({run_id[-4:]})", f"{name} ({run_id})") for run_id, name in names.items()}
    chosen = dict.fromkeys(forms, 0)
    while True:
        found = {run_id: forms[run_id][form] for run_id, form in chosen.items()}
        times = Counter([*found.values(), *_COLUMNS])
        unclear = [run_id for run_id, label in found.items() if times[label] > 1 and chosen[run_id] < 2]
        if not unclear:
            return found
        for run_id in unclear:
            chosen[run_id] += 1
