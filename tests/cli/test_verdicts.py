from __future__ import annotations

import json

from gancore.experiments import CLAIMS
from gancore.store import RunStore
from tests.cli.calling import Command, assert_refused
from tests.experiments.making import make_run

CLAIM = "nz-10-as-good"


def with_runs(store: RunStore) -> None:
    for arm in ("nz 10", "nz 100", "nz 1000"):
        for seed, value in enumerate((5.0, 5.1, 4.9)):
            make_run(store, "dcgan-nz", arm, seed, {"fid": value}, scale="quick")


def test_every_claim_has_a_line_and_the_count_is_said(gancore: Command) -> None:
    said = gancore("verdicts")
    assert said.status == 0
    assert all(any(line.split()[:1] == [claim] for line in said.lines) for claim in CLAIMS)
    assert said.lines[-1] == f"{len(CLAIMS)} claims: 0 supported, 0 contradicted and {len(CLAIMS)} not decided."


def test_a_verdict_is_printed_with_its_numbers(gancore: Command, store: RunStore) -> None:
    with_runs(store)
    said = gancore("verdicts", CLAIM)
    assert said.status == 0
    assert "✓ supported" in said.out
    assert "FID" in said.out
    assert said.lines[-1] == "1 claim: 1 supported, 0 contradicted and 0 not decided."


def test_json_is_for_programs(gancore: Command, store: RunStore) -> None:
    with_runs(store)
    (found,) = json.loads(gancore("verdicts", CLAIM, "--json").out)
    assert (found["claim"], found["experiment"], found["verdict"], found["n"]) == (CLAIM, "dcgan-nz", "supported", 3)
    assert found["scale"] == "quick"
    assert found["low"] <= found["effect"] <= found["high"]
    assert set(found["runs"]) <= {run.id for run in store.list()}
    assert found["findings"][0]["rule"]["outcome"] == "fid"
    every = json.loads(gancore("verdicts", "--json").out)
    assert [each["claim"] for each in every] == list(CLAIMS)


def test_runs_of_another_scale_do_not_count(gancore: Command, store: RunStore) -> None:
    with_runs(store)
    (found,) = json.loads(gancore("verdicts", CLAIM, "--scale", "full", "--json").out)
    assert (found["verdict"], found["n"]) == ("not decided", 0)


def test_an_unknown_claim_is_refused(gancore: Command) -> None:
    assert_refused(gancore("verdicts", "nz-11-as-good"), "nz-11-as-good")
