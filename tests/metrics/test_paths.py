from __future__ import annotations

import math

import pytest
import torch

from gancore.metrics import largest_step, step_lengths


def test_even_steps_and_a_jump() -> None:
    """Images that go from black to white in ten equal steps, and such that do so in one."""
    even = torch.linspace(-1, 1, 11)[:, None, None, None].expand(11, 1, 4, 4)
    jump = torch.where(even > 0.5, 1.0, -1.0)
    assert largest_step(even[None]) == pytest.approx(1)
    assert largest_step(jump[None]) == pytest.approx(10)
    assert largest_step(torch.stack([even, jump])) == pytest.approx(5.5)
    assert largest_step(7 * even[None]) == pytest.approx(1)  # whatever its length
    assert torch.allclose(step_lengths(even[None]), torch.full((1, 10), 0.8, dtype=torch.float64), atol=1e-6)


def test_what_does_not_move_is_left_out() -> None:
    still = torch.zeros(1, 5, 1, 3, 3)
    moving = torch.arange(5.0)[None, :, None, None, None].square() * torch.ones(1, 1, 1, 3, 3)
    assert math.isnan(largest_step(still))
    assert largest_step(torch.cat([still, moving])) == pytest.approx(7 / 4)  # steps of 1, 3, 5, 7


def test_unrelated_images_take_steps_of_nearly_one_length() -> None:
    """So that the ratio says little of them: they are the reference for the length of a step."""
    images = torch.randn(8, 17, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert largest_step(images) == pytest.approx(1.05, abs=0.05)


@pytest.mark.parametrize("shape", [(3, 4), (3, 1, 2, 2)])
def test_a_path_has_two_images_at_least(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least two images"):
        step_lengths(torch.zeros(shape))
