"""Scripts that pages load by address: plotly.js as the installed plotly package brings it, compressed once, and modules
of our own; browsers keep each until the next version."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

SOURCE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
ADDRESS = f"library/plotly-{plotly.__version__}.min.js"  # relative to the server's

_FRONTEND = Path(__file__).parents[1] / "frontend"
_NAMES = (
    "client.js",
    "curve.js",
    "hub.js",
    "lines.js",
    "pace.js",
    "plot.js",
    "replay.js",
    "source.js",
    "worker.js",
)
_LESSONS = tuple(f"learn/{path.name}" for path in sorted((_FRONTEND / "learn").glob("*.js")))
_MODULES = {name: (_FRONTEND / name).read_bytes() for name in (*_NAMES, *_LESSONS)}
SCRIPTS = f"scripts/{hashlib.blake2b(b''.join(_MODULES.values()), digest_size=6).hexdigest()}/"  # the modules' folder

_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


def plotly_js(request: Request) -> Response:
    """Answer with the library."""
    kind = "text/javascript"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(SOURCE, media_type=kind, headers=_HEADERS)
    return Response(_compressed(), media_type=kind, headers=_HEADERS | {"Content-Encoding": "gzip"})


def module(request: Request) -> Response:
    """Answer with a module of our own."""
    content = _MODULES.get(request.path_params["name"])
    if content is None or request.path_params["version"] != SCRIPTS.split("/")[1]:
        return PlainTextResponse("There is no such script.", 404)
    return Response(content, media_type="text/javascript", headers=_HEADERS)


@lru_cache(maxsize=1)
def _compressed() -> bytes:
    return gzip.compress(SOURCE.read_bytes(), compresslevel=6, mtime=0)
