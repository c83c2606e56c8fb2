"""What a page reads of a checkpoint, without torch."""

from __future__ import annotations

import pickle
from pathlib import Path
from zipfile import ZipFile

import pytest
import torch

from gancore.store.checkpoint_step import saved_step
from gancore.store.checkpoints import Checkpoint


def zipped(path: Path, content: bytes) -> Path:
    with ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)
    return path


@pytest.mark.parametrize("step", [0, 1, 2, 255, 256, 65_536, 2_000_000])
def test_the_step_is_the_one_that_was_saved(tmp_path: Path, step: int) -> None:
    saved = Checkpoint(step=step, drawn=3, trained=1.5, algorithm={"step": 5, "weights": torch.zeros(3)})
    saved.save(tmp_path / "last.pt")
    assert saved_step(tmp_path / "last.pt") == step


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        pickle.dumps({"steps": 3}),
        pickle.dumps({"step": -1}),
        pickle.dumps({"step": 10**30}),
        pickle.dumps({"step": "3"}),
        pickle.dumps({"step": 1.5}),
        pickle.dumps("step"),
    ],
)
def test_what_has_no_step_has_none(tmp_path: Path, content: bytes) -> None:
    assert saved_step(zipped(tmp_path / "last.pt", content)) is None


def test_nothing_of_the_file_is_executed(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return eval, (f"__import__('pathlib').Path({str(tmp_path / 'done')!r}).touch()",)

    assert saved_step(zipped(tmp_path / "last.pt", pickle.dumps({"x": Evil(), "step": 3}))) == 3
    assert not (tmp_path / "done").exists()


def test_a_missing_file_a_folder_and_a_damaged_archive_have_none(tmp_path: Path) -> None:
    assert saved_step(tmp_path / "missing") is None
    assert saved_step(tmp_path) is None
    (tmp_path / "last.pt").write_bytes(b"PK garbage")
    assert saved_step(tmp_path / "last.pt") is None
