"""Names that a server goes by: those of other sites, which DNS may lead here, are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.server import routes

Serve = Callable[..., TestClient]

OWN = ("localhost", "localhost:8501", "LOCALHOST.", "127.0.0.1:8501", "127.8.9.1", "[::1]:8501", "192.168.1.20")
FOREIGN = ("evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example", "a@evil.example")
NONE = ("", "[", "[::1", ":8501", "..")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """A client of a server with these options."""

    def start(address: str | None = "localhost", names: Sequence[str] = (), known_as: str = "localhost") -> TestClient:
        options: dict[str, Any] = {
            "server.address": address,
            "server.allowedHosts": list(names),
            "browser.serverAddress": known_as,
            "server.baseUrlPath": "",
        }
        monkeypatch.setattr("streamlit.get_option", options.__getitem__)

        async def page(_request: object) -> PlainTextResponse:
            return PlainTextResponse("a page")

        async def socket(websocket: WebSocket) -> None:
            await websocket.accept()
            await websocket.send_text("hello")
            await websocket.close()

        own = [Route("/", page, methods=["GET", "POST"]), WebSocketRoute("/_stcore/stream", socket)]
        return TestClient(Starlette(routes=own, middleware=routes.middleware()), "http://localhost")

    return start


def answers(client: TestClient, host: str) -> bool:
    """Whether requests and websockets for that name are answered: all are, or none."""
    said = client.get("/", headers={"host": host})
    assert client.post("/", headers={"host": host}).status_code == said.status_code
    if said.status_code == 200:
        with client.websocket_connect("/_stcore/stream", headers={"host": host}) as socket:
            assert socket.receive_text() == "hello"
        return True
    with (
        pytest.raises(WebSocketDisconnect) as refusal,
        client.websocket_connect("/_stcore/stream", headers={"host": host}),
    ):
        pass
    assert (refusal.value.code, said.status_code) == (1008, 403)
    assert "--server.allowedHosts" in said.text
    assert said.headers["x-frame-options"] == "SAMEORIGIN"
    return False


@pytest.mark.parametrize("host", OWN)
def test_a_server_of_this_machine_goes_by_its_name_and_every_ip_address(serve: Serve, host: str) -> None:
    assert answers(serve(), host)


@pytest.mark.parametrize("host", [*FOREIGN, *NONE])
@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1"])
def test_names_that_others_let_lead_to_this_machine_are_refused(serve: Serve, address: str, host: str) -> None:
    assert not answers(serve(address), host)


def test_a_proxy_passes_on_a_name_that_was_given(serve: Serve) -> None:
    behind = serve(names=["gan.example.org", "*.school.example"])
    for host in ("gan.example.org", "GAN.example.org.:443", "a.school.example", "localhost:8501"):
        assert answers(behind, host)
    for host in ("school.example", "gan.example.org.evil.example", "x.gan.example.org", "evilschool.example"):
        assert not answers(behind, host)
    assert answers(serve(known_as="gan.example.org/group-1"), "gan.example.org")
    assert answers(serve(names=["*"]), "whatever.example")


@pytest.mark.parametrize("address", [None, "0.0.0.0", "192.168.1.20"])
def test_a_server_of_a_network_goes_by_whatever_name_unless_it_was_given_some(
    serve: Serve, address: str | None
) -> None:
    assert answers(serve(address), "lab-3.school.example")
    named = serve(address, names=["gan.example.org"])
    assert answers(named, "gan.example.org")
    assert not answers(named, "lab-3.school.example")
