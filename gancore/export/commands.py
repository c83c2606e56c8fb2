"""The commands that make runs again, as they are typed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from gancore.config import RunConfig
from gancore.experiments import Scale
from gancore.export.study import Study

_PROGRAM = ("python", "-m", "gancore")
_LONGEST = 4_000  # characters of a line that somebody types, or copies


def reproduce(study: Study) -> str | None:
    """All arms of a catalogue's experiment, to their verdicts; None of a sweep of one's own."""
    if study.experiment is None or study.scale is None:
        return None
    seeds = max(len(arm.runs) for arm in study.arms)
    return _typed("reproduce", study.experiment.id, "--scale", study.scale, "--seeds", str(seeds))


def train(study: Study) -> list[str]:
    """Each run by itself."""
    found = []
    for arm in study.arms:
        for run in arm.runs:
            seed = run.config.seed
            if study.experiment is not None and study.scale is not None:
                found.append(_arm(study.experiment.id, arm.name, study.scale, seed))
            else:
                found.append(settings(run.config) or _typed("train", "--config", f"{run.id}/config.json"))
    return found


def _arm(experiment: str, arm: str, scale: Scale, seed: int) -> str:
    named = ("--arm", arm) if arm else ()
    return _typed("train", "--experiment", experiment, *named, "--scale", scale, "--seed", str(seed))


def settings(config: RunConfig) -> str | None:
    """A run with these settings: those that differ from the defaults are set. None if that is too much to type."""
    changed = [path for path, value in config.flat.items() if value != RunConfig().flat[path] and path != "seed"]
    words: Sequence[str] = [word for path in changed for word in ("--set", f"{path}={_as_typed(config.flat[path])}")]
    line = _typed("train", *words, "--seed", str(config.seed))
    return line if len(line) <= _LONGEST else None


def _as_typed(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _typed(*words: str) -> str:
    return shlex.join((*_PROGRAM, *words))
