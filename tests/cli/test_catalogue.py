from __future__ import annotations

from pathlib import Path

import pytest

from gancore.experiments import EXPERIMENTS
from tests.cli.calling import Command


def test_experiments_lists_the_catalogue(gancore: Command) -> None:
    assert gancore("experiments", "--quiet").lines == list(EXPERIMENTS)
    text = gancore("experiments").out
    assert all(name in text for name in EXPERIMENTS)


def test_datasets_lists_what_there_is(gancore: Command, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANCORE_DATA", str(pictures / "no data"))
    gancore("import", str(pictures), "--name", "pets")
    shown = gancore("datasets").out
    assert all(word in shown for word in ("mnist-5k", "4,500", "downloads 171 MB", "own=pets", "28 x 28"))
    assert gancore("datasets", "--quiet").lines == ["mnist-5k", "digits-8x8", "ring", "grid", "spirals", "pets"]
