"""A run as TensorBoard reads it: one file of events, written without TensorBoard.

A file is records: a length, data, and a checksum of each (TFRecord). The data are `Event` messages of TensorFlow in
protocol buffers, of which few kinds of fields are needed: `event.proto` and `summary.proto` say their numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np

from gancore.evaluation.measures import full_key
from gancore.export.formats import CannotExport
from gancore.export.pictures import encode_picture, read_picture
from gancore.store import Run
from gancore.store.evaluations import Evaluation

MOST_IMAGES = 100  # sample grids, spread over the run

_TIMES = ("step", "epoch", "time", "step_time")  # columns of the curves that are no values


def encode(run: Run) -> bytes:
    """Curves, evaluations with their histograms of classes, and sample grids. Raises `CannotExport` where all lack."""
    events = [*_curves(run), *_evaluations(run), *_grids(run)]
    if not events:
        raise CannotExport(f"{run.name} has nothing to show yet")
    events.sort(key=lambda event: event[0])  # a reader takes a smaller step for a run that began anew
    first = _double(1, run.created) + _bytes(3, b"brain.Event:2")
    return b"".join([_record(first), *(_record(_event(time, step, values)) for step, time, values in events)])


Values = Sequence[bytes]  # of one summary
Event = tuple[int, float, Values]  # step, Unix time, values


def _curves(run: Run) -> Iterator[Event]:
    rows = run.scalars()
    if rows.empty:
        return
    names = [name for name in rows.columns if name not in _TIMES]
    tags = [_bytes(1, f"curves/{name}".encode()) for name in names]
    for step, time, values in zip(rows["step"], rows["time"], rows[names].to_numpy(), strict=True):
        known = [tag + _float(2, value) for tag, value in zip(tags, values, strict=True) if np.isfinite(value)]
        yield int(step), run.created + float(time), known


def _evaluations(run: Run) -> Iterator[Event]:
    for each in run.evaluations():
        place = f"{each.size}-{each.weights}"
        values = [
            _bytes(1, f"quality {place}/{full_key(name, each.extractor)}".encode()) + _float(2, value)
            for name, value in each.values.items()
        ]
        if each.histogram:
            values.append(_bytes(1, f"classes {place}".encode()) + _bytes(5, _histogram(each)))
        yield each.step, run.created, values


def _histogram(evaluation: Evaluation) -> bytes:
    """How many samples are of each class, as a histogram whose bucket k is class k."""
    counts = np.array(evaluation.histogram, dtype=float)
    classes = np.arange(len(counts))
    of_all = {1: 0, 2: len(counts) - 1, 3: counts.sum(), 4: counts @ classes, 5: counts @ classes**2}
    sums = b"".join(_double(field, float(value)) for field, value in of_all.items())
    return sums + _bytes(6, (classes + 0.5).astype("<f8").tobytes()) + _bytes(7, counts.astype("<f8").tobytes())


def _grids(run: Run) -> Iterator[Event]:
    samples = run.samples()
    steps = list(samples)
    for place in range(min(len(steps), MOST_IMAGES)):
        step = steps[place * len(steps) // min(len(steps), MOST_IMAGES)]
        picture = read_picture(samples[step])
        if picture is not None:
            colors = 1 if picture.mode == "L" else 3
            facts = _number(1, picture.height) + _number(2, picture.width) + _number(3, colors)
            image = facts + _bytes(4, encode_picture(picture))
            yield step, run.created, [_bytes(1, b"samples") + _bytes(4, image)]


def _event(time: float, step: int, values: Values) -> bytes:
    summary = b"".join(_bytes(1, value) for value in values)
    return _double(1, time) + _number(2, step) + _bytes(5, summary)


# --- protocol buffers -------------------------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


# --- records ----------------------------------------------------------------------------------------------------------


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def _checksum(data: bytes) -> bytes:
    """CRC-32C (Castagnoli), turned and shifted as TFRecord has it."""
    total = 0xFFFFFFFF
    for byte in data:
        total = _TABLE[(total ^ byte) & 0xFF] ^ total >> 8
    total ^= 0xFFFFFFFF
    return struct.pack("<I", ((total >> 15 | total << 17) + 0xA282EAD8) & 0xFFFFFFFF)
