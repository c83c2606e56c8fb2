"""Curve files that are read again and again while they grow: each time only what was appended.

What was read of a file stays in memory, for all threads of the process together, as long as there is room. A file is
taken for the same one as before if it is the same inode, no shorter, and still has the bytes that were read last at
their place; else it was replaced (a resume writes a new one), and is read from its beginning.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from gancore.files import open_regular
from gancore.store.scalars import MOST_BYTES, number_columns, read_scalars

MOST_FILES = 64  # that are remembered
MOST_MEMORY = 256_000_000  # bytes of the numbers that are remembered
_ANCHOR = 4_096  # bytes before the end of what was read, by which a file is known again

Values = npt.NDArray[np.generic]


class _Stamp(NamedTuple):
    """When this stays, nobody wrote."""

    device: int
    inode: int
    size: int
    modified: int


class _Unusual(Exception):
    """A file whose columns can only be told from all of it, such as one of whole numbers with gaps."""


class _Column:
    """Numbers that grow at their end. What was given out stays as it is."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._count = len(values)

    def append(self, values: Values) -> None:
        count = self._count + len(values)
        if count > len(self._values):
            larger = np.empty(max(count, 3 * len(self._values) // 2), self._values.dtype)
            larger[: self._count] = self._values[: self._count]
            self._values = larger
        self._values[self._count : count] = values
        self._count = count

    def so_far(self) -> Values:
        shown = self._values[: self._count].view()
        shown.flags.writeable = False
        return shown

    @property
    def memory(self) -> int:
        return self._values.nbytes


class _Tail:
    """What is known of one file."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self.generation = secrets.token_hex(4)
        self._stamp: _Stamp | None = None
        self._schema = b""  # the message that begins the file
        self._anchor = b""  # the last bytes that were read
        self._read = 0  # bytes of whole batches
        self._places: list[int] = []
        self._columns: dict[str, _Column] = {}
        self._whole: pd.DataFrame | None = None  # of all columns, until more is read
        self.memory = 0  # bytes of the columns

    def refresh(self, path: Path) -> None:
        """Read what is new. Raises `OSError`, `ValueError` or `ArrowException` if nothing can be read."""
        try:
            with open_regular(path) as file:
                facts = os.fstat(file.fileno())
                stamp = _Stamp(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
                if stamp == self._stamp:
                    return
                if stamp.size > MOST_BYTES:
                    raise ValueError(f"{path.name} is too large")
                same = self._stamp is not None and stamp[:2] == self._stamp[:2] and stamp.size >= self._read
                if same:
                    file.seek(self._read - len(self._anchor))
                    same = file.read(len(self._anchor)) == self._anchor
                if not same:
                    self._forget()
                    file.seek(0)
                self._take(file.read(MOST_BYTES))
                self._stamp = stamp
        except BaseException:
            self._forget()
            raise

    def _take(self, new: bytes) -> None:
        """Append the whole batches among bytes that follow those that were read."""
        before = len(self._schema)
        source = pa.BufferReader(pa.py_buffer(self._schema + new))
        with pa.ipc.open_stream(source) as reader:
            schema = reader.schema  # decoded only now
            if not self._schema:
                self._begin(schema)
                self._schema = new[: source.tell()]
                self._read, before = source.tell(), 0
            position, batches = source.tell(), []
            with suppress(StopIteration, OSError, pa.ArrowException):  # the last two are a torn tail
                while True:
                    batch = reader.read_next_batch()
                    batch.validate()
                    batches.append(batch)
                    position = source.tell()
        self._append(pa.Table.from_batches(batches, schema))
        taken = (self._schema + new if before else new)[:position]
        self._anchor = (self._anchor + taken[before:])[-_ANCHOR:]
        self._read += position - len(self._schema)

    def _begin(self, schema: pa.Schema) -> None:
        if any(pa.types.is_dictionary(field.type) for field in schema):
            raise _Unusual
        self._places = number_columns(schema)
        for place in self._places:
            field = schema.field(place)
            self._columns[field.name] = _Column(np.empty(0, field.type.to_pandas_dtype()))

    def _append(self, table: pa.Table) -> None:
        values = [table.column(place).to_numpy() for place in self._places]
        for column, numbers in zip(self._columns.values(), values, strict=True):
            if numbers.dtype != column.so_far().dtype:
                raise _Unusual
            column.append(numbers)
        self._whole = None
        self.memory = sum(column.memory for column in self._columns.values())

    def frame(self, columns: Sequence[str] | None) -> pd.DataFrame:
        """The rows so far, without copying them."""
        if columns is None:
            if self._whole is None:
                self._whole = self._frame_of(self._columns)
            return self._whole.copy(deep=False)
        return self._frame_of(name for name in columns if name in self._columns)

    def numbers(self, columns: Sequence[str]) -> dict[str, Values]:
        """Some columns, those that are there."""
        return {name: self._columns[name].so_far() for name in columns if name in self._columns}

    def _frame_of(self, names: Iterable[str]) -> pd.DataFrame:
        return pd.DataFrame({name: self._columns[name].so_far() for name in names}, copy=False)


_tails: OrderedDict[Path, _Tail] = OrderedDict()  # the one that was read last is the last
_lock = threading.Lock()


class Growing(NamedTuple):
    """The rows of a file so far."""

    rows: pd.DataFrame
    generation: str  # while it stays, rows were only appended; empty: nothing can be said of what was there before


def follow(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """What `read_scalars` gives, for a file that is looked at again and again. The numbers must not be written to."""
    return grow(path, columns).rows


def grow(path: Path, columns: Sequence[str] | None = None) -> Growing:
    """`follow`, and whether what was there before still is: for readers that want only what is new."""
    return _read(
        path,
        lambda tail: Growing(tail.frame(columns), tail.generation),
        lambda: Growing(read_scalars(path, columns), ""),
    )


class Numbers(NamedTuple):
    """Columns of a file so far, those that are there."""

    columns: Mapping[str, Values]
    generation: str  # as in `Growing`


def numbers(path: Path, columns: Sequence[str]) -> Numbers:
    """Some columns as `grow` reads them, without what a data frame costs: for whoever looks several times a second."""
    return _read(
        path,
        lambda tail: Numbers(tail.numbers(columns), tail.generation),
        lambda: Numbers({str(name): found.to_numpy() for name, found in read_scalars(path, columns).items()}, ""),
    )


_Found = TypeVar("_Found", Growing, Numbers)


def _read(path: Path, of: Callable[[_Tail], _Found], unusual: Callable[[], _Found]) -> _Found:
    """What somebody wants `of` a file as far as it goes now, or of one that cannot be followed."""
    with _lock:
        if (tail := _tails.get(path)) is None:
            tail = _tails[path] = _Tail()
        _tails.move_to_end(path)
    try:
        with tail.lock:
            tail.refresh(path)
            found = of(tail)
    except (_Unusual, OSError, ValueError, pa.ArrowException):
        with _lock:
            _tails.pop(path, None)
        return unusual()
    _make_room()
    return found


def _make_room() -> None:
    with _lock:
        memory = sum(tail.memory for tail in _tails.values())
        while _tails and (len(_tails) > MOST_FILES or memory > MOST_MEMORY):
            _, oldest = _tails.popitem(last=False)
            memory -= oldest.memory
