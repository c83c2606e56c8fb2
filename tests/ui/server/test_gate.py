"""Signing in, and that nobody reaches another's runs by any address of this server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.records import Status
from tests.classes import class_of
from ui import state
from ui.classroom import gallery, login
from ui.classroom.people import identity_of
from ui.classroom.room import Room
from ui.server import routes, signing

SignIn = Callable[..., TestClient]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    return class_of(tmp_path, monkeypatch, teacher_code="the-teacher")


def client() -> TestClient:
    async def page(_request: object) -> PlainTextResponse:
        return PlainTextResponse("a page of Streamlit's")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    streamlits = [Route("/", page), Route("/train", page), WebSocketRoute("/_stcore/stream", socket)]
    app = Starlette(routes=[*routes.routes(), *streamlits], middleware=routes.middleware())
    return TestClient(app, "http://localhost", follow_redirects=False)


@pytest.fixture
def sign_in(room: Room) -> SignIn:
    """A browser in which somebody has signed in."""
    assert room

    def enter(name: str, pin: str = "secret-1") -> TestClient:
        browser = client()
        fields = {"code": "the-teacher"} if name == "Teacher" else {"code": "swan-4821", "name": name, "pin": pin}
        address = f"/{signing.IN}" + ("?teacher=1" if name == "Teacher" else "")
        assert browser.post(address, data=fields).status_code == 303
        return browser

    return enter


def run_of(room: Room, name: str) -> Run:
    """A run of somebody, with a picture."""
    run = RunStore(room.folder / "students" / identity_of(name) / "runs").create(RunConfig(), name=f"run of {name}")
    (run.path / "samples").mkdir()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(run.path / "samples" / "000500.png")
    run.write_status(Status(state="finished", step=500, total_steps=500))
    return run


def addresses(run: Run) -> list[tuple[str, str]]:
    """Every address of this server that names a run; a route that is new must be added."""
    known = {
        "/pictures/{run}/{step:int}.png": f"/pictures/{run.id}/500.png",
        "/drawn/{run}/{seed:int}/{step:int}.png": f"/drawn/{run.id}/1/500.png",
        "/live/{run}/stream": f"/live/{run.id}/stream",
        "/live/{run}/news": f"/live/{run.id}/news",
        "/live/{run}/curves": f"/live/{run.id}/curves?columns=loss_d",
        "/explore/{run}/{what}": f"/explore/{run.id}/pictures",
    }
    paths = [route.path for route in routes.routes() if isinstance(route, Route) and "{run}" in route.path]
    assert set(paths) == set(known)
    return [("POST" if path.startswith("/explore") else "GET", known[path]) for path in paths]


def test_nobody_sees_anything_before_signing_in(room: Room) -> None:
    run, browser = run_of(room, "Ann"), client()
    for method, address in [*addresses(run), ("GET", "/find?q="), ("GET", "/train"), ("GET", "/media/x.png")]:
        answer = browser.request(method, address, json={} if method == "POST" else None)
        assert answer.status_code == 401, address
        assert run.name not in answer.text
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("ws://localhost/_stcore/stream"):
        pass


def test_a_browser_is_led_to_where_one_signs_in_and_back(room: Room) -> None:
    assert room
    browser = client()
    answer = browser.get("/train?run=x", headers={"accept": "text/html"})
    assert answer.headers["location"] == "/class/sign-in?next=train%3Frun%3Dx"
    form = browser.get(answer.headers["location"])
    assert 'name="pin"' in form.text
    (action,) = re.findall('action="([^"]+)"', form.text)
    fields = {"code": "SWAN 4821", "name": "Ann", "pin": "secret-1"}
    answer = browser.post(action.replace("&amp;", "&"), data=fields)
    assert answer.headers["location"] == "/train?run=x"
    assert '<div id="root">' in browser.get("/train").text  # in which Streamlit draws
    with browser.websocket_connect("ws://localhost/_stcore/stream") as socket:
        assert socket.receive_text() == "hello"


def test_a_student_reaches_her_own_runs_and_nobody_elses(room: Room, sign_in: SignIn) -> None:
    ann, bo = sign_in("Ann"), sign_in("Bo")
    run = run_of(room, "Ann")
    assert ann.get(f"/pictures/{run.id}/500.png").status_code == 200
    assert ann.get(f"/live/{run.id}/news").status_code == 200
    assert ann.get("/find?q=run of Ann").json()[0]["id"] == run.id
    for method, address in addresses(run):
        answer = bo.request(method, address, json={} if method == "POST" else None)
        assert answer.status_code == 404, address
    assert bo.get("/find?q=run of Ann").json() == []


def test_two_runs_of_one_id_are_two_runs(room: Room, sign_in: SignIn) -> None:
    """Whoever takes a zip of another's run has a run of the same id."""
    ann, bo = sign_in("Ann"), sign_in("Bo")
    hers = run_of(room, "Ann")
    his = hers.path.parents[2] / identity_of("Bo") / "runs" / hers.id
    RunStore(his.parent).create(RunConfig(), run_id=hers.id)
    assert ann.get(f"/pictures/{hers.id}/500.png").status_code == 200
    assert bo.get(f"/pictures/{hers.id}/500.png").status_code == 404
    assert bo.get(f"/live/{hers.id}/news").json()["position"].startswith("0-")


def test_all_see_reference_runs(sign_in: SignIn) -> None:
    reference = state.reference()[0]
    step = max(reference.samples())
    for name in ("Ann", "Teacher"):
        assert sign_in(name).get(f"/pictures/{reference.id}/{step}.png").status_code == 200


def test_all_see_what_is_published_until_it_is_taken_back(room: Room, sign_in: SignIn) -> None:
    sign_in("Ann")
    run, bo = run_of(room, "Ann"), sign_in("Bo")
    gallery.publish(run, room.gallery)
    assert bo.get(f"/pictures/{run.id}/500.png").status_code == 200
    assert bo.get("/find?q=run of Ann").json()[0]["reference"]
    gallery.withdraw(run.id, room.gallery)
    assert bo.get(f"/pictures/{run.id}/500.png").status_code == 404
    assert run.path.is_dir()


def test_the_teacher_sees_the_runs_of_all(room: Room, sign_in: SignIn) -> None:
    sign_in("Ann")
    run = run_of(room, "Ann")
    assert sign_in("Teacher").get(f"/pictures/{run.id}/500.png").status_code == 200


def test_nothing_that_trains_is_published(room: Room, sign_in: SignIn) -> None:
    sign_in("Ann")
    run = run_of(room, "Ann")
    run.enqueue()
    with pytest.raises(gallery.CannotPublish):
        gallery.publish(run, room.gallery)
    assert not room.gallery.exists()


def test_what_is_published_takes_no_link_along(room: Room, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in("Ann")
    run = run_of(room, "Ann")
    (tmp_path / "private").write_text("private")
    (run.path / "samples" / "000600.png").symlink_to(tmp_path / "private")
    copy = gallery.publish(run, room.gallery)
    assert [path.name for path in (copy.path / "samples").iterdir()] == ["000500.png"]


def test_a_forged_cookie_is_nobody(room: Room, sign_in: SignIn) -> None:
    browser = sign_in("Ann")
    name = room.passes.cookie
    text = browser.cookies[name]
    for forged in (text.replace("students", "teachers"), text[:-2], "", "x" * 5_000):
        other = client()
        other.cookies.set(name, forged)
        assert other.get("/find?q=").status_code == 401
    assert browser.get("/find?q=").status_code == 200


def test_the_cookie_is_for_this_server_alone(room: Room) -> None:
    fields = {"code": "swan-4821", "name": "Ann", "pin": "secret-1"}
    said = client().post(f"/{signing.IN}", data=fields).headers["set-cookie"].lower()
    assert room.passes.cookie in said
    assert "httponly" in said
    assert "samesite=lax" in said
    assert "secure" not in said
    secure = client().post(f"/{signing.IN}", data=fields, headers={"x-forwarded-proto": "https"})
    assert "secure" in secure.headers["set-cookie"].lower()


def test_whose_code_is_reset_is_signed_out(room: Room, sign_in: SignIn) -> None:
    browser = sign_in("Ann")
    (ann,) = room.people.list("students")
    room.people.reset(ann)
    assert browser.get("/find?q=").status_code == 401
    assert sign_in("Ann", "another-1").get("/find?q=").status_code == 200


def test_one_signs_out(sign_in: SignIn) -> None:
    browser = sign_in("Ann")
    there = browser.get(f"/{signing.OUT}", headers={"sec-fetch-site": "cross-site"})
    assert there.headers["location"] == "/"
    assert browser.get("/find?q=").status_code == 200
    assert browser.get(f"/{signing.OUT}").headers["location"] == f"/{signing.IN}"
    assert browser.get("/find?q=").status_code == 401


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"code": "goose-1234", "name": "Ann", "pin": "secret-1"}, "not the code of this class"),
        ({"code": "swan-4821", "name": "", "pin": "secret-1"}, "Write your name"),
        ({"code": "swan-4821", "name": "Ann", "pin": "12"}, "from 6 to 32"),
        ({}, "not the code of this class"),
        ({"code": "<script>" * 600}, "not the code of this class"),
        ({"code": "<b>", "name": "<b>"}, "not the code of this class"),
    ],
)
def test_what_is_wrong_is_said(room: Room, fields: dict[str, str], sentence: str) -> None:
    answer = client().post(f"/{signing.IN}", data=fields)
    assert answer.status_code == 403
    assert sentence in answer.text
    assert "<b>" not in answer.text
    assert "set-cookie" not in answer.headers
    assert not room.people.list("students")


def test_who_guesses_a_personal_code_has_to_wait(sign_in: SignIn) -> None:
    sign_in("Ann")
    browser = client()
    fields = {"code": "swan-4821", "name": "Ann"}
    said = [browser.post(f"/{signing.IN}", data=fields | {"pin": f"wrong-{n}"}).text for n in range(7)]
    assert "not the personal code" in said[4]
    assert "Too many wrong tries" in said[5]
    assert "Too many wrong tries" in browser.post(f"/{signing.IN}", data=fields | {"pin": "secret-1"}).text


def test_who_guesses_the_class_code_has_to_wait(room: Room) -> None:
    assert room
    browser = client()
    said = [browser.post(f"/{signing.IN}?teacher=1", data={"code": f"{n}"}).text for n in range(42)]
    assert "not the teacher" in said[39]
    assert "Too many wrong tries" in said[41]


@pytest.mark.parametrize(
    "after", ["//evil.org", "https://evil.org", "/\\evil.org", "javascript:alert(1)", "a b", "x" * 400]
)
def test_nobody_is_led_elsewhere(room: Room, after: str) -> None:
    assert room
    fields = {"code": "swan-4821", "name": "Ann", "pin": "secret-1"}
    answer = client().post(f"/{signing.IN}", params={"next": after}, data=fields)
    assert answer.headers["location"] == "/"


def test_a_form_of_another_site_is_not_taken(room: Room) -> None:
    fields = {"code": "swan-4821", "name": "Eve", "pin": "secret-1"}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.org"}):
        assert client().post(f"/{signing.IN}", data=fields, headers=headers).status_code == 403
    assert not room.people.list("students")


def test_with_a_login_a_page_is_let_through_and_nothing_of_anybody(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(room, "Ann")
    monkeypatch.setattr(login, "is_there", lambda: True)
    room.__dict__.pop("has_login", None)
    browser = client()
    assert browser.get("/train").status_code == 200
    with browser.websocket_connect("ws://localhost/_stcore/stream") as socket:
        assert socket.receive_text() == "hello"
    for method, address in [*addresses(run), ("GET", "/find?q="), ("GET", "/media/x.png")]:
        assert browser.request(method, address, json={} if method == "POST" else None).status_code == 401, address
    assert browser.get(f"/{signing.IN}").headers["location"] == "/"


def test_without_a_class_there_is_no_gate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANCORE_RUNS", str(tmp_path / "runs"))
    assert client().get("/find?q=").status_code == 200
    assert client().get(f"/{signing.IN}").status_code == 404
