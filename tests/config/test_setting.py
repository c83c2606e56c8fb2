from __future__ import annotations

from operator import attrgetter
from typing import Literal

import pytest
from pydantic import Field

from gancore.config.data import Classes
from gancore.config.model import Widths
from gancore.config.setting import Part, allowed, describe, setting


class Inner(Part):
    depth: int = setting(3, "How deep.", label="depth", group="Shape", scale="log", marks=(2, 4), ge=1, le=9)
    rate: float = setting(0.5, "How fast.", label="rate", group="Shape", scale="linear", main=True, gt=0.0, lt=1.0)
    cut: int | None = setting(None, "Where.", label="cut", group="Shape", ge=2, le=5)


class Outer(Part):
    inner: Inner = Field(default_factory=Inner)
    kind: Literal["a", "b"] = setting("a", "Which.", label="kind", group="Shape")
    on: bool = setting(True, "Whether.", label="on", group="Shape", when={"kind": ("b",)})
    widths: Widths = setting((4,), "How wide.", label="widths", group="Shape", words="some widths")
    some: Classes | None = setting(None, "Which.", label="some", group="Shape", empty="none", words="some numbers")
    word: str = setting(
        "", "Said.", label="word", group="Shape", hidden=True, steer=True, pattern="^a*$", words="a word"
    )


FOUND = describe(Outer)


def test_a_new_field_is_found_by_its_path_in_the_order_of_definition() -> None:
    assert list(FOUND) == ["inner.depth", "inner.rate", "inner.cut", "kind", "on", "widths", "some", "word"]
    kinds = ["int", "float", "int", "choice", "bool", "list", "list", "text"]
    assert [leaf.kind for leaf in FOUND.values()] == kinds
    assert [leaf.path for leaf in FOUND.values()] == list(FOUND)
    assert list(attrgetter(*FOUND)(Outer(on=False))) == [3, 0.5, None, "a", False, (4,), None, ""]
    assert [leaf.default for leaf in FOUND.values()] == [3, 0.5, None, "a", True, (4,), None, ""]


def test_a_field_tells_how_to_show_it() -> None:
    depth, rate, cut = FOUND["inner.depth"], FOUND["inner.rate"], FOUND["inner.cut"]
    assert (depth.label, depth.help, depth.group) == ("depth", "How deep.", "Shape")
    assert (depth.scale, depth.marks, depth.main) == ("log", (2, 4), False)
    assert (depth.low, depth.high, depth.open_low, depth.open_high) == (1, 9, False, False)
    assert (rate.low, rate.high, rate.open_low, rate.open_high) == (0.0, 1.0, True, True)
    assert (rate.scale, rate.marks, rate.main) == ("linear", (), True)
    assert cut.optional
    assert not depth.optional
    assert FOUND["kind"].choices == ("a", "b")
    assert FOUND["on"].when == {"kind": ("b",)}
    some, word = FOUND["some"], FOUND["word"]
    assert (some.optional, some.empty, some.hidden, some.steer) == (True, "none", False, False)
    assert (word.optional, word.empty, word.hidden, word.steer) == (False, "all", True, True)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("inner.depth", "a whole number from 1 to 9"),
        ("inner.rate", "a finite number above 0 below 1"),
        ("inner.cut", "a whole number from 2 to 5 or empty"),
        ("kind", "one of a, b"),
        ("on", "true or false"),
        ("widths", "some widths"),
        ("some", "some numbers"),
        ("word", "a word"),
    ],
)
def test_what_is_allowed_is_said_in_words(path: str, words: str) -> None:
    assert allowed(FOUND[path]) == words
