"""Settings as a terminal gives them: an experiment or a file to start from, and PATH=VALUE changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gancore.cli.options import BadInput
from gancore.config import RunConfig, parse_config, parse_setting
from gancore.experiments import EXPERIMENTS
from gancore.text import describe_bytes

_LONGEST = 1_000_000  # bytes of a file of settings; a long one, with a drawing of 1,000 points, has 50,000


def starting_point(config: Path | None) -> RunConfig:
    """The settings in a file, or the default ones."""
    return RunConfig() if config is None else _read_config(config)


def choose_arm(experiment: str, arm: str | None) -> str:
    """The name of an experiment's arm, by default the first. Raises `BadInput` if there is none of that name."""
    if experiment not in EXPERIMENTS:
        raise BadInput(f"unknown experiment {experiment!r}: choose one of {', '.join(EXPERIMENTS)}")
    arms = EXPERIMENTS[experiment].arms
    if arm is None:
        return next(iter(arms))
    if arm not in arms:
        named = ", ".join(repr(name) for name in arms if name)
        hint = f"choose one of {named}" if named else "it has none"
        raise BadInput(f"unknown arm {arm!r} of {experiment}: {hint}")
    return arm


def parse_changes(changes: list[str], seed: int | None = None) -> dict[str, Any]:
    parsed: dict[str, Any] = {} if seed is None else {"seed": seed}
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals:
            raise BadInput(f"a setting is given as PATH=VALUE, such as model.ngf=64, not {change!r}")
        parsed[path.strip()] = parse_setting(path.strip(), text)
    return parsed


def with_imported_facts(changes: dict[str, Any], start: RunConfig) -> dict[str, Any]:
    """Changes that choose an imported image set, with what it tells about itself; what they say themselves holds."""
    if not {"data.name", "data.own"} & set(changes) or changes.get("data.name", start.data.name) != "own":
        return changes
    return _imported_facts(str(changes.get("data.own", start.data.own))) | changes


def _read_config(path: Path) -> RunConfig:
    try:
        with path.open("rb") as file:  # not its size first: the shell's <(...) gives a pipe
            text = file.read(_LONGEST + 1)
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}") from None
    if len(text) > _LONGEST:
        raise BadInput(f"{path} is longer than the {describe_bytes(_LONGEST)} that settings may be")
    try:
        saved = json.loads(text.decode())
    except json.JSONDecodeError as problem:
        raise BadInput(f"{path} is not JSON: {problem}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not JSON: it is no text in UTF-8") from None
    except RecursionError:
        raise BadInput(f"{path} is not JSON of settings: it is nested too deeply") from None
    except ValueError:  # Python refuses to read numbers of thousands of digits
        raise BadInput(f"{path} is not JSON of settings: a number in it has too many digits") from None
    if isinstance(saved, dict) and isinstance(saved.get("config"), dict):
        saved = saved["config"]
    return parse_config(_with_imported(saved))


def _with_imported(saved: Any) -> Any:
    """Saved settings, with what an imported image set tells where they only name it; whatever else they are, as is."""
    data = saved.get("data") if isinstance(saved, dict) else None
    if not isinstance(data, dict) or data.get("name") != "own" or (data.get("own_counts") and data.get("own_hash")):
        return saved
    facts, model = _imported_facts(str(data.get("own", ""))), saved.get("model", {})
    if not facts or not isinstance(model, dict):
        return saved
    missing = {name: facts[f"data.{name}"] for name in ("own_counts", "own_hash") if not data.get(name)}
    channels = {"nc": facts["model.nc"]} if "own_counts" in missing else {}
    return {**saved, "data": {**data, **missing}, "model": {**channels, **model}}


def _imported_facts(name: str) -> dict[str, Any]:
    """The settings that follow from the choice of an imported image set; none if there is no such set."""
    from gancore.data.imported import settings_of

    return settings_of(name)
