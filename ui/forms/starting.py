"""The one way from settings to a run that waits for its turn."""

from __future__ import annotations

from collections.abc import Sequence

from gancore.config import ConfigError, RunConfig
from gancore.experiments import EXPERIMENTS, Scale
from gancore.store import Run, RunNotFound
from gancore.store.naming import Title, naming
from ui import state
from ui.forms.draft import Fork
from ui.messages import describe


class NotStarted(RuntimeError):
    """There is no new run; the message is one sentence that says why."""


def launch(
    config: RunConfig,
    title: Title,
    *,
    experiment: str | None = None,
    arm: tuple[str, Scale] | None = None,
    fork: Fork | None = None,
    priority: int = 0,
) -> Run:
    """A new run, named by its title and handed to the worker: from scratch, or going on from a checkpoint.

    `arm` is the experiment's, with the scale, where the settings began with one: the run is of that arm if they still
    are the arm's.

    Raises `NotStarted`.
    """
    try:
        run = _create(config, free_name(title.text(config)), experiment, arm, fork)
    except RunNotFound:
        raise NotStarted("The run to fork no longer exists; it may be in the trash.") from None
    except (ConfigError, OSError, RuntimeError) as problem:  # a checkpoint that cannot be read, a disk that is full
        raise NotStarted(describe(problem)) from problem
    try:
        run.edit_meta(naming=naming(run.name, title))
        state.executor().submit(run, priority)
    except (OSError, RuntimeError) as problem:
        raise NotStarted(
            f"{run.name} was created but is not queued yet: {describe(problem)} Then resume it."
        ) from problem
    return run


def ahead_of(run: Run) -> list[Run]:
    """What trains and what waits before a run; nothing if the run trains itself."""
    queue = state.store().queue()
    if run.id not in [each.id for each in queue]:
        return []
    place = next(place for place, each in enumerate(queue) if each.id == run.id)
    return [*state.active_runs(), *queue[:place]]


def described(ahead: Sequence[Run]) -> str:
    """`digits (training) and 3 others`."""
    first = ahead[0].name + (" (training)" if ahead[0].state == "running" else "")
    others = len(ahead) - 1
    return first + (f" and {others} {'others' if others > 1 else 'other'}" if others else "")


def _create(
    config: RunConfig, name: str, experiment: str | None, arm: tuple[str, Scale] | None, fork: Fork | None
) -> Run:
    store = state.store()
    if fork is None:
        unchanged = arm is not None and experiment in EXPERIMENTS and EXPERIMENTS[experiment].is_arm(config, *arm)
        arm_name, scale = arm if arm is not None and unchanged else (None, None)
        return store.create(config, name=name, experiment=experiment, arm=arm_name, scale=scale)
    return store.fork(store.open(fork.run_id), fork.checkpoint, config, name=name)


def free_name(name: str) -> str:
    """`name`, or `name #2` and so on if runs have it already."""
    taken = {run.name for run in state.store().list()}
    numbered = (f"{name} #{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(other for other in numbered if other not in taken)
