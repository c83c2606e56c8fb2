"""Writing files so that a reader sees the old one or the new one, never half of either.

The same holds after a power loss for what is written `durable`: its content is on the disk before its name is, and both
are when the call returns. A file system may well write a name first, and then the file is empty.
What a killed writer leaves behind is swept by the next one: the name of a temporary says who writes it.
Files that may have come from anywhere are read only if they are plain files of a size that makes sense.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import re
import shutil
import stat
import threading
import time
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO


class UnfitFile(OSError):
    """What lies there is no plain file, or too large a one."""


def read_regular(path: Path, most: int, *, tail: bool = False) -> bytes:
    """The content of a plain file of at most `most` bytes, or with `tail` the last so many of it.

    Nothing of a larger file is read, links are not followed, and a pipe is not waited for. Raises `OSError`.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if tail:
            file.seek(max(size - most, 0))
        elif size > most:
            raise UnfitFile(f"{path.name} has {size:,} bytes, more than {most:,}")
        return file.read(most)


def open_regular(path: Path) -> BinaryIO:
    """Open a plain file for reading; links are not followed, and a pipe is not waited for. Raises `OSError`."""
    if not _HAS_NOFOLLOW and path.is_symlink():
        raise UnfitFile(f"{path.name} is a link")
    try:
        descriptor = os.open(path, _PLAIN)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise UnfitFile(f"{path.name} is no plain file") from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnfitFile(f"{path.name} is no plain file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


_HAS_NOFOLLOW = hasattr(os, "O_NOFOLLOW")  # Windows has neither links to pipes nor these flags
_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY")
_PLAIN = sum((getattr(os, name, 0) for name in _FLAGS), start=os.O_RDONLY)
_APPEND = sum((getattr(os, name, 0) for name in _FLAGS), start=os.O_WRONLY | os.O_APPEND | os.O_CREAT)

# Earlier versions wrote no place into a name, and drafts had neither a writer nor an ending.
_TEMPORARY = re.compile(r"\..+\.(?:(?P<place>[0-9a-f]{8})-)?(?P<pid>[0-9]{1,10})-[0-9]+\.tmp")
_DRAFT = re.compile(
    r"\..+\.(?P<place>[0-9a-f]{8})-(?P<pid>[0-9]{1,10})\.draft|\.[a-z0-9-]+-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}"
)
_HOUR = 3600.0
_PF_EXITING = 0x4  # in Linux's sched.h


def write_atomic(path: Path, content: bytes, *, durable: bool = False, private: bool = False) -> None:
    """Replace `path` by `content` in one step; `durable` waits until it is on the disk. What is `private` can at no
    moment be read by other users of the machine."""
    temporary = temporary_name(path)
    try:
        if private:
            temporary.touch(mode=0o600, exist_ok=False)
        temporary.write_bytes(content)
        replace(temporary, path, durable=durable)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any, *, durable: bool = False) -> None:
    """`write_atomic` for plain data."""
    write_atomic(path, json.dumps(content, indent=1).encode(), durable=durable)


def overwrite(path: Path, content: bytes) -> None:
    """Write into a plain file that is there, in the room that it has, padded with spaces: a last word on a full disk.

    Unlike `write_atomic` it needs no new block, in one write that a reader sees whole. Raises `OSError`, also if the
    content is longer than the file, when nothing is written.
    """
    with open_regular(path) as file:
        room = os.fstat(file.fileno()).st_size
    if len(content) > room:
        raise UnfitFile(f"{path.name} has no room for {len(content):,} bytes")
    with path.open("r+b", buffering=0) as file:
        file.write(content.ljust(room))


def append(path: Path, line: str) -> None:
    """Append a line to a plain file, on the disk; one that a killed writer left half there is ended first.

    Raises `OSError`.
    """
    is_new = not path.exists()
    torn = not is_new and read_regular(path, 1, tail=True) not in (b"", b"\n")
    descriptor = os.open(path, _APPEND, 0o666)
    with os.fdopen(descriptor, "ab") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnfitFile(f"{path.name} is no plain file")
        file.write((f"\n{line}\n" if torn else f"{line}\n").encode())
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(path.parent)


def temporary_name(path: Path) -> Path:
    """A name beside `path` that no other writer uses."""
    return path.with_name(f".{path.name}.{place()}-{os.getpid()}-{threading.get_ident()}.tmp")


def draft_name(path: Path) -> Path:
    """A hidden name beside `path`, for a folder that is filled before it takes its own name."""
    return path.with_name(f".{path.name}.{place()}-{os.getpid()}.draft")


def sweep(folder: Path) -> int:
    """Delete temporary files that killed writers left in `folder` and below it; returns how many.

    Whoever calls this has the folder to itself but for small writes of others, such as a new name. So what a living
    process of this machine writes is left alone for a day, what another machine may be writing for an hour.
    """
    swept = 0
    for parent, _, names in os.walk(folder):  # follows no links
        for name in names:
            if (match := _TEMPORARY.fullmatch(name)) and _is_left_over(path := Path(parent, name), match):
                try:
                    path.unlink()
                except OSError:  # somebody else was quicker, or nothing can be deleted here
                    continue
                swept += 1
    return swept


def sweep_drafts(folder: Path) -> None:
    """Delete the drafts of folders that killed writers left directly in `folder`, as `sweep` does with files."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    for path in entries:
        match = _DRAFT.fullmatch(path.name)
        if match and path.is_dir() and not path.is_symlink() and _is_left_over(path, match):
            shutil.rmtree(path, ignore_errors=True)


def _is_left_over(path: Path, writer: re.Match[str]) -> bool:
    """Whether whoever its name says wrote `path` is gone, or must be by its age."""
    try:
        age = time.time() - path.lstat().st_mtime
    except OSError:
        return False
    if writer["place"] != place():
        return age > _HOUR
    return age > 24 * _HOUR or not _lives(int(writer["pid"]))  # a day, since numbers of processes come again


def _lives(pid: int) -> bool:
    """Whether this machine has such a process, as far as one can tell."""
    if os.name == "nt":  # where signal 0 is no question but Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return not _is_ending(pid)


def _is_ending(pid: int) -> bool:
    """Whether a process is on its way out, as Linux tells: it has let its locks go, and answers signals until its
    parent has asked how it ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        state, flags = fields[0], int(fields[6])
    except (OSError, IndexError, ValueError):
        return False
    return state in ("Z", "X") or bool(flags & _PF_EXITING)


@lru_cache(maxsize=1)
def place() -> str:
    """Where the number of a process means something: this machine, and on Linux this container of it."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return f"{zlib.crc32(f'{platform.node()} {namespace}'.encode()):08x}"


def sync(path: Path) -> None:
    """Wait until the content of a file is on the disk. Raises `OSError`."""
    with path.open("r+b" if os.name == "nt" else "rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. Raises `OSError`."""
    if os.name == "nt":  # where a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that has no such thing
            raise
    finally:
        os.close(descriptor)


def settle(draft: Path, folder: Path) -> None:
    """Give a folder that was filled its own name, with all that is in it on the disk before. Raises `OSError`."""
    for parent, _, names in os.walk(draft):  # follows no links
        for name in names:
            if (path := Path(parent, name)).is_file() and not path.is_symlink():
                sync(path)
        sync_folder(Path(parent))
    draft.rename(folder)
    sync_folder(folder.parent)


def replace(source: Path, target: Path, *, durable: bool = False) -> None:
    """Rename a file over `target`; with `durable` its content is on the disk before, and its name when this returns."""
    if durable:
        sync(source)
    _rename(source, target)
    if durable:
        sync_folder(target.parent)


def _rename(source: Path, target: Path) -> None:
    """Tried again for a while: Windows refuses while somebody reads the target."""
    for pause in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    source.replace(target)
