"""Signing in and out, by address: `class/sign-in` is a page of its own, plain HTML, without a session of a browser."""

from __future__ import annotations

import asyncio
import hmac
import html
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from ui.classroom.passes import SECONDS
from ui.classroom.people import LEAST_PIN, MOST_NAME, MOST_PIN, Person, Refused, clean, identity_of
from ui.classroom.room import Room
from ui.classroom.tries import Tries

IN, OUT, ICON = "class/sign-in", "class/sign-out", "class/icon.svg"
ADDRESSES = ("find",)  # of ours that look like a page of Streamlit's

MOST_BYTES = 4_000  # of a form
MOST_WORDS = 300  # characters of where one goes afterwards

_FRONTEND = Path(__file__).parents[1] / "frontend"
_FRESH = {"Cache-Control": "no-store"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; frame-ancestors 'self'"
_NEXT = re.compile(r"[\w.-]*(\?[^\\\s]*)?", re.ASCII)

Answer = Callable[[Request], Awaitable[Response]]


class Signing:
    """The routes of one class."""

    def __init__(self, room: Room, base: str) -> None:
        self._room, self._base = room, base
        self._by_address = Tries(40, 60.0)  # of a class behind one address, all together
        self._by_name = Tries(5, 60.0)

    async def sign_in(self, request: Request) -> Response:
        """Show the form, or take it."""
        if self._room.has_login:
            return RedirectResponse(f"{self._base}/", 303, _FRESH)
        after = _after(request.query_params.get("next", ""))
        teaches = "teacher" in request.query_params
        if request.method != "POST":
            return self._page(after, teaches, {})
        form = await _form(request)
        try:
            person = await asyncio.to_thread(self._enter, form, teaches, _address(request))
        except Refused as refused:
            return self._page(after, teaches, form, str(refused))
        answer = RedirectResponse(f"{self._base}/{after}", 303, _FRESH)
        self._give_pass(answer, request, self._room.passes.write(person), SECONDS)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Forget the browser. A link of another site does not do that."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return RedirectResponse(f"{self._base}/", 303, _FRESH)
        answer = RedirectResponse(f"{self._base}/{IN}", 303, _FRESH)
        self._give_pass(answer, request, "", 0)
        return answer

    def _enter(self, form: Mapping[str, str], teaches: bool, address: str) -> Person:
        """Who fills the form in. Raises `Refused`."""
        _let(self._by_address, address)
        code = _plain(form.get("code", ""))
        if not _same(code, _plain(self._room.teacher_code if teaches else self._room.code)):
            self._by_address.failed(address)
            raise Refused("That is not the teacher's code." if teaches else "That is not the code of this class.")
        if teaches:
            return self._room.people.known("teachers", "Teacher")
        name = identity_of(clean(form.get("name", "")))
        _let(self._by_name, name)
        self._by_name.failed(name)  # before it is known: who tries many at once does not get more
        person = self._room.people.enter(form.get("name", ""), form.get("pin", ""))
        self._by_name.forget(name)
        return person

    def _page(self, after: str, teaches: bool, form: Mapping[str, str], problem: str = "") -> Response:
        query = f"?next={quote(after, safe='')}"
        text = _template("teacher" if teaches else "student").substitute(
            action=html.escape(f"{self._base}/{IN}{query}" + ("&teacher=1" if teaches else "")),
            other=html.escape(f"{self._base}/{IN}{query}" + ("" if teaches else "&teacher=1")),
            icon=html.escape(f"{self._base}/{ICON}"),
            problem=f'<p class="problem" role="alert" id="problem">{html.escape(problem)}</p>' if problem else "",
            code=html.escape(form.get("code", "")),
            name=html.escape(form.get("name", "")),
            most_name=MOST_NAME,
            least=LEAST_PIN,
            most=MOST_PIN,
        )
        headers = _FRESH | {"Content-Security-Policy": _POLICY}
        return HTMLResponse(text, 403 if problem else 200, headers)

    def _give_pass(self, answer: Response, request: Request, text: str, seconds: int) -> None:
        forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
        answer.set_cookie(
            self._room.passes.cookie,
            text,
            max_age=seconds,
            path=self._base or "/",
            secure=forwarded == "https",
            httponly=True,
            samesite="lax",
        )


def icon(_request: Request) -> Response:
    """The project's mark."""
    return FileResponse(_FRONTEND / "icon.svg", media_type="image/svg+xml")


def _let(tries: Tries, key: str) -> None:
    """Raises `Refused` where there were too many wrong tries."""
    if seconds := tries.wait(key):
        raise Refused(f"Too many wrong tries. Wait {math.ceil(seconds)} seconds, or ask your teacher.")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _plain(code: str) -> str:
    """A code however it was typed: capitals, spaces and dashes make no difference."""
    return re.sub(r"[\s-]+", "", code).casefold()


def _after(text: str) -> str:
    """Where one goes afterwards: a page of this server, whatever the address says."""
    return text if len(text) <= MOST_WORDS and _NEXT.fullmatch(text) else ""


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _form(request: Request) -> Mapping[str, str]:
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return {}
    except ClientDisconnect:
        return {}
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=8))
    except ValueError:
        return {}


@cache
def _template(name: str) -> Template:
    fields = (_FRONTEND / f"sign_in_{name}.html").read_text(encoding="utf-8")
    page = Template((_FRONTEND / "sign_in.html").read_text(encoding="utf-8"))
    return Template(page.safe_substitute(fields=fields))
