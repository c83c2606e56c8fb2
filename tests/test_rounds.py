"""The lists of tests that are slow, or belong together, name modules that are there."""

from __future__ import annotations

from tests.conftest import REPOSITORY, SLOW, TOGETHER


def test_what_is_called_slow_or_together_is_there() -> None:
    assert all((REPOSITORY / "tests" / module).is_file() for module in SLOW | TOGETHER)
