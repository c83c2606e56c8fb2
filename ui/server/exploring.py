"""Questions to a trained network by address: `explore/<run>/<what>`, asked as JSON, answered with pictures.

What is quick, such as the image under a slider, waits only for what is quick: each of two lanes does one thing after
another, in a thread of its own that has one core, so that a training beside it has the others. Whoever has left
meanwhile is not answered. Nothing here imports torch until somebody asks.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from gancore.executors.loading import use_one_core
from gancore.exploring import asking
from gancore.store import Run
from ui import state

if TYPE_CHECKING:
    from gancore.exploring.shelf import Shelf

MOST_BYTES = 6_000_000  # of a question, which may bring an image
MOST_WAITING = 40  # questions in a lane
MOST_WORDS = 300  # characters of what is wrong with a question

QUESTIONS: Mapping[str, type[asking.Weights]] = {
    "pictures": asking.Pictures,
    "path": asking.Path,
    "film": asking.Film,
    "directions": asking.Strongest,
    "toy": asking.Toy,
    "real": asking.Real,
    "nearest": asking.About,
    "judge": asking.About,
    "plane": asking.Weights,
    "reconstruct": asking.About,
    "bold": asking.Bold,
}
SLOW = {"film", "directions", "nearest", "real", "plane"}  # which may take seconds when they are asked first

_FRESH = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
_LOG = logging.getLogger(__name__)


class Refused(Exception):
    """A question that is not answered: a status, and one sentence."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Lane:
    """Does one thing after another, in a thread with one core."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"explore {name}", initializer=use_one_core)
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def do(self, work: Callable[[], Response], request: Request) -> Response:
        """Do it when its turn comes, unless whoever asked has left by then. Raises `Refused`."""
        if self._waiting >= MOST_WAITING:
            raise Refused(503, "Too many ask at once; try again in a moment.")
        self._waiting += 1
        try:
            async with self._turn:
                if await request.is_disconnected():
                    raise Refused(408, "Nobody waits for this any more.")
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


_LANES = {False: Lane("quick"), True: Lane("slow")}


def address(run: Run) -> str:
    """Where a run's checkpoints can be asked, relative to the server's."""
    return f"explore/{run.id}/"


async def answer(request: Request) -> Response:
    """Answer a question; what makes no sense gets a sentence."""
    try:
        what = request.path_params["what"]
        if what not in QUESTIONS:
            raise Refused(404, "That cannot be asked.")
        run = await asyncio.to_thread(_find, request.path_params["run"])
        asked = _read(QUESTIONS[what], await _body(request))
        return await _LANES[what in SLOW].do(lambda: _answer(run, what, asked), request)
    except Refused as refused:
        return PlainTextResponse(str(refused), refused.status, _FRESH)


def _find(run_id: str) -> Run:
    run = state.find_run(run_id)
    if run is None or run.damage:
        raise Refused(404, "There is no such run.")
    return run


async def _body(request: Request) -> bytes:
    """What is asked, as bytes. JSON alone is taken: a form of another site cannot send that."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "Ask with JSON.")
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                raise Refused(413, f"An image must have at most {asking.MOST_FILE / 1e6:.0f} MB.")
    except ClientDisconnect:
        raise Refused(400, "The question broke off.") from None
    return bytes(body)


def _read(kind: type[asking.Weights], body: bytes) -> asking.Weights:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise Refused(422, f"{place or 'the question'}: {problem['msg']}."[:MOST_WORDS]) from None


def _answer(run: Run, what: str, asked: asking.Weights) -> Response:
    """In a lane's thread."""
    from gancore.data import DataUnavailable
    from gancore.exploring.answers import ANSWERS, File
    from gancore.exploring.explorer import NotThere
    from gancore.exploring.images import BadImage
    from gancore.pictures.film import NoEncoder
    from gancore.store.checkpoints import BadCheckpoint

    try:
        explorer = _shelf().take(run, asked.checkpoint)
        found = ANSWERS[what](explorer, asked)
    except (NotThere, BadCheckpoint) as problem:
        raise Refused(404, _sentence(problem)) from None
    except (BadImage, DataUnavailable, NoEncoder) as problem:
        raise Refused(422, _sentence(problem)) from None
    except (ArithmeticError, RuntimeError, ValueError) as problem:
        _LOG.exception("%s of %s cannot be answered", what, run.id)
        raise Refused(500, f"This cannot be computed ({type(problem).__name__}); see the server's log.") from None
    if isinstance(found, File):
        headers = _FRESH | {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Response(found.content, media_type=found.kind, headers=headers)
    content: dict[str, Any] = {"step": explorer.step, **found}
    return Response(json.dumps(content, allow_nan=False), media_type="application/json", headers=_FRESH)


def _sentence(problem: Exception) -> str:
    words = " ".join(str(problem).split())[:MOST_WORDS].rstrip(".")
    return f"{words[:1].upper()}{words[1:]}."


@cache
def _shelf() -> Shelf:
    from gancore.exploring.shelf import Shelf

    return Shelf()
