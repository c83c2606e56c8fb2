"""The class of this server, if it has one, and who of it asks at this moment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import cached_property, lru_cache
from pathlib import Path

import streamlit as st
from filelock import FileLock
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gancore.files import write_atomic
from gancore.store import RunStore
from gancore.store.records import Record, read_record
from ui.classroom import login
from ui.classroom.passes import Passes
from ui.classroom.people import People, Person, Refused
from ui.classroom.quotas import LimitedStore, Quotas
from ui.classroom.settings import VARIABLE, BadClassroom, Settings, load

FILE = "class.json"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


class NotSignedIn(RuntimeError):
    """Nobody of the class asks: there is no store to look into."""


class _Secrets(Record):
    """What was made up for a class when it began."""

    key: str = ""  # with which passes are signed, hexadecimal
    code: str = ""
    teacher_code: str = ""


class Room:
    """A class: its settings, its people, and their passes."""

    def __init__(self, settings: Settings) -> None:
        """Raises `BadClassroom` if its folder cannot be used."""
        self.settings, self.folder = settings, settings.place
        made_up = _made_up(self.folder)
        self.code = settings.code or made_up.code
        self.teacher_code = settings.teacher_code or made_up.teacher_code
        self.passes = Passes(bytes.fromhex(made_up.key))
        self.people = People(self.folder, settings.students)
        self.quotas = Quotas(settings)

    @cached_property
    def has_login(self) -> bool:
        """Whether Streamlit's login says who somebody is, and no code does."""
        return login.is_there()

    @property
    def invitation(self) -> str:
        """What the server says when it starts."""
        if self.has_login:
            teachers = ", ".join(self.settings.teachers) or "nobody: name them as `teachers` in the class's file"
            return f"  A class, in {self.folder}. Everybody logs in; teachers are {teachers}."
        return f"  A class, in {self.folder}. Class code: {self.code}  Teacher's code: {self.teacher_code}"

    @property
    def gallery(self) -> Path:
        """The folder of the runs that the teacher shows to all."""
        return self.folder / "gallery"

    def who(self, cookies: Mapping[str, str]) -> Person | None:
        """The person whose browser sends these cookies, which may be anything."""
        if self.has_login:
            return self._logged_in(cookies)
        found = self.passes.read(cookies.get(self.passes.cookie, ""))
        if found is None:
            return None
        role, identity, generation = found
        person = self.people.find(role, identity)
        return person if person is not None and person.generation == generation else None

    def _logged_in(self, cookies: Mapping[str, str]) -> Person | None:
        user = login.user(cookies)
        if user is None:
            return None
        teaches = login.is_named(user.email, self.settings.teachers)
        if not teaches and not login.is_named(user.email, self.settings.members):
            return None
        try:
            return self.people.known("teachers" if teaches else "students", user.name, user.email)
        except Refused:
            return None

    def everybody(self) -> Sequence[Person]:
        """Students and teachers."""
        return [*self.people.list("students"), *self.people.list("teachers")]

    def store(self, person: Person) -> RunStore:
        """Somebody's store, which takes no more than they may have."""
        return LimitedStore(person.root, self.quotas, self.settings.jobs)

    def stores(self) -> Sequence[RunStore]:
        """Those of everybody, as they are in the folders."""
        return [RunStore(person.root) for person in self.everybody()]


def _made_up(folder: Path) -> _Secrets:
    """The key and the codes of a class, made up once. Raises `BadClassroom`."""
    path = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(folder / f"{FILE}.lock", mode=0o600):  # of servers that start at once, one makes them up
            if not os.path.lexists(path):
                made = _Secrets(key=secrets.token_hex(32), code=_code(2), teacher_code=_code(3))
                write_atomic(path, made.model_dump_json(indent=1).encode(), durable=True, private=True)
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise BadClassroom(f"The folder of the class, {folder}, cannot be written ({why}).") from None
    found = read_record(path, _Secrets)
    if len(found.key) != 64 or not all(letter in "0123456789abcdef" for letter in found.key):
        raise BadClassroom(f"{path} is damaged: delete it, and everybody signs in anew.")
    return found


def _code(groups: int) -> str:
    """Four letters and digits a group, of which each is worth five bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(groups))


@lru_cache(maxsize=8)
def _room(value: str, _runs: str | None) -> Room | None:
    settings = load(value)
    return None if settings is None else Room(settings)


def room() -> Room | None:
    """The class of this server; None where there is none. Raises `BadClassroom`."""
    value = os.environ.get(VARIABLE)
    return _room(value, os.environ.get("GANCORE_RUNS")) if value else None


_ASKS: ContextVar[Person | None] = ContextVar("who asks", default=None)


def asks(person: Person | None) -> None:
    """From now on this request is that person's, in all that it calls."""
    _ASKS.set(person)


def current() -> Person | None:
    """Who asks, in a request or in a session of a browser; None where there is no class. Raises `NotSignedIn`."""
    here = room()
    if here is None:
        return None
    person = _ASKS.get() or here.who(st.context.cookies)
    if person is None:
        if get_script_run_ctx() is not None:
            st.rerun()  # begins with the entrance, which says so
        raise NotSignedIn("Nobody is signed in.")
    return person
