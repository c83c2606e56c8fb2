"""What a run is called before somebody names it: where it started, and the settings that were changed since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gancore.config import SETTINGS, RunConfig
from gancore.store import Run
from gancore.store.records import Naming
from ui.words import value_text

FOLLOWING = ("data.own_counts", "data.own_hash")  # set together with what a person chooses, so never mentioned
MOST = 3  # settings in a title


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
            f"{SETTINGS[path].label} {value_text(path, config.flat[path])}"
            for path in _worth_mentioning(self.changed)
            if config.uses(path)
        ]
        more = f" and {len(parts) - MOST + 1} more" if len(parts) > MOST else ""
        return ", ".join([self.start, *parts[: MOST - 1 if more else MOST]]) + more


def title_of(run: Run) -> Title:
    """The title that a run's name was made from, and the settings changed while it trained; its name, if somebody
    named it."""
    naming = run.meta.naming
    if naming is None or naming.name != run.name:
        return Title(run.name)
    return Title(naming.start, naming.changed).after(run.config, run.config_now)


def naming(name: str, title: Title) -> Naming:
    """What `title_of` needs to know of a run that gets this name."""
    return Naming(name=name, start=title.start, changed=title.changed)


def _worth_mentioning(paths: Iterable[str]) -> list[str]:
    """Settings in the order of the form."""
    chosen = set(paths)
    return [path for path in SETTINGS if path in chosen and path not in FOLLOWING]
