from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from gancore.cli import main as cli
from gancore.store import RunStore
from tests.cli.calling import Command, Result


@pytest.fixture
def gancore(store: RunStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`python -m gancore` in this process, on the test's own store."""
    monkeypatch.setenv("GANCORE_RUNS", str(store.root))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["gancore", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 20 coloured images of each of two classes, and a cache of the test's own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))
    for number in range(40):
        folder = tmp_path / "pictures" / ("cats" if number % 2 else "dogs")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), (number, 0, 200)).save(folder / f"{number}.png")
    return tmp_path / "pictures"
