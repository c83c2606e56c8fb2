from __future__ import annotations

import pytest

from tests.rounds import COLLECTED, CORE, SLOW, THOROUGH, TOGETHER, is_thorough, names


def test_whatever_is_listed_is_there(pytestconfig: pytest.Config) -> None:
    """A test that was renamed would move into another round without a word."""
    if pytestconfig.args != pytestconfig.getini("testpaths"):
        pytest.skip("only a part was collected")
    known = {name for identity in pytestconfig.stash[COLLECTED] for name in names(identity)}
    assert (SLOW | THOROUGH | CORE | TOGETHER) - known == set()


@pytest.mark.parametrize(
    ("identity", "thorough"),
    [
        ("browser/test_looks.py::test_a_page_looks_as_it_should[home-dark]", True),
        ("browser/test_looks.py::test_a_page_looks_as_it_should[a run-dark]", False),
        ("browser/test_looks.py::test_what_is_wrong_is_found", False),
        ("executors/test_kills.py::test_a_sweep_survives_kills_at_random_moments[in a thread]", True),
        ("executors/test_kills.py::test_two_that_tend_at_once_make_each_run_once", False),
        ("losses/test_losses.py::test_closed_forms", False),
    ],
)
def test_the_dear_end_is_thorough_and_its_core_is_not(identity: str, thorough: bool) -> None:
    assert is_thorough(identity) == thorough
