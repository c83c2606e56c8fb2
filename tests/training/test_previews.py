from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gancore import rng
from gancore.algorithms import build_algorithm
from gancore.algorithms.base import PREVIEWED
from gancore.config import RunConfig
from gancore.config.kinds.gan import CLASS_COLUMNS
from gancore.data import Images
from gancore.pictures import planes
from gancore.pictures.grids import COLUMNS, grid, to_uint8
from gancore.training import previews
from gancore.training.previews import build_preview
from tests.miniatures import KINDS, equal, held_out, tiny, train

RING = {"data.name": "ring", "model.g_output": "linear"}
CASES: dict[str, RunConfig] = {kind: tiny(kind) for kind in KINDS} | {
    "colour": tiny("dcgan", {"model.nc": 3}),
    "ema": tiny("cdcgan", {"optim.ema": 0.9}),
    "ring": tiny("mlp", RING),
}
every_case = pytest.mark.parametrize("config", list(CASES.values()), ids=list(CASES))

# Images that a picture is wide and high.
LAYOUTS = {
    "dcgan": (8, 8),
    "mlp": (8, 8),
    "cs231n": (8, 8),
    "semi": (8, 8),
    "colour": (8, 8),
    "cdcgan": (15, 10),
    "cmlp": (15, 10),
    "ema": (15, 10),
    "vae": (8, 4 + 4),  # two rows and their reconstructions, then samples
    "translator": (8, 2 * (1 + 3)),
}


@pytest.fixture(autouse=True)
def _data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made up, and enough of them."""

    def load(config: RunConfig, split: str) -> Images:
        assert split == "test"
        if len(config.shape) == 1:
            points = torch.rand(2_000, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
            return Images(points, torch.zeros(2_000, dtype=torch.int64))
        return held_out(config, 40)

    monkeypatch.setattr(previews, "load", load)


def tiles(picture: Image.Image, side: int, gutter: int = 2) -> list[list[np.ndarray]]:
    """The images of a sheet, by row and column."""
    sheet, pitch = np.asarray(picture), side + gutter
    rows, columns = (length // pitch for length in sheet.shape[:2])
    return [
        [sheet[r * pitch + gutter : (r + 1) * pitch, c * pitch + gutter : (c + 1) * pitch] for c in range(columns)]
        for r in range(rows)
    ]


def shown(images: Tensor) -> list[np.ndarray]:
    return [image[0].numpy() for image in to_uint8(images)]


def same(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    return len(left) == len(right) and all(np.array_equal(one, other) for one, other in zip(left, right, strict=True))


@every_case
def test_drawn_twice_it_is_the_same_and_drawing_changes_nothing(config: RunConfig) -> None:
    before = torch.random.get_rng_state()
    algorithm = build_algorithm(config)
    state = [network.state_dict() for network in build_algorithm(config).networks.values()]
    draw = build_preview(algorithm, config)
    first, again = np.asarray(draw()), np.asarray(draw())
    other = np.asarray(build_preview(algorithm, config)())
    assert np.array_equal(first, again)
    assert np.array_equal(first, other)
    assert equal([network.state_dict() for network in algorithm.networks.values()], state)
    assert torch.equal(torch.random.get_rng_state(), before)


@every_case
def test_it_follows_the_training(config: RunConfig) -> None:
    algorithm = build_algorithm(config.replace({"optim.lr_g": 0.05, "optim.lr": 0.05}))
    draw = build_preview(algorithm, config)
    first = np.asarray(draw())
    train(algorithm, config, 3)
    assert not np.array_equal(first, np.asarray(draw()))


@every_case
def test_its_noise_is_a_function_of_the_seed(config: RunConfig) -> None:
    algorithm = build_algorithm(config)
    first, other = (np.asarray(build_preview(algorithm, config.replace({"seed": seed}))()) for seed in (0, 1))
    assert first.shape == other.shape
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("name", "layout"), list(LAYOUTS.items()), ids=list(LAYOUTS))
def test_pictures_have_as_many_rows_and_columns_as_are_promised(name: str, layout: tuple[int, int]) -> None:
    config = CASES[name]
    picture = build_preview(build_algorithm(config), config)()
    assert picture.size == tuple(count * (config.data.image_size + 2) + 2 for count in layout)
    assert picture.mode == ("RGB" if name == "colour" else "L")


def test_a_gan_without_classes_shows_samples_of_the_preview_noise() -> None:
    config = tiny("dcgan")
    algorithm = build_algorithm(config)
    noise = algorithm.latents(PREVIEWED, rng.generator(config.seed, "preview"))
    expected = grid(algorithm.sample(noise))
    assert np.array_equal(np.asarray(build_preview(algorithm, config)()), np.asarray(expected))


@pytest.mark.parametrize(("changes", "classes"), [({}, list(range(10))), ({"data.classes": (8, 3)}, [3, 8])])
def test_a_class_grid_has_a_row_for_each_class_in_use_and_one_noise_a_column(
    changes: dict[str, Any], classes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny("cmlp", changes)
    algorithm, asked = build_algorithm(config), []

    def sample(z: Tensor, cond: Tensor | None = None) -> Tensor:
        asked.append((z, cond))
        return torch.zeros(len(z), 1, 4, 4)

    monkeypatch.setattr(algorithm, "sample", sample)
    picture = build_preview(algorithm, config)()
    [(noise, labels)] = asked
    assert labels is not None
    assert labels.view(-1, CLASS_COLUMNS).tolist() == [[label] * CLASS_COLUMNS for label in classes]
    columns = noise.view(len(classes), CLASS_COLUMNS, -1)
    assert all(torch.equal(row, columns[0]) for row in columns)
    assert len({tuple(z.tolist()) for z in columns[0]}) == CLASS_COLUMNS
    assert picture.size == (CLASS_COLUMNS * 6 + 2, len(classes) * 6 + 2)


def test_a_vae_shows_originals_above_their_reconstructions() -> None:
    config = tiny("vae")
    algorithm = build_algorithm(config)
    rows = tiles(build_preview(algorithm, config)(), 28)
    originals = held_out(config, 40).pixels[: 2 * COLUMNS].float() / 255
    rebuilt = shown(algorithm.reconstruct(originals))
    assert same(rows[0], shown(originals[:COLUMNS] * 2 - 1))
    assert same(rows[1], rebuilt[:COLUMNS])
    assert same(rows[2], shown(originals[COLUMNS:] * 2 - 1))
    assert same(rows[3], rebuilt[COLUMNS:])


def test_a_translator_shows_a_regular_image_above_what_three_noises_make_of_it() -> None:
    config = tiny("translator")
    algorithm = build_algorithm(config)
    rows = tiles(build_preview(algorithm, config)(), 28)
    sources = held_out(config, 40).sources
    assert sources is not None
    regular = sources[: 2 * COLUMNS].float() / 255
    noise = algorithm.latents(3, rng.generator(config.seed, "preview"))
    for place in (0, 1):
        part = regular[place * COLUMNS : (place + 1) * COLUMNS]
        assert same(rows[4 * place], shown(part * 2 - 1))
        for row, z in enumerate(noise, 4 * place + 1):
            assert same(rows[row], shown(algorithm.sample(z.expand(COLUMNS, -1), part)))


@pytest.mark.parametrize("kind", ["vae", "translator"])
@pytest.mark.parametrize("count", [1, 5, 8, 11, 16])
def test_with_few_held_out_images_versions_still_stand_below_each_other(
    kind: Any, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny(kind)
    images = held_out(config, count)
    monkeypatch.setattr(previews, "load", lambda *_: images)
    rows = tiles(build_preview(build_algorithm(config), config)(), 28)
    columns = min(count, COLUMNS)
    originals = shown((images.pixels if kind == "vae" else images.sources).float() / 255 * 2 - 1)
    assert len(rows[0]) == columns
    assert same(rows[0], originals[:columns])
    versions = 2 if kind == "vae" else 4
    if count == 16:
        assert same(rows[versions], originals[columns:])


def test_a_toy_shows_the_plane() -> None:
    config = CASES["ring"]
    picture = build_preview(build_algorithm(config), config)()
    assert picture.size == (planes.SIDE, planes.SIDE)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_rows_that_differ_have_a_name_each(kind: str) -> None:
    config = CASES[kind]
    names, (_, high) = config.kind.preview(config).rows, LAYOUTS[kind]
    assert len(names) == (high if kind in ("cdcgan", "cmlp", "ema", "vae", "translator") else 0)
    if kind == "cdcgan":
        assert names == tuple("0123456789")
