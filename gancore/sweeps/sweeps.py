"""The sweeps of a store: making them, asking how far they are, pausing, cancelling, going on.

A sweep's file is written before its runs and names them all, each run waits in the queue from its first moment on,
and making a run that is there already changes nothing. So whoever is killed on the way, at any moment, leaves what
`tend` completes. Whoever changes a sweep or makes its runs holds the lock in its folder.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from gancore import files
from gancore.config import ConfigError, RunConfig, parse_config
from gancore.experiments.evidence import failed
from gancore.store import Run, RunBusy, RunNotFound, RunStore, queue
from gancore.store.locks import hold
from gancore.store.records import Command, Record, State, printable, read_record
from gancore.store.store import is_id, new_id
from gancore.sweeps.plan import Plan
from gancore.sweeps.progress import Progress, measure
from gancore.sweeps.sweep import FOLDER, MOST_RUNS, Cell, Sweep, SweepState

FILE = "sweep.json"
MOST_BYTES = 20_000_000  # of the file
BUSY_SECONDS = 10.0  # that somebody else may take to write the sweep's runs
STOP_SECONDS = 5.0  # that a run may take to stop, before one cannot have it go on
PLACES = 1e-4  # seconds between the places of two runs in the queue, so that others fit in between

_MOST_NAME = 120  # characters of a run's name


class SweepNotFound(LookupError):
    """There is no such sweep in the store; the message is one sentence."""


class Sweeps:
    """The sweeps of a store. `find` is how runs are looked up to be shown: a page passes its index's."""

    def __init__(self, store: RunStore, find: Callable[[str], Run | None] | None = None) -> None:
        self.store = store
        self._find = find or self._look_up

    # --- reading ----------------------------------------------------------------------------------------------------

    def list(self) -> Sequence[Sweep]:
        """All sweeps that can be read, newest first."""
        try:
            names = [path.name for path in self._root.iterdir() if is_id(path.name)]
        except OSError:
            return []
        found = (self._read(name) for name in names)
        return sorted((sweep for sweep in found if sweep), key=lambda sweep: (sweep.created, sweep.id), reverse=True)

    def open(self, sweep_id: str) -> Sweep:
        """The sweep with this id, which may come from anywhere. Raises `SweepNotFound`."""
        sweep = self._read(sweep_id) if is_id(sweep_id) else None
        if sweep is None:
            raise SweepNotFound(f"there is no sweep {printable(sweep_id, 200)!r} in {self.store.root}")
        return sweep

    def runs(self, sweep: Sweep) -> Sequence[tuple[Cell, Run | None]]:
        """Its cells in order, each with its run; None where that was deleted, or is not made yet."""
        return [(cell, self._find(cell.run)) for cell in sweep.cells]

    def progress(self, sweep: Sweep) -> Progress:
        """How far it is."""
        return measure(self.runs(sweep), sweep.planned)

    # --- making -----------------------------------------------------------------------------------------------------

    def create(self, plan: Plan, *, threads: int = 0, reuse: bool = True) -> Sweep:
        """A sweep of what is planned; its runs wait in the queue, in order, each to train with `threads` (0: as many
        as the machine has).

        With `reuse`, runs that are exactly what a cell asks for and have ended are taken over instead of run again:
        those that diverged, too, which they would again.
        Raises `ConfigError` if nothing is planned or too much, `StoreFull`, and `OSError`; a sweep that could be
        written whose runs could not is completed by the next `tend`.
        """
        configs = plan.configs
        if not 1 <= len(configs) <= MOST_RUNS:
            raise ConfigError(f"a sweep has from 1 to {MOST_RUNS:,} runs, and this one would have {len(configs):,}")
        now = datetime.now()
        base = next(iter(plan.arms.values())).replace({"seed": 0})
        cells = self._cells(plan, base, now, reuse)
        self.store.admit(sum(self._look_up(cell.run) is None for cell in cells))
        sweep = Sweep(
            id=new_id(plan.experiment or plan.title, now),
            title=plan.title,
            created=now.timestamp(),
            experiment=plan.experiment,
            scale=plan.scale,
            base=base.model_dump(mode="json"),
            varies=plan.varies,
            cells=cells,
            threads=threads,
        )
        self.begin(sweep)
        with suppress(RunBusy), self._held(sweep) as current:  # or somebody else completes it this moment
            return self._complete(current)
        return self.open(sweep.id)

    def _cells(self, plan: Plan, base: RunConfig, now: datetime, reuse: bool) -> tuple[Cell, ...]:
        finished = list(self._finished(plan)) if reuse else []
        cells = []
        for arm, seed, config in plan.configs:
            made = next((run for run in finished if _serves(run, plan, arm, config)), None)
            if made is not None:
                finished.remove(made)  # one run is one observation
            cell = new_cell(plan.experiment or plan.title, arm, seed, base, config, now)
            cells.append(cell if made is None else cell.model_copy(update={"run": made.id}))
        return tuple(cells)

    def _finished(self, plan: Plan) -> Sequence[Run]:
        """Runs that may serve as cells of a plan: trained to their end, good or bad, from scratch, with the settings
        that they have still."""
        own = plan.experiment is None
        runs = (run for run in self.store.list() if own or run.experiment == plan.experiment)
        ended = (run for run in runs if run.state == "finished" or failed(run))
        return [run for run in ended if not run.meta.parent and not run.changes()]

    def begin(self, sweep: Sweep, beside: Mapping[str, Record] = MappingProxyType({})) -> None:
        """Write a new sweep's file, and other records `beside` it by their names: a reader finds all of it or nothing.

        Raises `OSError`.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        files.sweep_drafts(self._root)
        draft = files.draft_name(self._root / sweep.id)
        draft.mkdir()
        try:
            for name, record in {**beside, FILE: sweep}.items():
                _write(draft, record, name)
            files.settle(draft, self._root / sweep.id)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def _complete(self, sweep: Sweep) -> Sweep:
        """Make those of its runs that are not there yet: for the holder of its lock."""
        if sweep.state != "planned":
            return sweep
        deleted = {run.id for run in self.store.trashed()}
        for number, cell in enumerate(sweep.cells):
            if cell.run not in deleted:
                with suppress(ConfigError, ValueError, RunNotFound):  # a file that makes no sense here
                    self._make(sweep, cell, sweep.created + number * PLACES)
        return self._set_state(sweep, "started")

    def _make(self, sweep: Sweep, cell: Cell, queued_at: float) -> Run:
        return self.store.create(
            config_of(sweep, cell),
            name=_run_name(sweep, cell),
            experiment=sweep.experiment,
            arm=cell.arm if sweep.experiment else None,
            scale=sweep.scale,
            sweep=sweep.id,
            run_id=cell.run,
            threads=sweep.threads or None,
            queued_at=queued_at,
        )

    # --- growing ----------------------------------------------------------------------------------------------------

    def extend(self, sweep: Sweep, cells: Sequence[Cell]) -> Sweep:
        """Add cells to a sweep, and have those of their runs that are not there wait in the queue.

        Cells that it has already are not added again: whoever was killed on the way calls this once more. Raises
        `RunBusy`, `SweepNotFound`, `ConfigError` if it would have too many runs, and `OSError`.
        """
        with self._held(sweep) as current:
            known = {cell.run for cell in current.cells}
            cells_now = (*current.cells, *(cell for cell in cells if cell.run not in known))
            if len(cells_now) > MOST_RUNS:
                raise ConfigError(f"a sweep has at most {MOST_RUNS:,} runs")
            if len(cells_now) > len(current.cells):
                current = self._save(current.model_copy(update={"cells": cells_now}))
            for cell in cells:
                if self._look_up(cell.run) is None:
                    self._make(current, cell, time.time())
            return current

    def prune(self, sweep: Sweep, arm: str) -> Sweep:
        """Stop the runs of an arm for good: they do not go on with the sweep. Raises `RunBusy` and `SweepNotFound`."""
        with self._held(sweep) as current:
            cells = tuple(cell.model_copy(update={"pruned": cell.pruned or cell.arm == arm}) for cell in current.cells)
            if cells != current.cells:
                current = self._save(current.model_copy(update={"cells": cells}))
            for cell in cells:
                run = self._look_up(cell.run) if cell.arm == arm else None
                if run is not None:
                    run.command("stop")
                    _settle(run)
            return current

    def expect(self, sweep: Sweep, runs: int) -> Sweep:
        """It is to have so many runs in the end, at most. Raises `RunBusy`, `SweepNotFound` and `OSError`."""
        if sweep.planned == runs:
            return sweep
        with self._held(sweep) as current:
            return self._save(current.model_copy(update={"planned": runs}))

    # --- steering ---------------------------------------------------------------------------------------------------

    def pause(self, sweep: Sweep) -> Sweep:
        """Its runs leave the queue, and the one that trains stops at its next step, with a checkpoint."""
        return self._end(sweep, "pause", "paused")

    def cancel(self, sweep: Sweep) -> Sweep:
        """Its runs leave the queue and stop; those that are finished stay."""
        return self._end(sweep, "stop", "cancelled")

    def go_on(self, sweep: Sweep) -> Sweep:
        """Its runs that were paused or interrupted wait again, at the places that they had; if it was cancelled, those
        that were stopped, too. Raises `RunBusy` if one of them does not stop at last."""
        with self._held(sweep) as current:
            current = self._complete(current)
            states: tuple[State, ...] = ("paused", "running")
            if current.state == "cancelled":
                states = (*states, "stopped")
            pruned = {cell.run for cell in current.cells if cell.pruned}
            for run in self._there(current):
                if run.id in pruned or (run.status.state == "running" and run.asked == "run" and run.is_held()):
                    continue  # somebody has it go on already
                with suppress(RunNotFound):
                    queue.put_back(run, *states, patience=STOP_SECONDS)
            return self._set_state(current, "started")

    def retry(self, sweep: Sweep, run_id: str) -> Run:
        """Have one of its runs tried again, from its checkpoint if it has one; one that was deleted comes back.

        A run that cannot be read any more is made anew, with a new id. Raises `SweepNotFound` if it is none of the
        sweep's, `RunBusy` if it waits or trains already, `ConfigError` if its settings are not valid any more.
        """
        with self._held(sweep) as current:
            cell = next((cell for cell in current.cells if cell.run == run_id), None)
            if cell is None:
                raise SweepNotFound(f"the sweep {current.title} has no run {printable(run_id, 200)!r}")
            run = self._look_up(run_id) or self._restored(run_id)
            if run is None or run.damage:
                if run is not None or run_id in {each.id for each in self.store.trashed()}:
                    current, cell = self._with_new_run(current, cell)
                return self._make(current, cell, time.time())
            if run.state == "finished":
                return run
            if run.state == "queued":
                raise RunBusy(f"{run.name} waits in the queue already")
            run.enqueue()
            return run

    def rename(self, sweep: Sweep, title: str) -> Sweep:
        """Give it another title."""
        with self._held(sweep) as current:
            return self._save(current.model_copy(update={"title": printable(title, 500)}))

    def delete(self, sweep: Sweep) -> None:
        """Forget the sweep; its runs stay. Raises `RunBusy` while any of them waits or trains."""
        with self._held(sweep) as current:
            if any(run.state in ("queued", "running") for run in self._there(current)):
                raise RunBusy(f"{current.title} has runs that wait or train: cancel it before deleting it")
            doomed = self._root / f".{current.id}.{secrets.token_hex(8)}.doomed"
            (self._root / current.id).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def tend(self) -> None:
        """See to it that nothing is lost of what somebody was killed while doing.

        Sweeps get those of their runs that are not there yet, and interrupted runs wait again, at the places that they
        had. A sweep that somebody else holds is left to him, one that cannot be written now to the next time.
        """
        for sweep in self.list():
            with suppress(RunBusy, RunNotFound, SweepNotFound, OSError):
                if sweep.state == "planned":
                    with self._held(sweep, timeout=0) as current:
                        sweep = self._complete(current)
                if sweep.state == "started":
                    for run in self._there(sweep):
                        _settle(run)

    def _end(self, sweep: Sweep, command: Command, state: SweepState) -> Sweep:
        """The last one in the queue first, so that nobody takes up the next one meanwhile. Then the file: whoever is
        killed on the way leaves a sweep that does not say what is not so."""
        with self._held(sweep) as current:
            runs = sorted(self._there(current), key=queue.place, reverse=True)
            for run in sorted(runs, key=lambda run: run.status.state == "running"):
                with suppress(RunNotFound):
                    run.command(command)
                    _settle(run)
            return self._set_state(current, state)

    def _there(self, sweep: Sweep) -> Sequence[Run]:
        """Those of its runs that are in the store, to be changed."""
        return [run for cell in sweep.cells if (run := self._look_up(cell.run)) is not None]

    def _restored(self, run_id: str) -> Run | None:
        """A run from the trash, if it can be read."""
        deleted = next((run for run in self.store.trashed() if run.id == run_id), None)
        return None if deleted is None or deleted.damage else self.store.restore(run_id)

    def _with_new_run(self, sweep: Sweep, cell: Cell) -> tuple[Sweep, Cell]:
        name = _new_run_id(sweep.experiment or sweep.title, cell.arm, cell.seed, datetime.now())
        new = cell.model_copy(update={"run": name})
        cells = tuple(new if each == cell else each for each in sweep.cells)
        return self._save(sweep.model_copy(update={"cells": cells})), new

    # --- its file ---------------------------------------------------------------------------------------------------

    @property
    def _root(self) -> Path:
        return self.store.root / FOLDER

    def _read(self, sweep_id: str) -> Sweep | None:
        folder = self._root / sweep_id
        if folder.is_symlink():
            return None
        sweep = read_record(folder / FILE, Sweep, MOST_BYTES)
        return sweep.model_copy(update={"id": sweep_id}) if sweep.cells or sweep.base else None

    @contextmanager
    def _held(self, sweep: Sweep, timeout: float = BUSY_SECONDS) -> Iterator[Sweep]:
        """Hold its lock; the sweep as it is now. Raises `RunBusy` and `SweepNotFound`."""
        try:
            with hold(self._root / sweep.id, f"{sweep.title} is being changed elsewhere: try again", timeout):
                files.sweep(self._root / sweep.id)
                yield self.open(sweep.id)
        except RunNotFound:
            raise SweepNotFound(f"{sweep.title} no longer exists") from None

    def _set_state(self, sweep: Sweep, state: SweepState) -> Sweep:
        return sweep if sweep.state == state else self._save(sweep.model_copy(update={"state": state}))

    def _save(self, sweep: Sweep) -> Sweep:
        _write(self._root / sweep.id, sweep)
        return sweep

    def _look_up(self, run_id: str) -> Run | None:
        try:
            return self.store.open(run_id)
        except RunNotFound:
            return None


def config_of(sweep: Sweep, cell: Cell) -> RunConfig:
    """The settings that a cell's run was or will be made with. Raises `ConfigError`."""
    return parse_config(sweep.base).replace(cell.changes | {"seed": cell.seed})


def new_cell(start: str, arm: str, seed: int, base: RunConfig, config: RunConfig, now: datetime) -> Cell:
    """A cell with a run id that nobody else draws; the id begins with `start`, an experiment or a title."""
    changes = {path: value for path, value in config.flat.items() if path != "seed" and value != base.flat[path]}
    return Cell(arm=arm, seed=seed, run=_new_run_id(start, arm, seed, now), changes=changes)


def _settle(run: Run) -> None:
    """An interrupted run waits again, or is what it was asked to be."""
    if run.status.state == "running" and not run.is_held():
        with suppress(RunBusy, RunNotFound, OSError):  # a folder that cannot be written now: the next time
            queue.recover(run)


def _serves(run: Run, plan: Plan, arm: str, config: RunConfig) -> bool:
    """Whether a finished run is what a cell asks for."""
    if plan.experiment is not None and (run.arm, run.scale) != (arm, plan.scale):
        return False
    return run.config == config


def _new_run_id(start: str, arm: str, seed: int, now: datetime) -> str:
    """`dcgan-nz-nz-10-seed-2-20251127-063343-5e0c1a7b`: thousands of a sweep begin alike."""
    return new_id(f"{f'{start} {arm}'[:48]} seed {seed}", now, chance=4)


def _run_name(sweep: Sweep, cell: Cell) -> str:
    """`dcgan-nz: nz 10, seed 2`."""
    start = sweep.experiment or sweep.title
    arm = f": {cell.arm}" if cell.arm else ""
    return f"{start}{arm}"[:_MOST_NAME] + f", seed {cell.seed}"


def _write(folder: Path, record: Record, name: str = FILE) -> None:
    files.write_atomic(folder / name, record.model_dump_json(indent=1).encode(), durable=True)
