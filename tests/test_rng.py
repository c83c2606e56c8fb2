from __future__ import annotations

from itertools import product

import pytest
import torch

from gancore.rng import StepRng, derive_seed, draw_noise, generator


def first_draw(source: torch.Generator) -> tuple[float, ...]:
    return tuple(torch.rand(4, generator=source).tolist())


def test_seeds_streams_and_counters_are_independent() -> None:
    keys = list(product((0, 1, 2, 2**32 - 1), ("noise", "dropout", "shuffle"), (0, 1, 2, 10_000)))
    assert len({derive_seed(*key) for key in keys}) == len(keys)
    assert len({first_draw(generator(*key)) for key in keys}) == len(keys)


def test_the_same_place_gives_the_same_numbers() -> None:
    assert derive_seed(3, "noise", 7) == derive_seed(3, "noise", 7)
    assert first_draw(generator(3, "noise", 7)) == first_draw(generator(3, "noise", 7))
    assert derive_seed(3, "noise") == derive_seed(3, "noise", 0)


def test_seeds_never_change_between_versions() -> None:
    """A saved run is resumed with them. blake2b's first four bytes, least significant first."""
    assert [derive_seed(0, "noise", 1), derive_seed(7, "init/generator")] == [106_187_718, 1_500_528_555]


def test_all_the_entropy_is_in_the_low_32_bits() -> None:
    """CPU generators keep no more: what differs only above them draws the same numbers."""
    seed = derive_seed(1, "noise", 1)
    assert 0 <= seed < 2**32
    assert first_draw(torch.Generator().manual_seed(seed)) == first_draw(torch.Generator().manual_seed(seed + 2**32))
    seeds = [derive_seed(0, "noise", counter) for counter in range(4_000)]
    for bit in range(32):  # each is a fair coin: 2,000 heads, within 5 standard deviations of 31.6
        assert sum(seed >> bit & 1 for seed in seeds) == pytest.approx(2_000, abs=160)


def test_a_stream_goes_on_within_a_step_whoever_draws_in_between() -> None:
    alone, disturbed = StepRng(5, 9), StepRng(5, 9)
    expected = torch.rand(6, generator=generator(5, "noise", 9))
    assert torch.equal(torch.cat([torch.rand(3, generator=alone.stream("noise")) for _ in range(2)]), expected)
    torch.rand(10, generator=disturbed.stream("dropout"))
    first = torch.rand(3, generator=disturbed.stream("noise"))
    torch.rand(10, generator=disturbed.stream("dropout"))
    assert torch.equal(torch.cat([first, torch.rand(3, generator=disturbed.stream("noise"))]), expected)


def test_neighbouring_steps_and_seeds_do_not_overlap() -> None:
    """With `seed + step`, seed 4 at step 6 would draw what seed 5 draws at step 5."""
    assert first_draw(StepRng(4, 6).stream("noise")) != first_draw(StepRng(5, 5).stream("noise"))
    assert first_draw(StepRng(4, 6).stream("noise")) != first_draw(StepRng(4, 7).stream("noise"))


def test_the_normal_prior_is_a_standard_normal() -> None:
    z = draw_noise("normal", 1_000, 100, generator(0, "noise"))
    assert z.shape == (1_000, 100)
    count = z.numel()
    assert z.mean().item() == pytest.approx(0, abs=5 / count**0.5)
    assert z.var().item() == pytest.approx(1, abs=5 * (2 / count) ** 0.5)
    assert (z.abs() < 1).float().mean().item() == pytest.approx(0.6827, abs=0.01)


def test_the_uniform_prior_fills_minus_one_to_one() -> None:
    z = draw_noise("uniform", 1_000, 100, generator(0, "noise"))
    assert z.shape == (1_000, 100)
    assert -1 <= z.min() < -0.999
    assert 0.999 < z.max() <= 1
    assert z.mean().item() == pytest.approx(0, abs=5 * (1 / 3 / z.numel()) ** 0.5)
    assert z.var().item() == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("prior", ["normal", "uniform"])
def test_noise_is_a_function_of_its_generator(prior: str) -> None:
    assert torch.equal(
        draw_noise(prior, 3, 5, generator(1, "a")),
        draw_noise(prior, 3, 5, generator(1, "a")),
    )
