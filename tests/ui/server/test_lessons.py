"""A lesson's GAN on the server: frames by websocket, for this server's own pages, for a few, and not for ever."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from gancore.experiments.experiment import Experiment
from tests.classes import class_of
from ui.server import lessons, routes, signing

PLACE = f"ws://localhost/{lessons.ADDRESS}"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(lessons, "use_one_core", lambda: None)
    monkeypatch.setattr(routes, "_LESSONS", lessons.Lessons())
    with TestClient(Starlette(routes=routes.routes(), middleware=routes.middleware()), "http://localhost") as client:
        yield client


def wish(session: str = "0123456789ab", **more: Any) -> dict[str, Any]:
    return {"loss": "hinge", "seed": 2, "session": session, **more}


def step_of(frame: bytes) -> int:
    step: int = struct.unpack("<I", frame[:4])[0]
    return step


def closed(socket: Any) -> tuple[int, str]:
    """With which code and words a websocket is closed."""
    with pytest.raises(WebSocketDisconnect) as ended:
        socket.receive_bytes()
    return ended.value.code, ended.value.reason


def test_each_question_is_answered_with_a_frame(client: TestClient) -> None:
    with client.websocket_connect(PLACE) as socket:
        socket.send_json(wish())
        for expected in (1, 2):
            socket.send_json({"steps": 1})
            frame = socket.receive_bytes()
            assert step_of(frame) == expected
            assert len(frame) == 1_516


def test_it_says_when_all_steps_are_done(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = Experiment.arm
    monkeypatch.setattr(Experiment, "arm", lambda *args, **more: arm(*args, **more).replace({"train.steps": 1}))
    with client.websocket_connect(PLACE) as socket:
        socket.send_json(wish())
        socket.send_json({"steps": 5})
        assert step_of(socket.receive_bytes()) == 1
        assert closed(socket) == (lessons.OVER, "All steps are done.")


def test_a_page_of_another_site_is_refused(client: TestClient) -> None:
    for headers in ({"origin": "http://elsewhere.example"}, {"sec-fetch-site": "cross-site"}):
        with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(PLACE, headers=headers):
            pass
        assert refused.value.code == lessons.REFUSED
    with client.websocket_connect(PLACE, headers={"origin": "http://localhost"}) as socket:
        socket.send_json(wish())


@pytest.mark.parametrize(
    "said",
    [
        "",
        "nonsense",
        "[]",
        '{"loss": "own", "session": "0123456789ab"}',
        '{"seed": 10, "session": "0123456789ab"}',
        '{"session": "short"}',
        '{"session": "../../etc/passwd"}',
        '{"session": "0123456789ab", "more": 1}',
        '{"session": "0123456789ab"}' + " " * 200,
    ],
)
def test_what_makes_no_sense_ends_it(said: str, client: TestClient) -> None:
    with client.websocket_connect(PLACE) as socket:
        socket.send_text(said)
        assert closed(socket) == (lessons.REFUSED, "That cannot be asked.")


@pytest.mark.parametrize("said", ['{"steps": 0}', '{"steps": 65}', '{"steps": true}', "{}"])
def test_steps_are_few(said: str, client: TestClient) -> None:
    with client.websocket_connect(PLACE) as socket:
        socket.send_json(wish())
        socket.send_text(said)
        assert closed(socket) == (lessons.REFUSED, "That cannot be asked.")
    with client.websocket_connect(PLACE) as socket:
        socket.send_bytes(b"\x00\xff")
        assert closed(socket)[0] == lessons.REFUSED


def begin(socket: Any, session: str) -> None:
    socket.send_json(wish(session))
    socket.send_json({"steps": 1})
    socket.receive_bytes()


def test_a_browser_has_one_and_the_server_a_few(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "MOST", 1)
    with client.websocket_connect(PLACE) as first:
        begin(first, "aaaaaaaa")
        with client.websocket_connect(PLACE) as second:
            second.send_json(wish("bbbbbbbb"))
            code, words = closed(second)
            assert code == lessons.TOO_MANY
            assert "try again" in words
        with client.websocket_connect(PLACE) as again:
            begin(again, "aaaaaaaa")
            assert closed(first) == (lessons.ELSEWHERE, "It goes on in another tab of yours.")
            again.send_json({"steps": 1})
            assert step_of(again.receive_bytes()) == 2


def test_whoever_has_left_has_no_place_any_more(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "MOST", 1)
    for session in ("aaaaaaaa", "bbbbbbbb", "cccccccc"):
        with client.websocket_connect(PLACE) as socket:
            begin(socket, session)


def test_it_ends_when_nobody_asks_for_more(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "IDLE", 0.05)
    with client.websocket_connect(PLACE) as socket:
        socket.send_json(wish())
        assert closed(socket)[0] == lessons.ASLEEP


def test_a_student_has_one_whatever_the_tab_says_and_nobody_else_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_of(tmp_path, monkeypatch)
    monkeypatch.setattr(lessons, "use_one_core", lambda: None)
    monkeypatch.setattr(routes, "_LESSONS", lessons.Lessons())
    app = Starlette(routes=routes.routes(), middleware=routes.middleware())
    with TestClient(app, "http://localhost", follow_redirects=False) as client:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(PLACE):
            pass
        fields = {"code": "swan-4821", "name": "Ada", "pin": "secret-1"}
        assert client.post(f"/{signing.IN}", data=fields).status_code == 303
        with client.websocket_connect(PLACE) as first, client.websocket_connect(PLACE) as second:
            begin(first, "aaaaaaaa")
            begin(second, "bbbbbbbb")
            assert closed(first)[0] == lessons.ELSEWHERE
