"""A run while it trains, by address: `live/<run>/stream` as server-sent events, `live/<run>/news` for those whose
stream broke, and `live/<run>/curves`, thinned to what a screen shows, of all steps or of those that a zoom shows.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from gancore.store import Run
from ui import state
from ui.figures.curves import SMOOTHING, curve_data, panels, robust_axis
from ui.server.feeds import Feed, Known, Position, Reader

MOST_FOLLOWERS = 400  # streams of this server; whoever comes then asks again and again instead
MOST_POINTS = 4_000  # of a curve
MOST_COLUMNS = 32
RETRY = 2  # seconds

_FRESH = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "same-origin"}
_STREAM = _FRESH | {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


def address(run: Run) -> str:
    """Where a run can be followed, relative to the server's."""
    return f"live/{run.id}/"


class Live:
    """The routes of one server: a feed for each run that somebody follows."""

    def __init__(self) -> None:
        self._feeds: dict[Path, Feed] = {}
        self._ending = False

    @property
    def followers(self) -> int:
        """How many streams there are."""
        return sum(feed.followers for feed in self._feeds.values())

    async def stream(self, request: Request) -> Response:
        """Answer with a run's events from now on, or from what the browser says it has."""
        run = await asyncio.to_thread(_find, request)
        if run is None:
            return _no_such_run()
        if self._ending or self.followers >= MOST_FOLLOWERS:
            return PlainTextResponse("Too many follow runs here.", 503, _FRESH | {"Retry-After": str(RETRY)})
        known = request.headers.get("last-event-id") or request.query_params.get("after")
        return EventStream(self._pieces(run, Position.parse(known)))

    def end(self) -> None:
        """End all streams, and begin none: the server ends."""
        self._ending = True
        for feed in self._feeds.values():
            feed.end()

    async def _pieces(self, run: Run, position: Position | None) -> AsyncGenerator[bytes]:
        feed = self._feeds.setdefault(run.path, Feed(run))
        yield f"retry: {1000 * RETRY}\n\n".encode()
        try:
            async with aclosing(feed.follow(position)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            if not feed.followers:
                self._feeds.pop(run.path, None)


def news(request: Request) -> Response:
    """Answer with what a stream would have told since `after`, once."""
    run = _find(request)
    if run is None:
        return _no_such_run()
    look = Reader(run).look()
    messages, told = look.news(Known(Position.parse(request.query_params.get("after")) or look.position))
    found = [{"kind": message.kind, "data": message.data} for message in messages]
    return JSONResponse({"position": str(told.position), "messages": found}, headers=_FRESH)


def curves(request: Request) -> Response:
    """Answer with curves of a run, raw and smoothed: of all steps, or `from` one `to` another."""
    run = _find(request)
    if run is None:
        return _no_such_run()
    asked = request.query_params
    columns = asked.get("columns", "").split(",")[:MOST_COLUMNS]
    try:
        weight = _number(asked, "weight", SMOOTHING, 0.0, 0.9999)
        points = int(_number(asked, "points", 1_000, 10, MOST_POINTS))
        first, last = (_number(asked, name, math.nan, -1e12, 1e12) for name in ("from", "to"))
    except ValueError as problem:
        return PlainTextResponse(str(problem), 400, _FRESH)
    rows, generation = run.growing_scalars()
    between = None if math.isnan(first) or math.isnan(last) else (first, last)
    found = curve_data(rows, columns, weight, between, points)
    known = [curve for panel in panels(run.config).values() for curve in panel.curves if curve.column in columns]
    axis = None if between else robust_axis(rows, known)
    step = int(rows["step"].to_numpy()[-1]) if len(rows) and "step" in rows else 0
    content = {"step": step, "rows": len(rows), "generation": generation, "curves": found, "axis": axis}
    return Response(json.dumps(content, allow_nan=False), media_type="application/json", headers=_FRESH)


class EventStream(Response):
    """Sends pieces as they come, until there are no more or whoever listens is gone."""

    def __init__(self, pieces: AsyncGenerator[bytes]) -> None:
        super().__init__(headers=_STREAM)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send them; none is made any more once this returns."""
        sending = asyncio.create_task(self._send(send))
        gone = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, gone):
                task.cancel()
                with suppress(asyncio.CancelledError, OSError):  # which is how a server says that nobody listens
                    await task

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _find(request: Request) -> Run | None:
    """The run of an address, if it is one that can be read."""
    run = state.find_run(request.path_params["run"])
    return None if run is None or run.damage else run


def _no_such_run() -> Response:
    return PlainTextResponse("There is no such run.", 404, _FRESH)


def _number(asked: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    """A number of an address. Raises `ValueError` with a sentence."""
    text = asked.get(name)
    if text is None:
        return default
    with suppress(ValueError):
        if low <= (value := float(text)) <= high:
            return value
    raise ValueError(f"{name} must be a number from {low:g} to {high:g}.")
