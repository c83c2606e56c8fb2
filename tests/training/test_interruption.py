from __future__ import annotations

import pytest

from gancore.config import RunConfig
from gancore.store import RunStore
from gancore.store.checkpoints import Checkpoint
from gancore.training.interruption import how_it_goes_on


@pytest.mark.parametrize("step", [0, 1, 300, 70_000, 999_999_999])
def test_it_goes_on_from_its_last_checkpoint(store: RunStore, dcgan: RunConfig, step: int) -> None:
    run = store.create(dcgan)
    assert "from the beginning" in how_it_goes_on(run)
    Checkpoint(step=step, drawn=1, trained=0.5, algorithm={"step": 7}).save(run.path / "checkpoints" / "last.pt")
    assert how_it_goes_on(run) == f"Resume continues from step {step:,}."


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x05\x06" + bytes(18)])
def test_a_checkpoint_that_cannot_be_read_has_no_step(store: RunStore, dcgan: RunConfig, content: bytes) -> None:
    run = store.create(dcgan)
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "last.pt").write_bytes(content)
    assert how_it_goes_on(run) == "Resume continues from its last checkpoint."
