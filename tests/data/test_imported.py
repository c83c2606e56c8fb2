from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gancore import data
from gancore.config import RunConfig
from gancore.data import DataUnavailable, arrays, imported
from gancore.data.imported import imported_sets, remove
from gancore.data.importing import import_images
from tests.data.uploads import (
    encoded,
    everywhere,
    greys,
    picture,
    using,
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test imports into a cache of its own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


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
    assert "The image set faces has other images than those that this run was started with" in sentence
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
    assert "has other images" in refused(config)


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
