"""Claims are judged once, and again when the runs that they hang on have changed."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gancore.experiments import CLAIMS, EXPERIMENTS, Verdict
from gancore.store import RunStore
from gancore.store.index import Index
from gancore.store.records import Status
from tests.app.evaluations import full, plant
from ui.experiments import judging
from ui.experiments.judging import Docket, claims_of

CLAIM = CLAIMS["nz-10-as-good"]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The claims that were judged, in order."""
    done: list[str] = []
    real = judging.judge

    def judge(claim, evidence) -> Verdict:
        done.append(claim.id)
        return real(claim, evidence)

    monkeypatch.setattr(judging, "judge", judge)
    monkeypatch.setattr(judging, "_known", {})
    return done


def make(store: RunStore, experiment: str, arm: str, seed: int, fid: float = 6.0) -> None:
    config = EXPERIMENTS[experiment].arm(arm, "quick", seed)
    run = store.create(config, experiment=experiment, arm=arm, scale="quick")
    plant(run, [full(config.total_steps, {"fid": fid, "coverage": 0.8})])
    run.write_status(Status(state="finished", step=config.total_steps, total_steps=config.total_steps))


def docket(store: RunStore) -> Docket:
    return Docket(Index(store.root).runs())


def test_a_claim_is_judged_again_only_when_its_own_runs_change(store, judged):
    assert docket(store).verdict(CLAIM) is None  # there is nothing to say of it
    assert not docket(store).has_runs(CLAIM)
    make(store, "dcgan-nz", "nz 10", 0)
    make(store, "dcgan-nz", "nz 100", 0)
    first = docket(store).verdict(CLAIM)
    assert first is not None
    assert first.n == 1
    make(store, "dcgan-ngf", "ngf 32", 0)  # of another experiment
    assert docket(store).verdict(CLAIM) is first
    make(store, "dcgan-nz", "nz 10", 1)
    make(store, "dcgan-nz", "nz 100", 1)
    again = docket(store).verdict(CLAIM)
    assert again is not None
    assert again.n == 2
    assert judged == [CLAIM.id, CLAIM.id]


def test_after_the_deadline_only_what_is_known_is_told(store, judged):
    make(store, "dcgan-nz", "nz 10", 0)
    assert docket(store).verdict(CLAIM, deadline=time.monotonic() - 1) is None
    assert docket(store).has_runs(CLAIM)
    known = docket(store).verdict(CLAIM)
    assert docket(store).verdict(CLAIM, deadline=time.monotonic() - 1) is known
    assert judged == [CLAIM.id]


def test_runs_that_train_do_not_have_everything_judged_again(store, judged):
    make(store, "dcgan-nz", "nz 10", 0)
    first = docket(store).verdict(CLAIM)
    config = EXPERIMENTS["dcgan-nz"].arm("nz 100", "quick", 0)
    store.create(config, experiment="dcgan-nz", arm="nz 100", scale="quick").write_status(Status(state="queued"))
    assert docket(store).verdict(CLAIM) is first
    assert judged == [CLAIM.id]


def test_stores_do_not_push_each_other_out(store, judged, tmp_path):
    other = RunStore(tmp_path / "other")
    for each in (store, other):
        make(each, "dcgan-nz", "nz 10", 0)
    for _ in range(2):
        docket(store).verdict(CLAIM)
        docket(other).verdict(CLAIM)
    assert judged == [CLAIM.id, CLAIM.id]


def test_whoever_asks_meanwhile_waits_for_the_same_verdict(store, judged, monkeypatch):
    make(store, "dcgan-nz", "nz 10", 0)
    slow, asked, go_on = judging.judge, threading.Event(), threading.Event()

    def judge(claim, evidence) -> Verdict:
        asked.set()
        assert go_on.wait(10)
        return slow(claim, evidence)

    monkeypatch.setattr(judging, "judge", judge)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(docket(store).verdict, CLAIM)
        assert asked.wait(10)
        assert docket(store).verdict(CLAIM, deadline=time.monotonic() + 0.01) is None  # whoever cannot wait
        second = pool.submit(docket(store).verdict, CLAIM)
        go_on.set()
        assert first.result(10) is second.result(10)
    assert judged == [CLAIM.id]


def test_every_claim_belongs_to_a_question():
    assert {claim.id for name in EXPERIMENTS for claim in claims_of(name)} == set(CLAIMS)
