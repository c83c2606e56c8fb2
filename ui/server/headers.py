"""Headers on every answer, Streamlit's included: who may frame it, and what a browser may make of it; and no request
that changes something from a page of another site, or that is made for a name that is not this server's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class SecurityHeaders:
    """Middleware that adds `HEADERS` and a Content-Security-Policy to each answer; what an answer says itself stays."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app, self._headers = app, HEADERS | {"Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, with headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


SAFE = ("GET", "HEAD", "OPTIONS")  # methods that change nothing


class SameOrigin:
    """Middleware that refuses what a page of another site asks for, unless the method changes nothing.

    A browser says where a request comes from, and no page can have it say otherwise; programs say nothing, and pass.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, or with a sentence."""
        if scope["type"] == "http" and scope["method"] not in SAFE and is_foreign(Headers(scope=scope)):
            refusal = PlainTextResponse("This comes from a page of another site.", 403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def is_foreign(headers: Headers) -> bool:
    """Whether a page of another site asks. A websocket must find out itself: a browser lets every page open one."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


_UNKNOWN = (
    "This server does not go by that name: open it as localhost, or start it with --server.allowedHosts=THAT-NAME."
)


class KnownHosts:
    """Middleware that refuses requests and websockets for names that are not this server's.

    A page of another site can have its own name lead to this machine (DNS rebinding); for the browser, this server is
    then that site, whose pages may read and change everything. But the request says the name. Known are `localhost`,
    every IP address, since nobody is asked where one leads, and `names`, which may begin with `*.`; `*` is every name.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app, self._names = app, tuple(name.strip().lower().rstrip(".") for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, or with a sentence."""
        if scope["type"] not in ("http", "websocket") or self._knows(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Unknown host."})
        else:
            await PlainTextResponse(_UNKNOWN, 403)(scope, receive, send)

    def _knows(self, host: str) -> bool:
        name = host_name(host)
        if name == "localhost" or _is_address(name):
            return True
        return bool(name) and any(fnmatchcase(name, pattern) for pattern in self._names)


def host_name(address: str) -> str:
    """`gan.example.org` of `gan.example.org:8501/class`; empty if there is none."""
    with suppress(ValueError):
        return (urlsplit(f"//{address}").hostname or "").rstrip(".")
    return ""


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(name))
    return False
