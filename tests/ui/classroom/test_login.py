"""Streamlit's own login: the cookie that it signs, and who is let in by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from ui.classroom import login
from ui.classroom.room import Room
from ui.classroom.settings import Settings

Cookie = Callable[..., dict[str, str]]


@pytest.fixture
def cookie(monkeypatch: pytest.MonkeyPatch) -> Cookie:
    monkeypatch.setattr(login, "get_cookie_secret", lambda: "secret")
    monkeypatch.setattr(login, "is_there", lambda: True)

    def make(secret: str = "secret", **said: Any) -> dict[str, str]:
        text = json.dumps({"origin": "http://localhost", "is_logged_in": True} | said)
        return {login.COOKIE: create_signed_value(secret, login.COOKIE, text).decode()}

    return make


@pytest.fixture
def room(tmp_path: Path, cookie: Cookie) -> Room:
    assert cookie
    return Room(Settings(folder=str(tmp_path), teachers=("lee@school.org",), members=("@school.org", "bo@home.net")))


def test_a_member_has_a_store(room: Room, cookie: Cookie) -> None:
    ann = room.who(cookie(email="Ann@School.org", name="Ann"))
    assert ann is not None
    assert (ann.name, ann.teaches) == ("Ann", False)
    assert room.who(cookie(email="ann@school.org", name="Ann B")) == ann
    other = room.who(cookie(email="ann2@school.org", name="Ann"))
    assert other is not None
    assert other.root != ann.root


def test_a_teacher_is_named(room: Room, cookie: Cookie) -> None:
    lee = room.who(cookie(email="lee@school.org", name="Ms Lee"))
    assert lee is not None
    assert lee.teaches


@pytest.mark.parametrize("email", ["eve@evil.org", "eve@evil-school.org", "eve@school.org.evil.org", "x@home.net"])
def test_whoever_is_no_member_stays_outside(room: Room, cookie: Cookie, email: str) -> None:
    assert room.who(cookie(email=email)) is None
    assert not room.everybody()


def test_an_address_that_nobody_checked_is_none(room: Room, cookie: Cookie) -> None:
    assert room.who(cookie(email="ann@school.org", email_verified=False)) is None


def test_a_cookie_that_somebody_else_signed_is_none(room: Room, cookie: Cookie) -> None:
    assert room.who(cookie(secret="another", email="lee@school.org")) is None
    assert room.who({login.COOKIE: "x"}) is None
    assert room.who({}) is None


def test_a_pass_of_codes_is_none_where_there_is_a_login(room: Room) -> None:
    person = room.people.known("teachers", "Teacher")
    assert room.who({room.passes.cookie: room.passes.write(person)}) is None
