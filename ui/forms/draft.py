"""The draft: the settings of the next run, as they stand in the form, and what they started from.

It is a plain dict from path to value in the session, which the widgets edit; it outlives them when another page is
shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gancore.config import SETTINGS, ConfigError, RunConfig, fitting, uses
from gancore.config.forks import is_fixed
from gancore.config.setting import allowed
from gancore.experiments import EXPERIMENTS, Scale
from gancore.store import Run
from gancore.store.naming import Title, fork_title, title_of
from ui.forms import sidebar


@dataclass(frozen=True)
class Fork:
    """The checkpoint from which the next run goes on."""

    run_id: str
    checkpoint: str


@dataclass(frozen=True)
class Origin:
    """What the draft started from; its changes are counted from here."""

    config: RunConfig
    title: Title
    name: str = ""  # to show instead of the title
    experiment: str | None = None
    arm: tuple[str, Scale] | None = None  # of the experiment, if it was chosen in the picker
    fork: Fork | None = None

    @property
    def shown_name(self) -> str:
        """What the form calls it."""
        return self.name or self.title.text(self.config)

    def source_of(self, path: str) -> str | None:
        """Where the catalogue says that this value comes from."""
        if self.experiment not in EXPERIMENTS or self.arm is None:
            return None
        return EXPERIMENTS[self.experiment].source_of(path, *self.arm)

    def fixes(self, path: str) -> bool:
        """Whether a setting cannot change, because the checkpoint's networks and optimisers were made with it."""
        return self.fork is not None and is_fixed(path)


# --- where it starts ------------------------------------------------------------------------------------------------


def start_from(start: Origin) -> None:
    """Fill the form; it shows so when the page is next drawn."""
    st.session_state["draft"] = dict(start.config.flat)
    st.session_state["origin"] = start
    st.session_state["typed"] = {}
    if start.arm is None:  # settings of a run were asked for: the sidebar shows them
        sidebar.turn_to("next")
    before = st.session_state.get("versions", {"form": 0, "picker": 0})
    st.session_state["versions"] = {
        "form": before["form"] + 1,
        "picker": before["picker"] + (start.arm is None),  # else it was the picker that was used
    }


def start_from_run(run: Run) -> None:
    """Fill the form with the settings that are in effect in a run."""
    start_from(Origin(run.config_now, title_of(run), run.name, run.experiment))


def start_from_arm(experiment: str, arm: str, scale: Scale) -> None:
    """Fill the form with an arm of an experiment of the catalogue."""
    config = EXPERIMENTS[experiment].arm(arm, scale)
    start_from(Origin(config, Title(f"{experiment} {arm}".strip()), experiment=experiment, arm=(arm, scale)))


def start_from_checkpoint(run: Run, checkpoint: str, config: RunConfig) -> None:
    """Fill the form with `config`, the settings that held at a checkpoint, and have Start fork the run there."""
    at = f" at step {int(checkpoint):,}" if checkpoint != "last" else ""
    start_from(
        Origin(
            config,
            fork_title(run, checkpoint),
            f"fork of {run.name}{at}",
            run.experiment,
            fork=Fork(run.id, checkpoint),
        )
    )


def reset() -> None:
    """Undo every change."""
    start_from(origin())


def origin() -> Origin:
    """Where the draft started: from the quickstart, unless something else was chosen."""
    if "origin" not in st.session_state:
        start_from_arm("quickstart", "", "full")
    found: Origin = st.session_state["origin"]
    return found


# --- what it says ---------------------------------------------------------------------------------------------------


def values() -> dict[str, Any]:
    """The settings by path, whether or not they fit together."""
    origin()
    found: dict[str, Any] = st.session_state["draft"]
    return found


def config() -> RunConfig:
    """The settings as a run can use them. Raises `ConfigError`."""
    current = values()
    for path, text in typed().items():
        if uses(path, current):
            raise ConfigError(f"{path} must be {allowed(SETTINGS[path])}, not {text!r}")
    return origin().config.replace(current)


def title() -> Title:
    """What the next run is called: where it started and what was changed. Raises `ConfigError`."""
    start = origin()
    return start.title.after(start.config, config())


def typed() -> dict[str, str]:
    """What was typed into boxes and is not a value of the setting: path -> text."""
    origin()
    found: dict[str, str] = st.session_state["typed"]
    return found


def missing() -> str | None:
    """What the chosen dataset still needs, as an invitation: nothing went wrong yet."""
    current = values()
    if typed():
        return None
    if current["data.name"] == "drawn" and len(current["data.points"]) < 2:
        return "draw a distribution below, or choose an example there."
    if current["data.name"] == "own" and not current["data.own"]:
        return "import images below, or choose a set that was imported before."
    return None


def is_untouched(wanted: RunConfig) -> bool:
    """Whether the form holds just these settings, for a run that is not a fork."""
    try:
        return origin().fork is None and config().flat == wanted.flat
    except ConfigError:
        return False


# --- changing it ----------------------------------------------------------------------------------------------------


def choose(path: str, value: Any, role: str) -> None:
    """Somebody chose a value with the widget of that role. Settings that must change with it, for all to fit together,
    change too, except those that a fork cannot change."""
    fixes = origin().fixes
    fits = fitting(path, value, values())
    put({path: value}, except_role=role)
    put({other: wanted for other, wanted in fits.items() if not fixes(other)})


def put(changes: Mapping[str, Any], except_role: str | None = None) -> None:
    """Change settings; their widgets, except the one that was used, are made anew to show it."""
    current, pending = values(), typed()
    versions = st.session_state["versions"]
    for path, value in changes.items():
        current[path] = value
        pending.pop(path, None)
        for role in {"s", "t", "w"} - {except_role}:
            versions[path, role] = versions.get((path, role), 0) + 1


def widget_key(path: str, role: str) -> str:
    """The key of a setting's widget: a new one whenever its value was changed by anything but the widget itself.

    Setting a widget's state from here instead would lose changes: until the browser has taken it over, any tick of a
    live view reports the old value, which then looks like one that a person has just chosen.
    """
    origin()
    versions = st.session_state["versions"]
    return f"{role}:{path}@{versions['form']}.{versions.get((path, role), 0)}"


def picker_key() -> str:
    """The key of the picker, for the same reason: a new one when the form was filled from somewhere else."""
    origin()
    return f"experiment-{st.session_state['versions']['picker']}"
