"""What a browser keeps: nobody else can write it, and it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ui.classroom.passes import SECONDS, Passes
from ui.classroom.people import Person
from ui.classroom.tries import MOST_KEYS, Tries

ANN = Person(Path("class/students/ann-0123456789ab"), "Ann", 3)
KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_pass_says_who_somebody_is() -> None:
    assert Passes(KEY).read(Passes(KEY).write(ANN)) == ("students", ANN.id, 3)


def test_a_pass_of_another_class_is_none() -> None:
    assert Passes(KEY).read(Passes(OTHER).write(ANN)) is None
    assert Passes(KEY).cookie != Passes(OTHER).cookie


def test_a_pass_ends() -> None:
    text = Passes(KEY, clock=lambda: 1_000.0).write(ANN)
    assert Passes(KEY, clock=lambda: 999.0 + SECONDS).read(text) is not None
    assert Passes(KEY, clock=lambda: 1_001.0 + SECONDS).read(text) is None


@pytest.mark.parametrize(("old", "new"), [("students", "teachers"), ("ann", "bob"), (".3.", ".4.")])
def test_no_part_of_a_pass_can_be_changed(old: str, new: str) -> None:
    text = Passes(KEY).write(ANN)
    assert old in text
    assert Passes(KEY).read(text.replace(old, new, 1)) is None


@given(some.text(max_size=600))
def test_anything_else_is_no_pass(text: str) -> None:
    assert Passes(KEY).read(text) is None


def test_who_tries_too_often_waits() -> None:
    now = [0.0]
    tries = Tries(3, 60.0, clock=lambda: now[0])
    for _ in range(3):
        assert tries.wait("ann") == 0
        tries.failed("ann")
    assert tries.wait("ann") == 60
    assert tries.wait("bob") == 0
    now[0] = 61.0
    assert tries.wait("ann") == 0


def test_tries_of_many_are_forgotten_in_time() -> None:
    tries = Tries(1, 60.0, clock=lambda: 0.0)
    for key in range(MOST_KEYS + 10):
        tries.failed(key)
    assert tries.wait(0) == 0
    assert tries.wait(MOST_KEYS + 5) > 0
