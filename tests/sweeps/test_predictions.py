from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gancore.experiments import Claim, Finding, judge
from gancore.experiments.claims.claim import Arm, Difference, Equivalence, Rule, ratio
from gancore.store import RunBusy, RunStore
from gancore.sweeps.predictions import NAME, Expected, Prediction, Predictions, came_true
from tests.experiments.making import make_run

SMALL, LARGE = Arm("nz 10"), Arm("nz 100")
HIGHER = Difference("fid", SMALL, LARGE, "higher", ratio(1.25), "for the test")
LOWER = Difference("fid", SMALL, LARGE, "lower", ratio(1.25), "for the test")
ALIKE = Equivalence("fid", SMALL, LARGE, ratio(1.25), "for the test")
CLOSE, FAR, SCATTERED = (5.0, 5.2, 4.9), (12.0, 11.5, 12.6), (3.0, 9.0, 20.0)


def test_a_prediction_is_kept_and_can_be_taken_back(store: RunStore) -> None:
    assert Predictions(store).of("ndf-hurts") is None
    Predictions(store).keep("ndf-hurts", "higher", "D wins")
    Predictions(store).keep("nz-10-as-good", "about the same")
    kept = Predictions(store).of("ndf-hurts")
    assert kept is not None
    assert (kept.expected, kept.words) == ("higher", "D wins")
    assert kept.time > 0
    Predictions(store).forget("ndf-hurts")
    assert Predictions(store).of("ndf-hurts") is None
    assert Predictions(store).of("nz-10-as-good") is not None
    assert store.list() == []


def test_two_who_predict_at_once_lose_nothing(store: RunStore) -> None:
    threads = [threading.Thread(target=Predictions(store).keep, args=(f"claim-{i}", "lower")) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(Predictions(store).of(f"claim-{i}") for i in range(8))


def test_somebody_else_who_writes_is_not_overwritten(
    store: RunStore, held_elsewhere: Callable[[Path], AbstractContextManager[None]]
) -> None:
    store.root.mkdir()
    with held_elsewhere(store.root / f"{NAME}.lock"), pytest.raises(RunBusy):
        Predictions(store).keep("ndf-hurts", "higher")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"by_claim": {"a": 3}}', b"\xff", b'{"by_claim": {"a": {"expected": "?"}}}']
)
def test_a_file_from_elsewhere_is_as_if_not_there(store: RunStore, content: bytes) -> None:
    store.root.mkdir()
    (store.root / NAME).write_bytes(content)
    assert Predictions(store).of("a") is None
    Predictions(store).keep("b", "higher")
    assert Predictions(store).of("b") is not None


def finding(store: RunStore, rule: Rule, small: tuple[float, ...], large: tuple[float, ...]) -> Finding:
    for arm, values in (("nz 10", small), ("nz 100", large)):
        for seed, value in enumerate(values):
            make_run(store, "dcgan-nz", arm, seed, {"fid": value})
    return judge(Claim("test", "dcgan-nz", "the tests", "Something is said.", (rule,)), store).findings[0]


@pytest.mark.parametrize("rule", [HIGHER, LOWER, ALIKE])
@pytest.mark.parametrize(
    ("small", "large", "seen"),
    [
        (FAR, CLOSE, "higher"),
        (CLOSE, FAR, "lower"),
        (CLOSE, CLOSE[::-1], "about the same"),
        (SCATTERED, CLOSE, None),
        (FAR[:1], CLOSE[:1], None),
    ],
)
def test_what_came_true_does_not_hang_on_what_was_claimed(
    store: RunStore, rule: Rule, small: tuple[float, ...], large: tuple[float, ...], seen: str | None
) -> None:
    found = finding(store, rule, small, large)
    expectations: tuple[Expected, ...] = ("higher", "lower", "about the same")
    for expected in expectations:
        wanted = None if seen is None else expected == seen
        assert came_true(Prediction(expected=expected), found) is wanted
    assert came_true(Prediction(words="no idea"), found) is None
