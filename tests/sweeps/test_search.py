"""Searches through real run folders, whose runs are trained by hand: status and evaluations as a run writes them."""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

from gancore import files
from gancore.config import ConfigError, RunConfig
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.sweeps.findings import Findings
from gancore.sweeps.plan import grid
from gancore.sweeps.search import Searches, marks, planned
from gancore.sweeps.study import JOURNAL, MARKS, NoSearch
from gancore.sweeps.sweep import Sweep
from gancore.sweeps.sweeps import Sweeps

SPACE: dict[str, Any] = {"optim.lr_g": (1e-5, 1e-1), "model.ngf": [2, 3, 4]}
CREATED = {"trials": 8, "seeds": (0,), "at_once": 1, "pruner": "median", "seed": 3}

Objective = Callable[[RunConfig, float], float]


def fid(config: RunConfig, share: float) -> float:
    """Best at a learning rate of 2e-3 with ngf 3; falls while it trains, faster for some."""
    distance = abs(math.log10(config.optim.lr_g / 2e-3)) + abs(config.model.ngf - 3)
    return 5.0 + 10.0 * distance + 50.0 * (1 - share) * (1 + config.seed)


def evaluation(step: int, value: float, size: Any = "cheap") -> Evaluation:
    return Evaluation(
        step=step, weights="raw", size=size, samples=1000, reference="mnist-5k", reference_count=1000, seconds=0.1,
        extractor="mnist-cnn-v1", values={"fid": value},
    )  # fmt: skip


def train(run: Run, objective: Objective = fid, after_each: Callable[[], object] = lambda: None) -> None:
    """As a worker does: step by step, measured at every mark, until it ends or is told to stop."""
    total = run.config.total_steps
    run.write_status(run.status.model_copy(update={"state": "running", "attempt": run.status.attempt + 1}))
    for step in range(run.status.step + 1, total + 1):
        if run.asked == "stop":
            run.write_status(run.status.model_copy(update={"state": "stopped"}))
            return
        run.write_status(run.status.model_copy(update={"step": step}))
        run.add_evaluation(evaluation(step, objective(run.config, step / total)))
        after_each()
    run.add_evaluation(evaluation(total, objective(run.config, 1.0), "full"))
    run.write_status(run.status.model_copy(update={"state": "finished"}))


def work(store: RunStore, objective: Objective = fid) -> None:
    """Work off the queue until the search asks for nothing more."""
    searches = Searches(store)
    searches.tend()
    while waiting := store.queue():
        train(waiting[0], objective, searches.tend)
        searches.tend()


def summary(store: RunStore, sweep: Sweep) -> list[tuple[Any, ...]]:
    """What became of every trial, whatever its runs are called."""
    study = Findings(store, sweep)._study
    return [
        (trial.number, trial.state.name, trial.value, trial.params, trial.intermediate_values)
        for trial in study.get_trials(deepcopy=False)
    ]


def attempts(store: RunStore) -> Counter[tuple[Any, ...]]:
    return Counter((run.config.optim.lr_g, run.config.model.ngf, run.config.seed) for run in store.list())


@pytest.fixture(autouse=True)
def _stays_quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def base(dcgan: RunConfig) -> RunConfig:
    return dcgan.replace({"train.evaluate_every": 1})


def create(store: RunStore, base: RunConfig, threads: int = 0, **changes: Any) -> Sweep:
    return Searches(store).create("lr", base, planned(SPACE, "fid", **{**CREATED, **changes}), threads=threads)


# --- the whole of it --------------------------------------------------------------------------------------------------


def test_a_search_is_a_sweep_that_grows(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, threads=1)
    assert [cell.seed for cell in sweep.cells] == [0]
    assert sweep.varies == ("optim.lr_g", "model.ngf")
    [waiting] = store.queue()
    assert (waiting.id, waiting.sweep, waiting.threads) == (sweep.cells[0].run, sweep.id, 1)
    assert waiting.config.train.evaluate_share == 1.0  # every mark is measured
    work(store)
    sweep = Sweeps(store).open(sweep.id)
    history = Findings(store, sweep).history()
    assert len(history) == 8
    assert set(history["state"]) == {"finished", "pruned"}
    assert [cell.arm for cell in sweep.cells] == list(dict.fromkeys(history["arm"]))
    assert all(run.status.attempt == 1 for run in store.list())
    assert history["best"].dropna().is_monotonic_decreasing
    assert history["best"].iloc[-1] == history.loc[history["state"] == "finished", "value"].min()


@pytest.mark.parametrize("pruner", ["median", "hyperband", "none"])
def test_it_decides_as_optuna_does_on_the_same_values(store: RunStore, base: RunConfig, pruner: str) -> None:
    sweep = create(store, base, pruner=pruner, trials=14)
    work(store)
    made = {
        "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=4),
        "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=20, reduction_factor=3),
        "none": optuna.pruners.NopPruner,
    }
    study = optuna.create_study(study_name=sweep.id, pruner=made[pruner]())
    study.optimize(plainly(base), n_trials=14)
    states = [trial.state.name for trial in study.trials]
    assert ("PRUNED" in states) is (pruner != "none")
    assert summary(store, sweep) == [
        (trial.number, trial.state.name, trial.value, trial.params, trial.intermediate_values) for trial in study.trials
    ]


def plainly(base: RunConfig) -> Callable[[optuna.Trial], float]:
    """The same objective as a blocking loop, as Optuna's documentation has it."""

    def objective(trial: optuna.Trial) -> float:
        seeds = [Random(f"3/{trial.number}/{path}").getrandbits(32) for path in SPACE]
        trial.study.sampler = optuna.samplers.TPESampler(seed=seeds[0])
        rate = float(f"{trial.suggest_float('optim.lr_g', 1e-5, 1e-1, log=True):.3g}")
        trial.study.sampler = optuna.samplers.TPESampler(seed=seeds[1])
        config = base.replace({"optim.lr_g": rate, "model.ngf": trial.suggest_categorical("model.ngf", [2, 3, 4])})
        for mark in range(1, MARKS + 1):
            trial.report(fid(config, mark / MARKS), mark)
            if trial.should_prune():
                raise optuna.TrialPruned
        return fid(config, 1.0)

    return objective


# --- killed at any moment ---------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill -9."""


class Killer:
    """Kills whoever makes the write with this number: before it, or for the journal in the middle of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = math.inf
        write, append, rename = files.write_atomic, JournalFileBackend.append_logs, Path.rename

        def write_atomic(path: Path, content: bytes, **options: Any) -> None:
            self.count()
            write(path, content, **options)

        def append_logs(backend: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
            try:
                self.count()
            except Killed:
                with Path(backend._file_path).open("ab") as journal:
                    journal.write(b'{"op_code":4,"wor')
                raise
            append(backend, logs)

        def rename_counted(path: Path, target: Path) -> Path:
            self.count()
            return rename(path, target)

        for module in [name for name, each in sys.modules.items() if name.startswith("gancore.") and each]:
            if getattr(sys.modules[module], "write_atomic", None) is write:
                monkeypatch.setattr(sys.modules[module], "write_atomic", write_atomic)
        monkeypatch.setattr(JournalFileBackend, "append_logs", append_logs)
        monkeypatch.setattr(Path, "rename", rename_counted)

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.left = math.inf
            raise Killed


def search_with_kill(store: RunStore, base: RunConfig, killer: Killer, moment: float) -> Sweep | None:
    """A search that is killed before its write number `moment`, and gone on with; None if it did not begin."""
    killer.left = moment
    try:
        create(store, base, trials=3, at_once=2)
        work_on(store)
    except Killed:
        Sweeps(store).tend()
        killer.left = math.inf
    if not (found := Sweeps(store).list()):
        return None
    work_on(store)
    return found[0]


def work_on(store: RunStore) -> None:
    """Like `work`, but only what the search writes counts as a moment: the worker is somebody else."""
    searches = Searches(store)
    searches.tend()
    while waiting := store.queue():
        run = waiting[0]
        total = run.config.total_steps
        for step in range(1, total + 1, 7):
            run.path.joinpath("evals").mkdir(exist_ok=True)
            made = evaluation(step, fid(run.config, step / total))
            run.path.joinpath("evals", made.file).write_text(made.model_dump_json())
        done = evaluation(total, fid(run.config, 1.0), "full")
        run.path.joinpath("evals", done.file).write_text(done.model_dump_json())
        finished = run.status.model_copy(update={"state": "finished", "step": total, "attempt": run.status.attempt + 1})
        run.path.joinpath("status.json").write_text(finished.model_dump_json())
        searches.tend()


def test_whoever_is_killed_between_two_writes_loses_nothing_and_runs_nothing_twice(
    tmp_path: Path, base: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = Killer(monkeypatch)
    undisturbed = RunStore(tmp_path / "undisturbed")
    sweep = search_with_kill(undisturbed, base, killer, math.inf)
    assert sweep is not None
    expected, runs = summary(undisturbed, sweep), attempts(undisturbed)
    assert len(expected) == 3
    began = 0
    for moment in itertools.count():
        store = RunStore(tmp_path / f"killed-{moment}")
        sweep = search_with_kill(store, base, killer, moment)
        if killer.left < math.inf:  # there was no such write
            break
        if sweep is not None:
            began += 1
            assert summary(store, sweep) == expected, moment
            assert attempts(store) == runs, moment
            assert all(run.status.attempt == 1 for run in store.list()), moment
            assert not any(path.name.endswith(".tmp") for path in store.root.rglob("*")), moment
    assert began > 40


# --- what comes of runs -----------------------------------------------------------------------------------------------


def test_several_seeds_count_as_their_mean_and_are_pruned_together(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, seeds=(0, 1), trials=7)
    work(store)
    for number, state, value, _, on_the_way in summary(store, sweep):
        arm = Findings(store, sweep).history()["arm"][number]
        runs = [run for cell, run in Sweeps(store).runs(Sweeps(store).open(sweep.id)) if cell.arm == arm]
        assert [run.config.seed for run in runs] == [0, 1]
        if state == "COMPLETE":
            assert value == pytest.approx(sum(fid(run.config, 1.0) for run in runs) / 2)
        config = runs[0].config
        for mark, mean in on_the_way.items():
            assert mean == pytest.approx((fid(config, mark / MARKS) + fid(runs[1].config, mark / MARKS)) / 2)


def test_a_run_that_fails_by_its_settings_counts_as_the_worst(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, trials=1)
    [run] = store.queue()
    run.write_status(run.status.model_copy(update={"state": "failed", "error_code": "diverged"}))
    Searches(store).tend()
    history = Findings(store, sweep).history()
    assert (history["state"][0], history["value"][0]) == ("finished", 219.0)


@pytest.mark.parametrize("state", ["failed", "stopped", "paused"])
def test_a_trial_waits_for_a_run_that_may_go_on(store: RunStore, base: RunConfig, state: Any) -> None:
    """One that failed by a full disk says nothing of its settings; one that somebody stopped he may have go on."""
    sweep = create(store, base)
    [run] = store.queue()
    run.write_status(run.status.model_copy(update={"state": state, "error_code": "no-space"}))
    Searches(store).tend()
    assert list(Findings(store, sweep).history()["state"]) == ["open"]
    run.enqueue()
    work(store)
    assert "open" not in set(Findings(store, sweep).history()["state"])


def test_a_run_that_somebody_deletes_takes_its_trial_with_it(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, trials=2)
    store.delete(store.queue()[0])
    work(store)
    assert list(Findings(store, sweep).history()["state"]) == ["failed", "finished"]
    assert len(store.list()) == 1


def test_a_run_that_measured_nothing_says_nothing(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, trials=1)
    [run] = store.queue()
    run.write_status(run.status.model_copy(update={"state": "finished", "step": run.config.total_steps}))
    Searches(store).tend()
    assert list(Findings(store, sweep).history()["state"]) == ["failed"]


def test_without_a_measurement_at_the_end_the_last_one_on_the_way_counts(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, trials=1)
    [run] = store.queue()
    run.add_evaluation(evaluation(20, 12.5))
    run.write_status(run.status.model_copy(update={"state": "finished", "step": run.config.total_steps}))
    Searches(store).tend()
    assert Findings(store, sweep).history()["value"][0] == 12.5


def test_trials_with_the_same_settings_share_their_run(store: RunStore, base: RunConfig) -> None:
    sweep = Searches(store).create("ngf", base, planned({"model.ngf": [2, 3]}, "fid", 6, pruner="none", seed=3))
    work(store)
    assert len(store.list()) == 2
    assert all(run.status.attempt == 1 for run in store.list())
    history = Findings(store, sweep).history()
    assert list(history["state"]) == ["finished"] * 6
    assert history.groupby("arm")["value"].nunique().tolist() == [1, 1]


def test_values_that_do_not_go_together_fail_without_a_run(store: RunStore, base: RunConfig) -> None:
    """Here, a batch that is larger than the images."""
    space = {"train.batch_size": [8, 64], "optim.lr_g": (1e-4, 1e-3)}
    sweep = Searches(store).create("batch", base, planned(space, "fid", 6, pruner="none", seed=2))
    work(store)
    history = Findings(store, sweep).history()
    assert set(history["state"]) == {"finished", "failed"}
    assert all(run.config.train.batch_size == 8 for run in store.list())


# --- pausing, cancelling, going on ------------------------------------------------------------------------------------


def test_a_pruned_run_does_not_go_on_with_the_sweep(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, trials=12)
    work(store)
    sweeps = Sweeps(store)
    sweep = sweeps.open(sweep.id)
    pruned = {cell.run for cell in sweep.cells if cell.pruned}
    assert pruned
    assert all(store.open(name).status.state == "stopped" for name in pruned)
    sweeps.cancel(sweep)
    sweeps.go_on(sweeps.open(sweep.id))
    assert not store.queue()
    sweeps.retry(sweeps.open(sweep.id), min(pruned))  # unless somebody wants to see it
    assert [run.id for run in store.queue()] == [min(pruned)]
    Searches(store).tend()
    assert [run.id for run in store.queue()] == [min(pruned)]


def test_a_paused_search_asks_for_nothing_more(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base)
    Sweeps(store).pause(sweep)
    work(store)
    assert len(store.list()) == 1
    Sweeps(store).go_on(Sweeps(store).open(sweep.id))
    work(store)
    assert len(Findings(store, sweep).history()) == 8


def test_only_one_looks_after_a_search_at_a_time(
    store: RunStore, base: RunConfig, held_elsewhere: Callable[..., Any]
) -> None:
    sweep = create(store, base)
    train(store.queue()[0])
    with held_elsewhere(store.root / "sweeps" / sweep.id / "search.lock"):
        Searches(store).tend()
        assert len(store.list()) == 1
    Searches(store).tend()
    assert len(store.list()) == 2


def test_at_most_so_many_trials_are_under_way(store: RunStore, base: RunConfig) -> None:
    create(store, base, at_once=3, trials=4)
    assert len(store.queue()) == 3
    train(store.queue()[0])
    Searches(store).tend()
    assert len(store.queue()) == 3
    train(store.queue()[0])
    Searches(store).tend()
    assert len(store.queue()) == 2


def test_marks_are_passed_when_nothing_more_can_come_before_them(store: RunStore, base: RunConfig) -> None:
    run = store.create(base.replace({"train.epochs": 8}))  # 40 steps: two to a mark
    for step, value in ((1, 5.0), (2, 4.0), (3, 3.0), (5, 2.0)):
        run.add_evaluation(evaluation(step, value))
    reached = []
    for step in (0, 2, 3, 4, 5, 6, 7):
        run.write_status(run.status.model_copy(update={"state": "running", "step": step}))
        reached.append(marks(run, "fid"))
    assert reached == [{}, {}, {1: 4.0}, {1: 4.0}, {1: 4.0, 2: 3.0}, {1: 4.0, 2: 3.0}, {1: 4.0, 2: 3.0, 3: 2.0}]


# --- what it found ----------------------------------------------------------------------------------------------------


def test_what_it_found_as_frames(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, trials=12)
    findings = Findings(store, sweep)
    assert findings.history()["state"].tolist() == ["open"]
    assert findings.importances().empty
    assert findings.parallel().empty
    work(store)
    findings = Findings(store, sweep)
    importances, parallel, on_the_way = findings.importances(), findings.parallel(), findings.on_the_way()
    assert sorted(importances["setting"]) == ["model.ngf", "optim.lr_g"]
    assert importances["importance"].sum() == pytest.approx(1.0)
    assert importances["importance"].is_monotonic_decreasing
    assert parallel.columns.tolist() == ["trial", "optim.lr_g", "model.ngf", "state", "value"]
    by_run = {(run.config.optim.lr_g, run.config.model.ngf) for run in store.list()}
    assert {(row[1], row[2]) for row in parallel.itertuples(index=False)} == by_run
    first = on_the_way[on_the_way["trial"] == 0]
    assert first["share"].tolist() == [pytest.approx(mark / MARKS) for mark in range(1, MARKS + 1)]
    pruned = findings.history().query("state == 'pruned'")
    assert (pruned["share"] < 1.0).all()


def test_choices_that_are_lists_come_back_as_they_were(store: RunStore, mlp: RunConfig) -> None:
    space: dict[str, Any] = {"model.g_hidden": [(16,), (8, 8)]}
    sweep = Searches(store).create("hidden", mlp, planned(space, "fid", 5, pruner="none"))
    work(store, lambda config, _share: float(len(config.model.g_hidden)))
    assert {run.config.model.g_hidden for run in store.list()} <= {(16,), (8, 8)}
    assert {tuple(each) for each in Findings(store, sweep).parallel()["model.g_hidden"]} <= {(16,), (8, 8)}


# --- what cannot be searched ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"measure": "beauty"}, "unknown measure 'beauty': choose one of "),
        ({"measure": "tail_loss_g"}, "G's loss at the end is neither good nor bad: say whether to minimize or"),
        ({"space": {}}, "choose a setting to vary"),
        ({"space": {"seed": [1, 2]}}, "the seed is no setting to vary"),
        ({"space": {"optim.lr_g": (1e-2, 1e-4)}}, "lr_g is drawn between two numbers, the smaller one first"),
        ({"space": {"optim.lr_g": (-1.0, 1e-4)}}, "optim.lr_g must be "),
        ({"space": {"model.kind": (0, 1)}}, "is no number: give the choices to draw from"),
        ({"space": {"model.ngf": [2, 10**9]}}, "model.ngf must be "),
        ({"trials": 0}, "a sweep has from 1 to 10,000 runs"),
        ({"seeds": (1, 1)}, "each seed can be given once"),
        ({"at_once": 0}, "at least one trial must be under way at a time"),
    ],
)
def test_what_cannot_be_searched(changes: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {"space": SPACE, "measure": "fid", "trials": 3, **changes}
    with pytest.raises(ConfigError, match=sentence):
        planned(**given)


def test_the_same_search_is_found_again(store: RunStore, base: RunConfig) -> None:
    space: dict[str, Any] = {"model.g_hidden": [(16,), (8, 8)], "optim.lr_g": (1e-4, 1e-2)}
    search, searches = planned(space, "fid", 5), Searches(store)
    assert searches.begun(base, search) is None
    sweep = searches.create("x", base, search)
    found = searches.begun(base.replace({"seed": 7}), search)
    assert found is not None
    assert found.id == sweep.id
    assert searches.begun(base.replace({"model.nz": 5}), search) is None
    assert searches.begun(base, planned(space, "fid", 5, seeds=(0, 1))) is None


def test_a_search_can_be_made_longer(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base, trials=2)
    work(store)
    Sweeps(store).cancel(Sweeps(store).open(sweep.id))
    longer, searches = planned(SPACE, "fid", **{**CREATED, "trials": 4, "at_once": 2}), Searches(store)
    assert searches.begun(base, longer) == Sweeps(store).open(sweep.id)
    searches.go_on(sweep, longer)
    assert len(store.queue()) == 2
    work(store)
    assert len(Findings(store, sweep).history()) == 4
    assert all(run.status.attempt == 1 for run in store.list())


def test_without_optuna_one_sentence_says_how_to_get_it(
    store: RunStore, base: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = create(store, base)
    monkeypatch.setitem(sys.modules, "optuna", None)
    for attempt in (
        lambda: create(store, base),
        lambda: Searches(store).advance(sweep),
        lambda: Findings(store, sweep),
    ):
        with pytest.raises(NoSearch, match=r'^optuna is not installed: pip install "optuna>=4.4,<6"$'):
            attempt()
    Searches(store).tend()
    assert len(Sweeps(store).list()) == 1


@pytest.mark.parametrize(
    "content", [b"what?\nis this\n", b'{"op_code": 99}\n', b"[]\n", b"null\n", b'{"op_code": 0}\n', b"\xff\xfe\n"]
)
def test_a_journal_that_makes_no_sense_is_one_sentence(store: RunStore, base: RunConfig, content: bytes) -> None:
    sweep = create(store, base)
    (store.root / "sweeps" / sweep.id / JOURNAL).write_bytes(content + content)
    with pytest.raises(NoSearch, match=r"^optuna\.journal cannot be read"):
        Searches(store).advance(sweep)
    with pytest.raises(NoSearch, match=r"^optuna\.journal cannot be read"):
        Findings(store, sweep)
    Searches(store).tend()


def test_a_pipe_in_place_of_the_journal_is_not_waited_for(store: RunStore, base: RunConfig) -> None:
    sweep = create(store, base)
    journal = store.root / "sweeps" / sweep.id / JOURNAL
    journal.unlink()
    os.mkfifo(journal)
    with pytest.raises(NoSearch, match=r"^optuna\.journal cannot be read"):
        Findings(store, sweep)
    with pytest.raises(NoSearch, match=r"^optuna\.journal cannot be read"):
        Searches(store).advance(sweep)


def test_a_sweep_that_is_no_search_says_so(store: RunStore, base: RunConfig) -> None:
    sweep = Sweeps(store).create(grid("ngf", base, {"model.ngf": [2, 3]}, (0,)))
    assert Searches(store).of(sweep) is None
    with pytest.raises(NoSearch, match=r"^ngf is no search$"):
        Searches(store).advance(sweep)
    with pytest.raises(NoSearch, match=r"^ngf is no search$"):
        Findings(store, sweep)
    Searches(store).tend()
