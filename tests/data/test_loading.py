from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import socket
import struct
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets, transforms

from gancore import data
from gancore.config import RunConfig
from gancore.config.datasets import DATASETS, TOYS
from gancore.data import BatchStream, DataUnavailable, Images, download, idx, mnist5k, olivetti
from gancore.data.batches import evenly
from gancore.data.download import Archive
from tests.data.serving import Babble, Quiet, serving

REPOSITORY = Path(__file__).parents[2]
FILES = tuple(f"{prefix}-{kind}-ubyte" for prefix in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What one test loaded must not serve the next."""
    yield
    data._load.cache_clear()


def using(**settings: object) -> RunConfig:
    """A config with these settings of the data, and networks and batches that go with any of them."""
    changes = {f"data.{name}": value for name, value in settings.items()}
    return RunConfig().replace({"model.kind": "mlp", "train.batch_size": 2} | changes)


def numbered(count: int, size: int = 2) -> Images:
    """Images that can be told apart: image i has pixels i and label i."""
    labels = torch.arange(count)
    return Images(labels.to(torch.uint8)[:, None, None, None].expand(-1, 1, size, size), labels)


# --- mnist-5k -------------------------------------------------------------------------------------------------------


def test_mnist_5k_is_split_once_and_for_all() -> None:
    config = using(image_size=28)
    train, test = data.load(config), data.load(config, split="test")
    assert (len(train), len(test)) == (4_500, 500)
    assert sum(DATASETS["mnist-5k"].counts) == len(train)
    assert train.pixels.shape == (4_500, 1, 28, 28)
    assert train.pixels.dtype == torch.uint8
    assert train.labels.dtype == torch.int64
    assert set(train.labels.tolist()) == set(test.labels.tolist()) == set(range(10))
    digests = [hashlib.sha256(image.numpy().tobytes()).digest() for image in (*train.pixels, *test.pixels)]
    assert len(set(digests)) == 5_000  # no image in both, or twice
    assert torch.bincount(torch.cat([train.labels, test.labels])).tolist() == [500] * 10


def test_mnist_5k_is_not_sorted_by_class() -> None:
    labels = data.load(RunConfig()).labels
    assert all(len(set(part.tolist())) == 10 for part in labels.split(450))
    assert torch.equal(labels, mnist5k.load_mnist5k("train", data.cache_root())[1])


def test_the_digits_are_mlxtends() -> None:
    pixels, digits = mnist5k._cached(data.cache_root() / "mnist-5k.npz")
    assert np.array_equal(digits, np.repeat(np.arange(10), 500))
    assert pixels.max() == 255
    assert 20 < pixels.mean() < 50  # MNIST's mean is 33.3


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:0],
        lambda whole: bytes(len(whole)),
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[: len(whole) // 3] + bytes(64) + whole[len(whole) // 3 + 64 :],
        lambda whole: b"\x93NUMPY" + whole[6:],
    ],
    ids=["empty", "zeros", "one byte short", "half", "hole", "other format"],
)
def test_a_damaged_cache_is_made_again(
    damage: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (data.cache_root() / "mnist-5k.npz").read_bytes()
    pixels, digits = mnist5k._cached(data.cache_root() / "mnist-5k.npz")
    monkeypatch.setattr(mnist5k, "_parse", lambda: (pixels, digits))
    path = tmp_path / "mnist-5k.npz"
    path.write_bytes(damage(whole))
    again = mnist5k._cached(path)
    assert np.array_equal(again[0], pixels)
    assert np.array_equal(again[1], digits)
    with np.load(path) as saved:
        assert np.array_equal(saved["images"], pixels)


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, digits = mnist5k._cached(data.cache_root() / "mnist-5k.npz")
    monkeypatch.setattr(mnist5k, "_parse", lambda: (pixels, digits))
    (tmp_path / "file").write_text("")
    assert np.array_equal(mnist5k._cached(tmp_path / "file" / "mnist-5k.npz")[0], pixels)


@pytest.mark.parametrize("limit", [2, 43, None, 1_000_000])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_limit_takes_the_first_images_and_channels_repeat_them(limit: int | None, channels: int) -> None:
    whole = data.load(RunConfig())
    part = data.load(using(limit=limit).replace({"model.nc": channels, "train.batch_size": 2}))
    assert len(part) == min(limit or 4_500, 4_500)
    assert part.pixels.shape[1:] == (channels, 32, 32)
    assert all(torch.equal(part.pixels[:, channel], whole.pixels[:limit, 0]) for channel in range(channels))
    assert torch.equal(part.labels, whole.labels[:limit])


def test_the_test_split_knows_no_limit() -> None:
    assert len(data.load(using(limit=2), split="test")) == 500


# --- sizes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [32, 64, 16])
def test_resizing_is_torchvisions_within_a_grey_level(size: int) -> None:
    pixels = data.load(using(image_size=28)).pixels[:100]
    pil = transforms.Resize((size, size))
    expected = np.stack([np.asarray(pil(Image.fromarray(image.numpy()))) for image in pixels[:, 0]])
    difference = data.resize(pixels, size)[:, 0].numpy().astype(int) - expected.astype(int)
    assert data.resize(pixels, size).shape == (100, 1, size, size)
    assert np.abs(difference).max() <= 1


def test_resizing_to_the_same_size_changes_nothing() -> None:
    pixels = data.load(using(image_size=28)).pixels[:3]
    assert torch.equal(data.resize(pixels, 28), pixels)


# --- batches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "batch"), [(43, 8), (40, 8), (8, 8), (9, 2)])
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_shows_every_image_at_most_once_and_drops_the_rest(count: int, batch: int, shuffle: bool) -> None:
    stream = BatchStream(numbered(count), batch, seed=3, shuffle=shuffle)
    epochs = [[stream.next().labels.tolist() for _ in range(count // batch)] for _ in range(3)]
    for number, epoch in enumerate(epochs):
        seen = [label for labels in epoch for label in labels]
        assert len(set(seen)) == len(seen) == count - count % batch
        assert set(seen) <= set(range(count))
        assert shuffle or seen == list(range(len(seen)))
        assert number == 0 or not shuffle or epoch != epochs[0]
    assert stream.drawn == 2 * count + count - count % batch  # the dropped ones of past epochs count too
    assert stream.epoch == pytest.approx(stream.drawn / count)


def test_over_epochs_other_images_are_dropped() -> None:
    stream = BatchStream(numbered(43), 8, seed=0)
    dropped = [set(range(43)) - {label for _ in range(5) for label in stream.next().labels.tolist()} for _ in range(4)]
    assert all(len(each) == 3 for each in dropped)
    assert len(set.union(*dropped)) > 3


@pytest.mark.parametrize(("count", "sizes"), [(43, [8] * 5 + [3]), (40, [8] * 5), (42, [8] * 5 + [2]), (10, [8, 2])])
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_smaller_batch_may_end_an_epoch_which_then_shows_every_image(
    count: int, sizes: list[int], shuffle: bool
) -> None:
    stream = BatchStream(numbered(count), 8, seed=3, least=2, shuffle=shuffle)
    for number in range(1, 4):
        epoch = [stream.next() for _ in sizes]
        assert [len(batch.labels) for batch in epoch] == [len(batch.images) for batch in epoch] == sizes
        assert sorted(label for batch in epoch for label in batch.labels.tolist()) == list(range(count))
        assert (stream.drawn, stream.epoch) == (number * count, number)


def test_an_image_that_is_left_alone_is_dropped() -> None:
    """Batch normalisation of vectors has no variance to divide by."""
    stream = BatchStream(numbered(41), 8, seed=3, least=2)
    drawn = [len(stream.next().labels) for _ in range(15)]
    assert drawn == [8] * 15
    assert stream.drawn == 41 * 2 + 40


def test_the_batches_before_the_last_are_the_same_whether_it_is_kept_or_not() -> None:
    dropping, keeping = BatchStream(numbered(43), 8, seed=3), BatchStream(numbered(43), 8, seed=3, least=2)
    for _ in range(3):
        for _ in range(5):
            assert torch.equal(dropping.next().images, keeping.next().images)
        keeping.next()


def test_a_batch_of_labelled_images_is_a_full_one_whatever_is_left_of_the_others() -> None:
    stream = BatchStream(Images(numbered(43).pixels, torch.arange(43) % 10), 8, seed=3, least=2, labelled=20)
    batches = [stream.next() for _ in range(12)]
    assert [len(batch.images) for batch in batches] == [8, 8, 8, 8, 8, 3] * 2
    assert [len(batch.labelled.images) for batch in batches if batch.labelled] == [8] * 12


@pytest.mark.parametrize("least", [8, 2])
@pytest.mark.parametrize("start", range(13))
def test_a_stream_goes_on_from_any_count(start: int, least: int) -> None:
    stream = BatchStream(numbered(43), 8, seed=3, least=least)
    for _ in range(start):
        stream.next()
    resumed = BatchStream(numbered(43), 8, seed=3, least=least, drawn=stream.drawn)
    for _ in range(13):
        mine, theirs = stream.next(), resumed.next()
        assert torch.equal(mine.labels, theirs.labels)
        assert torch.equal(mine.images, theirs.images)
        assert stream.drawn == resumed.drawn


def test_batches_are_a_function_of_the_seed() -> None:
    one, same, other = (BatchStream(numbered(200), 100, seed=seed) for seed in (1, 1, 2))
    labels = one.next().labels
    assert torch.equal(labels, same.next().labels)
    assert not torch.equal(labels, other.next().labels)


def test_pixels_become_exact_values_from_minus_one_to_one() -> None:
    images = Images(torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).repeat(2, 1, 1, 1), torch.tensor([7, 7]))
    batch = BatchStream(images, 2, seed=0).next()
    expected = torch.arange(256, dtype=torch.float64) / 127.5 - 1
    assert torch.allclose(batch.images[0].flatten().double(), expected, atol=1e-7, rtol=0)
    assert batch.images.min() == -1
    assert batch.images.max() == 1
    assert batch.images.dtype == torch.float32
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
    assert batch.labels.tolist() == [7, 7]


def test_images_stay_with_their_labels() -> None:
    batch = BatchStream(numbered(200), 50, seed=0).next()
    assert torch.allclose((batch.images[:, 0, 0, 0] + 1) * 127.5, batch.labels.float())


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match="a batch of 9 cannot be drawn from 8 images"):
        BatchStream(numbered(8), 9, seed=0)


# --- IDX files ------------------------------------------------------------------------------------------------------


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


COUNTS = {"train": 30, "test": 20}
_random = np.random.default_rng(0)
CONTENT = {
    name: idx_bytes(
        _random.integers(0, 256, (count, 28, 28), np.uint8)
        if "idx3" in name
        else _random.integers(0, 10, count, np.uint8)
    )
    for name, count in zip(FILES, (30, 30, 20, 20), strict=True)
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data root, in which MNIST has 30 + 20 images."""
    monkeypatch.setenv("GANCORE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(idx, "_COUNTS", COUNTS)
    return tmp_path / "data"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only mirror is a port of this machine that nobody listens on."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{port}/"])


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A web server on this machine with MNIST's files, its checksums told to torchvision."""
    served = tmp_path / "mirror"
    served.mkdir()
    for name, content in CONTENT.items():
        (served / f"{name}.gz").write_bytes(gzip.compress(content))
    sums = [(file.name, hashlib.md5(file.read_bytes()).hexdigest()) for file in sorted(served.iterdir())]
    with serving(partial(Quiet, directory=served)) as address:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
        monkeypatch.setattr(datasets.MNIST, "resources", sums)
        yield served


def put(root: Path, content: dict[str, bytes], ours: bool = False) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, whole in content.items():
        (raw / name).write_bytes(whole)
    if ours:
        (raw / ".gan-workbench.json").write_text(json.dumps(sorted(content)))
    return raw


def everything(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".lock")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def load_mnist(split: str = "train") -> Images:
    return data.load(using(name="mnist", image_size=28), split)


def refusal() -> str:
    """Why MNIST cannot be loaded: one sentence for people."""
    with pytest.raises(DataUnavailable) as problem:
        load_mnist()
    sentence = str(problem.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 400
    return sentence


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("split", ["train", "test"])
def test_files_that_are_there_are_read_in_their_order(root: Path, split: str) -> None:
    put(root, CONTENT)
    images = load_mnist(split)
    prefix = "train" if split == "train" else "t10k"
    assert len(images) == COUNTS[split]
    assert images.pixels.numpy().tobytes() == CONTENT[f"{prefix}-images-idx3-ubyte"][16:]
    assert images.labels.numpy().astype(np.uint8).tobytes() == CONTENT[f"{prefix}-labels-idx1-ubyte"][8:]
    assert data.available("mnist")


DAMAGE = {
    "truncated": lambda whole: whole[:-1],
    "too long": lambda whole: whole + b"\0",
    "empty": lambda whole: whole[:0],
    "wrong magic": lambda whole: b"\0\0\x09" + whole[3:],
    "wrong count": lambda whole: whole[:7] + b"\x1f" + whole[8:],
}


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize("name", FILES[:2])
@pytest.mark.parametrize("damage", list(DAMAGE))
def test_a_damaged_file_that_is_not_ours_is_left_alone(root: Path, name: str, damage: str) -> None:
    put(root, CONTENT | {name: DAMAGE[damage](CONTENT[name])})
    before = everything(root)
    assert not data.available("mnist")
    assert name in refusal()
    assert everything(root) == before


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize("damage", list(DAMAGE))
def test_a_damaged_file_that_we_wrote_is_fetched_again(root: Path, damage: str) -> None:
    raw = put(root, CONTENT | {FILES[0]: DAMAGE[damage](CONTENT[FILES[0]])}, ours=True)
    assert load_mnist().pixels.numpy().tobytes() == CONTENT[FILES[0]][16:]
    assert {name: (raw / name).read_bytes() for name in FILES} == CONTENT


@pytest.mark.usefixtures("mirror")
def test_what_is_missing_is_downloaded_and_remembered_as_ours(root: Path) -> None:
    assert not data.available("mnist")
    assert load_mnist().pixels.numpy().tobytes() == CONTENT[FILES[0]][16:]
    assert data.available("mnist")
    raw = root / "MNIST" / "raw"
    assert everything(root).keys() == {f"MNIST/raw/{name}" for name in (*FILES, ".gan-workbench.json")}
    assert set(json.loads((raw / ".gan-workbench.json").read_text())) == set(FILES)


@pytest.mark.usefixtures("mirror")
def test_a_missing_file_is_fetched_and_foreign_ones_beside_it_are_not_touched(root: Path) -> None:
    foreign = {name: CONTENT[name] for name in FILES[1:3]} | {FILES[3]: b"damaged, but of the other split"}
    raw = put(root, foreign)
    assert len(load_mnist()) == 30
    assert {name: (raw / name).read_bytes() for name in foreign} == foreign
    assert json.loads((raw / ".gan-workbench.json").read_text()) == [FILES[0]]


@pytest.mark.usefixtures("offline")
def test_without_a_network_there_is_a_sentence_and_nothing_is_left_behind(root: Path) -> None:
    sentence = refusal()
    assert "mnist-5k" in sentence
    assert "GANCORE_DATA" in sentence
    assert everything(root) == {}
    assert not list(root.glob("**/.download-*"))


@pytest.mark.usefixtures("offline")
def test_without_a_network_our_damaged_file_stays_until_there_is_a_better_one(root: Path) -> None:
    put(root, CONTENT | {FILES[0]: b"torn"}, ours=True)
    before = everything(root)
    refusal()
    assert everything(root) == before


@pytest.mark.parametrize("arrived", [b"", b"<html>log in first</html>", CONTENT[FILES[0]][:100]])
def test_a_download_that_arrives_corrupted_is_not_kept(root: Path, mirror: Path, arrived: bytes) -> None:
    (mirror / f"{FILES[0]}.gz").write_bytes(arrived)
    refusal()
    assert everything(root) == {}


def test_a_download_of_something_else_is_not_kept(root: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksum fits, but it is not the data set: fewer images than there should be."""
    monkeypatch.setattr(idx, "_COUNTS", {"train": 31, "test": 20})
    assert "is damaged" in refusal()
    assert everything(root) == {}
    assert mirror.exists()


def test_a_server_that_does_not_speak_http_is_no_network(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Babble) as address:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
        assert "could not be downloaded" in refusal()
    assert everything(root) == {}


@pytest.mark.usefixtures("offline")
def test_a_data_root_that_is_a_file_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANCORE_DATA", str(tmp_path / "file"))
    assert "GANCORE_DATA" in refusal()


@pytest.mark.usefixtures("mirror")
def test_a_full_disk_is_said_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e6))
    assert "free on the disk" in refusal()
    assert everything(root) == {}


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
def test_the_real_files_are_read(name: str, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(os.environ.get("GANCORE_DATA") or REPOSITORY.parent / "shared" / "data")
    if not (root / folder / "raw").is_dir():
        pytest.skip(f"no {name} on this machine")
    monkeypatch.setenv("GANCORE_DATA", str(root))
    assert data.available(name)
    images = data.load(using(name=name, image_size=28))
    assert len(images) == using(name=name).images == 60_000
    assert torch.bincount(images.labels).min() > 5_000
    for choice in CHOICES.values():
        assert_as_announced(of(name, image_size=28, **choice))
    theirs = getattr(datasets, folder)(root, download=False)
    assert torch.equal(images.pixels[:, 0], theirs.data)
    assert torch.equal(images.labels, theirs.targets)


# --- what a stream makes of them --------------------------------------------------------------------------------------


def test_pixels_become_exact_values_from_zero_to_one() -> None:
    images = Images(torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).repeat(2, 1, 1, 1), torch.tensor([7, 7]))
    batch = BatchStream(images, 2, seed=0, scale="0..1").next()
    assert torch.allclose(batch.images[0].flatten().double(), torch.arange(256).double() / 255, atol=1e-7, rtol=0)
    assert (batch.images.min(), batch.images.max()) == (0, 1)


@pytest.mark.parametrize("scale", ["-1..1", "0..1"])
def test_points_stay_what_they_are(scale: str) -> None:
    points = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    batch = BatchStream(Images(points, torch.arange(50)), 10, seed=0, scale=scale).next()
    assert torch.equal(batch.images, points[batch.labels])
    assert batch.sources is None
    assert batch.labelled is None


def test_sources_come_with_their_images_and_in_the_same_range() -> None:
    images = numbered(20)
    batch = BatchStream(Images(images.pixels, images.labels, images.pixels + 100), 5, seed=0, scale="0..1").next()
    assert batch.sources is not None
    assert torch.allclose(batch.sources * 255, batch.images * 255 + 100)


def labels_of(*counts: int) -> torch.Tensor:
    return torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))


@pytest.mark.parametrize(
    ("counts", "wanted", "got"),
    [
        ((50, 50, 50), 9, [3, 3, 3]),
        ((50, 50, 50), 11, [4, 4, 3]),  # what is left over goes to the first classes
        ((50, 0, 50), 10, [5, 0, 5]),  # classes in use only
        ((50, 2, 50), 12, [5, 2, 5]),  # too few of one class: the others make up for it
        ((2, 2, 2), 6, [2, 2, 2]),
    ],
)
def test_labelled_images_are_as_many_of_each_class(counts: tuple[int, ...], wanted: int, got: list[int]) -> None:
    labels = labels_of(*counts)
    chosen = evenly(labels, wanted, seed=1)
    assert len(set(chosen.tolist())) == wanted
    assert torch.bincount(labels[chosen], minlength=len(counts)).tolist() == got
    assert torch.equal(chosen, evenly(labels, wanted, seed=1))
    assert min(counts) < 50 or not torch.equal(chosen, evenly(labels, wanted, seed=2))


def test_a_batch_brings_labelled_images_which_are_few_and_a_function_of_seed_and_count() -> None:
    images = Images(numbered(200).pixels, torch.arange(200) % 10)
    stream = BatchStream(images, 16, seed=3, labelled=20)
    seen = []
    for _ in range(30):
        resumed = BatchStream(images, 16, seed=3, labelled=20, drawn=stream.drawn).next().labelled
        labelled = stream.next().labelled
        assert labelled is not None
        assert resumed is not None
        assert labelled.labelled is None
        assert torch.equal(labelled.images, resumed.images)
        numbers = ((labelled.images[:, 0, 0, 0] + 1) * 127.5).round().long()
        assert torch.equal(numbers % 10, labelled.labels)
        seen += numbers.tolist()
    assert len(set(seen)) == 20
    assert len({tuple(seen[start : start + 16]) for start in range(0, len(seen), 16)}) == 30


def test_labelled_images_do_not_change_the_others() -> None:
    plain, with_labels = (BatchStream(numbered(43), 8, seed=3, labelled=count) for count in (0, 5))
    for _ in range(12):
        assert torch.equal(plain.next().images, with_labels.next().images)


# --- what is chosen of a data set -----------------------------------------------------------------------------------

WITHOUT_DOWNLOAD = {
    "mnist-5k": {},
    "digits-8x8": {},
    "ring": {},
    "grid": {},
    "spirals": {},
    "drawn": {"points": ((0.0, 0.5), (-1.0, 1.0))},
}
CHOICES = {
    "all": {},
    "two classes": {"classes": (0, 1)},
    "one class": {"classes": (0,)},
    "imbalanced": {"imbalance": 0.01},
    "two, imbalanced, limited": {"classes": (1, 0), "imbalance": 0.5, "limit": 100},
    "limited": {"limit": 77},
}


def of(name: str, **settings: object) -> RunConfig:
    toy = {"model.g_output": "linear"} if name in TOYS else {}
    changes = {f"data.{key}": value for key, value in ({"name": name} | settings).items()}
    return RunConfig().replace({"model.kind": "mlp", "train.batch_size": 2} | toy | changes)


def assert_as_announced(config: RunConfig) -> None:
    images = data.load(config)
    assert len(images) == len(images.labels) == config.images
    assert images.pixels.shape[1:] == config.shape
    assert images.labels.dtype == torch.int64
    if config.data.limit is None:
        counts = torch.bincount(images.labels, minlength=config.classes)
        assert tuple(counts.tolist()) == config.class_counts


@pytest.mark.parametrize("name", WITHOUT_DOWNLOAD)
@pytest.mark.parametrize("choice", CHOICES)
def test_there_are_as_many_images_as_the_config_says(name: str, choice: str) -> None:
    chosen = dict(CHOICES[choice])
    if name == "drawn" and "classes" in chosen:
        chosen["classes"] = (0,)
    assert_as_announced(of(name, **WITHOUT_DOWNLOAD[name], **chosen))
    assert data.available(name)


def test_of_each_class_the_first_are_kept_in_their_order() -> None:
    whole = data.load(of("digits-8x8", image_size=8))
    config = of("digits-8x8", image_size=8, classes=(2, 5, 7), imbalance=0.1)
    part = data.load(config)
    taken = [0] * 10
    kept = []
    for place, label in enumerate(whole.labels.tolist()):
        if taken[label] < config.class_counts[label]:
            taken[label] += 1
            kept.append(place)
    assert torch.equal(part.pixels, whole.pixels[kept])
    assert torch.equal(part.labels, whole.labels[kept])
    limited = data.load(of("digits-8x8", image_size=8, classes=(2, 5, 7), imbalance=0.1, limit=20))
    assert torch.equal(limited.pixels, part.pixels[:20])


def test_the_test_split_knows_classes_but_no_imbalance() -> None:
    test = data.load(of("mnist-5k", classes=(3, 8), imbalance=0.001, limit=2), "test")
    whole = data.load(of("mnist-5k"), "test")
    assert torch.equal(test.labels, whole.labels[(whole.labels == 3) | (whole.labels == 8)])


def test_scikit_learns_digits_are_spread_from_black_to_white() -> None:
    train, test = (data.load(of("digits-8x8", image_size=8), split) for split in ("train", "test"))
    assert (len(train), len(test)) == (1_500, 297)
    assert train.pixels.unique().tolist() == [round(level * 255 / 16) for level in range(17)]
    assert tuple(torch.bincount(train.labels).tolist()) == DATASETS["digits-8x8"].counts


# --- CIFAR-10 -------------------------------------------------------------------------------------------------------

CIFAR = tuple(f"data_batch_{number}" for number in range(1, 6))
PIXELS = _random.integers(0, 256, (60, 3, 32, 32), np.uint8)
TARGETS = [int(label) for label in _random.integers(0, 10, 60)]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def cifar_files() -> dict[str, bytes]:
    """60 images as CIFAR-10 has them: ten in each of five batches and of the test batch."""
    files = {}
    for place, name in enumerate((*CIFAR, "test_batch")):
        part = slice(10 * place, 10 * place + 10)
        files[name] = pickle.dumps({"data": PIXELS[part].reshape(10, 3072), "labels": TARGETS[part]}, protocol=2)
    return files | {"batches.meta": pickle.dumps({"label_names": ["airplane"]}, protocol=2)}


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data root, and a server with a small CIFAR-10, its checksums told to torchvision."""
    monkeypatch.setenv("GANCORE_DATA", str(tmp_path / "data"))
    files = cifar_files()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "cifar.tgz").write_bytes(packed.getvalue())
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(packed.getvalue()))
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[name, md5(files[name])] for name in CIFAR])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", md5(files["test_batch"])]])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": md5(files["batches.meta"])}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    with serving(partial(Quiet, directory=tmp_path / "mirror")) as address:
        monkeypatch.setattr(datasets.CIFAR10, "url", f"{address}cifar.tgz")
        yield tmp_path / "data"


def load_cifar(split: str = "train", nc: int = 3) -> Images:
    return data.load(of("cifar10").replace({"model.nc": nc}), split)


def test_cifar_is_downloaded_once_and_read_in_order(cifar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not data.available("cifar10")
    assert np.array_equal(load_cifar().pixels, PIXELS[:50])
    assert data.available("cifar10")
    assert {Path(name).name for name in everything(cifar)} == {*cifar_files(), ".gan-workbench.json"}
    monkeypatch.setattr(datasets.CIFAR10, "url", "http://127.0.0.1:1/")
    data._load.cache_clear()
    train, test = load_cifar(), load_cifar("test")
    assert np.array_equal(train.pixels, PIXELS[:50])
    assert train.labels.tolist() == TARGETS[:50]
    assert np.array_equal(test.pixels, PIXELS[50:])


def test_one_channel_is_the_luminance(cifar: Path) -> None:
    assert not cifar.exists()
    expected = [np.asarray(Image.fromarray(image).convert("L")) for image in PIXELS[:50].transpose(0, 2, 3, 1)]
    assert np.array_equal(load_cifar(nc=1).pixels[:, 0], expected)


class Malice:
    """Pickled, it leaves a file behind when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_whose_checksum_is_wrong_is_never_opened(cifar: Path, tmp_path: Path) -> None:
    folder = cifar / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in cifar_files():
        (folder / name).write_bytes(pickle.dumps(Malice(tmp_path / "opened")))
    with pytest.raises(DataUnavailable, match="damaged or incomplete and was not written by GAN Workbench"):
        load_cifar()
    assert not (tmp_path / "opened").exists()


def test_a_damaged_batch_that_we_wrote_is_fetched_again(cifar: Path) -> None:
    load_cifar()
    data._load.cache_clear()
    (cifar / "cifar-10-batches-py" / CIFAR[2]).write_bytes(b"torn")
    assert np.array_equal(load_cifar().pixels, PIXELS[:50])


def test_cifar_without_a_network_is_a_sentence(cifar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.CIFAR10, "url", "http://127.0.0.1:1/")
    with pytest.raises(DataUnavailable, match="could not be downloaded"):
        load_cifar()
    assert everything(cifar) == {}


# --- KMNIST and the faces -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("root")
def test_kmnist_is_read_as_mnist_is(root: Path) -> None:
    put(root, CONTENT)
    (root / "MNIST").rename(root / "KMNIST")
    assert data.available("kmnist")
    images = data.load(using(name="kmnist", image_size=28))
    assert images.pixels.numpy().tobytes() == CONTENT[FILES[0]][16:]


def faces(scale: float = 1.0, people: int = 40) -> SimpleNamespace:
    """Photographs that tell who is on them and which they are."""
    number = np.arange(10 * people)
    images = np.broadcast_to((number / 1000 * scale)[:, None, None], (10 * people, 64, 64)).astype(np.float32)
    return SimpleNamespace(images=images, target=number // 10)


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What scikit-learn would fetch, one after the other; an exception stands for a failure."""
    monkeypatch.setenv("GANCORE_DATA", str(tmp_path))
    answers: list[object] = []

    def fetch(**_: object) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(olivetti, "retrieve", lambda *_: None)
    monkeypatch.setattr("sklearn.datasets.fetch_olivetti_faces", fetch)
    return answers


def test_of_each_person_the_last_photograph_is_held_out(photographs: list[object]) -> None:
    photographs.append(faces())
    assert not data.available("olivetti")
    config = of("olivetti", image_size=64)
    assert_as_announced(config)
    assert data.available("olivetti")
    train, test = data.load(config), data.load(config, "test")
    assert test.labels.tolist() == list(range(40))
    expected = (np.float32(np.arange(400) / 1000) * 255).round()
    assert test.pixels[:, 0, 0, 0].tolist() == expected[9::10].tolist()
    assert sorted(train.pixels[:, 0, 0, 0].tolist()) == sorted(np.delete(expected, np.s_[9::10]).tolist())
    assert len(set(train.labels[:40].tolist())) > 15  # not sorted by person


@pytest.mark.parametrize("answer", [OSError("no network"), ValueError("not a mat file"), faces(people=39)])
def test_faces_that_cannot_be_had_are_a_sentence(photographs: list[object], answer: object) -> None:
    photographs.append(answer)
    with pytest.raises(DataUnavailable, match=r"^[^\n]*olivetti[^\n]*\.$"):
        data.load(of("olivetti"))


def test_damaged_faces_are_fetched_again(photographs: list[object], tmp_path: Path) -> None:
    photographs += [faces(), faces()]
    data.load(of("olivetti"))
    path = olivetti._path(tmp_path)
    path.write_bytes(path.read_bytes()[:-500])
    assert not data.available("olivetti")
    data._load.cache_clear()
    data.load(of("olivetti"))
    assert photographs == []


def test_the_archive_of_the_faces_is_scikit_learns() -> None:
    from sklearn.datasets._olivetti_faces import FACES

    archive = olivetti._ARCHIVE
    assert (archive.addresses, archive.checksum, archive.place) == ([FACES.url], FACES.checksum, FACES.filename)


def test_the_faces_are_downloaded_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat
    from sklearn.datasets import _olivetti_faces

    monkeypatch.setenv("GANCORE_DATA", str(tmp_path / "data"))
    pixels = np.random.default_rng(0).integers(0, 256, (400, 64, 64), np.uint8)
    pixels[0, 0, :2] = 0, 255
    (tmp_path / "mirror").mkdir()
    savemat(tmp_path / "mirror" / "faces", {"faces": pixels.transpose(0, 2, 1).reshape(400, 4096).T}, appendmat=False)
    checksum = hashlib.sha256((tmp_path / "mirror" / "faces").read_bytes()).hexdigest()
    with serving(partial(Quiet, directory=tmp_path / "mirror")) as address:
        monkeypatch.setattr(olivetti, "_ARCHIVE", Archive([f"{address}faces"], checksum, "faces.mat", 10**7))
        nowhere = _olivetti_faces.RemoteFileMetadata("faces.mat", "http://127.0.0.1:1/", checksum)
        monkeypatch.setattr(_olivetti_faces, "FACES", nowhere)  # it finds the file, and downloads nothing
        test = data.load(of("olivetti", image_size=64), "test")
    assert np.array_equal(test.pixels[:, 0], pixels[9::10])
