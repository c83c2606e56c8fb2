"""Images to import: as uploads, in a zip, in a folder."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gancore.config import RunConfig
from gancore.data import BadImages, imported
from gancore.data.importing import ImportReport, import_images


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def picture(color: tuple[int, ...] | int = (10, 200, 30), size: tuple[int, int] = (20, 20)) -> Image.Image:
    return Image.new("L" if isinstance(color, int) else "RGB", size, color)


def greys(count: int, folder: str = "", size: tuple[int, int] = (20, 20)) -> list[tuple[str, bytes]]:
    return [(f"{folder}{number:04d}.png", encoded(picture(number % 256, size))) for number in range(count)]


def zipped(files: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer


def unpacked(files: list[tuple[str, bytes]], folder: Path) -> Path:
    for name, content in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def refusal(call: Callable[[], object]) -> str:
    """Why an import is refused: one sentence."""
    with pytest.raises(BadImages) as problem:
        call()
    sentence = str(problem.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


def header_of_png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, with nothing inside."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def flat_png(side: int) -> bytes:
    """A black RGBA image: 4 bytes a pixel, of which hardly any are left when they are packed."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer, row = zlib.compressobj(9), bytes(1 + 4 * side)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def everywhere(files: list[tuple[str, bytes]], folder: Path) -> list[ImportReport]:
    """The same files as uploads, in a folder, in an open zip and in one on the disk."""
    (folder / "on-disk.zip").write_bytes(zipped(files).getvalue())
    sources = (files, unpacked(files, folder / "unpacked"), zipped(files), folder / "on-disk.zip")
    return [import_images(source, f"set {place}") for place, source in enumerate(sources)]


def using(name: str, **changes: Any) -> RunConfig:
    facts = {"data.name": "own"} | imported.settings_of(name)
    return RunConfig().replace({"model.kind": "mlp", "train.batch_size": 2} | facts | changes)
