"""Streamlit's own scripts and styles, compressed once: it sends them as they are, 2 MB of them before a page can begin.
And its first answer, which names early what each of our pages needs next, so that browsers fetch all of it at once.

Files whose names hold a digest of their content are all that is answered here; whatever is not found as expected, in a
later Streamlit, is left to it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

STATIC = Path(st.__file__).parent / "static"
KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_KINDS = {"js": "text/javascript", "css": "text/css"}  # by their folder
_NEEDED = ("BidiComponent", "Html", "Button")  # scripts of elements that most pages have
_NAME = re.compile(r"static/(?P<kind>js|css)/(?P<name>[\w.-]+\.(?P=kind))")
_IMPORTS = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
_NAMED = re.compile(r"""\./static/js/([\w.-]+\.js)""")
_UNUSED = re.compile(r"""<link\s+rel="preload"\s+href="[^"]*SourceSans[^"]*"[^>]*>\s*""")  # our themes have other fonts
# Where Streamlit is found: beside the page, as its scripts are. It would guess, on /train, that it is below /train: two
# requests that fail, each an error in the browser's console. With what it would ask its server first, it connects at
# once; with our themes, it neither begins in another nor loads that one's font.
_BEGIN = """    <script>
      window.__streamlit = {{ BACKEND_BASE_URL: new URL("./", window.location.href).href, ...{known} }}
    </script>
"""
_THEME = {  # in the words of the browser
    "primaryColor": "primaryColor",
    "backgroundColor": "backgroundColor",
    "secondaryBackgroundColor": "secondaryBackgroundColor",
    "textColor": "textColor",
    "font": "bodyFont",
    "codeFont": "codeFont",
}


class Bundle:
    """Middleware that answers instead of Streamlit: with its files, compressed, and at `pages` with its first one."""

    def __init__(self, app: ASGIApp, base: str, pages: Sequence[str]) -> None:
        self._app, self._base = app, base
        self._compressed: dict[tuple[str, str], bytes] = {}  # by kind and name: no more than there are files
        self._pages = frozenset(f"{base}/{page}" for page in pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the app do so."""
        found = await self._find(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        await (found or self._app)(scope, receive, send)

    async def _find(self, scope: Scope) -> Response | None:
        path, headers = str(scope["path"]), Headers(scope=scope)
        if path in self._pages and (text := page()):
            return HTMLResponse(text, headers={"Cache-Control": "no-cache"})
        asked = _NAME.fullmatch(path.removeprefix(f"{self._base}/"))
        if asked is None or "gzip" not in headers.get("accept-encoding", "") or "range" in headers:
            return None
        kind, name = asked["kind"], asked["name"]
        if name not in names(kind):
            return None
        if (kind, name) not in self._compressed:
            self._compressed[kind, name] = await asyncio.to_thread(compressed, kind, name)
        content = self._compressed[kind, name]
        return Response(content, media_type=_KINDS[kind], headers=KEPT | {"Content-Encoding": "gzip"})


@cache
def names(kind: str) -> frozenset[str]:
    """The files of a kind that there are."""
    return frozenset(path.name for path in (STATIC / "static" / kind).glob(f"*.{kind}"))


def compressed(kind: str, name: str) -> bytes:
    """A file of the bundle."""
    return gzip.compress((STATIC / "static" / kind / name).read_bytes(), compresslevel=6, mtime=0)


@lru_cache(maxsize=1)
def page() -> str:
    """The page in which Streamlit begins, with what ours need named early; empty if it is not as it was."""
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    known, (head, closed, rest) = set(_NAMED.findall(text)), _UNUSED.sub("", text).partition("  </head>")
    if not known or not closed:
        return ""
    needed = dict.fromkeys(name for script in _NEEDED for name in _with_imports(script, known))
    links = "".join(f'    <link rel="modulepreload" crossorigin href="./static/js/{name}">\n' for name in needed)
    begin = _BEGIN.format(known=json.dumps(_known(), ensure_ascii=True).replace("<", "\\u003c"))
    return f"{head}{begin}{links}{closed}{rest}"


def _known() -> dict[str, Any]:
    """What a browser need not ask for."""
    host = {"allowedOrigins": list(st.get_option("client.allowedOrigins")), "useExternalAuthToken": False}
    return {"HOST_CONFIG": host, "LIGHT_THEME": _theme("light", 0), "DARK_THEME": _theme("dark", 1)}


def _theme(name: str, base: int) -> dict[str, Any]:
    options = {theirs: _option(name, ours) for ours, theirs in _THEME.items()}
    return {"base": base} | {name: value for name, value in options.items() if isinstance(value, str)}


def _option(theme: str, name: str) -> Any:
    found = st.get_option(f"theme.{theme}.{name}")
    return st.get_option(f"theme.{name}") if found is None else found


def _with_imports(script: str, known: set[str]) -> Iterator[str]:
    """A script of the bundle by the beginning of its name, and what it imports and nobody `known` has, at any depth."""
    waiting = [name for name in sorted(names("js")) if name.startswith(f"{script}.")]
    seen = set(known)
    while waiting:
        if (name := waiting.pop()) in seen:
            continue
        seen.add(name)
        yield name
        waiting += [each for each in _IMPORTS.findall(_text(name)) if each in names("js")]


def _text(name: str) -> str:
    return (STATIC / "static" / "js" / name).read_text(encoding="utf-8")
