"""The lists of tests that are slow, or belong together, name modules that are there."""

from __future__ import annotations

import os

import pytest

from tests.conftest import REPOSITORY, SLOW, TOGETHER


def test_what_is_called_slow_or_together_is_there() -> None:
    assert all((REPOSITORY / "tests" / module).is_file() for module in SLOW | TOGETHER)


@pytest.mark.xdist_group("rounds")
def test_groups_hold(request: pytest.FixtureRequest) -> None:
    """What belongs together runs in one process only if pytest-xdist can name the group."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@rounds")
