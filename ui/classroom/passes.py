"""What a browser keeps of having signed in: who somebody is and until when, signed with the class's own key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

from ui.classroom.people import Person

SECONDS = 30 * 86_400  # that a browser is remembered
MOST = 400  # characters


class Passes:
    """Writes passes, and reads those that it wrote."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key, self._clock = key, clock

    @property
    def cookie(self) -> str:
        """The name of the cookie: another one for another class on the same machine."""
        return f"gan-class-{hashlib.blake2b(self._key, digest_size=4, person=b'cookie').hexdigest()}"

    def write(self, person: Person) -> str:
        """A pass for somebody."""
        says = f"{person.role}.{person.id}.{person.generation}.{int(self._clock()) + SECONDS}"
        return f"{says}.{self._sign(says)}"

    def read(self, text: str) -> tuple[str, str, int] | None:
        """The role, the id and the generation of a pass; None for all that is none of ours, or too old."""
        says, _, signature = text[:MOST].rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(says).encode()):
            return None
        role, identity, generation, until = says.split(".")
        return (role, identity, int(generation)) if int(until) > self._clock() else None

    def _sign(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
