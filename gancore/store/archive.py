"""Runs in one zip file, to be handed on: written from a store, and taken into another one.

A zip may come from anybody. So what is in it is bounded before anything is written, only files that a run folder has
are taken, each under its own name, and none of them is code: checkpoints, which are pickles, stay at home on the way
out and are left out on the way in. A run that cannot be read is said, and costs itself only.
"""

from __future__ import annotations

import re
import shutil
import stat
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from gancore.files import draft_name, open_regular, settle, sweep_drafts
from gancore.store.records import Status, printable
from gancore.store.run import Run
from gancore.store.store import RunStore, is_id, new_id

MOST_RUNS = 1_000  # in a zip
MOST_FILES = 200_000
MOST_FILE = 200_000_000  # bytes of one file: curves of millions of steps
MOST_UNPACKED = 4_000_000_000  # bytes of all of them
MOST_RATIO = 100  # of unpacked to packed bytes, once more than `RATIO_FROM` were unpacked
RATIO_FROM = 50_000_000
PORTION = 1_000_000  # bytes that are read at a time

# What a run folder holds, but what belongs to this machine (locks, requests), is code (checkpoints), or is set aside.
_FILES = re.compile(
    r"(config|status|meta|summary|data)\.json|events\.jsonl|error\.txt|scalars\.arrow"
    r"|samples/[0-9]{1,9}\.png|evals/[0-9]{1,9}-(raw|ema)-(cheap|full)(-[0-9]{1,9})?\.json|changes/[0-9]{6,8}\.json"
)
_STORED = re.compile(r"samples/.*\.png")  # packed as they are: they do not get smaller
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may unpack to any size at once


class BadArchive(ValueError):
    """A zip that cannot be taken in at all; the message is one sentence."""


@dataclass
class Imported:
    """What became of a zip."""

    runs: list[Run] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # a sentence for each run that was left out
    checkpoints: int = 0  # that were left out


def pack(runs: Sequence[Run], target: BinaryIO) -> None:
    """Write runs into a zip, without their checkpoints. Raises `OSError`."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for run in runs:
            for path in _files_of(run):
                name = path.relative_to(run.path).as_posix()
                _add(archive, path, f"{run.id}/{name}", packed=not _STORED.fullmatch(name))


def size_of(runs: Sequence[Run]) -> int:
    """Bytes that runs take in a zip, at most."""
    total = 0
    for run in runs:
        for path in _files_of(run):
            with suppress(OSError):
                total += path.lstat().st_size
    return total


def _files_of(run: Run) -> Iterator[Path]:
    folders = [run.path, *(run.path / name for name in ("samples", "evals", "changes"))]
    for folder in folders:
        if folder.is_symlink() or not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if _FILES.fullmatch(path.relative_to(run.path).as_posix()):
                yield path


def _add(archive: zipfile.ZipFile, path: Path, name: str, *, packed: bool) -> None:
    try:
        source = open_regular(path)
    except OSError:  # gone meanwhile, a link, a pipe
        return
    info = zipfile.ZipInfo(name, time.localtime()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with source, archive.open(info, "w", force_zip64=True) as file:
        shutil.copyfileobj(source, file, PORTION)


def unpack(store: RunStore, source: BinaryIO) -> Imported:
    """Take the runs of a zip into a store, each under its own id, or under a new one if that is taken.

    They are marked as imported, and none of them waits or trains, whatever it did where it comes from. Raises
    `BadArchive` if the zip is none, or too large for one of runs, `StoreFull`, and `OSError` if the store cannot be
    written.
    """
    made = Imported()
    with _opened(source) as archive:
        found = _by_run(archive, made)
        members_of_all = [info for members in found.values() for info in members.values()]
        _weigh(members_of_all, _length(source))
        store.admit(len(found), sum(info.file_size for info in members_of_all))
        for run_id, members in found.items():
            try:
                made.runs.append(_take(store, archive, run_id, members))
            except _Unusable as problem:
                made.problems.append(f"{run_id} was left out: {problem}")
    _rename_parents(made.runs)
    return made


class _Unusable(Exception):
    """A run that cannot be taken; the message is what is wrong with it."""


@contextmanager
def _opened(source: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(source)
    except Exception as error:  # damage raises any
        raise BadArchive("this is no readable zip file") from error
    with archive:
        if len(archive.infolist()) > MOST_FILES:
            raise BadArchive(f"this zip has more than {MOST_FILES:,} files, far more than runs need")
        yield archive


def _length(source: BinaryIO) -> int:
    place = source.tell()
    length = source.seek(0, 2)
    source.seek(place)
    return length


def _by_run(archive: zipfile.ZipFile, made: Imported) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """The usable members by run and name. A run is a folder with a config.json; it may lie in another folder."""
    names = [info.filename for info in archive.infolist()]
    roots = [name.removesuffix("config.json") for name in names if name.endswith("/config.json")]
    runs = {root: root.rstrip("/").rpartition("/")[2] for root in roots if not _is_strange(root)}
    if not runs:
        raise BadArchive("there is no run in this zip")
    if len(runs) > MOST_RUNS:
        raise BadArchive(f"this zip has {len(runs):,} runs, more than {MOST_RUNS:,}")
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for info in archive.infolist():
        root = next((root for root in _parents(info.filename) if root in runs), None)
        if root is None or info.is_dir():
            continue
        name = info.filename.removeprefix(root)
        made.checkpoints += name.endswith(".pt")
        if _FILES.fullmatch(name) and not _is_link(info):
            found.setdefault(runs[root], {}).setdefault(name, info)
    return found


def _is_strange(name: str) -> bool:
    """Whether a name leads somewhere else, or is none."""
    parts = name.rstrip("/").split("/")
    return "\\" in name or name.startswith("/") or any(part in ("", ".", "..") for part in parts)


def _parents(name: str) -> Iterator[str]:
    """The folders of a member, the innermost first: `a/b/` and `a/` of `a/b/c`."""
    while "/" in name:
        name = name.rstrip("/").rpartition("/")[0]
        if name:
            yield f"{name}/"


def _is_link(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in (0, stat.S_IFREG)


def _weigh(members: Sequence[zipfile.ZipInfo], packed: int) -> None:
    """Raises `BadArchive` if they unpack to too much. No member gives more than it declares: reading stops there."""
    if sum(info.file_size for info in members) > min(MOST_UNPACKED, max(RATIO_FROM, MOST_RATIO * packed)):
        raise BadArchive("this zip unpacks to far more than runs need; it may be a zip bomb")


def _take(store: RunStore, archive: zipfile.ZipFile, run_id: str, members: Mapping[str, zipfile.ZipInfo]) -> Run:
    """One run into the store. Raises `_Unusable`."""
    if not is_id(run_id):
        raise _Unusable("its folder's name is no id of a run")
    store.root.mkdir(parents=True, exist_ok=True)
    sweep_drafts(store.root)
    draft = draft_name(store.root / run_id)
    draft.mkdir()
    try:
        for name, info in members.items():
            _write(archive, info, draft / name)
        run = Run(draft)
        if (damage := run.damage) is not None:
            raise _Unusable(printable(damage, 300))
        _mark(run, run_id)
        final = store.root / _free_id(store, run_id)
        settle(draft, final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Run(final)


def _free_id(store: RunStore, run_id: str) -> str:
    """This id, or a new one if there is such a run here, in the trash included."""
    taken = {run.id for run in (*store.folders(), *store.trashed())}
    return new_id(run_id[:40], datetime.now()) if run_id in taken else run_id


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    if info.compress_type not in _METHODS:
        raise _Unusable(f"{target.name} is compressed with an unsupported method")
    if info.file_size > MOST_FILE:
        raise _Unusable(f"{target.name} has more than {MOST_FILE / 1e6:.0f} MB")
    target.parent.mkdir(exist_ok=True)
    with target.open("xb") as file:
        for portion in _portions(archive, info):
            file.write(portion)


def _portions(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member as it is read, with its checksum. Raises `_Unusable` for a damaged or an encrypted one."""
    name = printable(info.filename, 200)
    try:
        with archive.open(info) as member:
            while portion := member.read(PORTION):
                yield portion
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _Unusable(f"{name} is damaged or encrypted in the zip file") from error
    except Exception as error:  # zlib has an error of its own
        if type(error).__module__ != "zlib":
            raise
        raise _Unusable(f"{name} is damaged in the zip file") from error


def _mark(run: Run, run_id: str) -> None:
    """What is said of a run that came from elsewhere: it neither waits nor trains here."""
    run.edit_meta(imported_at=time.time(), imported_from=run_id, queued_at=0.0, priority=0)
    status = run.status
    if status.state in ("queued", "running"):
        status = status.model_copy(update={"state": "stopped"})
    run.write_status(status.model_copy(update={"token": ""}) if status != Status() else status)


def _rename_parents(runs: Sequence[Run]) -> None:
    """Forks point to what their parents are called here."""
    names = {run.meta.imported_from: run.id for run in runs}
    for run in runs:
        parent = run.meta.parent
        if parent in names and names[parent] != parent:
            run.edit_meta(parent=names[parent])
