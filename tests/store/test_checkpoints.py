"""Checkpoints as files: written whole, or not at all with what the disk said."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from unittest import mock

import pytest
import torch

from gancore.store.checkpoints import Checkpoint, load_checkpoint


class SmallDisk(io.BytesIO):
    """A file that has room for so many bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def write(self, content: object) -> int:
        self._room -= len(memoryview(content))  # type: ignore[arg-type]
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)  # type: ignore[arg-type]


@pytest.mark.parametrize("room", [0, 10, 1_000, 3_000, 9_000])
def test_a_full_disk_is_said_to_be_one_and_the_old_checkpoint_stays(room: int, tmp_path: Path) -> None:
    weights = {"a": torch.zeros(2_000), "b": torch.ones(9)}
    path = tmp_path / "checkpoints" / "last.pt"
    Checkpoint(step=1, drawn=8, trained=1.0, algorithm=weights).save(path)
    with mock.patch.object(Path, "open", return_value=SmallDisk(room)), pytest.raises(OSError, match="No space left"):
        Checkpoint(step=2, drawn=16, trained=2.0, algorithm=weights).save(path)
    assert load_checkpoint(path).step == 1
    assert [each.name for each in path.parent.iterdir()] == ["last.pt"]
