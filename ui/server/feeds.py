"""What is new in a run's folder, read once for all who follow it.

A feed looks at the folder a few times a second, as long as somebody follows the run, and only at files: so it makes no
difference which process trains it. Who follows it is told what it does not know yet, so that one who is slow, or was
away, gets more at once and costs no memory meanwhile. What it has is a `Position`: a step, and the generation of the
curve file, which becomes another one when rows that were given out may be gone (a resume from an earlier step).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from gancore.store import Run
from gancore.store.records import LIVE, ShownState, Status
from gancore.store.tails import Values
from ui import state
from ui.figures.curves import packed, panels
from ui.server import numbers, pictures
from ui.server.numbers import Number
from ui.server.pictures import Frame
from ui.words import losses_line, progress_line, share, unit

PERIOD = 0.2  # seconds between looks: rows are written as often
SLOWER = 10  # who follow a run, from which on each one more makes the looks rarer
LONGEST = 0.8  # seconds between looks, however many follow
STATE_SECONDS = 0.9  # between looks at whether anybody trains it, and at what people read: no faster than they can
SIGN = 10.0  # seconds after which the status is sent again, so that proxies and browsers know that the line works
MOST_ROWS = 2_000  # in a message; whoever is further behind asks for the thinned curves again

_LOG = logging.getLogger(__name__)

_CHANGES = ("meta.json", "requests", "changes", "events.jsonl")  # besides what is sent
_PLACES = ("step", "epoch")  # columns that say where a row is
_POSITION = re.compile(r"(?P<step>[0-9]{1,12})(?:-(?P<generation>[0-9a-f]{0,16}))?")


class Position(NamedTuple):
    """Up to where somebody knows a run's curves."""

    step: int
    generation: str | None = None  # None: of whichever file there is

    @classmethod
    def parse(cls, text: str | None) -> Position | None:
        """What a browser sends back, which may be anything."""
        match = _POSITION.fullmatch(text or "")
        return cls(int(match["step"]), match["generation"]) if match else None

    def __str__(self) -> str:
        return f"{self.step}-{self.generation or ''}"


@dataclass(frozen=True)
class Message:
    """One event of a stream."""

    kind: str  # "rows", "status", "pictures", "reset" or "end"
    data: Mapping[str, Any]
    position: Position | None = None  # after it

    def encoded(self) -> bytes:
        """As a server-sent event."""
        identity = f"id: {self.position}\n" if self.position else ""
        return f"{identity}event: {self.kind}\ndata: {_json(self.data)}\n\n".encode()


@dataclass(frozen=True)
class Known:
    """What one who follows was told."""

    position: Position
    status: str = ""
    frames: frozenset[Frame] = frozenset()


@dataclass(frozen=True)
class Look:
    """A run as its folder was at one moment."""

    rows: Mapping[str, Values]  # by column, "step" and those that are sent
    generation: str
    status: Mapping[str, Any]
    frames: tuple[Frame, ...]
    _encoded: dict[Known, tuple[bytes, Known]] = field(default_factory=dict)  # most who follow know the same

    @property
    def position(self) -> Position:
        """Its last row."""
        return Position(int(_last(self.rows, "step", 0.0)), self.generation)

    @property
    def over(self) -> bool:
        """Whether nothing more comes by itself."""
        return self.status["state"] not in LIVE

    def news(self, known: Known) -> tuple[list[Message], Known]:
        """What somebody does not know yet, and what is known then."""
        messages = list(self._curve_news(known.position))
        told = replace(known, position=self.position, status=_json(self.status), frames=frozenset(self.frames))
        if told.status != known.status:
            messages.append(Message("status", self.status))
        if new := [asdict(frame) for frame in self.frames if frame not in known.frames]:
            messages.append(Message("pictures", {"frames": new}))
        if self.over:
            messages.append(Message("end", {"state": self.status["state"]}))
        return messages, told

    def _curve_news(self, known: Position) -> Iterator[Message]:
        steps = self.rows.get("step", np.empty(0))
        place = int(np.searchsorted(steps, known.step, side="right"))
        is_there = place > 0 and steps[place - 1] == known.step
        if known.step and (not is_there or known.generation not in (None, self.generation)):
            yield Message("reset", {"step": self.position.step}, self.position)
        elif len(steps) - place > MOST_ROWS:
            yield Message("reset", {"step": known.step}, self.position)
        elif place < len(steps):
            columns = {name: packed(values[place:]) for name, values in self.rows.items() if name not in _PLACES}
            data = {"after": known.step, "generation": self.generation, "step": packed(steps[place:], "f8")}
            yield Message("rows", data | {"columns": columns}, self.position)

    def encoded(self, known: Known) -> tuple[bytes, Known]:
        """`news` as a piece of a stream."""
        if known not in self._encoded:
            messages, told = self.news(known)
            self._encoded[known] = b"".join(message.encoded() for message in messages), told
        return self._encoded[known]


class Reader:
    """Looks at a run's folder; what did not change is not read again."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._stamps: dict[str, object] = {}
        self._found: dict[str, Any] = {}
        self._columns = (*_PLACES, *{curve.column for panel in panels(run.config).values() for curve in panel.curves})
        self._told: dict[str, Any] | None = None
        self._frames: tuple[Frame, ...] = ()
        self._generation = ""  # of the curves, when the frames were looked at

    def look(self, *, at_all: bool = True) -> Look:
        """The run as it is now; with `at_all` not only its curves, but also what is read in words or seldom changes."""
        growing = self._once("scalars.arrow", lambda: self.run.growing_numbers(self._columns))
        rows = growing.columns if np.isfinite(_last(growing.columns, "step", np.nan)) else {}
        if at_all or self._told is None:
            self._told = self._status(rows)
            known = self._frames if growing.generation == self._generation else ()
            self._frames = self._once("samples", lambda: tuple(pictures.frames(self.run, known=known)))
            self._generation = growing.generation
        return Look(rows, growing.generation, self._told, self._frames)

    def _once(self, name: str, read: Any) -> Any:
        """What `read` finds in a file or folder, read when that has changed."""
        stamp = state.stamp(self.run.path / name)
        if name not in self._found or self._stamps.get(name) != stamp:
            self._found[name], self._stamps[name] = read(), stamp
        return self._found[name]

    def _status(self, rows: Mapping[str, Values]) -> dict[str, Any]:
        run = self.run
        shown, status = run.state, self._once("status.json", lambda: run.status)
        if shown == "running" and rows:  # newer than the status, which is written once a second
            newer = {"step": int(_last(rows, "step", 0.0)), "epoch": _last(rows, "epoch", status.epoch)}
            status = status.model_copy(update=newer)
        return _described(run, status, shown, self._once("evals", lambda: list(numbers.quality(run))))


def progress(run: Run) -> dict[str, Any]:
    """How far a run is now, as its stream would say it."""
    return _described(run, run.status, run.state, list(numbers.quality(run)))


def _described(run: Run, status: Status, shown: ShownState, quality: list[Number]) -> dict[str, Any]:
    live = shown in LIVE
    return {
        "state": shown,
        "step": status.step,
        "total": status.total_steps,
        "share": round(share(status), 4),
        "left": status.remaining if live else None,
        "rate": status.rate,
        "losses": losses_line(status),
        "numbers": [each._asdict() for each in (*quality, *numbers.losses(status))],
        "phase": status.phase,
        "line": progress_line(status, live=live, counted=unit(run.config), busy=_is_busy(shown)),
        "changes": _changes(run),
        "evaluations": _digest(state.stamp(run.path / "evals")),
    }


def _changes(run: Run) -> str:
    """Another word when something changed that a page shows besides: a request, its history, what is kept of it."""
    return _digest([state.stamp(run.path / name) for name in _CHANGES], sorted(run.checkpoints()))


def _digest(*facts: object) -> str:
    return f"{zlib.crc32(repr(facts).encode()):08x}"


def _is_busy(shown: ShownState) -> bool:
    """Whether a run that waits has to wait for others."""
    return shown == "queued" and (state.shared() is not None or bool(state.active_runs()))


class Feed:
    """One run, and all who follow it. For one event loop."""

    def __init__(self, run: Run) -> None:
        self.followers = 0
        self._run = run
        self._task: asyncio.Task[None] | None = None
        self._look: Look | None = None
        self._ended = False
        self._news = asyncio.Event()

    async def follow(self, position: Position | None) -> AsyncGenerator[bytes]:
        """The stream for one who knows the curves up to `position`, or wants what comes from now on."""
        self.followers += 1
        try:
            if self._task is None:
                self._ended, self._look = False, None
                self._task = asyncio.create_task(self._watch(), name=f"feed of {self._run.id}")
            known: Known | None = None
            while True:
                news, look, ended = self._news, self._look, self._ended
                if look is not None:
                    piece, known = look.encoded(known or Known(position or look.position))
                    if piece:
                        yield piece
                if ended or (look is not None and look.over):
                    return
                try:
                    async with asyncio.timeout(SIGN):
                        await news.wait()
                except TimeoutError:
                    known = known and replace(known, status="")
                    yield b": still here\n\n"
        finally:
            self.followers -= 1
            if not self.followers and self._task is not None:
                self._task.cancel()
                self._task = None

    def end(self) -> None:
        """Let all who follow go."""
        self._ended = True
        self._tell()

    async def _watch(self) -> None:
        """Look again and again, until nothing more comes."""
        loop = asyncio.get_running_loop()
        try:
            reader, looked = await asyncio.to_thread(Reader, self._run), -STATE_SECONDS
            while self._look is None or not self._look.over:
                at_all = loop.time() - looked >= STATE_SECONDS
                looked = loop.time() if at_all else looked
                before, self._look = self._look, await asyncio.to_thread(reader.look, at_all=at_all)
                if before is None or not _same(before, self._look):
                    self._tell()
                await asyncio.sleep(min(PERIOD * max(1.0, self.followers / SLOWER), LONGEST))
        except Exception:
            _LOG.exception("%s cannot be followed", self._run.id)
        finally:  # nobody waits for ever
            self._ended, self._task = True, None
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _last(rows: Mapping[str, Values], column: str, default: float) -> float:
    """The last number of a column that may not be there."""
    return float(rows[column][-1]) if len(rows.get(column, ())) else default


def _same(one: Look, other: Look) -> bool:
    return (one.position, one.status, one.frames) == (other.position, other.status, other.frames)


def _json(data: Any) -> str:
    with suppress(ValueError):
        return json.dumps(data, allow_nan=False, separators=(",", ":"))
    return json.dumps(_finite(data), separators=(",", ":"))


def _finite(data: Any) -> Any:
    """JSON has no word for what is not finite."""
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not np.isfinite(data) else data
