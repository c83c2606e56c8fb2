"""Knowing that the server is asked to end, before it waits for all of its connections to close."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def when_asked_to_end(act: Callable[[], object]) -> Iterator[None]:
    """Have `act` called in this event loop at the signals that end a server, besides what they do already.

    A stream has no end of its own, and a server that ends waits for it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, before = asyncio.get_running_loop(), {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        previous: Any = before[signal.Signals(number)]
        if callable(previous):
            previous(number, frame)

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for each, previous in before.items():
            signal.signal(each, previous)
