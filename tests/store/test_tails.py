"""A curve file that grows is read as if it were read whole each time, but only what is new of it is."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gancore.files import open_regular
from gancore.store import tails
from gancore.store.scalars import ScalarWriter, read_scalars
from tests.store.test_scalars import expected, rows

_open: list[ScalarWriter] = []


class Writer(ScalarWriter):
    """One whose file is closed when the test is over."""

    def __init__(self, path: Path, keep_through: int = 0) -> None:
        super().__init__(path, keep_through)
        _open.append(self)


def write(path: Path, *portions: tuple[int, int]) -> ScalarWriter:
    writer = Writer(path)
    for portion in portions:
        writer.append(rows(*portion))
    return writer


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    tails._tails.clear()
    yield
    tails._tails.clear()
    while _open:
        _open.pop().abandon()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scalars.arrow"


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each look took."""
    taken: list[int] = []

    class Counting:
        def __init__(self, file: BinaryIO) -> None:
            self._file = file
            taken.append(0)

        def __enter__(self) -> Counting:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def read(self, most: int) -> bytes:
            found = self._file.read(most)
            taken[-1] += len(found)
            return found

    monkeypatch.setattr(tails, "open_regular", lambda path: Counting(open_regular(path)))
    return taken


def same_as_whole(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    found = tails.follow(path, columns)
    pd.testing.assert_frame_equal(found, read_scalars(path, columns))
    return found


def test_rows_can_be_read_as_soon_as_they_are_written(path: Path) -> None:
    writer = Writer(path)
    for first, last in ((1, 1), (2, 9), (10, 10), (11, 300)):
        writer.append(rows(first, last))
        pd.testing.assert_frame_equal(tails.follow(path), expected(1, last))
    writer.close()
    pd.testing.assert_frame_equal(tails.follow(path), expected(1, 300))


def test_only_what_is_new_is_read(path: Path, bytes_read: list[int]) -> None:
    writer = write(path, (1, 50_000))
    tails.follow(path)
    writer.append(rows(50_001, 50_010))
    assert len(tails.follow(path)) == 50_010
    tails.follow(path)
    whole, tail, nothing = bytes_read
    assert whole > 1_000_000
    assert tail < 6_000
    assert nothing == 0


def test_only_the_wanted_columns_come_and_unknown_ones_are_left_out(path: Path) -> None:
    write(path, (1, 3))
    assert list(same_as_whole(path, ["loss_d", "step", "loss_x"])) == ["loss_d", "step"]


@pytest.mark.parametrize("columns", [None, ["step", "loss_d"]])
def test_a_missing_file_has_no_rows_until_it_is_there(path: Path, columns: list[str] | None) -> None:
    assert len(same_as_whole(path, columns)) == 0
    write(path, (1, 3))
    assert len(same_as_whole(path, columns)) == 3
    path.unlink()
    assert len(same_as_whole(path, columns)) == 0


def test_a_file_that_grows_byte_by_byte_shows_each_whole_batch(path: Path) -> None:
    """Every tail is torn but those at the ends of batches."""
    whole = path.with_name("whole.arrow")
    write(whole, (1, 3), (4, 4), (5, 9)).close()
    content = whole.read_bytes()
    counts = []
    with path.open("wb") as file:
        for place in range(len(content)):
            file.write(content[place : place + 1])
            file.flush()
            counts.append(len(same_as_whole(path)))
    assert counts == sorted(counts)
    assert counts[-1] == 9


@pytest.mark.parametrize("keep", [1, 3, 5, 9])
def test_a_resume_that_replaces_the_file_is_noticed(path: Path, keep: int) -> None:
    write(path, (1, 3), (4, 9))
    assert len(tails.follow(path)) == 9
    writer = Writer(path, keep_through=keep)
    assert same_as_whole(path)["step"].tolist() == list(range(1, keep + 1))
    writer.append(rows(keep + 1, 20, shift=5.0))
    assert same_as_whole(path)["step"].tolist() == list(range(1, 21))


def test_other_rows_of_the_same_inode_are_noticed(path: Path) -> None:
    """Inodes are given out again, and where a file cannot be renamed over an open one it is written in place."""
    write(path, (1, 50))
    assert len(tails.follow(path)) == 50
    other = path.with_name("other.arrow")
    Writer(other).append(rows(1, 80, shift=1.0))
    inode = path.stat().st_ino
    with path.open("r+b") as file:
        file.write(other.read_bytes())
    assert path.stat().st_ino == inode
    assert same_as_whole(path)["loss_d"].iloc[0] == pytest.approx(np.sin(1) + 1)


def test_more_columns_after_a_resume_are_seen(path: Path) -> None:
    write(path, (1, 3))
    tails.follow(path)
    other = path.with_name("other.arrow")
    Writer(other).append(rows(1, 4) | {"loss_g": np.ones(4)})
    other.replace(path)
    assert "loss_g" in same_as_whole(path)


def test_what_was_given_out_stays_as_it_is(path: Path) -> None:
    writer = write(path, (1, 5))
    before = tails.follow(path)
    for first in range(6, 200, 7):
        writer.append(rows(first, first + 6))
        tails.follow(path)
    pd.testing.assert_frame_equal(before, expected(1, 5))
    with pytest.raises(ValueError, match="read-only"):
        before["loss_d"].to_numpy()[0] = 7.0


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"step": pa.array([1, None, 3])}),
        pa.table({"step": [1, 2], "word": pa.array(["a", "b"]).dictionary_encode()}),
        pa.table({"step": [1, 2], "word": ["a", "b"]}),
        pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], ["step", "step"]),
        pa.table({"half": pa.array([1.0], pa.float16())}),
    ],
)
def test_columns_that_we_do_not_write_read_as_ever(path: Path, table: pa.Table) -> None:
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    same_as_whole(path)
    same_as_whole(path)


@pytest.mark.parametrize("content", [b"", b"nothing", b"\xff" * 500, b"\0" * 5_000])
def test_what_is_no_curve_file_has_no_rows(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert len(same_as_whole(path)) == 0


def test_a_pipe_and_a_folder_have_no_rows(path: Path) -> None:
    os.mkfifo(path)
    assert len(tails.follow(path)) == 0
    path.unlink()
    path.mkdir()
    assert len(tails.follow(path)) == 0


def test_readers_in_many_threads_see_growing_prefixes(path: Path) -> None:
    done = threading.Event()
    problems: list[object] = []

    def look() -> None:
        seen = 0
        while not done.is_set():
            steps = tails.follow(path, ["step"])["step"].tolist() if path.exists() else []
            if steps != list(range(1, len(steps) + 1)) or len(steps) < seen:
                problems.append(steps)
            seen = len(steps)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    writer = Writer(path)
    for first in range(1, 601, 3):
        writer.append(rows(first, first + 2))
    writer.close()
    done.set()
    for thread in threads:
        thread.join()
    assert not problems
    pd.testing.assert_frame_equal(tails.follow(path), expected(1, 600))


def test_only_so_much_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "MOST_FILES", 3)
    paths = [tmp_path / f"{number}.arrow" for number in range(5)]
    for path in paths:
        write(path, (1, 9))
        same_as_whole(path)
    assert list(tails._tails) == paths[-3:]
    monkeypatch.setattr(tails, "MOST_MEMORY", 100)
    same_as_whole(paths[0])
    assert not tails._tails


def test_a_column_that_somebody_adds_is_theirs_alone(path: Path) -> None:
    write(path, (1, 3))
    given = tails.follow(path)
    given["mine"] = 1.0
    assert "mine" not in tails.follow(path)
