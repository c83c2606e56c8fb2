"""The curve file of a run: an Arrow IPC stream, one row a step, written in small portions and read while it grows."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from gancore.files import read_regular, replace, sync, temporary_name

_EXACT = {"step": pa.int64(), "epoch": pa.float64(), "time": pa.float64()}

MOST_BYTES = 1_000_000_000  # of a curve file: ten million steps of twenty columns

Columns = Mapping[str, "np.ndarray[tuple[int], np.dtype[np.float64]]"]


def read_scalars(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """All whole rows of a curve file, even while it is written; empty when there is none. Unknown columns are left out.

    Bytes are read first, since a mapped file that is truncated kills its reader, and batches are taken one by one
    up to the first torn one.
    """
    table = _read_table(path)
    if table is None:
        return pd.DataFrame(columns=list(columns or ["step"]), dtype="float64")
    if columns is not None:
        table = table.select([name for name in columns if name in table.column_names])
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_table(path: Path) -> pa.Table | None:
    """The columns of numbers, each name once; None if nothing can be read."""
    batches = []
    try:
        reader = pa.ipc.open_stream(pa.py_buffer(read_regular(path, MOST_BYTES)))
        _ = reader.schema.names  # decoded only now
    except (OSError, ValueError, pa.ArrowException):
        return None
    with reader, suppress(StopIteration, OSError, pa.ArrowException):  # the last two are a torn tail
        while True:
            batch = reader.read_next_batch()
            batch.validate()
            batches.append(batch)
    table = pa.Table.from_batches(batches, reader.schema)
    return table.select(number_columns(table.schema))


def number_columns(schema: pa.Schema) -> list[int]:
    """The places of the columns that hold numbers, the first of each name."""
    first = {field.name: place for place, field in reversed(list(enumerate(schema))) if _is_number(field.type)}
    return sorted(first.values())


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


class ScalarWriter:
    """Writes one attempt's rows. Opening it drops rows after `keep_through`, so a resume continues at its checkpoint.

    An Arrow stream must not be appended to once closed or torn: what is kept goes into a new file that replaces the
    old one, and this writer goes on with that.
    """

    def __init__(self, path: Path, keep_through: int = 0) -> None:
        self._path = path
        self._kept = _rows_through(path, keep_through)
        self._schema: pa.Schema | None = None
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None
        self._file: io.BufferedWriter | None = None
        if self._kept is not None:
            self._open(self._kept.schema)

    def append(self, columns: Columns) -> None:
        """Write rows; they can be read as soon as this returns.

        Whatever columns they bring: a version that records another scalar goes on with the file of one that did not.
        What either lacks is empty there.
        """
        brought = pa.schema([(name, _EXACT.get(name, pa.float32())) for name in columns])
        if self._schema is None or not set(brought.names) <= set(self._schema.names):
            self._rewrite(brought if self._schema is None else pa.unify_schemas([self._schema, brought]))
        assert self._writer is not None
        assert self._file is not None
        assert self._schema is not None
        rows = len(next(iter(columns.values())))
        arrays = [
            pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(rows, field.type)
            for field in self._schema
        ]
        self._writer.write_batch(pa.record_batch(arrays, self._schema))
        self._file.flush()

    def _rewrite(self, schema: pa.Schema) -> None:
        """Go on in a new file that has these columns, too."""
        if self._writer is not None and self._file is not None:
            self._writer.close()
            self._file.close()
            self._kept = _read_table(self._path)
        self._open(schema)

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        if self._file is not None and not self._file.closed:
            os.fsync(self._file.fileno())

    def _open(self, schema: pa.Schema) -> None:
        temporary = temporary_name(self._path)
        in_place = os.name == "nt"  # Windows cannot rename a file that is open
        self._file = (self._path if in_place else temporary).open("wb")
        self._writer, self._schema = pa.ipc.new_stream(self._file, schema), schema
        if self._kept is not None and self._kept.num_rows:
            self._writer.write_table(_with_columns(self._kept, schema))
        self._kept = None
        self._file.flush()
        if not in_place:
            replace(temporary, self._path, durable=True)  # its rows were on the disk before

    def abandon(self) -> None:
        """Let the file go as it is: somebody else may write it by now."""
        if self._file is not None:
            self._file.close()

    def close(self) -> None:
        """End the stream and rewrite it as one large batch, which reads many times faster."""
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.close()
        self._writer = None
        table = _read_table(self._path)
        if table is None:
            return
        temporary = temporary_name(self._path)
        with temporary.open("wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        replace(temporary, self._path, durable=True)


def _with_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table in a schema that has all of its columns, and others that are empty."""
    arrays = [
        table[field.name] if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def count_rows_after(path: Path, step: int) -> int:
    """How many rows of a curve file are of later steps."""
    table = _steps_table(path)
    return 0 if table is None else int(pa.compute.sum(pa.compute.greater(table["step"], step)).as_py() or 0)


def copy_rows_after(path: Path, step: int, target: Path) -> None:
    """Write the rows of a curve file that are of later steps to another one, if there are any."""
    table = _steps_table(path)
    later = None if table is None else table.filter(pa.compute.field("step") > step)
    if later is None or later.num_rows == 0:
        return
    with target.open("wb") as file, pa.ipc.new_stream(file, later.schema) as writer:
        writer.write_table(later)
    sync(target)


def missing_steps(path: Path, first: int, last: int) -> tuple[int, int] | None:
    """The first and the last of the steps from `first` to `last` that a curve file lacks; None if it has them all."""
    if last < first:
        return None
    table = _steps_table(path)
    there = np.empty(0, np.int64) if table is None else np.asarray(table["step"].to_numpy(), np.int64)
    there = np.unique(there[(there >= first) & (there <= last)])
    if len(there) == last - first + 1:
        return None
    begun = int(np.sum(there == first + np.arange(len(there))))  # steps from the first one on without a gap
    ended = int(np.sum(there == last + 1 - np.arange(len(there), 0, -1)))
    return first + begun, last - ended


def _rows_through(path: Path, step: int) -> pa.Table | None:
    table = _steps_table(path)
    if table is None or step == 0:
        return None
    return table.filter(pa.compute.field("step") <= step)


def _steps_table(path: Path) -> pa.Table | None:
    """A curve file, if it says whole numbers of steps."""
    table = _read_table(path)
    if table is None or table.column_names.count("step") != 1:
        return None
    return table if pa.types.is_integer(table.schema.field("step").type) else None
