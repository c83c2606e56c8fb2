from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from gancore import files
from gancore.files import replace, temporary_name, write_atomic, write_json


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
    def fail(*_: object) -> None:
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
