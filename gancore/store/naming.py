"""What a run is called before somebody names it: where it started, and the settings that were changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gancore.config import SETTINGS, ConfigError, RunConfig
from gancore.store.records import Naming
from gancore.text import describe_value

if TYPE_CHECKING:
    from gancore.store.run import Run

FOLLOWING = ("data.own_counts", "data.own_hash")  # set together with what a person chooses, so never mentioned
MOST = 3  # settings in a title
LONGEST = 60  # characters of a value in it


@dataclass(frozen=True)
class Title:
    """The parts of a title: `quickstart, ngf 64, lr_d 0.1`."""

    start: str  # an experiment and its arm, another run, a fork of one
    changed: tuple[str, ...] = ()  # paths of settings

    def after(self, before: RunConfig, config: RunConfig) -> Title:
        """The title of a run whose settings were changed again, from `before` to `config`."""
        changed = {*self.changed, *config.differences(before)}
        return Title(self.start, tuple(_worth_mentioning(changed)))

    def text(self, config: RunConfig) -> str:
        """The title in words, with the values that the settings have in `config`."""
        parts = [
            f"{SETTINGS[path].label} {_short(value_text(path, config.flat[path]))}"
            for path in _worth_mentioning(self.changed)
            if config.uses(path)
        ]
        more = f" and {len(parts) - MOST + 1} more" if len(parts) > MOST else ""
        return ", ".join([self.start, *parts[: MOST - 1 if more else MOST]]) + more


def title_of(run: Run) -> Title:
    """The title that a run's name was made from, and the settings changed while it trained; its name, if somebody
    named it."""
    naming = run.meta.naming
    if naming is None or naming.name != run.meta.name:
        return Title(run.name)
    return Title(naming.start, naming.changed).after(run.config, run.config_now)


def fork_title(parent: Run, checkpoint: str) -> Title:
    """The title of a run that goes on from a checkpoint of another one, with its settings."""
    title, at = title_of(parent), f" at step {int(checkpoint):,}" if checkpoint.isdecimal() else ""
    return Title(f"fork of {title.start}{at}", title.changed)


def naming(name: str, title: Title) -> Naming:
    """What `title_of` needs to know of a run that gets this name."""
    return Naming(name=name, start=title.start, changed=title.changed)


def derived_name(run: Run) -> str:
    """A name for a run that has none: what it was made for, else its networks and data, and what it changes of the
    usual settings. Raises `ConfigError`."""
    config = run.config
    if run.experiment:
        changed: tuple[str, ...] = ("seed",) if config.seed else ()
        if run.experiment == "quickstart":
            changed = tuple(config.differences(RunConfig()))
        return Title(f"{run.experiment} {run.arm or ''}".strip(), changed).text(config)
    data = "" if config.data.name == RunConfig().data.name else f" on {config.data.own or config.data.name}"
    base = RunConfig().replace({"model.kind": config.model.kind, **config.kind.needs})
    said = {"model.kind", "data.name", "data.own"}
    changed = tuple(path for path in config.differences(base) if path not in said)
    return Title(f"{config.model.kind}{data}", changed).text(config)


def is_named_by_hand(run: Run) -> bool:
    """Whether a run's name is what a person called it, not what its settings or its sweep say anyhow."""
    meta = run.meta
    if not meta.name or (meta.naming is not None and meta.naming.name == meta.name):
        return False
    try:
        seed = f", seed {run.config.seed}"
    except ConfigError:
        return True
    if run.sweep is not None and meta.name.endswith(seed):
        return False
    made_for = (f"{run.experiment}{between}{run.arm}{seed}" for between in (": ", ", "))
    return run.arm is None or meta.name not in (*made_for, f"{run.experiment}{seed}")


def value_text(path: str, value: Any) -> str:
    """A setting's value in a line or a table; of lists that nobody types, how much is in them."""
    if value is None:
        return SETTINGS[path].empty
    if not SETTINGS[path].hidden:
        return describe_value(value) or "none"
    if path == "data.own_hash":
        return value[:8] or "none"
    if path == "model.code":
        return hashlib.blake2b(value.encode(), digest_size=4).hexdigest() if value else "the example"
    if path == "data.own_counts":
        return f"{sum(value):,} in {len(value):,} classes" if value else "none"
    return f"{len(value):,}"


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"


def _worth_mentioning(paths: Iterable[str]) -> list[str]:
    """Settings in the order of the form."""
    chosen = set(paths)
    return [path for path in SETTINGS if path in chosen and path not in FOLLOWING]
