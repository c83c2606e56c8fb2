"""The lock of a run folder: whoever writes into the folder holds it, and the system drops it when the holder dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

from filelock import FileLock, Timeout

from gancore.files import open_regular

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK = "lock"  # its file in the folder
PATIENCE = 1.0  # seconds that a short write of somebody else may take


class RunBusy(RuntimeError):
    """Somebody else holds the run; the message is one sentence."""


class RunNotFound(LookupError):
    """There is no such run in the store."""


@contextmanager
def hold(folder: Path, busy: str, timeout: float = PATIENCE, name: str = LOCK) -> Iterator[None]:
    """Hold a lock of a run folder: the one of whoever writes into it, or another by its file's `name`.

    Raises `RunBusy` with the sentence `busy` if somebody else holds it for longer than `timeout` seconds,
    `RunNotFound` if the folder is gone, also if it goes while waiting, and `OSError` where no lock can be made.
    """
    identity = _identity(folder)
    with suppress(OSError):  # a folder in its place would keep everybody out for ever
        (folder / name).rmdir()
    lock = FileLock(folder / name)
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        raise RunBusy(busy) from None
    except FileNotFoundError:
        raise RunNotFound(f"{folder.name} no longer exists") from None
    try:
        if _identity(folder) != identity:  # deleted meanwhile: this is the lock of a folder that filelock made anew
            _remove_ghost(folder, name)
            raise RunNotFound(f"{folder.name} no longer exists")
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock file. Where it can be done, looking takes only a share of the lock, so that two
    who look at the same time do not take each other for the holder."""
    try:
        if fcntl is None:
            with FileLock(path).acquire(timeout=0):
                return False
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, Timeout):
        return True
    except OSError:
        return False
    return False


def wait_until_free(path: Path, timeout: float) -> bool:
    """Whether nobody holds the lock file any more, at the latest after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while is_locked(path):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def _identity(folder: Path) -> tuple[int, int]:
    try:
        facts = folder.stat()
    except OSError:
        raise RunNotFound(f"{folder.name} no longer exists") from None
    return facts.st_dev, facts.st_ino


def _remove_ghost(folder: Path, name: str) -> None:
    """Remove the folder that taking the lock made again, if there is nothing else in it."""
    if [path.name for path in folder.iterdir()] == [name]:
        with suppress(OSError):
            (folder / name).unlink()
            folder.rmdir()
