"""Who gets in, where the server has a class: middleware before everything else that answers.

It finds out who asks from the cookies, once for each request and each websocket. Whoever is nobody sees the page on
which one signs in, and the rest of this server does not exist for them: an address that somebody forgot to guard is
guarded here. With Streamlit's own login, that page is one of Streamlit's, which must be let through.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.classroom.room import Room, asks
from ui.server import signing

_OPEN = (signing.IN, signing.ICON, "_stcore/health")  # to everybody
_STREAMLIT = ("", "_stcore/", "auth/", "oauth2callback", "static/", "component/", "vendor/", "favicon.png", "library/")
_PRIVATE = ("_stcore/upload_file/",)
_FRESH = {"Cache-Control": "no-store"}


class Gate:
    """Lets those in who have signed in."""

    def __init__(self, app: ASGIApp, room: Room, base: str) -> None:
        self._app, self._room, self._base = app, room, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, for somebody; or say where one signs in."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        person = self._room.who(HTTPConnection(scope).cookies)
        asks(person)
        path = str(scope["path"]).removeprefix(self._base).lstrip("/")
        if person is not None or path in _OPEN or (self._room.has_login and self._is_streamlits(path)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Nobody is signed in."})
        else:
            await self._refusal(scope, path)(scope, receive, send)

    @staticmethod
    def _is_streamlits(path: str) -> bool:
        """Whether it belongs to a page on which one logs in, and to nothing of anybody."""
        if path.startswith(_PRIVATE):
            return False
        pages = "/" not in path and "." not in path and path not in signing.ADDRESSES
        return pages or any(path.startswith(each) for each in _STREAMLIT if each)

    def _refusal(self, scope: Scope, path: str) -> Response:
        is_page = scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
        if not is_page:
            return PlainTextResponse("Nobody is signed in.", 401, _FRESH)
        query = scope["query_string"].decode("latin-1")
        after = quote(path + (f"?{query}" if query else ""), safe="")
        return RedirectResponse(f"{self._base}/{signing.IN}?next={after}", 303, _FRESH)
