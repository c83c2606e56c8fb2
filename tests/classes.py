"""A class of a server under test."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.classroom import room as rooms
from ui.classroom.room import Room


def class_of(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: str | int) -> Room:
    """The class that the server has from now on, in a folder, with the code `swan-4821` and other options."""
    said = {"code": "swan-4821", "folder": str(folder / "class")} | options
    settings = folder / "class.toml"
    settings.write_text("".join(f"{name} = {value!r}\n" for name, value in said.items()))  # TOML reads these alike
    monkeypatch.setenv("GANCORE_CLASSROOM", str(settings))
    monkeypatch.setenv("GANCORE_RUNS", str(folder / "runs"))
    found = rooms.room()
    assert found is not None
    return found
