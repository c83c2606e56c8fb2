from __future__ import annotations

import pytest

from gancore.config import ConfigError, RunConfig
from gancore.config.forks import with_length

PARENT = RunConfig().replace({"train.batch_size": 100, "train.epochs": 4})  # 45 batches an epoch, 180 steps


def length(changes: dict[str, object], before: RunConfig = PARENT, epoch: float = 2.0, total: int = 180) -> int:
    """Steps of a fork that begins after 90 steps, the middle of its parent."""
    return with_length(before.replace(changes), before, total, 90, epoch).total_steps


def test_unchanged_it_ends_where_its_parent_does() -> None:
    config = with_length(PARENT, PARENT, 180, 90, 2.0)
    assert config == PARENT
    assert length({"optim.lr_g": 1e-5}) == 180


def test_a_live_change_of_ds_steps_does_not_move_the_end() -> None:
    steered = PARENT.replace({"optim.d_steps": 3})
    assert steered.total_steps == 60  # what a run that began so would take
    assert length({}, steered, epoch=3.5) == 180


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"train.epochs": 6}, 90 + 4 * 45),
        ({"train.batch_size": 50}, 90 + 2 * 90),
        ({"train.batch_size": 450}, 90 + 2 * 10),
        ({"optim.d_steps": 2}, 90 + 45),
        ({"data.limit": 1_000}, 90 + 2 * 10),
        ({"train.steps": 91}, 91),
    ],
    ids=str,
)
def test_otherwise_the_epochs_that_are_left_count(changes: dict[str, object], steps: int) -> None:
    assert length(changes) == steps


KEEPING = RunConfig().replace(
    {"data.limit": 43, "train.batch_size": 8, "train.epochs": 4, "data.last_batch": "keep"}  # 6 batches an epoch
)


@pytest.mark.parametrize("drawn", [*range(8, 43, 8), 43, 51, 86, 129 + 40])
def test_a_fork_has_as_many_partial_batches_left_as_there_are_epochs(drawn: int) -> None:
    whole, rest = divmod(drawn, 43)
    step = whole * 6 + rest // 8
    longer = with_length(KEEPING.replace({"train.epochs": 5}), KEEPING, 24, step, drawn / 43)
    assert longer.total_steps == 30


def test_a_fork_that_keeps_its_parents_last_batches_goes_on_for_longer() -> None:
    """45 batches an epoch with 0 left over become 46 an epoch of 98 images with 90 left over."""
    assert length({"data.last_batch": "keep"}) == 180
    assert length({"data.last_batch": "keep", "train.batch_size": 98}) == 90 + 2 * 46


@pytest.mark.parametrize("changes", [{"train.epochs": 2}, {"train.epochs": 1}, {"train.steps": 90}], ids=str)
def test_a_fork_that_would_be_over_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"train\.epochs must be at least 3: the fork starts at step 90"):
        length(changes)
