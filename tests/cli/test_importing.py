from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gancore.cli.interrupts import Interrupted
from gancore.data import imported, importing
from tests.cli.calling import REPOSITORY, Command, assert_refused


def test_import_prints_the_name_last(gancore: Command, pictures: Path) -> None:
    (pictures / "notes.txt").write_text("hello")
    result = gancore("import", str(pictures), "--name", "My Pets")
    assert result.status == 0
    assert result.lines == [
        "40 coloured images of 2 classes, 28 x 28 pixels",
        "skipped notes.txt: not a readable image",
        "my-pets",
    ]
    assert gancore("import", str(pictures), "--name", "again", "--quiet").lines == ["again"]


def test_import_refuses_in_one_line(gancore: Command, pictures: Path, tmp_path: Path) -> None:
    assert_refused(gancore("import", str(tmp_path / "missing"), "--name", "a"), "No such file")
    assert_refused(gancore("import", str(pictures / "cats"), "--name", "!"), "name")
    (tmp_path / "torn.zip").write_bytes(b"PK torn")
    assert_refused(gancore("import", str(tmp_path / "torn.zip"), "--name", "a"), "zip")
    (tmp_path / "loop").symlink_to("loop")
    assert_refused(gancore("import", str(tmp_path / "loop"), "--name", "a"), "loop")
    os.mkfifo(tmp_path / "pipe")
    assert_refused(gancore("import", str(tmp_path / "pipe"), "--name", "a"), "neither a folder nor a readable zip")
    assert_refused(gancore("import", str(pictures), "--name", "\udcff"), "name")
    assert_refused(gancore("import", "\udcff", "--name", "a"), "No such file")


def test_a_folder_with_names_that_are_no_text_can_be_imported(gancore: Command, pictures: Path) -> None:
    (pictures / "cats").rename(pictures / os.fsdecode(b"c\xe4ts"))
    (pictures / "\udcff").write_bytes(b"")
    result = gancore("import", str(pictures), "--name", "pets")
    assert (result.status, result.err) == (0, "")
    assert result.lines == [
        "40 coloured images of 2 classes, 28 x 28 pixels",
        "skipped \\xff: not a readable image",
        "pets",
    ]


def test_one_class_is_not_several(gancore: Command, pictures: Path) -> None:
    assert "of 1 class," in gancore("import", str(pictures / "cats"), "--name", "cats").out


@pytest.mark.parametrize(("module", "name"), [(importing, "read_picture"), (imported, "replace")], ids=str)
def test_ctrl_c_leaves_nothing_behind(
    gancore: Command, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise Interrupted(signal.SIGINT)

    monkeypatch.setattr(module, name, interrupt)
    result = gancore("import", str(pictures), "--name", "pets")
    assert (result.status, result.out, result.err) == (130, "", "interrupted\n")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.name != ".lock"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_how_far_the_import_is(pictures: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "gancore", "import", str(pictures), "--name", "pets"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment, check=True
    )
    os.close(theirs)
    assert done.stdout.splitlines()[-1] == "pets"
    assert "writing the set" in os.read(ours, 100_000).decode()
    os.close(ours)
