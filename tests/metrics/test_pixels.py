from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.metrics import (
    background_detail,
    background_noise,
    contrast,
    high_frequency,
    mean_distance,
    out_of_range,
    sharpness,
    similarity_within_classes,
    white_dots,
)
from gancore.metrics.pixels import _pairs

BLACK, GREY, WHITE = -1.0, 0.0, 1.0


def flat(value: float, count: int = 3, size: int = 8) -> Tensor:
    return torch.full((count, 1, size, size), value)


def noise(count: int = 10, channels: int = 1, size: int = 28, seed: int = 0) -> Tensor:
    return 2 * torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(seed)) - 1


def checkerboard(count: int = 1, size: int = 8) -> Tensor:
    down, right = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return (2.0 * ((down + right) % 2) - 1).expand(count, 1, size, size)


def wave(down: int, right: int, size: int = 32) -> Tensor:
    """So many periods in an image of `size` pixels a side."""
    places = torch.arange(size) * (math.tau / size)
    return 0.8 * torch.sin(down * places[:, None] + right * places[None] + 0.3)[None, None]


@pytest.mark.parametrize("value", [BLACK, GREY, 0.3, WHITE])
def test_blank_images_have_nothing_to_see(value: float) -> None:
    images = flat(value)
    assert sharpness(images) == pytest.approx(0, abs=1e-12)
    assert contrast(images) == pytest.approx(0, abs=1e-7)
    assert high_frequency(images) == 0


def test_the_laplacian_of_a_checkerboard() -> None:
    """Each pixel differs from its four neighbours by 1: the Laplacian is +4 and -4 in turn, its variance 16."""
    assert sharpness(checkerboard()) == pytest.approx(16)
    assert sharpness(torch.cat([checkerboard(), flat(GREY, 1)])) == pytest.approx(8)  # the mean over images
    assert sharpness(checkerboard().expand(1, 3, 8, 8)) == pytest.approx(16)


def test_sharpness_is_the_variance_of_the_filtered_image() -> None:
    from scipy.ndimage import laplace

    images = noise(5, channels=3, size=12)
    grey = (images.double().numpy().mean(1) + 1) / 2
    expected = np.mean([laplace(each)[1:-1, 1:-1].var() for each in grey])
    assert sharpness(images) == pytest.approx(expected, rel=1e-6)


def test_a_slope_is_not_sharp() -> None:
    slope = torch.linspace(-1, 1, 16).expand(2, 1, 16, 16)
    assert sharpness(slope) == pytest.approx(0, abs=1e-10)
    assert contrast(slope) == pytest.approx(np.linspace(0, 1, 16).std(), rel=1e-6)


def test_contrast_of_black_and_white() -> None:
    assert contrast(checkerboard()) == pytest.approx(0.5)
    assert contrast(torch.cat([checkerboard(), flat(WHITE, 1)])) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("down", "right", "share"),
    [(0, 1, 0), (8, 0, 0), (0, 9, 1), (5, 6, 0), (6, 6, 1), (-6, 6, 1), (16, 16, 1)],  # 8 of 32 is 0.25 a pixel
)
def test_a_wave_is_high_or_low(down: int, right: int, share: float) -> None:
    assert high_frequency(wave(down, right)) == pytest.approx(share, abs=1e-9)


def test_shares_of_power_add_up() -> None:
    low, high = wave(1, 2), wave(12, 3)
    assert high_frequency((low + high) / 2) == pytest.approx(0.5, abs=1e-6)
    assert high_frequency(torch.cat([low, low, low, high])) == pytest.approx(0.25, abs=1e-6)
    assert high_frequency(torch.cat([high, flat(GREY, 5, 32)])) == pytest.approx(1, abs=1e-6)  # blanks have no power
    assert high_frequency((wave(12, 3) + 5) / 6) == pytest.approx(1, abs=1e-6)  # nor has the mean


def test_white_noise_has_power_everywhere() -> None:
    frequencies = np.fft.fftfreq(28)
    fine = np.hypot(frequencies[:, None], frequencies) > 0.25
    assert high_frequency(noise(1000)) == pytest.approx(fine.sum() / (28 * 28 - 1), abs=0.01)


def test_background_is_where_real_images_are_dark() -> None:
    real = flat(BLACK, 100)
    real[:, :, 2:4] = WHITE
    real[:5, :, 0] = WHITE  # still dark in 95 of 100
    real[:6, :, 1] = WHITE  # no longer
    images = flat(BLACK, 4)
    assert background_noise(images, real) == 0
    images[:, :, 1:4] = WHITE  # what is no background does not count
    assert background_noise(images, real) == 0
    images[0, :, [0, 4, 5, 6, 7]] = GREY
    assert background_noise(images, real) == pytest.approx(math.sqrt(0.25 / 4))


@pytest.mark.parametrize("brightness", [0.04, 0.06])
def test_dark_is_below_a_twentieth(brightness: float) -> None:
    found = background_noise(flat(WHITE), flat(2 * brightness - 1))
    assert found == (pytest.approx(1) if brightness < 0.05 else None)


def test_what_no_picture_shows_is_counted() -> None:
    images = torch.tensor([-3.0, -1.0, 0.0, 1.0, 1.5, 2.0, 1.0, -1.0]).view(2, 1, 2, 2)
    assert out_of_range(images) == pytest.approx(3 / 8)
    assert out_of_range(images.clamp(-1, 1)) == 0


def test_an_even_haze_has_no_detail_and_noise_has_its_own() -> None:
    """A pixel less the mean of four others: sqrt(1 + 1/4) times the standard deviation of independent ones."""
    real = flat(BLACK, 20, 32)
    assert background_detail(flat(GREY, 4, 32), real) == pytest.approx(0, abs=1e-12)
    grains = 0.2 * torch.randn(400, 1, 32, 32, generator=torch.Generator().manual_seed(1))  # 0.1 in brightness
    assert background_detail(grains, real) == pytest.approx(0.1 * math.sqrt(1.25), rel=0.01)
    slope = (torch.arange(32) / 16 - 1)[None, None, None].expand(4, 1, 32, 32)
    assert background_detail(slope, real) == pytest.approx(0, abs=1e-7)


def test_detail_at_the_edge_of_the_strokes_does_not_count() -> None:
    real = flat(BLACK, 20)
    real[..., 4] = WHITE
    images = flat(BLACK, 2)
    images[..., 4] = GREY  # not black where the data are not
    assert background_detail(images, real) == 0
    images[..., 3, 2] = GREY  # its left neighbour, and so on, see it
    assert background_detail(images, real) is not None
    assert background_detail(images, real) > 0
    assert background_detail(images, flat(WHITE, 20)) is None


def test_white_dots_are_small_and_bright() -> None:
    real = flat(BLACK, 20, 10)
    images = flat(BLACK, 2, 10)
    images[0, 0, 2, 2] = images[0, 0, 0, 9] = images[1, 0, 9, 5] = GREY  # inside, in a corner, at an edge
    assert white_dots(images, real) == pytest.approx(3 / 200)
    images[1, 0, 4:6, 4:6] = WHITE  # four pixels
    assert white_dots(images, real) == pytest.approx(7 / 200)
    images[1, 0, 4:8, 4:8] = WHITE  # a patch, whose corners alone stand out
    assert white_dots(images, real) == pytest.approx((3 + 4) / 200)
    assert white_dots(flat(WHITE, 2, 10), real) == 0
    assert white_dots(0.2 * images - 0.8, real) == 0  # too dark to be seen
    assert white_dots(images, flat(WHITE, 20, 10)) is None


def test_white_dots_on_strokes_do_not_count() -> None:
    real = flat(BLACK, 20, 10)
    real[:, :, :, 5:] = WHITE
    images = flat(BLACK, 2, 10)
    images[:, :, 4, 7] = WHITE
    assert white_dots(images, real) == 0


def test_the_distance_of_a_collapse_is_zero_and_scales_with_the_images() -> None:
    real = noise(40)
    assert mean_distance(real / 2) == pytest.approx(mean_distance(real) / 2)
    assert mean_distance(real[:1].expand(30, -1, -1, -1)) == pytest.approx(0, abs=1e-6)
    assert mean_distance(real[:1].expand(30, -1, -1, -1)) >= 0


def test_the_mean_distance_is_that_of_all_pairs() -> None:
    images = noise(9).numpy()
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(images) for j, b in enumerate(images) if i != j]
    assert mean_distance(images) == pytest.approx(np.mean(pairs), rel=1e-6)


def source() -> torch.Generator:
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 64), (1, 11, 13), (1, 20, 20), (1, 180, 99)])
def test_the_same_image_is_wholly_similar(shape: tuple) -> None:
    images = noise(1, shape[0], max(shape))[:, :, : shape[1], : shape[2]].expand(6, -1, -1, -1)
    found = similarity_within_classes(images, torch.zeros(6, dtype=torch.int64), 8, source())
    assert found == pytest.approx(1, abs=1e-4)


def test_only_images_of_a_class_are_compared() -> None:
    classes = torch.arange(20) % 2
    images = noise(2)[classes]  # two images, one a class
    assert similarity_within_classes(images, classes, 30, source()) == pytest.approx(1, abs=1e-4)
    mixed = similarity_within_classes(images, torch.zeros(20, dtype=torch.int64), 30, source())
    assert mixed is not None
    assert mixed < 0.9
    apart = similarity_within_classes(noise(20), classes, 30, source())
    assert apart is not None
    assert apart < 0.1


def structure(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """SSIM of images (H, W) in [0, 1], mirrored at their edges (Wang et al. 2004, eq. 13), and its contrast term."""
    from scipy.ndimage import gaussian_filter

    def blur(image: np.ndarray) -> np.ndarray:
        return gaussian_filter(image, 1.5, radius=5, mode="mirror")

    mean, other = blur(first), blur(second)
    spread = blur(first**2) - mean**2 + blur(second**2) - other**2
    contrast = (2 * (blur(first * second) - mean * other) + 0.03**2) / (spread + 0.03**2)
    luminance = (2 * mean * other + 0.01**2) / (mean**2 + other**2 + 0.01**2)
    return (contrast * luminance).mean(), contrast[5:-5, 5:-5].mean()  # which is where the window fits


@pytest.mark.parametrize("size", [22, 28, 42])
def test_similarity_is_that_of_its_two_scales(size: int) -> None:
    """The contrast term of the images and the SSIM of the halved ones, weighted as Wang et al.'s first two scales."""
    images = noise(2, size=size)
    images[1] = 0.6 * images[0] + 0.4 * images[1] + 0.2
    found = similarity_within_classes(images, torch.zeros(2, dtype=torch.int64), 1, source())
    whole = ((images.double() + 1) / 2)[:, 0].numpy()
    halved = whole.reshape(2, size // 2, 2, size // 2, 2).mean((2, 4))
    share = 0.0448 / (0.0448 + 0.2856)
    assert found == pytest.approx(structure(*whole)[1] ** share * structure(*halved)[0] ** (1 - share), rel=1e-4)


def test_pairs_are_of_different_images_of_a_class_and_each_is_possible() -> None:
    classes = torch.tensor([2, 0, 2, 5, 0, 2])  # 5 stands alone
    drawn = _pairs(classes, 500, source())
    assert drawn is not None
    first, second = drawn
    assert (classes[first] == classes[second]).all()
    assert (first != second).all()
    assert {(int(a), int(b)) for a, b in zip(first, second, strict=True)} == {
        *((0, 2), (2, 0), (0, 5), (5, 0), (2, 5), (5, 2)),
        *((1, 4), (4, 1)),
    }


def test_pairs_depend_on_the_source_alone() -> None:
    images, classes = noise(20), torch.arange(20) % 3
    torch.manual_seed(1)
    before = torch.get_rng_state()
    found = [similarity_within_classes(images, classes, 5, source()) for _ in range(2)]
    assert found[0] == found[1]
    assert torch.equal(torch.get_rng_state(), before)


def test_without_two_images_of_a_class_there_is_no_similarity() -> None:
    assert similarity_within_classes(noise(4), torch.arange(4), 5, source()) is None


PER_IMAGE: list[Callable[[Tensor], float]] = [sharpness, contrast, high_frequency]


@pytest.mark.parametrize("measure", PER_IMAGE)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(3, 8, 8), r"images must be images \(N, C, H, W\), not of shape \(3, 8, 8\)."),
        (torch.zeros(0, 1, 8, 8), "images must hold at least 1 of them, not 0."),
        (torch.full((2, 1, 8, 8), float("nan")), "images must be finite numbers."),
    ],
)
def test_what_are_no_images_is_refused(measure: Callable, images: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        measure(images)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sharpness(torch.zeros(1, 1, 2, 9)), "images must be at least 3 x 3 pixels, not 2 x 9."),
        (
            lambda: background_noise(noise(3), noise(3, size=32)),
            r"images and real must have the same shape, not \(1, 28, 28\) and \(1, 32, 32\).",
        ),
        (lambda: mean_distance(noise(1)), "images must hold at least 2 of them, not 1."),
        (
            lambda: similarity_within_classes(flat(GREY), torch.zeros(3, dtype=torch.int64), 2, source()),
            "images must be at least 11 pixels a side, not 8.",
        ),
        (
            lambda: similarity_within_classes(noise(3), torch.zeros(2, dtype=torch.int64), 2, source()),
            "images and classes must be equally many, not 3 and 2.",
        ),
        (
            lambda: similarity_within_classes(noise(2), torch.zeros(2, dtype=torch.int64), 0, source()),
            "pairs must be at least 1, not 0.",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(call: Callable, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
