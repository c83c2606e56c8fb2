"""Each fault in brief: what `python -m tests.faults` tries at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.__main__ import FAULTS, attempt

ONLY_AT_LENGTH = {"a run's process killed for memory", "slow disk"}


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ONLY_AT_LENGTH])
def test_nothing_is_lost(name: str, tmp_path: Path) -> None:
    outcome = attempt(name, 1, tmp_path)
    if outcome.not_here:
        pytest.skip(outcome.not_here)
    assert outcome.trial.wrong == []
    assert outcome.trial.tried
