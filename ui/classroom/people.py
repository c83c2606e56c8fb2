"""The people of a class: each a folder, in which their store lies, and a file that says who they are.

A name is written by whoever bears it; what becomes a folder is made of it and nothing else is. Whoever signs in under
a new name sets the personal code that the name asks for from then on.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gancore.files import write_json
from gancore.store.records import Record, printable, read_record

Role = Literal["students", "teachers"]  # also the folders

MOST_NAME = 40  # characters
LEAST_PIN, MOST_PIN = 6, 32  # characters of a personal code

FILE = "person.json"
_FOLDER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Refused(Exception):
    """Somebody cannot sign in; the message is one sentence for them."""


class Facts(Record):
    """What the file of a person says."""

    name: Annotated[str, Field(max_length=200)] = ""
    joined: float = 0.0
    salt: Annotated[str, Field(max_length=64)] = ""
    pin: Annotated[str, Field(max_length=128)] = ""  # what scrypt makes of the personal code; empty: the next sets it
    generation: Annotated[int, Field(ge=0)] = 0  # what was signed for an earlier one is void


@dataclass(frozen=True)
class Person:
    """Somebody of the class."""

    folder: Path
    name: str
    generation: int = 0

    @property
    def id(self) -> str:
        """Of the folder, too."""
        return self.folder.name

    @property
    def role(self) -> Role:
        """By where the folder lies."""
        return "teachers" if self.teaches else "students"

    @property
    def teaches(self) -> bool:
        """Whether the person is a teacher."""
        return self.folder.parent.name == "teachers"

    @property
    def root(self) -> Path:
        """The folder of the person's store."""
        return self.folder / "runs"


class People:
    """Everybody of a class."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most
        self._lock = threading.Lock()

    def list(self, role: Role) -> Sequence[Person]:
        """Those who have signed in once, by name."""
        try:
            names = [path.name for path in (self._folder / role).iterdir()]
        except OSError:
            return []
        found = [person for name in names if (person := self.find(role, name)) is not None]
        return sorted(found, key=lambda person: person.name.casefold())

    def find(self, role: str, identity: str) -> Person | None:
        """Somebody by what a cookie or an address says, which may be anything."""
        if role not in ("students", "teachers") or not _FOLDER.fullmatch(identity):
            return None
        folder = self._folder / role / identity
        facts = read_record(folder / FILE, Facts)
        if not facts.name or folder.is_symlink():
            return None
        return Person(folder, facts.name, facts.generation)

    def enter(self, name: str, pin: str) -> Person:
        """The student of that name, if the personal code is theirs; a new name takes it. Raises `Refused`."""
        name = clean(name)
        if not LEAST_PIN <= len(pin) <= MOST_PIN:
            raise Refused(f"A personal code has from {LEAST_PIN} to {MOST_PIN} characters.")
        with self._lock:
            folder = self._folder / "students" / identity_of(name)
            facts = read_record(folder / FILE, Facts)
            if not facts.name:
                if os.path.lexists(folder):  # damaged: nobody takes over what lies there
                    raise Refused("What is known of this name cannot be read. Ask your teacher.")
                self._check_room()
                facts = Facts(name=name, joined=time.time())
            if not facts.pin:
                salt = secrets.token_hex(16)
                facts = facts.model_copy(update={"salt": salt, "pin": _stretched(pin, salt)})
                _write(folder, facts)
        if not hmac.compare_digest(facts.pin, _stretched(pin, facts.salt)):
            raise Refused("That is not the personal code of this name. If it is not your name, choose another one.")
        return Person(folder, facts.name, facts.generation)

    def known(self, role: Role, name: str, key: str | None = None) -> Person:
        """Somebody whom a login or the teacher's code vouches for, with a folder from now on. `key` is what tells
        them from others of the same name. Raises `Refused`."""
        name = clean(name)
        identity = identity_of(key or name)
        with self._lock:
            person = self.find(role, identity)
            if person is None:
                if role == "students":
                    self._check_room()
                _write(self._folder / role / identity, Facts(name=name, joined=time.time()))
                person = Person(self._folder / role / identity, name)
        return person

    def reset(self, person: Person) -> None:
        """Forget a personal code, and sign the person out everywhere: who signs in next under the name sets one."""
        with self._lock:
            facts = read_record(person.folder / FILE, Facts)
            update = {
                "name": person.name,
                "salt": "",
                "pin": "",
                "generation": max(facts.generation, person.generation) + 1,
            }
            _write(person.folder, facts.model_copy(update=update))

    def _check_room(self) -> None:
        if len(self.list("students")) >= self._most:
            raise Refused(f"The class is full: it has {self._most} names. Your teacher can allow more.")


def clean(name: str) -> str:
    """A name as it is shown. Raises `Refused` for one that nobody could read."""
    shown = " ".join(printable(unicodedata.normalize("NFKC", name[:1_000]), 1_000).split())
    if not any(character.isalnum() for character in shown) or len(shown) > MOST_NAME:
        raise Refused(f"Write your name, of at most {MOST_NAME} characters.")
    return shown


def identity_of(name: str) -> str:
    """The folder of a name: the same for `Ann`, `ann` and `ANN`, another one for all that differs in more."""
    same = unicodedata.normalize("NFKC", name).casefold()
    plain = unicodedata.normalize("NFKD", same).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].strip("-") or "student"
    return f"{slug}-{hashlib.blake2b(same.encode(), digest_size=6).hexdigest()}"


def _stretched(pin: str, salt: str) -> str:
    text = unicodedata.normalize("NFKC", pin).encode()
    return hashlib.scrypt(text, salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def _write(folder: Path, facts: Facts) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / FILE, facts.model_dump(), durable=True)
