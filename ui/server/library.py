"""plotly.js as the installed plotly package brings it, compressed once and kept by browsers until the next version."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse, Response

SOURCE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
ADDRESS = f"library/plotly-{plotly.__version__}.min.js"  # relative to the server's

_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


def plotly_js(request: Request) -> Response:
    """Answer with the library."""
    kind = "text/javascript"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(SOURCE, media_type=kind, headers=_HEADERS)
    return Response(_compressed(), media_type=kind, headers=_HEADERS | {"Content-Encoding": "gzip"})


@lru_cache(maxsize=1)
def _compressed() -> bytes:
    return gzip.compress(SOURCE.read_bytes(), compresslevel=6, mtime=0)
