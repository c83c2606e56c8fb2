from __future__ import annotations

import io
import json
import os
import re
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gancore import data
from gancore.config import RunConfig
from gancore.data import BadImages, DataUnavailable, arrays, imported, importing, pictures, untrusted
from gancore.data.imported import imported_sets, remove
from gancore.data.importing import ImportReport, import_images
from gancore.data.untrusted import Unusable

SHARED = Path(os.environ.get("GANCORE_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test imports into a cache of its own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


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


def using(name: str, **changes: Any) -> RunConfig:
    facts = {"data.name": "own"} | imported.settings_of(name)
    return RunConfig().replace({"model.kind": "mlp", "train.batch_size": 2} | facts | changes)


# --- what becomes of an image ---------------------------------------------------------------------------------------


def sixteen_bits() -> Image.Image:
    return Image.fromarray(np.full((20, 20), 200 * 257, np.uint16))


def palette(transparent: bool) -> Image.Image:
    image = picture((10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    if transparent:
        image.info["transparency"] = image.getpixel((0, 0))
    return image


KINDS = {
    "grey": (encoded(picture(77)), (77, 77, 77)),
    "colour": (encoded(picture()), (10, 200, 30)),
    "16 bits": (encoded(sixteen_bits()), (200, 200, 200)),
    "16 bits in a PGM": (b"P5 20 20 65535\n" + struct.pack(">H", 200 * 257) * 400, (200, 200, 200)),
    "1 bit": (encoded(picture(255).convert("1")), (255, 255, 255)),
    "palette": (encoded(palette(False)), (10, 200, 30)),
    "transparent palette": (encoded(palette(True)), (0, 0, 0)),
    "alpha": (encoded(Image.new("RGBA", (20, 20), (100, 200, 50, 128))), (50, 100, 25)),
    "grey with alpha": (encoded(Image.new("LA", (20, 20), (200, 0))), (0, 0, 0)),
    "CMYK": (encoded(Image.new("CMYK", (20, 20), (255, 0, 255, 0)), "JPEG", quality=100), (0, 255, 0)),
    "JPEG": (encoded(picture(), "JPEG", quality=100), (10, 200, 30)),
    "WebP": (encoded(picture(), "WEBP", lossless=True), (10, 200, 30)),
    "BMP": (encoded(picture(), "BMP"), (10, 200, 30)),
    "TIFF": (encoded(picture(), "TIFF"), (10, 200, 30)),
    "animation": (encoded(picture(9), "GIF", save_all=True, append_images=[picture(200)]), (9, 9, 9)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pixels_becomes_rgb(kind: str) -> None:
    content, color = KINDS[kind]
    square = pictures.read_picture(content)
    assert square.shape == (20, 20, 3)
    assert square.dtype == np.uint8
    assert np.abs(square.astype(int) - color).max() <= 2


def test_the_middle_square_is_kept_and_made_small() -> None:
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 255
    square = pictures.read_picture(encoded(Image.fromarray(wide)))
    assert square.shape == (64, 64, 3)
    assert square.min() == 255


def test_a_photograph_is_turned_upright() -> None:
    image = picture(0, (40, 20))
    image.paste(255, (0, 0, 40, 10))  # the upper half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: what was above is on the right
    square = pictures.read_picture(encoded(image, exif=exif.tobytes()))
    assert square[:, 12:].min() == 255
    assert square[:, :8].max() == 0


def header_of_png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, with nothing inside."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an image"),
        (b"hello, world", "not an image"),
        (encoded(picture())[:-30], "not an image"),
        (encoded(picture())[:40] + bytes(20) + encoded(picture())[60:], "not an image"),
        (encoded(picture(size=(100, 7))), "smaller than 8 pixels"),
        (header_of_png(8_000, 8_000), "more than 50 million pixels"),
        (header_of_png(60_000, 60_000), "not an image"),  # Pillow itself refuses
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n", "not an image"),  # would start Ghostscript
        (encoded(Image.new("F", (20, 20), 0.5), "TIFF"), "without a known range"),
    ],
    ids=["empty", "text", "torn", "hole", "small", "large", "huge", "postscript", "floats"],
)
def test_what_is_no_image_is_said_so(content: bytes, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        pictures.read_picture(content)


# --- where images come from -----------------------------------------------------------------------------------------


def everywhere(files: list[tuple[str, bytes]], folder: Path) -> list[ImportReport]:
    """The same files as uploads, in a folder, in an open zip and in one on the disk."""
    (folder / "on-disk.zip").write_bytes(zipped(files).getvalue())
    sources = (files, unpacked(files, folder / "unpacked"), zipped(files), folder / "on-disk.zip")
    return [import_images(source, f"set {place}") for place, source in enumerate(sources)]


def test_folders_are_classes_wherever_the_images_come_from(tmp_path: Path) -> None:
    files = [*greys(12, "photos/dogs/"), *greys(10, "photos/cats/"), ("notes.txt", b"hello"), (".hidden.png", b"")]
    reports = everywhere(files, tmp_path)
    for report in reports:
        assert report.made.classes == ("cats", "dogs")
        assert report.made.counts == (10, 12)
        assert (report.made.channels, report.made.size) == (1, 28)
        assert (report.used, report.skipped) == (22, 1)
        assert report.reasons == ("notes.txt: not an image that can be read",)
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
    os.mkfifo(folder / "pipe.png")
    report = import_images(folder, "linked")
    assert report.used == 17
    assert sorted(report.reasons) == [
        "gone.png: cannot be read: No such file or directory",
        "link.png: a link out of the folder",
        "pipe.png: not a file",
    ]


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


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"hello", zipped(greys(16)).getvalue()[:-30]])
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
    assert report.reasons == ("0003.png: damaged or locked in the zip",)
    odd = zipped(greys(16))
    with zipfile.ZipFile(odd, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("odd.png", encoded(picture()))
    assert import_images(odd, "odd").reasons == ("odd.png: packed in an unusual way",)


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


# --- training on it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"data.classes": (1,)}, {"data.imbalance": 0.1}, {"data.limit": 5}])
def test_as_many_images_are_loaded_as_the_config_says(changes: dict[str, Any]) -> None:
    import_images([*greys(12, "a/"), *greys(30, "b/"), *greys(7, "c/")], "mine")
    config = using("mine", **changes)
    images = data.load(config)
    assert len(images) == config.images
    assert images.pixels.shape[1:] == config.shape
    assert data.available("own", "mine")
    if "data.limit" not in changes:
        assert tuple(torch.bincount(images.labels, minlength=3).tolist()) == config.class_counts


def test_its_test_split_is_all_of_it_and_the_first_are_of_all_classes() -> None:
    import_images([*greys(20, "a/"), *greys(20, "b/")], "mine")
    config = using("mine", **{"data.limit": 10})
    assert len(data.load(config, "test")) == 40
    assert set(data.load(config).labels.tolist()) == {0, 1}


def test_images_keep_their_classes() -> None:
    files = [(f"{'dark' if level < 128 else 'light'}/{level}.png", encoded(picture(level))) for level in range(256)]
    import_images(files, "levels")
    images = data.load(using("levels"))
    assert torch.equal(images.labels, (images.pixels[:, 0, 0, 0] >= 128).long())


def test_a_name_that_is_taken_gets_a_number_and_the_earlier_set_stays() -> None:
    import_images(greys(20), "mine")
    config, before = using("mine"), data.load(using("mine")).pixels
    made = [import_images([(name, encoded(picture(200))) for name, _ in greys(20)], "mine").made.name for _ in range(2)]
    assert made == ["mine-2", "mine-3"]
    assert data.load(using("mine-2")).pixels.unique().tolist() == [200]
    assert torch.equal(data.load(config).pixels, before)


def test_a_set_that_was_deleted_and_imported_again_is_the_new_one() -> None:
    import_images(greys(20), "mine")
    config = using("mine", **{"data.own_hash": ""})  # as runs of earlier versions have it
    remove("mine")
    import_images(greys(30), "mine")
    assert len(data.load(config)) == config.images == 20  # more than were chosen then
    remove("mine")
    import_images(greys(16), "mine")
    with pytest.raises(DataUnavailable, match="has fewer images than when it was chosen: choose it again"):
        data.load(config)


def refused(config: RunConfig) -> str:
    with pytest.raises(DataUnavailable) as problem:
        data.load(config)
    sentence = str(problem.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_run_never_goes_on_with_other_images_of_the_same_name() -> None:
    import_images(greys(20), "faces")
    config = using("faces")
    earlier = data.load(config)
    assert config.data.own_hash == imported.contents("faces") == earlier.fingerprint()
    remove("faces")
    others = [(name, encoded(picture(200))) for name, _ in greys(20)]
    import_images(others, "faces")
    sentence = refused(config)
    assert "The image set faces holds other images than those that this run was started with" in sentence
    assert "start a new run" in sentence
    assert len(data.load(config.replace({"data.own_hash": ""}))) == 20  # as runs of earlier versions have it
    assert len(data.load(using("faces"))) == 20
    remove("faces")
    import_images(greys(20), "faces")
    assert torch.equal(data.load(config).pixels, earlier.pixels)


def test_a_file_that_was_put_in_the_place_of_a_set_is_noticed_whatever_it_says_of_itself(cache: Path) -> None:
    import_images(greys(20), "mine")
    config = using("mine")
    path = cache / "images" / "mine.npz"
    with np.load(path) as saved:
        arrays = dict(saved)
    np.savez(path, **arrays | {"images": arrays["images"] ^ 1})  # with the old hash
    assert "holds other images" in refused(config)


def test_the_same_images_are_the_same_wherever_they_come_from(tmp_path: Path) -> None:
    files = [*greys(12, "dogs/"), *greys(10, "cats/")]
    reports = everywhere(files[::-1], tmp_path)
    assert len({imported.contents(report.made.name) for report in reports}) == 1


def test_whatever_differs_between_sets_shows_in_their_contents() -> None:
    cats, dogs = greys(10, "cats/"), greys(12, "dogs/")
    brighter = ("dogs/0000.png", encoded(picture(255)))
    moved = [*cats[1:], ("dogs/x.png", cats[0][1]), *dogs]
    renamed = [(name.replace("dogs", "wolves"), content) for name, content in dogs]
    variants = [[*cats, *dogs], [*cats, *dogs[1:], brighter], moved, [*cats, *renamed], [*cats, *dogs[1:]]]
    names = [import_images(files, "pets").made.name for files in variants]
    assert len({imported.contents(name) for name in names}) == len(variants)
    assert all(re.fullmatch("[0-9a-f]{32}", imported.contents(name)) for name in names)
    assert imported.contents("missing") == imported.contents("../pets") == ""


def as_an_earlier_version_wrote(path: Path) -> None:
    with np.load(path) as saved:
        arrays = {name: saved[name] for name in ("images", "labels", "classes")}
    np.savez_compressed(path, **arrays)


def test_the_contents_of_a_set_that_an_earlier_version_imported_are_found_and_remembered(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_images(greys(20), "mine")
    path, held, listed = cache / "images" / "mine.npz", imported.contents("mine"), imported_sets()
    as_an_earlier_version_wrote(path)
    assert imported_sets() == listed
    assert "hash" not in np.load(path).files  # a list alone computes nothing
    assert imported.contents("mine") == held
    with np.load(path) as saved:
        assert saved["hash"].tobytes().decode() == held
    assert [each.name for each in path.parent.iterdir() if each.name != ".lock"] == ["mine.npz"]
    monkeypatch.setattr(imported, "digest", lambda *_: pytest.fail("computed again"))
    assert imported.contents("mine") == held
    monkeypatch.undo()


def test_where_nothing_can_be_remembered_contents_are_computed_each_time(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_images(greys(20), "mine")
    path, held = cache / "images" / "mine.npz", imported.contents("mine")
    as_an_earlier_version_wrote(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(arrays, "replace", full)
    assert imported.contents("mine") == held
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir() if each.name != ".lock"] == ["mine.npz"]


def test_a_set_that_is_replaced_while_its_contents_are_computed_stays_as_it_is(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest of the old images must not be written into the file of the new ones."""
    import_images(greys(20), "mine")
    path, compute = cache / "images" / "mine.npz", imported.digest
    as_an_earlier_version_wrote(path)

    def meanwhile(*parts: Any) -> str:
        monkeypatch.setattr(imported, "digest", compute)
        remove("mine")
        import_images(greys(30), "mine")
        return compute(*parts)

    monkeypatch.setattr(imported, "digest", meanwhile)
    imported.contents("mine")
    with np.load(path) as saved:
        assert len(saved["labels"]) == 30
    assert data.load(using("mine")).fingerprint() == imported.contents("mine")


def test_two_imports_of_one_name_at_once_make_two_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looks for a free name while the first has found one and not yet written it."""
    packed = imported.pack_arrays

    def second_first(*arguments: Any) -> None:
        packed(*arguments)
        monkeypatch.setattr(imported, "pack_arrays", packed)
        other = threading.Thread(target=import_images, args=(greys(30), "mine"))
        other.start()
        other.join()
        assert [each.name for each in imported_sets()] == ["mine"]

    monkeypatch.setattr(imported, "pack_arrays", second_first)
    assert import_images(greys(20), "mine").made.name == "mine-2"
    assert [sum(each.counts) for each in imported_sets()] == [30, 20]


def test_a_removed_set_is_gone() -> None:
    import_images(greys(20), "mine")
    config = using("mine")
    remove("mine")
    remove("mine")
    remove("../mine")
    assert imported_sets() == []
    assert not data.available("own", "mine")
    with pytest.raises(DataUnavailable, match="import it again"):
        data.load(config)


GOOD: dict[str, Any] = {
    "images": np.zeros((20, 1, 28, 28), np.uint8),
    "labels": np.zeros(20, np.int16),
    "classes": np.frombuffer(b'["a"]', np.uint8),
}


@pytest.mark.parametrize(
    "change",
    [
        {"images": np.zeros((20, 1, 28, 28), np.float32)},
        {"images": np.zeros((20, 28, 28), np.uint8)},
        {"images": np.zeros((20, 2, 28, 28), np.uint8)},
        {"images": np.zeros((20, 1, 28, 32), np.uint8)},
        {"images": np.zeros((20, 1, 30, 30), np.uint8)},
        {"images": np.zeros((19, 1, 28, 28), np.uint8)},
        {"images": np.array([{"an": "object"}] * 20, dtype=object)},
        {"labels": np.ones(20, np.int16)},
        {"labels": -np.ones(20, np.int16)},
        {"labels": np.zeros(20, np.int64)},
        {"labels": np.zeros((0,), np.int16), "images": np.zeros((0, 1, 28, 28), np.uint8)},
        {"classes": np.frombuffer(b'{"a": 1}', np.uint8)},
        {"classes": np.frombuffer(b"[" * 100_000, np.uint8)},
        {"classes": np.frombuffer(json.dumps(["x" * 101]).encode(), np.uint8)},
        {"classes": np.frombuffer(b"\xff\xfe", np.uint8)},
    ],
)
def test_a_file_made_by_somebody_else_is_not_believed(change: dict[str, Any], cache: Path) -> None:
    path = cache / "images" / "forged.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, **GOOD)
    assert [each.name for each in imported_sets()] == ["forged"]
    np.savez(path, **GOOD | change)
    assert imported_sets() == []
    with pytest.raises(DataUnavailable):
        imported.load_imported("forged", (1,))


def test_a_file_that_announces_terabytes_is_not_unpacked(cache: Path) -> None:
    path = cache / "images" / "bomb.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, **GOOD)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"(20, 1, 28, 28), }    ", b"(99999, 3, 9999, 9999), }")[: len(content)])
    assert imported_sets() == []


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-20], lambda whole: whole[:0], lambda whole: whole[: len(whole) // 2]]
)
def test_a_damaged_file_is_not_listed(damage: Callable[[bytes], bytes], cache: Path) -> None:
    import_images(greys(20), "mine")
    config = using("mine")
    path = cache / "images" / "mine.npz"
    path.write_bytes(damage(path.read_bytes()))
    assert imported_sets() == []
    with pytest.raises(DataUnavailable, match="import it again"):
        data.load(config)


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
