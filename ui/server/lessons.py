"""A lesson's GAN that trains here, with gancore: a websocket at `lessons/toy`.

The browser says which toy it wants and then, again and again, how many steps; each time it gets a frame (see
`gancore.training.watched`). So it stands still when nobody looks. All that train here share one thread with one core,
beside which what is queued has the others; each browser has one, and the server a few.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from gancore.executors.loading import use_one_core
from gancore.experiments import EXPERIMENTS
from ui.classroom.room import current
from ui.server.headers import is_foreign

if TYPE_CHECKING:
    from gancore.training.watched import Watched

ADDRESS = "lessons/toy"
EXPERIMENT = "toy-collapse"  # of whose arms one is trained
MOST = 4  # that train at once
MOST_LETTERS = 200  # of what a browser says
IDLE = 90.0  # seconds without a word, after which it is over

OVER, REFUSED, ELSEWHERE, TOO_MANY, ASLEEP = 1000, 1008, 4001, 4002, 4003  # why a websocket is closed

T = TypeVar("T")


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


S = TypeVar("S", bound=_Said)


class Wish(_Said):
    """What a browser says first."""

    loss: Literal["nonsaturating", "minimax", "least_squares", "wasserstein", "hinge"] = "nonsaturating"
    seed: Annotated[int, Field(ge=0, le=9)] = 0
    session: Annotated[str, Field(pattern=r"^[0-9a-f-]{8,40}$")]  # one tab's, by its own word


class More(_Said):
    """What it says then."""

    steps: Annotated[int, Field(ge=1, le=64)]


class Ended(Exception):
    """It is over: a code, and a sentence."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class Lessons:
    """What trains for lessons on one server."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="lesson", initializer=use_one_core)
        self._seats: dict[str, asyncio.Event] = {}  # by whose it is: set once somebody else has it

    async def toy(self, socket: WebSocket) -> None:
        """Train for a browser until it has seen enough."""
        if is_foreign(socket.headers):
            await socket.close(REFUSED, "This comes from a page of another site.")
            return
        await socket.accept()
        try:
            wish = _read(Wish, await _hear(socket))
            async with self._seat(wish.session) as taken:
                await self._train(socket, wish, taken)
            raise Ended(OVER, "All steps are done.")
        except Ended as ended:
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(ended.code, str(ended))
        except WebSocketDisconnect:
            pass

    async def _train(self, socket: WebSocket, wish: Wish, taken: asyncio.Event) -> None:
        watched = await self._do(lambda: _begin(wish))
        while not watched.is_over:
            more = _read(More, await _hear(socket, taken))
            frame = await self._do(lambda steps=more.steps: watched.advance(steps))  # type: ignore[misc]
            await socket.send_bytes(frame)

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    @asynccontextmanager
    async def _seat(self, session: str) -> AsyncIterator[asyncio.Event]:
        """A place among those that train. Whoever begins anew leaves the old one; raises `Ended` if there is none."""
        person = current()
        whose = session if person is None else person.id
        if (old := self._seats.get(whose)) is not None:
            old.set()
        elif len(self._seats) >= MOST:
            raise Ended(TOO_MANY, "As many lessons train on the server as it takes; try again in a minute.")
        self._seats[whose] = taken = asyncio.Event()
        try:
            yield taken
        finally:
            if self._seats.get(whose) is taken:
                del self._seats[whose]


def _begin(wish: Wish) -> Watched:
    """In the thread."""
    from gancore.training.watched import Watched

    arm = f"ring, {wish.loss.replace('_', ' ')}"
    return Watched(EXPERIMENTS[EXPERIMENT].arm(arm, seed=wish.seed))


async def _hear(socket: WebSocket, taken: asyncio.Event | None = None) -> str:
    """What the browser says next. Raises `Ended`, and `WebSocketDisconnect` once it is gone."""
    hearing = asyncio.create_task(socket.receive())
    waiting = [hearing, *([asyncio.create_task(taken.wait())] if taken else [])]
    try:
        await asyncio.wait(waiting, timeout=IDLE, return_when=asyncio.FIRST_COMPLETED)
        if taken is not None and taken.is_set():
            raise Ended(ELSEWHERE, "It goes on in another tab of yours.")
        if not hearing.done():
            raise Ended(ASLEEP, "Nobody asked for more, so the server ended it.")
        message = hearing.result()
    finally:
        for task in waiting:
            task.cancel()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    return message.get("text") or ""


def _read(kind: type[S], text: str) -> S:
    if len(text) <= MOST_LETTERS:
        with suppress(ValidationError):
            return kind.model_validate_json(text)
    raise Ended(REFUSED, "That cannot be asked.")
