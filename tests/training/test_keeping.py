"""Checkpoints that stay: at which steps, before what, in how much room; and going back to one."""

from __future__ import annotations

import pytest

from gancore.store import Run, RunStore
from gancore.store.scalars import read_scalars
from gancore.training import keeping
from gancore.training.keeping import Keeping
from gancore.training.runner import execute
from tests.miniatures import tiny


def steps(run: Run) -> list[int]:
    return [int(name) for name in run.checkpoints() if name.isdecimal()]


def changed_at(run: Run, step: int) -> None:
    run.steer({"optim.lr_g": 1e-2})
    run.record_change(run.changes()[-1], step)


def test_checkpoints_stay_at_round_steps(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST", 2)
    run = store.create(tiny("mlp", {"train.keep_epochs": 3}))
    execute(run.path)
    assert steps(run) == [2, 5, 10, 15, 20]


def test_the_first_steps_are_soon_trained_anew(store: RunStore) -> None:
    watch = Keeping(store.create(tiny("mlp")))
    kept = [step for step in range(1, 6_000) if watch.due(step)]
    assert kept == [100, 200, 500, 1_000, 2_000, 5_000]
    none = Keeping(store.create(tiny("mlp", {"train.keep_mb": 0})))
    assert not any(none.due(step) for step in range(1, 6_000))


def test_a_fork_from_before_a_change_goes_on_as_if_it_had_never_been(store: RunStore) -> None:
    plain, steered = (store.create(tiny("mlp"), name=name) for name in ("plain", "steered"))
    changed_at(steered, 7)
    for run in (plain, steered):
        execute(run.path)
    assert steps(steered) == [7]
    fork = store.fork(steered, "000007", steered.config_at(6))
    execute(fork.path)
    wanted, found = (read_scalars(run.path / "scalars.arrow")["loss_g"].to_numpy() for run in (plain, fork))
    assert (found == wanted[7:]).all()
    assert (read_scalars(steered.path / "scalars.arrow")["loss_g"].to_numpy()[7:] != wanted[7:]).any()


def test_what_needs_too_much_room_goes_the_oldest_first_and_changes_last(store: RunStore) -> None:
    run = store.create(tiny("mlp", {"train.keep_mb": 3, "train.keep_epochs": 3}))
    changed_at(run, 152)
    folder = run.path / "checkpoints"
    folder.mkdir()
    watch = Keeping(run)
    for step in (15, 100, 152, 200, 500):  # the first every three epochs, as asked: it takes no room
        (folder / f"{step:06d}.pt").write_bytes(b"0" * 1_000_000)
        watch.thin()
    assert steps(run) == [15, 152, 200, 500]
    (folder / "001000.pt").write_bytes(b"0" * 3_500_000)
    watch.thin()
    assert steps(run) == [15, 152]
    assert watch.due(30)
    assert not watch.due(2_000)  # it would not fit, either


def test_a_rewind_takes_them_away(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST", 2)
    run = store.create(tiny("mlp"))
    execute(run.path, max_steps=6)
    (run.path / "checkpoints" / "last.pt").write_bytes((run.path / "checkpoints" / "000002.pt").read_bytes())
    execute(run.path, max_steps=1)
    assert steps(run) == [2]
