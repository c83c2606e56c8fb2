from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gancore import files
from gancore.files import draft_name, place, replace, sweep, sweep_drafts, temporary_name, write_atomic, write_json


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_whole(tmp_path: Path, durable: bool) -> None:
    for text in (b"first", b"", b"second, and longer"):
        write_atomic(tmp_path / "file", text, durable=durable)
        assert content(tmp_path) == {"file": text}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    write_atomic(tmp_path / "file", b"old")
    monkeypatch.setattr(files, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(tmp_path / "file", b"new")
    assert content(tmp_path) == {"file": b"old"}


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, texts = tmp_path / "file", [bytes([letter]) * 50_000 for letter in b"ab"]
    write_atomic(path, texts[0])
    writer = threading.Thread(target=lambda: [write_atomic(path, texts[n % 2]) for n in range(200)])
    writer.start()
    reads = 0
    while writer.is_alive():
        assert path.read_bytes() in texts
        reads += 1
    writer.join()
    assert reads


def test_two_threads_write_to_different_temporary_files(tmp_path: Path) -> None:
    names = {temporary_name(tmp_path / "file")}
    thread = threading.Thread(target=lambda: names.add(temporary_name(tmp_path / "file")))
    thread.start()
    thread.join()
    assert len(names) == 2
    assert all(name.parent == tmp_path and name.name.startswith(".") for name in names)


def test_plain_data_is_written_as_json(tmp_path: Path) -> None:
    write_json(tmp_path / "file.json", {"a": [1, None, "ü"]})
    assert json.loads((tmp_path / "file.json").read_text()) == {"a": [1, None, "ü"]}


@pytest.mark.parametrize("refusals", [0, 1, 6, 7])
def test_renaming_is_tried_again_while_somebody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    """On Windows; seven attempts in all, the last one's refusal is final."""
    pauses: list[float] = []
    left, original = [refusals], Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if left[0]:
            left[0] -= 1
            raise PermissionError("in use")
        return original(self, target)

    monkeypatch.setattr(files.time, "sleep", pauses.append)
    monkeypatch.setattr(Path, "replace", refuse)
    (tmp_path / "new").write_bytes(b"new")
    if refusals < 7:
        replace(tmp_path / "new", tmp_path / "file")
        assert content(tmp_path) == {"file": b"new"}
    else:
        with pytest.raises(PermissionError):
            replace(tmp_path / "new", tmp_path / "file")
    assert len(pauses) == min(refusals, 6)
    assert sum(pauses) < 1


# --- what killed writers leave behind -------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from gancore import files

files.replace = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
for name in sys.argv[2:]:
    files.draft_name(Path(sys.argv[1], name)).mkdir()
files.write_atomic(Path(sys.argv[1], "checkpoints", "last.pt"), b"half of it")
"""


def leave_behind(folder: Path, *drafts: str) -> None:
    """What a process leaves that is killed while it writes."""
    (folder / "checkpoints").mkdir(parents=True)
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), *drafts], check=False)
    assert done.returncode < 0
    assert any((folder / "checkpoints").iterdir())


def make_older(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_what_a_killed_writer_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    leave_behind(tmp_path)
    for name in ("status.json", "checkpoints/000010.pt", ".lock", "notes.tmp", ".x.tmp", ".x.one-two.tmp"):
        (tmp_path / name).touch()
    writing = temporary_name(tmp_path / "meta.json")  # ours, and we live
    writing.touch()
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert sweep(tmp_path) == 1
    assert {path.name for path in before - {*tmp_path.rglob("*")}} == {
        path.name for path in before if path.name.startswith(".last.pt.")
    }


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux's /proc")
def test_a_killed_writer_that_nobody_asked_after_counts_as_gone(tmp_path: Path) -> None:
    """A zombie has no locks any more, so its run may be trained again while its number still answers."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    left = tmp_path / f".last.pt.{place()}-{process.pid}-1.tmp"
    left.touch()
    assert sweep(tmp_path) == 0  # it lives
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # until it has ended, but leaves it a zombie
    os.kill(process.pid, 0)
    assert sweep(tmp_path) == 1
    assert not left.exists()
    process.communicate()


@pytest.mark.parametrize(
    ("name", "age", "swept"),
    [
        (".meta.json.12-345.tmp", 3_500, False),  # an earlier version's: whose, nobody knows
        (".meta.json.12-345.tmp", 3_700, True),
        (".meta.json.abcdef01-12-345.tmp", 3_500, False),  # of another machine on a shared file system
        (".meta.json.abcdef01-12-345.tmp", 3_700, True),
        ("of ours", 3_700, False),
        ("of ours", 90_000, True),  # then another process must have come to that number
    ],
)
def test_what_others_may_be_writing_is_left_alone_for_a_while(
    tmp_path: Path, name: str, age: float, swept: bool
) -> None:
    path = temporary_name(tmp_path / "meta.json") if name == "of ours" else tmp_path / name
    path.touch()
    make_older(path, age)
    assert sweep(tmp_path) == swept
    assert path.exists() != swept


def test_sweeping_follows_no_links_and_raises_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    stays = outside / ".x.12-345.tmp"
    stays.touch()
    make_older(stays, 90_000)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(outside, target_is_directory=True)
    assert (sweep(folder), sweep(tmp_path / "missing")) == (0, 0)
    sweep_drafts(tmp_path / "missing")

    def refuse(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "unlink", refuse)
    assert sweep(outside) == 0


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_drafts_of_killed_writers_are_swept(tmp_path: Path) -> None:
    leave_behind(tmp_path, "dcgan-20260102-030405-ab12")
    kept = [draft_name(tmp_path / "mlp-20260102-030405-cd34"), tmp_path / ".trash", tmp_path / "checkpoints"]
    kept += [tmp_path / ".young-20260102-030405-ab12", tmp_path / ".far-20260102-030405-ab12.abcdef01-7.draft"]
    for path in kept:
        path.mkdir(exist_ok=True)
    make_older(tmp_path / ".trash", 90_000)
    old = tmp_path / ".old-20260102-030405-ab12"  # as earlier versions called them
    (old / "checkpoints").mkdir(parents=True)
    make_older(old, 3_700)
    sweep_drafts(tmp_path)
    assert {*tmp_path.iterdir()} == {*kept}
