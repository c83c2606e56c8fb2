"""What the outside asks of a run: a file each in its folder requests/, taken up by whoever holds the run's lock.

Anybody may leave a request; only the holder acts on it, and removes it. A command is for one attempt, whose token
nobody else can draw; everything else is for whoever executes the run next.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from gancore.files import UnfitFile, read_regular, write_atomic
from gancore.store.evaluations import Evaluation
from gancore.store.records import MOST_BYTES, Record, parse_json

FOLDER = "requests"
MOST = 10_000  # requests that are looked at: a folder may come from anywhere

_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{16}")
_LAST = [0]
_LAST_LOCK = threading.Lock()


class Request(Record):
    """Something that is asked of a run."""

    kind: Literal["pause", "stop", "change", "evaluation", ""] = ""  # "": cannot be read
    attempt: str = Field(default="", max_length=64)  # token of the attempt that a command is for
    time: float = Field(default=0.0, ge=0, le=1e11)  # Unix time at which it was asked for
    changes: dict[str, Any] = Field(default_factory=dict)  # settings by path
    evaluation: Evaluation | None = None  # that was made of a saved checkpoint
    rewinds: tuple[str, ...] = Field(default=(), max_length=10_000)  # those that the run knew of when it was begun
    name: str = ""  # of its file, without the ending; unique, and in the order of asking


def new_token() -> str:
    """A name that nobody else draws."""
    return secrets.token_hex(8)


def leave(run: Path, request: Request) -> Request:
    """Write a request into a run's folder. Raises `OSError`."""
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    named = request.model_copy(update={"name": f"{_next_moment():020d}-{new_token()}", "time": time.time()})
    write_atomic(folder / f"{named.name}.json", named.model_dump_json(exclude={"name"}).encode(), durable=True)
    return named


def waiting(run: Path) -> list[Request]:
    """Requests that nobody took up yet, in the order of asking; those that cannot be read have no kind."""
    try:
        found = (path for path in (run / FOLDER).glob("*.json") if _NAME.fullmatch(path.stem))
        names = sorted(path.stem for path in found if path.is_file())  # a folder of that name is no request
    except OSError:
        return []
    return [request for name in names[:MOST] if (request := _read(run, name)) is not None]


def waits(run: Path, request: Request) -> bool:
    """Whether nobody has taken the request up yet."""
    return (run / FOLDER / f"{request.name}.json").exists()


def remove(run: Path, request: Request) -> None:
    """Take a request away: for the holder who acted on it, or for whoever made it."""
    (run / FOLDER / f"{request.name}.json").unlink(missing_ok=True)


def _read(run: Path, name: str) -> Request | None:
    """A request; of no kind if it makes no sense, None if there is none to be read."""
    try:
        saved = parse_json(read_regular(run / FOLDER / f"{name}.json", MOST_BYTES).decode(errors="replace"))
        request = Request.model_validate(saved)
    except (UnfitFile, ValidationError):
        request = Request()
    except OSError:  # it was removed this moment, or cannot be read now: the next look will tell
        return None
    return request.model_copy(update={"name": name})


def _next_moment() -> int:
    """Nanoseconds, later at every call of this process: one who asks twice is understood in that order."""
    with _LAST_LOCK:
        _LAST[0] = max(time.time_ns(), _LAST[0] + 1)
        return _LAST[0]
