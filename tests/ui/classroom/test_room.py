"""What is made up for a class is made up once, and nobody else of the machine reads it."""

from __future__ import annotations

import secrets
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from ui.classroom import room


def test_servers_that_start_at_once_have_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes one up waits a moment for another who would, too."""
    made, both, real = [], threading.Barrier(2), secrets.token_hex

    def token(count: int) -> str:
        made.append(count)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return real(count)

    monkeypatch.setattr(secrets, "token_hex", token)
    with ThreadPoolExecutor(2) as servers:
        first, second = servers.map(room._made_up, [tmp_path / "class"] * 2)
    assert first == second
    assert made == [32]


@pytest.mark.skipif(not hasattr(stat, "S_IRWXG"), reason="files here have no modes")
def test_the_key_is_at_no_moment_readable_by_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes, real = [], Path.write_bytes

    def write(path: Path, content: bytes) -> int:
        written = real(path, content)
        modes.append(stat.S_IMODE(path.stat().st_mode))
        return written

    monkeypatch.setattr(Path, "write_bytes", write)
    room._made_up(tmp_path / "class")
    modes.append(stat.S_IMODE((tmp_path / "class" / room.FILE).stat().st_mode))
    assert modes == [0o600, 0o600]
