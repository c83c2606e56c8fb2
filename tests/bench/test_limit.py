"""The limit of a step is counted from its layers, and measured beside it."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from gancore.bench import limit
from gancore.bench.limit import ALL_PARTS, DRAWS, Case, Result
from gancore.bench.plain import plain_steps
from gancore.config import RunConfig
from gancore.training.cost import operations

SMALL = {"train.batch_size": 4, "model.ngf": 4, "model.ndf": 4, "train.device": "cpu"}


@pytest.mark.parametrize(("batch", "width"), [(4, 8), (12, 32)])
def test_operations_of_a_dcgan_are_counted_as_by_hand(batch: int, width: int) -> None:
    """Every kernel is 4 x 4. G's first layer sees 1 place, D's last one gives 1."""
    into_g = 16 * 100 * 4 * width
    g = into_g + 16 * (16 * 4 * width * 2 * width + 64 * 2 * width * width + 256 * width)
    into_d = 16 * 256 * width
    d = into_d + 16 * (64 * width * 2 * width + 16 * 2 * width * 4 * width + 4 * width)
    d_update = g + 2 * d + 2 * (d + d - into_d)  # back to the weights of each layer, and to the inputs of all but one
    g_update = d + d + (g + g - into_g)  # through D to its inputs alone; images are those of D's update
    config = RunConfig().replace({"train.batch_size": batch, "model.ngf": width, "model.ndf": width})
    assert operations(config) == 2 * batch * (d_update + g_update)


def test_operations_of_a_toy_are_counted_as_by_hand() -> None:
    toy = limit.cases()[-1]
    g_layers, d_layers = list(pairwise((2, 64, 64, 2))), list(pairwise((2, 64, 64, 1)))
    g, d = (sum(a * b for a, b in layers) for layers in (g_layers, d_layers))
    into = 2 * 64
    assert operations(toy.config) == 2 * 64 * (g + 2 * d + 2 * (2 * d - into) + 2 * d + 2 * g - into)


@pytest.fixture(scope="module", params=["DCGAN", "cDCGAN", "MLP GAN", "VAE", "toy"])
def results(request: pytest.FixtureRequest) -> list[Result]:
    """Of one step each."""
    case = next(each for each in limit.cases() if each.what == request.param)
    smaller = {"model.g_hidden": (16,), "model.d_hidden": (16,), "model.hidden": (16,)}
    small = {name: value for name, value in (SMALL | smaller).items() if case.config.uses(name)}
    return limit.measure_case(Case(case.what, case.config.replace(small)), seconds=0.0, rounds=1)


def test_a_case_has_a_rate_and_a_share_of_the_limit(results: list[Result]) -> None:
    assert results[0].precision == "fp32"
    for each in results:
        assert each.share == pytest.approx(each.rate / each.limit)
        assert each.speed_up == pytest.approx(each.images / each.plain)
        assert each.memory is None or each.memory >= 0


def test_all_time_goes_somewhere(results: list[Result]) -> None:
    for each in results:
        assert set(each.parts) == set(ALL_PARTS)
        assert sum(each.parts.values()) == pytest.approx(1.0, abs=0.05)
        assert min(each.parts["products"], each.parts["optimiser"], each.parts[DRAWS]) > 0
        assert (each.parts["normalisation"] > 0) == ("DCGAN" in each.what)


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("aten::mkldnn_convolution", "products"),
        ("aten::addmm", "products"),
        ("aten::native_batch_norm_backward", "normalisation"),
        ("aten::_fused_adam_", "optimiser"),
        ("Optimizer.step#Adam.step", "optimiser"),
        ("aten::relu", limit.OTHER),
        ("autograd::engine::evaluate_function: ConvolutionBackward0", None),
        ("ConvolutionBackward0", None),
    ],
)
def test_operations_are_told_apart(operation: str, part: str | None) -> None:
    assert limit.part_of(operation) == part


@pytest.mark.parametrize(("imitated", "found"), [(1.0, True), (0.5, True), (0.01, False)])
def test_bf16_that_is_only_imitated_is_not_measured(
    imitated: float, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {"fp32": 1e11, "bf16": imitated * 1e11}
    monkeypatch.setattr(limit, "matrix_rate", lambda precision, _side: rates[precision])
    assert limit.computes_bf16() is found


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with limit._threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_cases_cover_every_batch_and_width_once() -> None:
    shapes = [(case.what, case.batch_size) for case in limit.cases(wide=True)]
    assert len(shapes) == len(set(shapes))
    assert {batch for what, batch in shapes if what == "DCGAN, width 64"} == set(limit.BATCHES)
    assert [case.what for case in limit.cases()][-1] == "toy"


def test_a_plain_loop_of_a_conditional_run_gives_labels() -> None:
    case = next(each for each in limit.cases() if each.what == "cDCGAN")
    losses = next(plain_steps(case.config.replace(SMALL)))
    assert isinstance(losses, tuple)
    assert all(isinstance(number, float) for number in losses)
