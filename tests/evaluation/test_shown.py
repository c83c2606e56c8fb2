"""Samples are measured as pictures show them; D alone sees them as G makes them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gancore import rng
from gancore.algorithms import GAN
from gancore.config.kinds import ModelKind
from gancore.data import load
from gancore.data.batches import to_range
from gancore.data.toys import TOY_SIGMA, toy_modes
from gancore.evaluation.discriminator import Judge, against_optimum
from gancore.evaluation.drawing import Samples
from gancore.evaluation.evaluator import Evaluator
from gancore.evaluation.strokes import other_digits
from gancore.sampling.samples import shown
from tests.miniatures import equal, tiny, train, trained

RING = {"data.name": "ring", "model.g_output": "linear", "data.limit": None}


def source() -> torch.Generator:
    return rng.generator(0, "test")


@pytest.mark.parametrize("size", ["cheap", "full"])
def test_what_lies_beyond_the_range_changes_no_value_but_its_own(size: str) -> None:
    config = tiny("mlp")
    images = to_range(load(config, "test").pixels[:60], "-1..1")
    beyond = images * 1.5 - 0.5  # black -2, white 1; what is grey is darker
    evaluator = Evaluator(config)
    cut, raw = (evaluator.measure(Samples(each), size)[0] for each in (beyond.clamp(-1, 1), beyond))  # type: ignore[arg-type]
    assert cut.pop("out_of_range") == 0
    assert raw.pop("out_of_range") == pytest.approx(float((beyond < -1).double().mean()))
    assert cut == raw


def test_all_that_is_drawn_is_cut_off_alike() -> None:
    wide = 2 * torch.randn(6, 3, 1, 8, 8, generator=source())
    samples = Samples(wide[0], variants=wide, others=wide[1], columns=wide, paths={"linear": wide}).shown()
    parts = [samples.images, samples.variants, samples.others, samples.columns, samples.paths["linear"]]
    assert all(part is not None and part.abs().max() == 1 for part in parts)
    points = 5 * torch.randn(9, 2, generator=source())
    assert torch.equal(shown(points), points)


def test_the_images_of_a_tanh_in_a_run_from_0_to_1_lie_below_black() -> None:
    """The hand-out's quirk (report 003): what G makes below 0 is shown, and now measured, as black."""
    config = tiny("mlp", {"data.range": "0..1"})
    found = Evaluator(config).evaluate(trained(config), 3, "cheap", samples=30).values
    assert found["out_of_range"] > 0.2
    assert found["background"] < 0.1


# --- D ----------------------------------------------------------------------------------------------------------------


def judge_of(gan: GAN) -> Judge:
    game = gan.config.kind.game(gan.config)
    assert game is not None
    return Judge(gan, game)


@pytest.mark.parametrize("kind", ["dcgan", "cmlp", "semi", "translator"])
@pytest.mark.parametrize("scale", ["-1..1", "0..1"])
def test_d_judges_what_it_was_trained_on_as_it_does_in_training(kind: ModelKind, scale: str) -> None:
    if kind == "translator" and scale == "-1..1":
        pytest.skip("translates pixels from 0 to 1")
    config = tiny(kind, {"data.range": scale})
    gan, images = trained(config), load(config)
    before = {name: tensor.clone() for name, tensor in gan.discriminator.state_dict().items()}
    samples = 3 * torch.randn(20, *config.shape, generator=source())
    found = judge_of(gan).accuracy(images, samples, images.labels, 16)
    real, fake = to_range(images.pixels[:16], scale), samples[:16] if scale == "-1..1" else (samples[:16] + 1) / 2
    logits = [gan.discriminate(each, images.labels[:16]) for each in (real, fake)]
    logits = [each.logsumexp(1) if kind == "semi" else each for each in logits]
    assert found["d_score_real"] == pytest.approx(float(torch.sigmoid(logits[0]).mean()))
    assert found["d_score_fake"] == pytest.approx(float(torch.sigmoid(logits[1]).mean()))
    assert found["d_accuracy"] == pytest.approx(
        float((logits[0] > 0).double().mean() + (logits[1] < 0).double().mean()) / 2
    )
    assert equal(before, gan.discriminator.state_dict())


@pytest.mark.parametrize(
    ("loss", "accuracy", "score"),
    [
        ("nonsaturating", 1.0, 1 / (1 + math.exp(-0.4))),
        ("least_squares", 0.5, 0.4),
        ("hinge", 1.0, 0.4),
        ("wasserstein", None, 0.4),
    ],
)
def test_each_loss_has_its_boundary_and_scale(
    loss: str, accuracy: float | None, score: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A D that gives 0.4 to real images and -0.4 to others."""
    config = tiny("dcgan", {"objective.loss": loss})
    gan, images = trained(config), load(config)
    monkeypatch.setattr(gan, "discriminate", lambda seen, _labels: torch.where(seen.amin((1, 2, 3)) < 0, 0.4, -0.4))
    found = judge_of(gan).accuracy(images, torch.full((20, *config.shape), 0.5), None, 16)
    assert found.get("d_accuracy") == accuracy
    assert found["d_score_real"] == pytest.approx(score)


def test_looking_at_d_leaves_its_spectral_norms_and_dropout_alone() -> None:
    config = tiny("mlp", {"model.spectral_norm": True, "model.dropout": 0.3})
    judged, left = trained(config), trained(config)
    Evaluator(config).evaluate(judged, 3, "full", samples=30)
    train(judged, config, 3)
    train(left, config, 3)
    assert equal(judged.state_dict(), left.state_dict())


def test_a_d_that_is_not_finite_says_nothing_and_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny("dcgan")
    gan = trained(config)
    monkeypatch.setattr(gan, "discriminate", lambda seen, _labels: torch.full((len(seen),), math.nan))
    found = Evaluator(config).evaluate(gan, 3, "cheap", samples=30).values
    assert not {"d_accuracy", "d_score_real", "d_score_fake"} & set(found)
    assert "fid" in found


# --- toys -------------------------------------------------------------------------------------------------------------


class Perfect:
    """A game whose D is given, in place of a network."""

    def __init__(self, gan: GAN, logits: float) -> None:
        self.gan, self.logits = gan, logits

    def __call__(self, seen: Tensor, _labels: Tensor | None = None) -> Tensor:
        return torch.full((len(seen),), self.logits)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_samples_like_the_data_leave_the_best_d_to_guess(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny("mlp", RING | {"data.name": name})
    gan, real, modes = trained(config), load(config), toy_modes(name)
    assert modes is not None
    shares = torch.full((len(modes),), 1 / len(modes))
    drawn = modes[torch.randint(len(modes), (20_000,), generator=source())]
    alike = drawn + TOY_SIGMA[name] * torch.randn(20_000, 2, generator=source())
    monkeypatch.setattr(gan, "discriminate", Perfect(gan, 0.0))
    found = against_optimum(judge_of(gan), real, alike, modes, name, shares)
    assert found["js_divergence"] == pytest.approx(0, abs=0.01)
    assert found["optimal_d_error"] == pytest.approx(0, abs=0.05)
    monkeypatch.setattr(gan, "discriminate", Perfect(gan, math.log(4)))  # 0.8 everywhere
    found = against_optimum(judge_of(gan), real, alike, modes, name, shares)
    assert found["optimal_d_error"] == pytest.approx(0.3, abs=0.05)


def test_half_of_the_modes_have_a_known_divergence_and_a_known_best_d(monkeypatch: pytest.MonkeyPatch) -> None:
    """q is twice p at the modes that it has: the best D is 1/3 there, and 1 at the others."""
    config = tiny("mlp", RING)
    gan, real, modes = trained(config), load(config), toy_modes("ring")
    assert modes is not None
    half = modes[:4][torch.arange(20_000) % 4] + TOY_SIGMA["ring"] * torch.randn(20_000, 2, generator=source())
    expected = 0.5 * (0.5 * math.log(2) + 0.5 * math.log(2 / 3)) + 0.5 * math.log(4 / 3)
    monkeypatch.setattr(gan, "discriminate", Perfect(gan, -math.log(2)))  # 1/3 everywhere
    found = against_optimum(judge_of(gan), real, half, modes, "ring", torch.full((8,), 1 / 8))
    assert found["js_divergence"] == pytest.approx(expected, abs=0.01)
    assert found["optimal_d_error"] == pytest.approx(2 / 3 / 4, abs=0.03)  # a quarter of the points is at the others


def test_toys_are_held_against_the_optimum_where_it_is_known() -> None:
    wanted = {"js_divergence", "optimal_d_error", "js_of_loss", "d_accuracy"}
    full = Evaluator(config := tiny("mlp", RING)).evaluate(trained(config), 3, "full", samples=50)
    assert wanted <= set(full.values)
    cheap = Evaluator(config).evaluate(trained(config), 3, "cheap", samples=50)
    assert wanted & set(cheap.values) == {"js_of_loss", "d_accuracy"}
    config = tiny("mlp", RING | {"data.name": "spirals", "objective.loss": "hinge"})
    unknown = Evaluator(config).evaluate(trained(config), 3, "full", samples=50)
    assert wanted & set(unknown.values) == {"d_accuracy"}


# --- what families are asked besides ----------------------------------------------------------------------------------


def test_reconstructions_that_are_perfect_are_as_real_images(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny("vae", {"data.limit": None})
    vae = trained(config)
    monkeypatch.setattr(vae, "reconstruct", lambda images: images * 2 - 1)
    found = Evaluator(config).evaluate(vae, 3, "full", samples=30).values
    assert found["recon_fid"] < 0.5
    assert found["recon_sharpness"] == pytest.approx(1, abs=0.1)
    assert found["recon_high_frequency"] == pytest.approx(1, abs=0.1)
    assert found["recon_background"] < 0.06
    assert "recon_fid" not in Evaluator(config).evaluate(vae, 3, "cheap", samples=30).values


@pytest.mark.parametrize("pairs", ["thickened", "unpaired"])
def test_a_translator_of_ones_is_tried_on_other_digits(pairs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that changes nothing keeps their width and their class."""
    config = tiny("translator", {"data.classes": (1,), "data.pairs": pairs})
    translator = trained(config)
    monkeypatch.setattr(translator, "sample", lambda _z, cond, **_options: cond * 2 - 1)
    found = Evaluator(config).evaluate(translator, 3, "full", samples=30).values
    assert found["other_thickness_ratio"] == pytest.approx(1, abs=1e-4)
    assert found["other_kept_class"] > 0.95
    others = other_digits(config)
    assert others is not None
    assert set(others[1].tolist()) == {0, 2, 3, 4, 5, 6, 7, 8, 9}
    assert "other_kept_class" not in Evaluator(config).evaluate(translator, 3, "cheap", samples=30).values
    assert other_digits(tiny("translator", {"data.pairs": pairs})) is None


def test_what_is_drawn_besides_is_the_same_each_time() -> None:
    config = tiny("cmlp", {"optim.ema": 0.9})
    first, second = (Evaluator(config).evaluate(trained(config), 3, "full", samples=30) for _ in range(2))
    assert first.values == second.values
    average = Evaluator(config).evaluate(trained(config), 3, "full", "ema", samples=30)
    assert of_noise(average.values) != of_noise(first.values)


def of_noise(values: dict[str, float]) -> dict[str, float]:
    return {key: value for key, value in values.items() if key.startswith(("path", "column"))}
