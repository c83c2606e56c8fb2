"""Sample pictures by address: `pictures/<run>/<step>.png?v=<version>`, so that pages send addresses and not images.

A browser keeps a picture for good under its address. A resume can draw a step again, so the address names the file's
version; the picture of another version than the file's is sent, too, but not kept.
"""

from __future__ import annotations

import io
import stat
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gancore.files import read_regular
from gancore.store import Run
from ui import state

SMALL = 128  # pixels along the longer side of a thumbnail: a table's row on a fine screen
MOST_BYTES = 20_000_000  # of a picture; our own are below one
MOST_PIXELS = 16_000_000  # of a picture; our own have a hundredth
MAX_FRAMES = 48  # grids of a run that the browser can step through, spread over its length

_KEPT = "private, max-age=31536000, immutable"
_LOOKED_UP = "no-cache"


class _Gone(LookupError):
    """There is no such picture."""


@dataclass(frozen=True)
class Frame:
    """One sample grid of a film."""

    step: int
    caption: str
    src: str  # its address, relative to the server's


def frames(run: Run, steps: Sequence[int] | None = None, known: Iterable[Frame] = ()) -> list[Frame]:
    """A run's sample grids: those at `steps`, or else thinned to what is worth stepping through.

    Those that are `known` are not looked at again while they are there.
    """
    samples = run.samples()
    wanted = thin_steps(list(samples)) if steps is None else [step for step in samples if step in steps]
    said, before = captions(run), {frame.step: frame for frame in known}
    found = []
    for step in wanted:
        if step in before:
            found.append(before[step])
        elif (source := address(run, step, path=samples[step])) is not None:
            found.append(Frame(step=step, caption=said(step), src=source))
    return found


def captions(run: Run) -> Callable[[int], str]:
    """When a grid of a run was drawn, by its step."""
    per_epoch = max(run.config.batches_per_epoch / run.config.batches_per_step, 1e-9)
    return lambda step: f"step {step:,} · epoch {step / per_epoch:.1f}"


def thin_steps(steps: Sequence[int], most: int = MAX_FRAMES) -> list[int]:
    """At most so many of the steps, two or more, evenly spread, the first and the last among them.

    Of a run that goes on they stay the same: more and more of them are left out, and none comes back.
    """
    apart = 1
    while len(steps[::apart]) > most - 1 and len(steps) > most:
        apart *= 2
    return [*steps[:-1:apart], *steps[-1:]]


def address(run: Run, step: int, *, small: bool = False, path: Path | None = None) -> str | None:
    """The address of the picture of a step, relative to the server's; None if it is gone.

    `path` is the picture's file, where it is known already.
    """
    try:
        version = _version(path or _path(run, step))
    except _Gone:
        return None
    return f"pictures/{run.id}/{step}.png?v={version}" + ("&small=1" if small else "")


def picture(request: Request) -> Response:
    """Answer with a picture of a run in the store, as it is or `small`; 404 for all that is not one."""
    return _answer(request, lambda: _path(_run(request), request.path_params["step"]))


def drawn_address(run: Run, seed: int, step: int, path: Path) -> str | None:
    """The address of a grid that was drawn from the noise of another seed; None if it is gone."""
    try:
        return f"drawn/{run.id}/{seed}/{step}.png?v={_version(path)}"
    except _Gone:
        return None


def drawn(request: Request) -> Response:
    """Answer with a grid of a run that was drawn from the noise of another seed; 404 for all that is not one."""
    return _answer(request, lambda: _drawn_path(_run(request), request.path_params))


def _answer(request: Request, find: Callable[[], Path]) -> Response:
    try:
        path = find()
        version = _version(path)
        content = _small(path, version) if request.query_params.get("small") else _read(path)
    except _Gone:
        return PlainTextResponse("There is no such picture.", 404, {"Cache-Control": _LOOKED_UP})
    kept = request.query_params.get("v") == version
    headers = {
        "Cache-Control": _KEPT if kept else _LOOKED_UP,
        "ETag": f'"{version}"',
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/png", headers=headers)


def _run(request: Request) -> Run:
    run = state.find_run(request.path_params["run"])
    if run is None:
        raise _Gone
    return run


def _drawn_path(run: Run, asked: Mapping[str, int]) -> Path:
    try:
        return state.drawer().drawn(run, asked["seed"])[asked["step"]]
    except (KeyError, OSError):
        raise _Gone from None


def _path(run: Run, step: int) -> Path:
    try:
        return run.samples()[step]
    except (KeyError, OSError):
        raise _Gone from None


def _version(path: Path) -> str:
    """Another one when the file was replaced; only of a plain file, not of what a link leads to."""
    try:
        facts = path.lstat()
    except OSError:
        raise _Gone from None
    if not stat.S_ISREG(facts.st_mode) or not 0 < facts.st_size <= MOST_BYTES:
        raise _Gone
    return f"{facts.st_mtime_ns:x}-{facts.st_size:x}"


def _read(path: Path) -> bytes:
    """A PNG as it is, of as many pixels as a browser can bear. Raises `_Gone`."""
    try:
        content = read_regular(path, MOST_BYTES)
        signature, kind, width, height = struct.unpack(">8s4x4sII", content[:24])
    except (OSError, struct.error):
        raise _Gone from None
    if (signature, kind) != (b"\x89PNG\r\n\x1a\n", b"IHDR") or not 0 < width * height <= MOST_PIXELS:
        raise _Gone
    return content


@lru_cache(maxsize=2_000)  # of about 10 kB each
def _small(path: Path, version: str) -> bytes:  # noqa: ARG001
    """A thumbnail as PNG. Raises `_Gone` for what is no picture or too large to be one of ours."""
    try:
        with Image.open(io.BytesIO(_read(path)), formats=["PNG"]) as image:
            small = image.convert("RGB" if image.mode not in ("L", "RGB") else image.mode)
            small.thumbnail((SMALL, SMALL), Image.Resampling.BOX)
        buffer = io.BytesIO()
        small.save(buffer, "PNG")
    except Exception:  # Pillow raises anything from SyntaxError to struct.error for a damaged file
        raise _Gone from None
    return buffer.getvalue()
