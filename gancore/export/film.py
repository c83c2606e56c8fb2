"""The sample grids of a run as a film: how its images came to be."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from gancore.export.formats import CannotExport
from gancore.export.pictures import read_picture
from gancore.pictures import film
from gancore.store import Run

MOST_FRAMES = 300  # of a film: 24 seconds
LAST_FRAMES = 12  # in which the last grid stays
WIDTH = 540  # pixels that a grid is enlarged to at least


def encode_gif(run: Run) -> bytes:
    """An endless GIF. Raises `CannotExport` where there are no grids."""
    return _encode(run, film.encode_gif)


def encode_mp4(run: Run) -> bytes:
    """An MP4. Raises `CannotExport` where there are no grids."""
    return _encode(run, film.encode_mp4)


def _encode(run: Run, encode: Callable[..., bytes]) -> bytes:
    frames = _frames(run)
    frames += frames[-1:] * LAST_FRAMES
    return encode(frames, scale=-(-WIDTH // frames[0].width))


def _frames(run: Run) -> list[Image.Image]:
    """The grids in order, thinned evenly where there are too many; those of another size than the last are left out."""
    paths = list(run.samples().values())
    count = min(len(paths), MOST_FRAMES)
    chosen = [paths[round(place * (len(paths) - 1) / max(count - 1, 1))] for place in range(count)]
    grids = [grid for path in chosen if (grid := read_picture(path)) is not None]
    if not grids:
        raise CannotExport(f"{run.name} has no samples yet")
    return [grid for grid in grids if grid.size == grids[-1].size]
