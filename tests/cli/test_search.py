from __future__ import annotations

import json
import sys

import pytest

from gancore.cli import working
from gancore.store import RunStore
from gancore.sweeps.sweeps import Sweeps
from tests.cli.calling import SET_TINY, Command, assert_refused

RATE = ("--vary", "optim.lr_g=1e-4:1e-2")
LOSS = ("--measure", "tail_loss_d", "--direction", "minimize")
SEARCH = ("search", *SET_TINY, *LOSS, "--trials", "3", "--executor", "thread")


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "LOOK_SECONDS", 0.05)


def test_a_search_tries_settings_and_says_which_are_best(gancore: Command, store: RunStore) -> None:
    said = gancore(*SEARCH, *RATE, "--vary", "model.ngf=2,3", "--seeds", "2")
    assert said.status == 0
    assert said.lines[-1] == "3 trials: 3 finished."
    runs = store.list()
    assert {run.state for run in runs} == {"finished"}
    assert {run.config.seed for run in runs} == {0, 1}
    assert all(1e-4 <= run.config.optim.lr_g <= 1e-2 and run.config.model.ngf in (2, 3) for run in runs)
    best = min(
        sum(run.summary["tail_loss_d"] for run in runs if run.config.optim.lr_g == rate) / 2
        for rate in {run.config.optim.lr_g for run in runs}
    )
    assert f"{best:.2f}" in said.lines[1]


def test_asking_again_trains_nothing_again(gancore: Command, store: RunStore) -> None:
    first = gancore(*SEARCH, *RATE, "--json")
    before = {run.id: run.status.attempt for run in store.list()}
    again = gancore(*SEARCH, *RATE, "--json")
    assert {run.id: run.status.attempt for run in store.list()} == before
    found = json.loads(again.out)
    assert found == json.loads(first.out)
    assert [each["state"] for each in found["history"]] == ["finished"] * 3
    assert {each["optim.lr_g"] for each in found["trials"]} == {run.config.optim.lr_g for run in store.list()}
    assert [each["setting"] for each in found["importances"]] == ["optim.lr_g"]


def test_a_search_that_was_cancelled_goes_on(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("gancore.cli.search.watch", lambda *_: None)
        patch.setattr("gancore.cli.working._Here.ensure", lambda _: None)
        gancore(*SEARCH, *RATE)
    [sweep] = Sweeps(store).list()
    Sweeps(store).cancel(sweep)
    assert gancore(*SEARCH, *RATE).status == 0
    assert [run.state for run in store.list()] == ["finished"] * 3
    assert [each.id for each in Sweeps(store).list()] == [sweep.id]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("--vary",)),
        (("--vary", "optim.lr_g"), ("PATH=LOW:HIGH", "optim.lr_g")),
        (("--vary", "optim.lr_g=a:b"), ("two numbers",)),
        (("--vary", "optim.lr_g=1:1e-3"), ("smaller one first",)),
        (("--vary", "no.such=1,2"), ("no.such",)),
        ((*RATE, "--measure", "beauty"), ("beauty", "fid")),
        ((*RATE, "--measure", "tail_loss_d"), ("minimize or maximize",)),
        ((*RATE, "--executor", "thread", "--jobs", "2"), ("one run at a time",)),
        ((*RATE, "--arm", "x"), ("--experiment",)),
        ((*RATE, "--experiment", "quickstart", "--config", "x"), ("not both",)),
    ],
)
def test_bad_input_is_one_line_and_trains_nothing(
    gancore: Command, store: RunStore, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(gancore("search", *SET_TINY, *arguments), *words)
    assert not store.list()


def test_without_optuna_one_line_says_how_to_get_it(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert_refused(gancore(*SEARCH, *RATE), "pip install", "optuna")
    assert not store.list()


@pytest.mark.parametrize("command", ["search", "reproduce"])
def test_without_ray_one_line_says_how_to_get_it(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    what = {"search": (*SET_TINY, *LOSS, *RATE), "reproduce": ("quickstart",)}[command]
    assert_refused(gancore(command, *what, "--executor", "ray"), "pip install", "ray")
    assert not store.list()
