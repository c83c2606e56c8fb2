"""Code that is written down as code: templates, of which only the lines stay that a configuration needs.

A line that ends in `#? flag` stays where the flag holds, one in `#? !flag` where it does not, and one with several
where all of them do. `$name` is a value that is filled in; where it has several lines, all are indented alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from string import Template
from textwrap import dedent, indent

_TAG = re.compile(r"  #\? (?P<flags>[\w! ]+)$")
_ALONE = re.compile(r"^(?P<space> *)\$(?P<name>\w+)$")


def fill(template: str, flags: Collection[str] = (), **values: str) -> str:
    """The template's code for a configuration of which `flags` hold, without a line break at its end."""
    lines = [kept for line in dedent(template).strip("\n").splitlines() if (kept := _keep(line, flags)) is not None]
    return Template("\n".join(_unfold(lines, values))).substitute(values)


def nested(code: str, *, under: str) -> str:
    """Code as the body of a statement."""
    return f"{under}\n{indent(code, '    ')}"


def _keep(line: str, flags: Collection[str]) -> str | None:
    found = _TAG.search(line)
    if found is None:
        return line
    wanted = found["flags"].split()
    holds = all((flag.removeprefix("!") in flags) != flag.startswith("!") for flag in wanted)
    return line[: found.start()] if holds else None


def _unfold(lines: list[str], values: Mapping[str, str]) -> list[str]:
    """Lines that are one value each, replaced by that value's lines; by none where it is empty."""
    unfolded = []
    for line in lines:
        found = _ALONE.match(line)
        if found is None:
            unfolded.append(line)
        elif value := values[found["name"]]:
            unfolded += indent(value.replace("$", "$$"), found["space"]).splitlines()
    return unfolded
