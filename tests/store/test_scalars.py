from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gancore.store.scalars import ScalarWriter, read_scalars

Columns = dict[str, np.ndarray]


def rows(first: int, last: int, shift: float = 0.0) -> Columns:
    """Made-up curves; every number follows from its step."""
    step = np.arange(first, last + 1)
    return {"step": step, "epoch": step / 7, "time": step * 1e-9 + 1e6, "loss_d": np.sin(step) + shift}


def expected(first: int, last: int) -> pd.DataFrame:
    frame = pd.DataFrame(rows(first, last))
    return frame.astype({"loss_d": np.float32})


def write(path: Path, *portions: tuple[int, int]) -> ScalarWriter:
    writer = ScalarWriter(path)
    for portion in portions:
        writer.append(rows(*portion))
    return writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scalars.arrow"


def test_rows_can_be_read_as_soon_as_they_are_written(path: Path) -> None:
    writer = ScalarWriter(path)
    for first, last in ((1, 1), (2, 9), (10, 10)):
        writer.append(rows(first, last))
        pd.testing.assert_frame_equal(read_scalars(path), expected(1, last))
    writer.close()


def test_counts_and_times_are_exact_and_scalars_single_precision(path: Path) -> None:
    write(path, (1, 3)).close()
    kinds = {name: str(kind) for name, kind in read_scalars(path).dtypes.items()}
    assert kinds == {"step": "int64", "epoch": "float64", "time": "float64", "loss_d": "float32"}


def test_only_the_wanted_columns_are_read_and_unknown_ones_left_out(path: Path) -> None:
    write(path, (1, 3)).close()
    assert list(read_scalars(path, ["loss_d", "step", "loss_x"]).columns) == ["loss_d", "step"]


@pytest.mark.parametrize("columns", [None, ["step", "loss_d"]])
def test_a_missing_file_has_no_rows(path: Path, columns: list[str] | None) -> None:
    frame = read_scalars(path, columns)
    assert len(frame) == 0
    assert "step" in frame.columns


@pytest.mark.parametrize("closed", [False, True])
def test_a_file_cut_at_any_byte_gives_its_first_rows(path: Path, closed: bool) -> None:
    writer = write(path, (1, 3), (4, 4), (5, 9))
    if closed:
        writer.close()
    whole, torn = path.read_bytes(), path.with_name("torn.arrow")
    lengths = []
    for size in range(len(whole) + 1):
        torn.write_bytes(whole[:size])
        found = read_scalars(torn)
        lengths.append(len(found))
        assert not len(found) or found.equals(expected(1, 9)[: len(found)])
    assert lengths == sorted(lengths)
    assert set(lengths) == ({0, 9} if closed else {0, 3, 4, 9})
    writer.close()


@pytest.mark.parametrize("closed", [False, True])
def test_a_damaged_byte_never_raises(path: Path, closed: bool) -> None:
    writer = write(path, (1, 3), (4, 5))
    if closed:
        writer.close()
    whole, damaged = path.read_bytes(), path.with_name("damaged.arrow")
    for index in range(0, len(whole), 3):
        damaged.write_bytes(whole[:index] + bytes([whole[index] ^ 0xFF]) + whole[index + 1 :])
        assert len(read_scalars(damaged)) in range(6)
    writer.close()


def test_garbage_has_no_rows(path: Path) -> None:
    random = np.random.default_rng(0)
    for size in (0, 1, 4, 8, 100, 5_000):
        path.write_bytes(random.bytes(size))
        assert len(read_scalars(path)) == 0
    path.unlink()
    path.mkdir()
    assert len(read_scalars(path)) == 0


def test_a_reader_sees_a_growing_prefix_while_it_is_written(path: Path) -> None:
    def work() -> None:
        writer = ScalarWriter(path)
        for first in range(1, 601, 3):
            writer.append(rows(first, first + 2))
        writer.close()

    thread = threading.Thread(target=work)
    thread.start()
    seen = [0]
    while thread.is_alive():
        steps = read_scalars(path, ["step"])["step"].tolist()
        assert steps == list(range(1, len(steps) + 1))
        seen.append(len(steps))
    thread.join()
    assert seen == sorted(seen)
    pd.testing.assert_frame_equal(read_scalars(path), expected(1, 600))


@pytest.mark.parametrize("end", ["open", "closed", "torn"])
@pytest.mark.parametrize("keep", [1, 4, 6, 9, 20])
def test_a_resume_keeps_the_rows_up_to_its_checkpoint(path: Path, keep: int, end: str) -> None:
    writer = write(path, (1, 3), (4, 9))
    if end != "open":
        writer.close()
    if end == "torn":
        path.write_bytes(path.read_bytes() + b"\xff\xff\xff\xff\x10")
    kept = min(keep, 9)
    resumed = ScalarWriter(path, keep_through=keep)
    pd.testing.assert_frame_equal(read_scalars(path), expected(1, kept))  # before the first new row
    resumed.append(rows(kept + 1, kept + 5))
    pd.testing.assert_frame_equal(read_scalars(path), expected(1, kept + 5))
    resumed.close()
    pd.testing.assert_frame_equal(read_scalars(path), expected(1, kept + 5))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    writer.close()


def test_a_resume_from_the_start_forgets_what_was_there(path: Path) -> None:
    write(path, (1, 9)).close()
    writer = ScalarWriter(path, keep_through=0)
    writer.append(rows(1, 2))
    pd.testing.assert_frame_equal(read_scalars(path), expected(1, 2))
    writer.close()


def test_a_resume_over_garbage_starts_anew(path: Path) -> None:
    path.write_bytes(b"garbage")
    writer = ScalarWriter(path, keep_through=5)
    writer.append(rows(6, 7))
    writer.close()
    pd.testing.assert_frame_equal(read_scalars(path), expected(6, 7))


def test_closing_compacts_into_one_batch_with_the_same_rows(path: Path) -> None:
    writer = write(path, *((step, step) for step in range(1, 41)))
    before, many = read_scalars(path), path.stat().st_size
    writer.close()
    pd.testing.assert_frame_equal(read_scalars(path), before)
    assert path.stat().st_size < many / 4
    with pa.ipc.open_stream(path.read_bytes()) as reader:
        assert [batch.num_rows for batch in reader] == [40]
        assert reader.schema.names == ["step", "epoch", "time", "loss_d"]


def test_a_writer_that_wrote_nothing_leaves_no_file(path: Path) -> None:
    ScalarWriter(path).close()
    assert not path.exists()


def test_numbers_that_are_not_finite_survive(path: Path) -> None:
    writer = ScalarWriter(path)
    writer.append({"step": np.array([1, 2, 3]), "loss_d": np.array([np.nan, np.inf, -np.inf])})
    writer.close()
    assert np.array_equal(read_scalars(path)["loss_d"], [np.nan, np.inf, -np.inf], equal_nan=True)


def test_rows_with_another_column_or_in_another_order_go_on_in_the_same_file(tmp_path: Path) -> None:
    """A later version records another scalar, and one that an earlier version had is gone."""
    path = tmp_path / "scalars.arrow"
    with closing(ScalarWriter(path)) as writer:
        writer.append({"step": np.array([1, 2]), "loss_d": np.array([0.5, 0.25]), "old": np.array([1.0, 2.0])})
    with closing(ScalarWriter(path, keep_through=2)) as writer:
        writer.append({"new": np.array([7.0]), "loss_d": np.array([0.125]), "step": np.array([3])})
        assert read_scalars(path)["step"].tolist() == [1, 2, 3]  # also before the file is closed
        writer.append({"step": np.array([4]), "loss_d": np.array([0.0]), "old": np.array([3.0])})
    rows = read_scalars(path)
    assert rows["step"].tolist() == [1, 2, 3, 4]
    assert rows["loss_d"].tolist() == [0.5, 0.25, 0.125, 0.0]
    assert rows["old"].isna().tolist() == [False, False, True, False]
    assert rows["new"].isna().tolist() == [True, True, False, True]
    assert [each.name for each in tmp_path.iterdir()] == ["scalars.arrow"]
