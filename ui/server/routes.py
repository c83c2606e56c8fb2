"""What the server answers, by address, and what it does when it begins and ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from gancore.machine import OWN_NETWORKS
from ui import state
from ui.classroom.room import Room, room
from ui.server import exploring, finding, library, live, pictures, signing
from ui.server.ending import when_asked_to_end
from ui.server.gate import Gate
from ui.server.headers import KnownHosts, SameOrigin, SecurityHeaders, host_name

_LIVE = live.Live()


def routes() -> list[BaseRoute]:
    """Below the path at which Streamlit serves its pages."""
    base = _base()
    found: list[BaseRoute] = [
        Route(f"{base}/{path}", endpoint)
        for path, endpoint in (
            ("pictures/{run}/{step:int}.png", pictures.picture),
            ("drawn/{run}/{seed:int}/{step:int}.png", pictures.drawn),
            ("live/{run}/stream", _LIVE.stream),
            ("live/{run}/news", live.news),
            ("live/{run}/curves", live.curves),
            (library.ADDRESS, library.plotly_js),
            ("scripts/{version}/{name:path}", library.module),
            (finding.ADDRESS, finding.find),
        )
    ]
    found.append(Route(f"{base}/explore/{{run}}/{{what}}", exploring.answer, methods=["POST"]))
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


_LOCAL = ("localhost", "127.0.0.1", "::1")  # addresses that nobody reaches from another machine


def middleware() -> list[Middleware]:
    """What every request goes through before Streamlit's own checks."""
    found, here = [Middleware(SecurityHeaders), Middleware(SameOrigin)], room()
    if (names := _names()) is not None:
        found.insert(1, Middleware(KnownHosts, names))
    return found if here is None else [*found, Middleware(Gate, here, _base())]


def _names() -> list[str] | None:
    """The names that this server goes by besides `localhost`; None for a server of a network that was given none."""
    address, names = st.get_option("server.address"), st.get_option("server.allowedHosts")
    if not names and address not in _LOCAL:
        return None
    return [*names, address or "", host_name(st.get_option("browser.serverAddress") or "")]


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Go on with what waits in the queue, nobody need look; at the end stop what trains, with a checkpoint."""
    here = room()
    if here is not None or st.get_option("server.address") not in _LOCAL:
        os.environ[OWN_NETWORKS] = "off"
    if here is not None:
        print(here.invitation, flush=True)
    executor = await asyncio.to_thread(state.worker)
    await asyncio.to_thread(executor.ensure_worker)
    with when_asked_to_end(_LIVE.end):
        yield
    await asyncio.to_thread(executor.close)
    if here is not None:
        here.quotas.save()
