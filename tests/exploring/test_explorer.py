from __future__ import annotations

from typing import Any

import pytest
import torch

from gancore.exploring.asking import Bold, Path, Point, Weights
from gancore.exploring.explorer import Explorer, NotThere
from gancore.pictures.planes import SIDE
from gancore.sampling.samples import sample
from tests.miniatures import CONDITIONAL, held_out

GENERATING = ("dcgan", "mlp", "cs231n", "cdcgan", "cmlp", "vae", "semi")
W = Weights()


def points(count: int, seed: int = 3, **more: Any) -> list[Point]:
    return [Point(seed=seed, place=place, **more) for place in range(count)]


@pytest.mark.parametrize("kind", GENERATING)
def test_samples_are_those_of_the_command_line(kind: str, explore: Any) -> None:
    explorer = explore(kind)
    images = explorer.images(points(64), W)
    assert torch.allclose(images, sample(explorer.run, 64, seed=3), atol=1e-6)


def test_no_weight_wants_a_gradient_and_no_optimizer_is_kept(explore: Any) -> None:
    explorer = explore("dcgan", {"optim.ema": 0.9})
    assert not explorer.algorithm.optimizers
    networks = explorer.algorithm.networks.values()
    assert not any(parameter.requires_grad for network in networks for parameter in network.parameters())
    assert not any(module.training for network in networks for module in network.modules())
    sizes = (each.numel() * each.element_size() for network in networks for each in network.state_dict().values())
    assert explorer.bytes == sum(sizes)


def test_raw_samples_are_those_of_g_itself(explore: Any) -> None:
    explorer = explore("dcgan", {"optim.ema": 0.9})
    z = explorer.latents(points(5), W)
    average, raw = explorer.images(points(5), W), explorer.images(points(5), Weights(raw=True))
    assert torch.equal(average, explorer.algorithm.networks["average"](z))
    assert torch.equal(raw, explorer.algorithm.networks["generator"](z))
    assert not torch.equal(average, raw)


def test_moves_add_up(explore: Any) -> None:
    explorer = explore("dcgan")
    base, moved = Point(seed=3), Point(seed=3, moves={"z-2": 1.5, "sefa-0": -2.0, "ganspace-1": 0.5})
    before, after = explorer.latents([base, moved], W)
    steps = 1.5 * torch.eye(4)[2] - 2 * explorer.directions("sefa", False).vectors[0]
    assert torch.allclose(after - before, steps + 0.5 * explorer.directions("ganspace", False).vectors[1], atol=1e-6)
    assert torch.equal(before, explorer.latents([base], W)[0])  # a move changes no kept noise


@pytest.mark.parametrize(("move", "words"), [("z-4", "4 dimensions"), ("sefa-5", "no direction 6")])
def test_a_direction_that_is_not_there_is_said_so(move: str, words: str, explore: Any) -> None:
    with pytest.raises(NotThere, match=words):
        explore("dcgan").images([Point(moves={move: 1.0})], W)


def test_truncated_noise_stays_within_the_threshold(explore: Any) -> None:
    explorer = explore("dcgan")
    assert explorer.latents(points(64), W).abs().max() > 1
    assert explorer.latents(points(64), Weights(truncation=0.5)).abs().max() <= 0.5
    uniform = explore("dcgan", {"model.prior": "uniform"})
    assert uniform.latents(points(64), Weights(truncation=0.5)).abs().max() <= 0.5


@pytest.mark.parametrize("way", ["straight", "spherical"])
@pytest.mark.parametrize("kind", ["dcgan", "cdcgan"])
def test_a_path_leads_through_its_stops(kind: str, way: Any, explore: Any) -> None:
    explorer = explore(kind)
    stops = (Point(seed=1), Point(seed=2, place=5), Point(seed=1, moves={"z-0": 2.0}))
    images = explorer.along(Path(stops=stops, way=way, steps=4))
    assert images.shape == (9, 1, 32, 32)
    assert torch.allclose(images[::4], explorer.images(stops, W), atol=1e-5)


@pytest.mark.parametrize("kind", CONDITIONAL)
def test_a_path_from_class_to_class_changes_their_shares(kind: str, explore: Any) -> None:
    explorer = explore(kind)
    stops = (Point(seed=1, label=2), Point(seed=1, label=7))
    images = explorer.along(Path(stops=stops, steps=2))
    assert torch.allclose(images[[0, 2]], explorer.images(stops, W), atol=1e-5)
    half = torch.zeros(1, 10).index_fill(1, torch.tensor([2, 7]), 0.5)
    middle = explorer.algorithm.sample(explorer.latents(stops[:1], W), half)
    assert torch.allclose(images[1:2], middle.clamp(-1, 1), atol=1e-5)


@pytest.mark.parametrize("kind", CONDITIONAL)
def test_shares_that_are_all_of_one_class_are_that_class(kind: str, explore: Any) -> None:
    explorer = explore(kind)
    z, labels = explorer.noise(1)[:10], torch.arange(10)
    assert torch.equal(explorer.algorithm.sample(z, labels), explorer.algorithm.sample(z, torch.eye(10)))


def test_classes_are_those_of_the_run(explore: Any) -> None:
    explorer = explore("cmlp", {"data.classes": (2, 7)})
    assert explorer.labels(points(3)).tolist() == [2, 7, 2]
    assert explorer.labels(points(2, label=7)).tolist() == [7, 7]
    with pytest.raises(NotThere, match="no class 3"):
        explorer.labels(points(1, label=3))


def test_a_place_in_the_plane_of_codes_is_decoded_there(explore: Any) -> None:
    explorer = explore("vae")
    plane = explorer.plane()
    codes, _ = explorer.vae().encode(held_out(explorer.config, 30).pixels.float() / 255)
    assert torch.allclose(plane.axes @ plane.axes.T, torch.eye(2), atol=1e-5)
    assert torch.allclose(plane.at(0.0, 0.0), codes.mean(0), atol=1e-5)
    x, y = plane.places[4].tolist()
    expected = explorer.vae().sample(plane.at(x, y)[None]).clamp(-1, 1)
    assert torch.allclose(explorer.images([Point(plane=(x, y))], W), expected, atol=1e-5)
    variances = torch.linalg.eigvalsh((codes - codes.mean(0)).T @ (codes - codes.mean(0)))
    assert plane.share == pytest.approx(float(variances[-2:].sum() / variances.sum()), abs=1e-4)


def test_two_dimensional_codes_are_the_plane(explore: Any) -> None:
    explorer = explore("vae", {"model.nz": 2})
    assert torch.equal(explorer.plane().at(0.5, -1.0), torch.tensor([0.5, -1.0]))
    assert explorer.plane().share == 1


def test_an_encoded_image_is_its_code(explore: Any) -> None:
    explorer = explore("vae")
    image = held_out(explorer.config, 30).pixels[6:7].float() / 255
    assert torch.allclose(
        explorer.images([Point(encoded=6)], W), explorer.vae().reconstruct(image).clamp(-1, 1), atol=1e-5
    )
    with pytest.raises(NotThere, match="only 30"):
        explorer.images([Point(encoded=30)], W)


@pytest.mark.parametrize("point", [Point(plane=(0.0, 0.0)), Point(encoded=1)])
def test_only_a_vae_has_codes(point: Point, explore: Any) -> None:
    with pytest.raises(NotThere, match="only a VAE"):
        explore("dcgan").images([point], W)


def test_a_translator_makes_bold_versions_of_an_image(explore: Any) -> None:
    explorer = explore("translator")
    image = explorer.some("test", 3, 1, sources=True)
    assert torch.equal(image, held_out(explorer.config, 30).sources[3:4].float() / 127.5 - 1)
    asked = Bold.model_validate({"image": {"split": "test"}, "seed": 4, "count": 3, "moves": {"sefa-0": 1.0}})
    made = explorer.bold(image, asked)
    z = explorer.noise(4)[:3] + explorer.directions("sefa", False).vectors[0]
    expected = explorer.algorithm.sample(z, ((image + 1) / 2).expand(3, -1, -1, -1))
    assert torch.allclose(made, expected, atol=1e-5)
    with pytest.raises(NotThere, match="images of other images"):
        explorer.images(points(1), W)
    with pytest.raises(NotThere, match="only a translator"):
        explore("dcgan").bold(image, asked)


def test_a_toy_is_drawn_in_the_plane(saved: Any) -> None:
    explorer = Explorer(saved("mlp", {"data.name": "ring", "model.g_output": "linear"}), "last")
    first, other = explorer.toy(1, W), explorer.toy(2, W)
    assert first.size == (SIDE, SIDE)
    assert first.tobytes() == explorer.toy(1, W).tobytes()
    assert first.tobytes() != other.tobytes()
