from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gancore.exploring import explorer as exploring
from gancore.exploring.explorer import Explorer
from gancore.store import Run, RunStore
from gancore.store.checkpoints import Checkpoint
from tests.miniatures import held_out, tiny, trained


@pytest.fixture
def saved(store: RunStore) -> Callable[..., Run]:
    """A run with a checkpoint after a step."""

    def save(kind: str, changes: Mapping[str, Any] | None = None) -> Run:
        config = tiny(kind, changes)
        run = store.create(config)
        Checkpoint(1, 8, 0.1, trained(config, 1).state_dict()).save(run.path / "checkpoints" / "last.pt")
        return run

    return save


@pytest.fixture
def explore(saved: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Explorer]:
    """Look into such a run, whose data are made up."""
    monkeypatch.setattr(exploring, "load", lambda config, _split: held_out(config, 30))
    return lambda kind, changes=None: Explorer(saved(kind, changes), "last")
