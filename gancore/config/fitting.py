"""What a form sets besides, when somebody chooses a value, so that the settings go on fitting together."""

from __future__ import annotations

from typing import Any

from gancore.config.datasets import DATASETS, TOYS
from gancore.config.rules import SINGLE_IMAGE_PENALTIES, Settings, needed
from gancore.config.run import SETTINGS


def fitting(path: str, value: Any, values: Settings) -> dict[str, Any]:
    """What else a form sets when somebody chooses `value` at `path` among `values`.

    What an old choice alone had asked for goes back to its default, and what the new one needs is set; both may ask for
    more. Nothing overrules the choice itself.
    """
    changes: dict[str, Any] = {path: value}
    waiting = [path]
    while waiting:
        changed = waiting.pop(0)
        before, now = values[changed], changes[changed]
        no_more = {other: SETTINGS[other].default for other in needed(changed, before)} if before != now else {}
        current = {**values, **changes}
        for other, wanted in (no_more | needed(changed, now) | _suggested(changed, now, current)).items():
            if other not in changes:
                changes[other] = wanted
                waiting.append(other)
    return {other: wanted for other, wanted in changes.items() if other != path}


def _suggested(path: str, value: Any, values: Settings) -> dict[str, Any]:
    """What goes with a choice without being needed by it always."""
    found: dict[str, Any] = {}
    if path == "model.kind" and values["data.name"] in TOYS and value != needed("data.name", values["data.name"])[path]:
        found["data.name"] = SETTINGS["data.name"].default
    if path in ("model.kind", "objective.penalty") and values["objective.penalty"] in SINGLE_IMAGE_PENALTIES:
        found["model.d_norm"] = "none"
    coloured = "model.nc" not in needed("model.kind", values["model.kind"])
    if path == "data.name" and value not in (*TOYS, "own") and coloured:
        found["model.nc"] = DATASETS[value].channels
    return found
