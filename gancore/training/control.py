"""What the outside wants of a run that trains: commands, changes of settings, evaluations made elsewhere."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from gancore.config import SETTINGS
from gancore.store import Run, requests
from gancore.store.changes import files as change_files
from gancore.store.records import Change, State
from gancore.store.requests import Request
from gancore.text import describe_value
from gancore.training.events import Notice

CONTROL_SECONDS = 0.2  # between looks at requests/

_STATES: dict[str, State] = {"pause": "paused", "stop": "stopped"}


class Every:
    """True at the first call, and then at most once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = -math.inf

    def __call__(self) -> bool:
        now = time.monotonic()
        due = now - self._last >= self._seconds
        if due:
            self._last = now
        return due


class Inbox:
    """The requests of one run, as the attempt that executes it takes them up: it alone removes them.

    A command is for the attempt with its token. Commands for any other are of the past.
    """

    def __init__(self, run: Run, token: str) -> None:
        self._run, self._tokens = run, {token}
        self._due = Every(CONTROL_SECONDS)
        self._waiting: list[Request] = []

    def accept(self, token: str) -> None:
        """Take commands for this token, too."""
        if token:
            self._tokens.add(token)

    def command(self) -> State | None:
        """The state that this attempt was told to end in, by the last command for it."""
        self._look()
        commands = [each for each in self._waiting if each.kind in _STATES and each.attempt in self._tokens]
        return _STATES[commands[-1].kind] if commands else None

    def take(self, *kinds: str) -> list[Request]:
        """Requests of these kinds, each handed out once; whoever has acted on one removes its file."""
        self._look()
        taken = [each for each in self._waiting if each.kind in kinds]
        self._waiting = [each for each in self._waiting if each.kind not in kinds]
        return taken

    def remove(self, request: Request) -> None:
        """Remove a request's file."""
        requests.remove(self._run.path, request)

    def clear_commands(self) -> None:
        """Remove all commands: no attempt that is still to come obeys them."""
        for each in requests.waiting(self._run.path):
            if each.kind in _STATES:
                self.remove(each)

    def clear_stale_commands(self) -> None:
        """Remove commands for attempts of the past."""
        for each in requests.waiting(self._run.path):
            if each.kind in _STATES and each.attempt not in self._tokens:
                self.remove(each)

    def look(self) -> None:
        """See what waits at this very moment."""
        self._waiting = requests.waiting(self._run.path)

    def _look(self) -> None:
        """See what waits, a few times a second."""
        if self._due():
            self.look()


class Steering:
    """The settings in effect, and the changes of them that are still to come.

    A change is on the disk, with its step, before it takes effect. So a resume from an earlier checkpoint repeats it at
    that step, after a `kill -9` too, and equals the run that was not interrupted. History repeats itself until somebody
    asks for something new: then what was still to be repeated takes effect first, so that the settings are those that
    were shown when it was asked for.
    """

    def __init__(self, run: Run, inbox: Inbox, notify: Callable[[Notice], object]) -> None:
        self._run, self._inbox, self._notify = run, inbox, notify
        self.config = run.config
        changes = run.changes()
        self._repeats = deque(change for change in changes if change.step is not None)
        self._unreadable = sorted(change_files(run.path).keys() - {change.number for change in changes})
        self._left = any(change.step is None and not change.request for change in changes)  # by an old version

    def apply(self, step: int) -> bool:
        """Let take effect what is due after `step`; whether any did. `config` holds from the next step on."""
        before, asked = self.config, self._asked(step)
        while self._repeats and (asked or _step(self._repeats[0]) <= step):
            change = self._repeats.popleft()
            if _step(change) > step:
                self._tell("carried", step, f"{self._describe(change)}, as at step {_step(change):,} before")
                self._run.record_change(change, step)
            self.config = self.config.replace(change.changes)
        for change in asked:
            self._run.record_change(change, step)
            self._tell("changed", step, self._describe(change))
            self.config = self.config.replace(change.changes)
        return self.config is not before

    def refuse(self, step: int) -> None:
        """Say of what came too late that it has no effect: no step is left for it.

        Once before and once after the run says that it is finished: whoever asks after that sees so himself.
        """
        self._inbox.look()
        for change in self._asked(step):
            self._tell("refused", step, f"{self._describe(change)} came after the last step and has no effect")
            self._run.forget_change(change)

    def _asked(self, step: int) -> list[Change]:
        """Changes that nobody has taken up yet; of those that do not fit it is said that they are refused."""
        requested = self._inbox.take("change", "")
        for number in self._unreadable:
            self._tell("refused", step, f"change {number} of the settings cannot be read or does not fit")
        self._unreadable = []
        if not requested and not self._left:
            return []
        self._left = False
        changes = self._run.changes()
        in_effect = {change.request for change in changes if change.step is not None}
        asked = [change for change in changes if change.step is None]
        for request in requested:
            if request.name in in_effect:  # its holder was killed before he could remove it
                self._inbox.remove(request)
            elif request.name not in {change.request for change in asked}:
                self._tell("refused", step, "a change of settings that cannot be read or does not fit")
                self._inbox.remove(request)
        return asked

    def _describe(self, change: Change) -> str:
        """`lr_g 5e-4 → 1e-3`."""
        old, new = self.config.flat, change.changes
        parts = (f"{SETTINGS[path].label} {describe_value(old[path])} → {describe_value(new[path])}" for path in new)
        return ", ".join(parts)

    def _tell(self, code: str, step: int, message: str) -> None:
        kind = "changed" if code in ("changed", "carried") else "warning"
        self._notify(Notice(kind, step, message, code))


def _step(change: Change) -> int:
    return change.step or 0
