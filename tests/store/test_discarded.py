from __future__ import annotations

import os
from pathlib import Path

from gancore.store.discarded import FOLDER, KEPT, discard_after, rewinds


def test_what_was_set_aside_longest_ago_goes_first(tmp_path: Path) -> None:
    for time in range(KEPT + 3):
        (tmp_path / "samples").mkdir(exist_ok=True)
        (tmp_path / "samples" / "000090.png").write_bytes(b"a picture")
        name = f"{90 - time:06d}-{time}"  # the step says nothing of when
        discard_after(tmp_path, 0, name)
        os.utime(tmp_path / FOLDER / name, (time, time))
    left = {f"{90 - time:06d}-{time}" for time in range(3, KEPT + 3)}
    assert set(rewinds(tmp_path)) == left
    assert (tmp_path / FOLDER / min(left) / "samples" / "000090.png").read_bytes() == b"a picture"


def test_what_cannot_be_deleted_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    for time in range(KEPT + 1):  # of somebody's own making
        (tmp_path / FOLDER / f"file-{time}").write_text("no folder")
    discard_after(tmp_path, 0, "000000-a")
    assert "000000-a" in rewinds(tmp_path)
