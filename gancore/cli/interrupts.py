"""Ctrl-C, and what else asks a process to end: a closed terminal, `kill`, the machine shutting down.

Imports nothing that takes time: the first handlers are there before the rest of the program is loaded. What ends that
way has the exit status of the shells, 128 and the number of the signal: 130 for Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
_MAY_BE_IGNORED = [getattr(signal, name) for name in ("SIGHUP", "SIGQUIT") if hasattr(signal, name)]  # as nohup does

Handler = Callable[[int, FrameType | None], None]


class Interrupted(BaseException):
    """The process was asked to end; like KeyboardInterrupt, nothing but the end of it should catch this."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Stop(threading.Event):
    """Set when a signal has asked for a stop; `number` says which."""

    number = 0

    def ask(self, number: int, _frame: FrameType | None) -> None:
        """Take up a signal; a second one raises `Interrupted`."""
        if self.is_set():
            raise Interrupted(number)
        self.number = number
        self.set()


@contextmanager
def handled_by(handler: Handler) -> Iterator[None]:
    """Inside, `handler` hears the signals that ask for an end, but those that whoever started us wants ignored."""
    ignored = {number for number in _MAY_BE_IGNORED if signal.getsignal(number) == signal.SIG_IGN}
    before = {number: signal.signal(number, handler) for number in SIGNALS if number not in ignored}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier or signal.SIG_DFL)


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Around imports: nothing is written yet, and an exception in the middle of loading a library can be anything."""
    with handled_by(_end_at_once):
        yield


@contextmanager
def raising() -> Iterator[None]:
    """Around a command: `Interrupted` is raised, so that what it opened is closed."""
    with handled_by(_raise):
        yield


@contextmanager
def stopping() -> Iterator[Stop]:
    """Around training: the first signal asks for a stop with a checkpoint, a second one raises `Interrupted`."""
    stop = Stop()
    with handled_by(stop.ask):
        yield stop


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    try:
        os.write(2, b"interrupted\n")
    except OSError:  # the terminal is gone
        pass
    finally:
        os._exit(128 + number)


def leave(status: int) -> None:
    """Exit, also when nobody is there any more to read what was printed."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # or Python would try again, and change the status
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(status)
