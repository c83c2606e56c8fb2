from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from gancore import metrics, rng
from gancore.algorithms import Algorithm, build_algorithm
from gancore.config import RunConfig
from gancore.config.kinds import ModelKind
from gancore.data import Images, load
from gancore.data.batches import to_range
from gancore.data.toys import TOY_SIGMA, toy_modes
from gancore.evaluation import drawing, evaluator, pixels, runs, strokes
from gancore.evaluation.discriminator import JUDGED, PROBED
from gancore.evaluation.drawing import Samples
from gancore.evaluation.evaluator import Evaluator
from gancore.evaluation.measures import CHEAP_SAMPLES, MEASURES, best, final, last
from gancore.evaluation.runs import Evaluations, evaluate_run, expected_seconds, sum_up, weights_of
from gancore.extractors import inception
from gancore.progress import Cancelled, Work
from gancore.store import RunStore
from gancore.store.checkpoints import BadCheckpoint
from gancore.store.evaluations import Evaluation
from gancore.training.runner import execute
from tests.miniatures import KINDS, equal, tiny, trained

SEEN = {"fid", "kid", "kid_error", "inception_score", "precision", "recall", "density", "coverage"}
CLASSES = {"confidence", "classes", "kl_to_uniform"}
PIXELS = {"diversity", "contrast", "sharpness", "high_frequency", "background", "background_detail", "white_dots"}
PIXELS |= {"out_of_range", "slant"}
ALWAYS = SEEN | CLASSES | PIXELS | {"closer_to_training"}
JUDGEMENT = {"d_accuracy", "d_score_real", "d_score_fake"}
PATHS = {"path_linear", "path_spherical", "path_random", "path_jump"}
OWN: Mapping[ModelKind, set[str]] = {
    "vae": {"test_elbo", "test_recon", "test_kl"},
    "semi": {"test_accuracy"},
    "cdcgan": {"conditional_accuracy"},
    "cmlp": {"conditional_accuracy"},
    "translator": {"thickness_ratio", "boldness", "kept_class", "noise_spread"},
}
needs_data = pytest.mark.skipif("GANCORE_DATA" not in os.environ, reason="needs the full data sets")


RING = {"data.name": "ring", "model.g_output": "linear", "data.limit": None}


def source() -> torch.Generator:
    return rng.generator(0, "test")


class Painter:
    """An algorithm whose samples are real images, of the requested class if one is requested."""

    averaged = False

    def __init__(self, images: Tensor, labels: Tensor | None = None) -> None:
        self.images, self.labels = images, labels

    def latents(self, count: int, source: torch.Generator) -> Tensor:
        return torch.arange(count)[:, None] + 0 * torch.rand(count, 1, generator=source)

    def sample(self, z: Tensor, cond: Tensor | None = None, *, raw: bool = False) -> Tensor:
        assert raw
        places = z[:, 0].long() % len(self.images)
        if cond is not None and self.labels is not None:
            places = torch.stack([(self.labels == label).nonzero()[0, 0] for label in cond])
        return self.images[places]

    def measure(self, held_out: Callable[[], Images]) -> dict[str, float]:
        return {"test_accuracy": len(held_out()) / 1000}


def display(images: Images) -> Tensor:
    return to_range(images.pixels, "-1..1")


@pytest.mark.parametrize("kind", KINDS)
def test_every_family_is_measured(kind: ModelKind) -> None:
    """Everything that can be said of it and nothing else; the full evaluation says more than the cheap one."""
    algorithm = trained(config := tiny(kind))
    evaluator = Evaluator(config)
    before, drawn = algorithm.state_dict(), torch.get_rng_state()
    cheap = evaluator.evaluate(algorithm, 3, "cheap", samples=30)
    full = evaluator.evaluate(algorithm, 3, "full", samples=30)
    assert set(cheap.values) == ALWAYS | OWN.get(kind, set()) | (JUDGEMENT if kind != "vae" else set())
    lengthy = {"parzen", "parzen_error", "parzen_sigma", "similarity", "thickness"}
    if kind in ("cdcgan", "cmlp"):
        lengthy |= {"column_thickness", "column_slant"}
    if kind == "vae":
        lengthy |= {"recon_fid", "recon_sharpness", "recon_background", "recon_high_frequency"}
        assert {"recon_fid", "recon_sharpness"} <= set(full.values)
    elif kind != "translator":
        lengthy |= PATHS
        assert set(full.values) >= PATHS
    assert set(full.values) - set(cheap.values) <= lengthy
    assert {"parzen", "thickness"} <= set(full.values)
    assert set(full.values) <= set(MEASURES)
    assert (full.step, full.samples, full.extractor, full.missing) == (3, 30, "mnist-cnn-v1", "")
    assert sum(full.histogram) == 30
    assert sum(full.expected) == full.reference_count
    assert equal(before, algorithm.state_dict())
    assert torch.equal(drawn, torch.get_rng_state())


def test_the_same_weights_get_the_same_values() -> None:
    config = tiny("dcgan")
    first, second = (Evaluator(config).evaluate(trained(config), 3, "cheap", samples=30) for _ in range(2))
    assert first.values == second.values
    assert first.histogram == second.histogram


def test_the_average_of_g_is_measured_apart() -> None:
    algorithm = trained(config := tiny("dcgan", {"optim.ema": 0.99}), steps=10)
    assert weights_of(algorithm) == ("raw", "ema")
    evaluator = Evaluator(config)
    raw, ema = (evaluator.evaluate(algorithm, 10, "cheap", each, samples=30) for each in weights_of(algorithm))
    assert (raw.file, ema.file) == ("000010-raw-cheap.json", "000010-ema-cheap.json")
    assert raw.values["fid"] != ema.values["fid"]
    plain = trained(tiny("dcgan"), steps=10)
    assert weights_of(plain) == ("raw",)
    assert evaluator.evaluate(plain, 10, "cheap", samples=30).values == raw.values


def test_translations_of_g_are_not_those_of_its_average() -> None:
    """All that is measured of the raw network is as if there were no average, the spread over noise included."""
    algorithm = trained(config := tiny("translator", {"optim.ema": 0.99}), steps=10)
    for weight in algorithm.networks["average"].parameters():
        weight.data += torch.randn(weight.shape, generator=source())
    evaluator = Evaluator(config)
    raw, ema = (evaluator.evaluate(algorithm, 10, "cheap", each, samples=30) for each in ("raw", "ema"))
    plain = trained(tiny("translator"), steps=10)
    assert raw.values == evaluator.evaluate(plain, 10, "cheap", samples=30).values
    assert ema.values["noise_spread"] > 10 * raw.values["noise_spread"]


def test_strokes_of_real_digits_are_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that a translator is given, and real bold ones: later evaluations measure samples alone."""
    looked_at: list[int] = []
    measure = metrics.stroke_thickness
    monkeypatch.setattr(metrics, "stroke_thickness", lambda images: looked_at.append(len(images)) or measure(images))
    config = tiny("translator", {"data.limit": None})
    algorithm, evaluator = trained(config), Evaluator(config)
    evaluator.prepare()
    looked_at.clear()
    found = [evaluator.evaluate(algorithm, 3, "cheap", samples=520) for _ in range(2)]
    assert looked_at == [500, 500]
    assert found[0].values == found[1].values
    fewer = evaluator.evaluate(algorithm, 3, "cheap", samples=30).values
    alone = Evaluator(config).evaluate(algorithm, 3, "cheap", samples=30).values
    assert fewer["thickness_ratio"] == alone["thickness_ratio"]  # of the first 30 sources, not of all 500


def test_what_blank_images_have_nothing_of_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be said as a share of no stroke or no distance; everything else is measured."""

    def blank(config: RunConfig, split: str = "train") -> Images:
        images = load(config, split)
        assert images.sources is not None
        return Images(torch.zeros_like(images.pixels), images.labels, torch.zeros_like(images.sources))

    monkeypatch.setattr(evaluator, "load", blank)
    config = tiny("translator")
    found = Evaluator(config).evaluate(trained(config), 3, "cheap", samples=30).values
    assert not {"thickness_ratio", "boldness", "noise_spread", "diversity", "sharpness"} & set(found)
    assert {"fid", "kept_class", "closer_to_training", "background"} <= set(found)


def test_held_out_images_are_taken_in_random_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of a file may be special; here they are all of one class."""
    seen: list[Images] = []

    def sorted_by_class(config: RunConfig, split: str = "train") -> Images:
        images = load(config, split)
        return images[images.labels.argsort(stable=True)] if split == "test" else images

    class Curious(Painter):
        def measure(self, held_out: Callable[[], Images]) -> dict[str, float]:
            seen.append(held_out())
            return super().measure(held_out)

    monkeypatch.setattr(evaluator, "load", sorted_by_class)
    monkeypatch.setattr(evaluator, "CHEAP_SAMPLES", 100)
    config = tiny("dcgan")
    for _ in range(2):
        Evaluator(config).evaluate(Curious(display(load(config))), 1, "cheap", samples=30)
    assert len(seen[0]) == 100
    assert set(seen[0].labels.tolist()) == set(range(10))
    assert torch.equal(seen[0].pixels, seen[1].pixels)
    held_out = Evaluator(config).held_out
    assert held_out is not None
    assert sorted(held_out.labels.tolist()) == sorted(load(config, "test").labels.tolist())


def test_real_images_are_judged_to_be_real() -> None:
    config = tiny("dcgan", {"data.image_size": 32})
    images = load(config, "test")
    found = Evaluator(config).evaluate(Painter(display(images)), 1, "cheap", samples=500).values
    assert found["fid"] < 0.5
    assert found["inception_score"] > 9.5
    assert found["classes"] == 10
    assert min(found["precision"], found["coverage"]) > 0.8
    assert all(found[name] == pytest.approx(1, abs=0.1) for name in ("diversity", "contrast", "sharpness"))
    assert found["confidence"] > 0.98


def test_labels_that_are_obeyed_are_seen() -> None:
    config = tiny("cdcgan")
    images = load(config, "test")
    obeying = Evaluator(config).evaluate(Painter(display(images), images.labels), 1, "cheap", samples=100)
    assert obeying.values["conditional_accuracy"] == 1
    deaf = Evaluator(config).evaluate(Painter(display(images)), 1, "cheap", samples=500)
    assert deaf.values["conditional_accuracy"] == pytest.approx(0.1, abs=0.05)


def test_samples_are_held_against_all_images_of_the_chosen_classes() -> None:
    """Those that a limit left out, too; copies are looked for among those that the run saw."""
    config = tiny("dcgan", {"data.limit": 20, "data.classes": (3, 7)})
    evaluator = Evaluator(config)
    assert sorted(set(evaluator.real.labels.tolist())) == [3, 7]
    assert len(evaluator.real) == 464 + 457
    copies = evaluator.evaluate(Painter(display(load(config))), 1, "cheap", samples=100)
    assert copies.values["closer_to_training"] > 0.99
    assert copies.values["classes"] == 2
    assert copies.expected[3] == 464
    assert copies.reference == "mnist-5k, training images"
    others = evaluator.evaluate(Painter(display(load(config, "test"))), 1, "cheap", samples=90)
    assert others.values["closer_to_training"] == pytest.approx(0.5, abs=0.05)


def test_the_parzen_windows_are_chosen_on_images_that_were_not_trained_on() -> None:
    """As in the 2014 paper, whose networks see the first 50,000; where none are left over, on others."""
    whole = load(tiny("dcgan", {"data.limit": None}))
    assert torch.equal(Evaluator(tiny("dcgan", {"data.limit": 500})).validation.pixels, whole.pixels[500:1500])
    for limit in (4_000, None):
        evaluator = Evaluator(tiny("dcgan", {"data.limit": limit}))
        assert torch.equal(evaluator.validation.pixels, evaluator.real.pixels[:1000])


def test_classes_that_were_not_chosen_are_not_counted() -> None:
    config = tiny("dcgan", {"data.classes": (3, 7)})
    eights = load(tiny("dcgan", {"data.classes": (8,), "data.limit": None}))
    found = Evaluator(config).evaluate(Painter(display(eights)), 1, "cheap", samples=100)
    assert found.values["classes"] <= 2
    assert found.histogram[8] > 95


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_the_toys_own_points_find_all_modes(name: str) -> None:
    config = tiny("mlp", {"data.name": name, "model.g_output": "linear", "data.limit": None})
    points = load(config, "test").pixels
    found = Evaluator(config).evaluate(Painter(points), 1, "full", samples=1_000)
    modes = toy_modes(name)
    assert modes is not None
    assert found.values["modes"] == len(modes)
    assert found.values["near_modes"] > 0.98
    assert found.values["reverse_kl"] < 0.02
    assert found.values["coverage"] > 0.9
    assert (found.extractor, found.missing, found.histogram) == (None, "", ())
    one = modes[:1] + TOY_SIGMA[name] * torch.randn(1_000, 2, generator=rng.generator(0, "test"))
    collapsed = Evaluator(config).evaluate(Painter(one), 1, "cheap", samples=1_000).values
    assert collapsed["modes"] == 1
    assert collapsed["coverage"] < 0.2


@pytest.mark.parametrize("wanted", [(0, 1), (3,), None])
def test_a_toy_of_some_modes_is_held_against_these(wanted: tuple[int, ...] | None) -> None:
    config = tiny("mlp", RING | {"data.classes": wanted})
    found = Evaluator(config).evaluate(Painter(load(config).pixels), 1, "cheap", samples=1_000).values
    assert found["modes"] == len(wanted or range(8))
    assert found["near_modes"] > 0.97
    assert found["reverse_kl"] < 0.02
    whole = load(tiny("mlp", RING), "test").pixels[:1_000]
    others = Evaluator(config).evaluate(Painter(whole), 1, "cheap", samples=1_000).values
    assert others["near_modes"] == pytest.approx(0.99 * len(wanted or range(8)) / 8, abs=0.05)


def test_a_toy_whose_modes_are_not_equally_likely_is_held_against_their_shares() -> None:
    """Of the ring, the last mode keeps a hundredth of its points; the shares follow a geometric series."""
    config = tiny("mlp", RING | {"data.imbalance": 0.01})
    modes = toy_modes("ring")
    assert modes is not None
    shares = 0.01 ** (torch.arange(8) / 7)
    shares = (shares / shares.sum()).double()
    balanced = modes[torch.arange(4_000) % 8] + TOY_SIGMA["ring"] * torch.randn(4_000, 2, generator=source())
    due = modes[torch.multinomial(shares, 4_000, replacement=True, generator=source())]
    evaluator = Evaluator(config)
    alike, even = (evaluator.measure(Samples(points), "cheap")[0] for points in (due, balanced))
    assert (alike["modes"], even["modes"]) == (8, 8)
    assert alike["reverse_kl"] < 0.01
    assert even["reverse_kl"] == pytest.approx(float((1 / 8 * (1 / 8 / shares).log()).sum()), abs=0.05)
    rare = torch.cat([modes[:7].repeat(600, 1), modes[7:].repeat(3, 1)])  # of 4,203, 20 are due: 3 are enough
    assert evaluator.measure(Samples(rare), "cheap")[0]["modes"] == 8
    assert evaluator.measure(Samples(rare[:-2]), "cheap")[0]["modes"] == 7


def test_without_an_extractor_pixels_are_measured_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception, "find_spec", lambda _name: None)
    config = tiny("dcgan", {"data.name": "digits-8x8", "data.limit": None})
    found = Evaluator(config).evaluate(trained(config), 3, "full", samples=30)
    assert found.extractor is None
    assert "Inception needs torch-fidelity" in found.missing
    assert not set(found.values) & SEEN
    assert {"diversity", "closer_to_training", "parzen"} <= set(found.values)
    assert found.histogram == ()


def test_inception_is_known_to_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a first evaluation through it waits until the time that is allowed is there."""
    config = tiny("dcgan", {"data.name": "digits-8x8"})
    monkeypatch.setattr(inception, "check", lambda: "inception-v3")
    assert expected_seconds(config) == 100
    assert expected_seconds(tiny("dcgan")) == 0.5


def test_an_evaluation_reports_its_progress_and_can_be_cancelled() -> None:
    config = tiny("dcgan")
    done: list[str] = []
    evaluator = Evaluator(config)
    evaluator.prepare()
    evaluator.evaluate(trained(config), 3, "full", samples=600, work=Work(done.append))
    assert done[:2] == ["drawing samples, 500 of 600", "drawing samples, 600 of 600"]
    assert {"features", "pixels", "Parzen windows", "computing features of samples, 600 of 600"} <= set(done)

    cancelled_at = next(place for place, doing in enumerate(done) if doing == "pixels")
    done.clear()
    with pytest.raises(Cancelled):
        evaluator.evaluate(
            trained(config), 3, "full", samples=600, work=Work(done.append, lambda: len(done) == cancelled_at)
        )
    assert done[-1] == "features"


@pytest.mark.parametrize("size", [8, 64])
def test_images_of_any_size_are_measured(size: int) -> None:
    config = tiny("mlp", {"data.image_size": size})
    found = Evaluator(config).evaluate(trained(config), 3, "full", samples=30).values
    assert {"fid", "parzen", "closer_to_training", "sharpness"} <= set(found)


def test_a_broken_generator_is_an_error_in_one_sentence() -> None:
    config = tiny("dcgan")
    blank = torch.full((5, 1, 32, 32), float("nan"))
    with pytest.raises(ValueError, match="finite"):
        Evaluator(config).evaluate(Painter(blank), 1, "cheap", samples=30)


def test_a_blank_generator_is_measured(tmp_path: Path) -> None:
    """Whatever cannot be said of identical images is left out, and what is left can be written and read."""
    config = tiny("dcgan")
    found = Evaluator(config).evaluate(Painter(torch.full((1, 1, 32, 32), -1.0)), 1, "full", samples=40)
    assert found.values["diversity"] == found.values["contrast"] == 0
    run = RunStore(tmp_path).create(config)
    run.add_evaluation(found)
    assert run.evaluations() == [found]


@pytest.mark.parametrize(
    ("count", "keys"),
    [
        (pixels.PIXEL_SAMPLES, ("diversity", "contrast", "sharpness", "background", "high_frequency", "slant")),
        (pixels.PIXEL_SAMPLES, ("background_detail", "white_dots", "recon_sharpness", "recon_background")),
        (JUDGED["cheap"], ("d_accuracy", "d_score_real", "d_score_fake", "js_of_loss")),
        (JUDGED["full"], ("d_accuracy", "d_score_real", "d_score_fake", "js_of_loss")),
        (PROBED, ("optimal_d_error",)),
        (drawing.MANY, ("js_divergence",)),
        (drawing.COLUMNS, ("column_thickness", "column_slant")),
        (drawing.PATHS, ("path_linear", "path_spherical", "path_random", "path_jump")),
        (drawing.STEPS, ("path_linear", "path_spherical", "path_random", "path_jump")),
        (evaluator.NEAREST_SAMPLES["cheap"], ("closer_to_training",)),
        (evaluator.NEAREST_SAMPLES["full"], ("closer_to_training",)),
        (evaluator.SIMILAR_PAIRS, ("similarity",)),
        (strokes.STROKES, ("thickness", "thickness_ratio", "boldness", "other_thickness_ratio", "other_kept_class")),
        (drawing.NOISES, ("noise_spread",)),
        (CHEAP_SAMPLES, ("test_elbo", "test_recon", "test_kl", "test_accuracy")),
        (inspect.signature(metrics.prdc).parameters["k"].default, ("precision", "recall", "density", "coverage")),
    ],
)
def test_a_value_says_how_many_it_looks_at(count: int, keys: tuple[str, ...]) -> None:
    assert all(re.search(rf"\b{count:,}\b", MEASURES[key].help) for key in keys)


# --- of a run ---------------------------------------------------------------------------------------------------------


def test_a_saved_run_is_measured_at_any_checkpoint(store: RunStore) -> None:
    run = store.create(tiny("dcgan", {"train.keep_epochs": 2, "optim.ema": 0.9}))
    execute(run.path)
    told: list[str] = []
    made = evaluate_run(run, samples=40, progress=told.append)
    assert [(each.step, each.weights, each.size) for each in made] == [(20, "raw", "full"), (20, "ema", "full")]
    earlier = evaluate_run(run, size="cheap", checkpoint="10", samples=40)
    assert {each.step for each in earlier} == {10}
    assert [each.file for each in run.evaluations()] == [
        "000010-ema-cheap.json",
        "000010-raw-cheap.json",
        "000020-ema-full.json",
        "000020-raw-full.json",
    ]
    assert run.summary["fid (mnist-cnn-v1)"] == made[1].values["fid"]
    assert run.summary["best_fid (mnist-cnn-v1)"] == earlier[1].values["fid"]
    assert "loss_g" in run.summary
    with pytest.raises(BadCheckpoint):
        evaluate_run(store.create(tiny("dcgan")))


def evaluation(step: int, fid: float, **changes: Any) -> Evaluation:
    facts = {"weights": "raw", "size": "cheap", "samples": 1000, "reference": "x", "reference_count": 9, "seconds": 1.0}
    return Evaluation(step=step, values={"fid": fid}, **(facts | changes))


def test_the_best_and_the_last_value_are_those_of_the_network_that_is_shown() -> None:
    found = [evaluation(1, 9.0), evaluation(2, 3.0), evaluation(3, 4.0), evaluation(3, 1.0, size="full")]
    assert (best(found, "fid"), last(found, "fid"), final(found)) == (found[1], found[2], found[3])
    averaged = [*found, evaluation(2, 7.0, weights="ema")]
    assert (best(averaged, "fid"), last(averaged, "fid"), final(averaged)) == (averaged[4], averaged[4], None)
    assert best([], "fid") is last([], "fid") is final([]) is None
    assert best(found, "coverage") is None


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"step": -1}', json.dumps(evaluation(1, 2.0).model_dump() | {"values": {"fid": "NaN"}})],
)
def test_a_damaged_evaluation_is_left_out(store: RunStore, dcgan: RunConfig, content: str) -> None:
    run = store.create(dcgan)
    run.add_evaluation(evaluation(5, 2.0))
    (run.path / "evals" / "000006-raw-cheap.json").write_text(content)
    assert [each.step for each in run.evaluations()] == [5]


def test_an_evaluation_that_is_made_again_replaces_the_earlier_one(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    for fid in (2.0, 3.0):
        run.add_evaluation(evaluation(5, fid))
        assert [each.values["fid"] for each in run.evaluations()] == [fid]
    sum_up(run)
    assert run.summary == {"best_fid": 3.0}


# --- on the full data -------------------------------------------------------------------------------------------------


@needs_data
def test_real_mnist_is_measured_as_what_it_is() -> None:
    """The test images as samples: the ceiling of the Inception score, every class, and next to no distance."""
    config = RunConfig().replace({"data.name": "mnist"})
    evaluator = Evaluator(config)
    samples = Samples(display(load(config, "test")))
    found, described = evaluator.measure(samples, "cheap")
    assert described is not None
    assert found["inception_score"] > 9.7
    assert found["classes"] == 10
    assert found["fid"] < 0.1


def test_where_nothing_is_held_out_the_rest_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny("vae")

    def none(_config: RunConfig, split: str = "train") -> Images:
        if split == "test":
            raise evaluator.DataUnavailable("there is none")
        return load(_config, split)

    monkeypatch.setattr(evaluator, "load", none)
    found = Evaluator(config).evaluate(trained(config), 3, "full", samples=30).values
    assert not {"test_elbo", "parzen", "closer_to_training"} & set(found)
    assert "fid" in found


# --- while a run trains -----------------------------------------------------------------------------------------------


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """How long each network's evaluation will take; one that takes no time fails."""
    clock, costs = [0.0], list[float]()

    def measure(_self: Evaluator, _algorithm: Algorithm, step: int, *_args: Any, **_options: Any) -> Evaluation:
        cost = costs.pop(0)
        clock[0] += cost or 1.0
        if not cost:
            raise ValueError("the disk is upside down")
        return evaluation(step, 1.0)

    monkeypatch.setattr(Evaluator, "evaluate", measure)
    monkeypatch.setattr(runs, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(runs, "expected_seconds", lambda _config: 1.0)
    yield costs
    assert not costs


def evaluations(store: RunStore, **changes: float) -> Evaluations:
    settings = {"train.evaluate_every": 10, "train.evaluate_share": 0.05}
    run = store.create(tiny("dcgan", settings | {path.replace("__", "."): value for path, value in changes.items()}))
    return Evaluations(run, build_algorithm(run.config))


def test_evaluations_take_their_share_of_the_time_and_no_more(store: RunStore, seconds: list[float]) -> None:
    """The next one counts as long as the last; the first as long as such ones usually are."""
    made = evaluations(store)
    assert not made.due(11, 1e9)
    assert (made.due(10, 19.9), made.due(10, 20.0)) == (False, True)
    seconds += [3.0]
    assert len(list(made.make(10, "cheap"))) == 1
    assert (made.due(20, 119.9), made.due(20, 120.0)) == (False, True)
    seconds += [1.0]
    list(made.make(20, "cheap"))
    assert (made.due(30, 99.9), made.due(30, 100.0)) == (False, True)


def test_an_averaged_network_costs_as_well(store: RunStore, seconds: list[float]) -> None:
    made = evaluations(store, optim__ema=0.9)
    seconds += [2.0, 3.0]
    assert len(list(made.make(10, "cheap"))) == 2
    assert (made.due(20, 199.9), made.due(20, 200.0)) == (False, True)


def test_after_one_that_failed_there_is_no_other(store: RunStore, seconds: list[float]) -> None:
    made = evaluations(store, train__evaluate_share=1.0)
    assert made.due(10, 0.0)
    seconds += [0.0]
    with pytest.raises(ValueError, match="upside down"):
        list(made.make(10, "cheap"))
    assert not made.due(20, 1e9)


def test_an_evaluation_that_was_cancelled_did_not_fail(store: RunStore) -> None:
    made = evaluations(store, train__evaluate_share=1.0)
    with pytest.raises(Cancelled):
        list(made.make(10, "cheap", cancelled=lambda: True))
    assert made.due(20, 1e9)


def test_after_images_that_could_not_be_looked_at_nothing_is_tried_again(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Evaluator, _work: Work) -> None:
        raise evaluator.DataUnavailable("there are none")

    monkeypatch.setattr(Evaluator, "prepare", fail)
    made = evaluations(store, train__evaluate_share=1.0)
    with pytest.raises(evaluator.DataUnavailable):
        made.prepare()
    assert not made.due(20, 1e9)


def test_all_the_time_may_be_theirs_or_none(store: RunStore) -> None:
    assert evaluations(store, train__evaluate_share=1.0).due(10, 0.0)
    assert not evaluations(store, train__evaluate_share=0.0).due(10, 1e9)
    assert not evaluations(store, train__evaluate_every=0).due(10, 1e9)
