from __future__ import annotations

from pathlib import Path

import pytest

from gancore.experiments import EXPERIMENTS
from tests.cli.calling import Command, assert_refused


def test_experiments_lists_the_catalogue(gancore: Command) -> None:
    assert gancore("experiments", "--quiet").lines == list(EXPERIMENTS)
    text = gancore("experiments").out
    assert all(name in text for name in EXPERIMENTS)


def test_import_prints_the_name_last(gancore: Command, pictures: Path) -> None:
    (pictures / "notes.txt").write_text("hello")
    result = gancore("import", str(pictures), "--name", "My Pets")
    assert result.status == 0
    assert result.lines == [
        "40 coloured images of 2 classes, 28 x 28 pixels",
        "skipped notes.txt: not an image that can be read",
        "my-pets",
    ]
    assert gancore("import", str(pictures), "--name", "again", "--quiet").lines == ["again"]


def test_import_refuses_in_one_line(gancore: Command, pictures: Path, tmp_path: Path) -> None:
    assert_refused(gancore("import", str(tmp_path / "missing"), "--name", "a"), "No such file")
    assert_refused(gancore("import", str(pictures / "cats"), "--name", "!"), "name")
    (tmp_path / "torn.zip").write_bytes(b"PK torn")
    assert_refused(gancore("import", str(tmp_path / "torn.zip"), "--name", "a"), "zip")


def test_datasets_lists_what_there_is(gancore: Command, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANCORE_DATA", str(pictures / "no data"))
    gancore("import", str(pictures), "--name", "pets")
    shown = gancore("datasets").out
    assert all(word in shown for word in ("mnist-5k", "4,500", "downloads 171 MB", "own=pets", "28 x 28"))
    assert gancore("datasets", "--quiet").lines == ["mnist-5k", "digits-8x8", "ring", "grid", "spirals", "pets"]
