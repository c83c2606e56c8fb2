from __future__ import annotations

import io
import os
import socket
import struct
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gancore import data
from gancore.data import importing, untrusted
from gancore.data.imported import find, imported_sets
from gancore.data.importing import import_images
from gancore.progress import Cancelled
from tests.data.uploads import (
    encoded,
    everywhere,
    flat_png,
    greys,
    header_of_png,
    picture,
    refusal,
    unpacked,
    using,
    zipped,
)

SHARED = Path(os.environ.get("GANCORE_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test imports into a cache of its own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


# --- where images come from -----------------------------------------------------------------------------------------


def test_folders_are_classes_wherever_the_images_come_from(tmp_path: Path) -> None:
    files = [*greys(12, "photos/dogs/"), *greys(10, "photos/cats/"), ("notes.txt", b"hello"), (".hidden.png", b"")]
    reports = everywhere(files, tmp_path)
    for report in reports:
        assert report.made.classes == ("cats", "dogs")
        assert report.made.counts == (10, 12)
        assert (report.made.channels, report.made.size) == (1, 28)
        assert (report.used, report.skipped) == (22, 1)
        assert report.reasons == ("notes.txt: not a readable image",)
        assert report.note == ""
    sets = imported_sets()
    assert [each.name for each in sets] == ["set-0", "set-1", "set-2", "set-3"]
    assert sets == [report.made for report in reports]
    loaded = [data.load(using(each.name)) for each in sets]
    assert all(torch.equal(each.pixels, loaded[0].pixels) for each in loaded)


def test_images_in_no_folder_are_one_class(tmp_path: Path) -> None:
    for report in everywhere(greys(16), tmp_path):
        assert report.made.classes == ("images",)
        assert report.made.counts == (16,)


@pytest.mark.parametrize("above", ["", "mine/"])
def test_test_images_are_left_out_where_there_are_training_images(above: str) -> None:
    files = [*greys(16, f"{above}train/a/"), *greys(16, f"{above}test/a/"), *greys(5, f"{above}extra/")]
    report = import_images(files, "split")
    assert report.made.counts == (16,)
    assert report.note == "Only the 16 files in train/ were read, not those beside it."
    assert import_images([*greys(16, "test/"), *greys(20, "b/")], "no train").made.counts == (20, 16)


@pytest.mark.parametrize(
    ("sides", "size"), [([8] * 20, 8), ([9] * 20, 16), ([28] * 20, 28), ([23] * 20, 28), ([500] * 20, 64)]
)
def test_the_size_is_the_smallest_that_most_reach(sides: list[int], size: int) -> None:
    files = [(f"{place}.png", encoded(picture(place, (side, side + 3)))) for place, side in enumerate(sides)]
    assert import_images(files, "sized").made.size == size


def test_one_coloured_image_makes_a_coloured_set() -> None:
    assert import_images([*greys(16), ("red.png", encoded(picture((255, 0, 0))))], "mixed").made.channels == 3


def test_names_are_never_paths(tmp_path: Path) -> None:
    evil = ["../../up.png", "/etc/root.png", "..\\..\\windows.png", "C:\\x.png", "a/../../b.png", "cl\x1bass/x.png"]
    content = encoded(picture(5))
    before = sorted(tmp_path.rglob("*"))
    report = import_images(zipped([*greys(16, "fine/"), *((name, content) for name in evil)]), "evil")
    assert report.used == 22
    assert all(name.isprintable() and "/" not in name and name != ".." for name in report.made.classes)
    outside = [path for path in sorted(tmp_path.rglob("*")) if path not in before and path.is_file()]
    assert {path.name for path in outside} == {"evil.npz", ".lock"}
    assert {path.parent for path in outside} == {tmp_path / "cache" / "images"}


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    unpacked(greys(20), tmp_path / "secret")
    folder = unpacked(greys(16), tmp_path / "mine")
    (folder / "link.png").symlink_to(tmp_path / "secret" / "0001.png")
    (folder / "all").symlink_to(tmp_path / "secret")
    (folder / "twice.png").symlink_to(folder / "0001.png")
    (folder / "gone.png").symlink_to(folder / "missing.png")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "folder.png").mkdir()
    (folder / "locked.png").mkdir(mode=0)
    os.mkfifo(folder / "pipe.png")
    report = import_images(folder, "linked")
    (folder / "locked.png").chmod(0o700)
    assert report.used == 17
    reasons = sorted(report.reasons)
    assert reasons.pop(2).startswith("loop.png: ")  # in the words of the version of Python
    assert reasons == [
        "gone.png: cannot be read: No such file or directory",
        "link.png: a link that leads out of the folder",
        "pipe.png: not a file",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="a file system that takes any bytes as a name")
def test_names_that_are_no_text_can_be_told_apart(tmp_path: Path) -> None:
    for folder in (b"\xff", b"\xfe"):
        place = tmp_path / os.fsdecode(folder)
        place.mkdir()
        for name, content in greys(10):
            (place / os.fsdecode(name.encode() + b"\x80.png")).write_bytes(content)
        (place / os.fsdecode(b"\xffnone")).write_bytes(b"")
    report = import_images(tmp_path, "bytes")
    assert report.made.classes == ("\\xfe", "\\xff")
    assert report.made.counts == (10, 10)
    assert report.reasons[0] == "\\xfe/\\xffnone: not a readable image"
    assert find("bytes") == report.made


@pytest.mark.parametrize("kind", ["pipe", "loop", "device", "socket"])
def test_what_is_neither_a_folder_nor_a_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "source"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to("source")
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
    assert refusal(lambda: import_images(path, "odd"))


# --- pixels ---------------------------------------------------------------------------------------------------------


def test_a_small_zip_of_enormous_images_is_refused_before_any_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = flat_png(7_000)
    files = [(f"{place}.png", image) for place in range(40)]
    bomb = zipped(files)
    assert len(bomb.getvalue()) < 30_000
    monkeypatch.setattr(importing, "read_picture", lambda _: pytest.fail("unpacked"))
    for source in (bomb, files, unpacked(files, tmp_path / "bomb")):
        sentence = refusal(lambda source=source: import_images(source, "bomb"))  # type: ignore[misc]
        assert "million pixels in all, too many for files of this size" in sentence
    assert imported_sets() == []


def test_the_budget_of_pixels_grows_with_the_size_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0)
    many = [
        (f"{place}.png", encoded(Image.fromarray(noise.integers(256, size=(60, 60), dtype=np.uint8))))
        for place in range(20)
    ]
    stored = sum(len(content) for _, content in many)
    monkeypatch.setattr(importing, "PIXELS_FROM", 10_000)
    assert import_images(many, "photographs").used == 20
    monkeypatch.setattr(importing, "PIXELS_PER_BYTE", 60 * 60 * 20 / stored / 2)
    assert "too many" in refusal(lambda: import_images(many, "half"))
    monkeypatch.setattr(importing, "PIXELS_FROM", 60 * 60 * 20)
    assert import_images(many, "just").used == 20
    monkeypatch.setattr(importing, "MAX_PIXELS", 60 * 60 * 20 - 1)
    assert "too many" in refusal(lambda: import_images(many, "one more"))


def test_an_enormous_image_among_others_is_skipped() -> None:
    report = import_images(zipped([*greys(16), ("huge.png", header_of_png(8_000, 8_000))]), "one huge")
    assert report.reasons == ("huge.png: more than 50 million pixels",)


def test_what_is_read_twice_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [(f"{place}.bmp", encoded(picture(3, (100, 100)), "BMP")) for place in range(20)]
    monkeypatch.setattr(untrusted, "RATIO_FROM", sum(len(content) for _, content in files))
    monkeypatch.setattr(untrusted, "MAX_RATIO", 0)
    assert import_images(zipped(files), "exact").used == 20


# --- progress, and cancelling ----------------------------------------------------------------------------------------


def test_an_import_says_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    import_images([*greys(16), ("notes.txt", b"")], "counted", count=lambda *stage: told.append(stage))
    assert [stage for stage in told if stage[0] == "checking the files"] == [
        ("checking the files", done, 17) for done in range(17)
    ]
    assert [stage[1:] for stage in told if stage[0] == "reading the images"] == [(done, 16) for done in range(16)]
    assert told[-1][0] == "writing the set"


@pytest.mark.parametrize("stage", ["checking the files", "reading the images", "writing the set"])
def test_a_cancelled_import_leaves_nothing(stage: str, cache: Path) -> None:
    unwanted, at = threading.Event(), 0

    def watch(doing: str, done: int, _total: int) -> None:
        nonlocal at
        if doing == stage and (done == 7 or stage == "writing the set"):
            unwanted.set()
            at = done

    with pytest.raises(Cancelled):
        import_images(greys(20), "mine", count=watch, cancelled=unwanted.is_set)
    assert at > 0
    assert not [path for path in cache.rglob("*") if path.is_file()]
    assert import_images(greys(20), "mine").made.name == "mine"


def test_what_a_killed_import_left_behind_is_swept(cache: Path) -> None:
    left = cache / "images" / ".mine.npz.00000000-1-1.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a set")
    os.utime(left, (0, 0))
    import_images(greys(20), "mine")
    assert not left.exists()


# --- what is refused ------------------------------------------------------------------------------------------------


def test_too_few_images_are_refused() -> None:
    assert "15 images can be used" in refusal(lambda: import_images(greys(15), "few"))
    assert "a.txt" in refusal(lambda: import_images([("a.txt", b"hello")], "none"))
    refusal(lambda: import_images([], "nothing"))
    assert imported_sets() == []


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = greys(30)
    monkeypatch.setattr(importing, "MAX_IMAGES", 20)
    assert "at most 20" in refusal(lambda: import_images(files, "many"))
    monkeypatch.setattr(untrusted, "MAX_FILES", 25)
    for source in (files, zipped(files), unpacked(files, tmp_path / "many")):
        assert "more than 25 files" in refusal(lambda source=source: import_images(source, "many"))  # type: ignore[misc]


def test_too_many_classes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_CLASSES", 10)
    files = [(f"{place}/a.png", encoded(picture(3))) for place in range(16)]
    assert "16 folders" in refusal(lambda: import_images(files, "classes"))


@pytest.mark.parametrize(  # named, since a zip holds the time at which it was made, and so would the test's name
    "content",
    [b"", b"PK\x03\x04 torn", b"hello", zipped(greys(16)).getvalue()[:-30]],
    ids=["empty", "torn at once", "another thing", "torn at the end"],
)
def test_a_zip_that_cannot_be_read_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "torn.zip").write_bytes(content)
    assert "zip" in refusal(lambda: import_images(tmp_path / "torn.zip", "torn"))
    assert "zip" in refusal(lambda: import_images(io.BytesIO(content), "torn"))


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(lambda: import_images(tmp_path / "missing", "missing"))


def test_a_zip_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted, "RATIO_FROM", 10_000_000)
    bomb = zipped([*greys(16), *((f"{place}.bmp", bytes(1_000_000)) for place in range(12))])
    assert "unpacks to far more" in refusal(lambda: import_images(bomb, "bomb"))
    assert imported_sets() == []
    monkeypatch.setattr(untrusted, "RATIO_FROM", 10**9)
    monkeypatch.setattr(untrusted, "MAX_UNPACKED", 5_000_000)
    assert "unpacks to far more" in refusal(lambda: import_images(bomb, "bomb"))


def test_a_file_too_large_to_be_an_image_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(untrusted, "MAX_FILE", 1_000_000)
    for report in everywhere([*greys(16), ("large.bmp", bytes(1_000_001))], tmp_path):
        assert report.reasons == ("large.bmp: larger than 1 MB",)


def test_a_header_that_lies_about_sizes_helps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory at the end says ten bytes; the stream holds a megabyte."""
    content = zipped([*greys(16), ("large.bmp", bytes(1_000_000))]).getvalue()
    lying = content.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10))
    monkeypatch.setattr(untrusted, "MAX_FILE", 100)
    report = import_images(io.BytesIO(lying), "lying")
    assert report.skipped == 1


def test_files_in_a_zip_that_are_locked_damaged_or_packed_oddly_are_skipped() -> None:
    whole = zipped(greys(20), zipfile.ZIP_STORED).getvalue()
    damaged = whole.replace(greys(20)[3][1], greys(20)[4][1], 1)  # another content than the checksum says
    report = import_images(io.BytesIO(damaged), "damaged")
    assert report.reasons == ("0003.png: damaged or encrypted in the zip file",)
    odd = zipped(greys(16))
    with zipfile.ZipFile(odd, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("odd.png", encoded(picture()))
    assert import_images(odd, "odd").reasons == ("odd.png: compressed with an unsupported method",)


def test_only_the_first_few_problems_are_named() -> None:
    report = import_images([*greys(16), *((f"{place}.txt", b"") for place in range(50))], "texts")
    assert report.skipped == 50
    assert len(report.reasons) == importing.NAMED


@pytest.mark.parametrize(
    ("name", "slug"), [("My Cats!", "my-cats"), ("--a--", "a"), ("x" * 90, "x" * 64), ("../../etc", "etc"), ("7", "7")]
)
def test_a_name_becomes_letters_digits_and_hyphens(name: str, slug: str) -> None:
    assert import_images(greys(16), name).made.name == slug


@pytest.mark.parametrize("name", ["", "  ", "猫", "../.."])
def test_a_name_without_letters_is_refused(name: str) -> None:
    assert "name" in refusal(lambda: import_images(greys(16), name))


def test_a_cache_that_cannot_be_written_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "file"))
    assert "GANCORE_CACHE" in refusal(lambda: import_images(greys(16), "unwritable"))
    assert imported_sets() == []


# --- real ones ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "counts", "channels", "size"),
    [("faces_23x28.zip", (10,) * 40, 1, 28), ("cifar10_jpg_12k.zip", (1_000,) * 10, 3, 32)],
)
def test_real_zips(file: str, counts: tuple[int, ...], channels: int, size: int) -> None:
    if not (SHARED / file).is_file():
        pytest.skip(f"no {file} on this machine")
    report = import_images(SHARED / file, file)
    made = report.made
    assert (made.counts, made.channels, made.size, report.skipped) == (counts, channels, size, 0)
    assert ("train/" in report.note) == (file == "cifar10_jpg_12k.zip")
    config = using(made.name, **{"data.image_size": size})
    images = data.load(config)
    assert len(images) == config.images
    assert images.pixels.shape[1:] == (channels, size, size)
    assert 60 < images.pixels.float().mean() < 190
