"""What the server answers, by address."""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from ui import navigation
from ui.classroom.room import Room, room
from ui.server import exploring, finding, lessons, library, live, pictures, signing
from ui.server.bundle import Bundle
from ui.server.gate import Gate
from ui.server.headers import KnownHosts, SameOrigin, SecurityHeaders, host_name
from ui.server.policy import content_policy

LIVE = live.Live()
_LESSONS = lessons.Lessons()


def routes() -> list[BaseRoute]:
    """Below the path at which Streamlit serves its pages."""
    base = _base()
    found: list[BaseRoute] = [
        Route(f"{base}/{path}", endpoint)
        for path, endpoint in (
            ("pictures/{run}/{step:int}.png", pictures.picture),
            ("drawn/{run}/{seed:int}/{step:int}.png", pictures.drawn),
            ("live/{run}/stream", LIVE.stream),
            ("live/{run}/news", live.news),
            ("live/{run}/curves", live.curves),
            (library.ADDRESS, library.plotly_js),
            ("scripts/{version}/{name:path}", library.module),
            (finding.ADDRESS, finding.find),
        )
    ]
    found.append(Route(f"{base}/explore/{{run}}/{{what}}", exploring.answer, methods=["POST"]))
    found.append(WebSocketRoute(f"{base}/{lessons.ADDRESS}", _LESSONS.toy))
    here = room()
    return found if here is None else [*found, *_of_class(here, base)]


def _of_class(here: Room, base: str) -> list[BaseRoute]:
    doors = signing.Signing(here, base)
    return [
        Route(f"{base}/{signing.IN}", doors.sign_in, methods=["GET", "POST"]),
        Route(f"{base}/{signing.OUT}", doors.sign_out),
        Route(f"{base}/{signing.ICON}", signing.icon),
    ]


def _base() -> str:
    return ("/" + (st.get_option("server.baseUrlPath") or "").strip("/")).rstrip("/")


LOCAL = ("localhost", "127.0.0.1", "::1")  # addresses that nobody reaches from another machine


def middleware() -> list[Middleware]:
    """What every request goes through before Streamlit's own checks."""
    found, here = [Middleware(SecurityHeaders, content_policy()), Middleware(SameOrigin)], room()
    if (names := _names()) is not None:
        found.insert(1, Middleware(KnownHosts, names))
    gate = [] if here is None else [Middleware(Gate, here, _base())]
    return [*found, *gate, Middleware(Bundle, _base(), navigation.ADDRESSES)]


def _names() -> list[str] | None:
    """The names that this server goes by besides `localhost`; None for a server of a network that was given none."""
    address, names = st.get_option("server.address"), st.get_option("server.allowedHosts")
    if not names and address not in LOCAL:
        return None
    return [*names, address or "", host_name(st.get_option("browser.serverAddress") or "")]
