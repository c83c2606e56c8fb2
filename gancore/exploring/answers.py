"""What is answered to each thing that can be asked of a checkpoint: plain data with pictures in it, or a file.

Many images are a sheet: one PNG, row by row, pixel beside pixel, that a browser cuts up again.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from gancore import metrics
from gancore.algorithms.vae import kl_divergence
from gancore.exploring import asking
from gancore.exploring.explorer import Explorer, NotThere
from gancore.exploring.images import image_of
from gancore.exploring.judging import Critic, map_of
from gancore.exploring.neighbours import Neighbours, NotAvailable, gallery_of
from gancore.pictures.film import encode_gif, encode_mp4
from gancore.pictures.grids import encode_png, grid

COLUMNS = 16  # of a sheet
SIDE = 256  # pixels, about, of a film

Data = dict[str, Any]


@dataclass(frozen=True)
class File:
    """A file to be saved."""

    content: bytes
    kind: str  # its media type
    name: str


def pictures(explorer: Explorer, asked: asking.Pictures) -> Data:
    """Images of points."""
    return {"sheet": sheet(explorer.images(asked.points, asked))}


def path(explorer: Explorer, asked: asking.Path) -> Data:
    """Images along a path, one a step."""
    return {"sheet": sheet(explorer.along(asked))}


def film(explorer: Explorer, asked: asking.Film) -> File:
    """The same as a file that plays. Raises `NoEncoder`."""
    images = explorer.along(asked)
    frames = [grid(image[None], 1, gutter=0) for image in images]
    if asked.returns:
        frames += frames[-2:0:-1]
    scale = max(1, SIDE // frames[0].width)
    encode, kind = (encode_gif, "image/gif") if asked.kind == "gif" else (encode_mp4, "video/mp4")
    return File(encode(frames, scale=scale), kind, f"{explorer.run.id}-step-{explorer.step}.{asked.kind}")


def directions(explorer: Explorer, asked: asking.Strongest) -> Data:
    """The names of the strongest directions, and how much of all change each one is."""
    found = explorer.directions(asked.method, asked.raw)
    return {"directions": [[f"{asked.method}-{place}", share] for place, share in enumerate(found.shares.tolist())]}


def toy(explorer: Explorer, asked: asking.Toy) -> Data:
    """A toy's samples in the plane, as one picture."""
    return {"picture": source(explorer.toy(asked.seed, asked))}


def real(explorer: Explorer, asked: asking.Real) -> Data:
    """Images of the data."""
    images = explorer.some(asked.split, asked.start, asked.count, sources=asked.sources)
    labels = explorer.real(asked.split).labels[asked.start : asked.start + asked.count]
    return {"sheet": sheet(images), "labels": labels.tolist(), "total": len(explorer.real(asked.split))}


def nearest(explorer: Explorer, asked: asking.About) -> Data:
    """The training images nearest to an image, in pixels and in features."""
    image = image_of(explorer, asked.image, asked)
    if not image.isfinite().all():
        raise NotThere("this image is not made of finite numbers, so none is near to it")
    gallery = gallery_of(explorer.config)
    found: Data = {"image": sheet(image), "pixels": _neighbours(gallery.in_pixels(image))}
    try:
        return found | {"features": _neighbours(gallery.in_features(image))}
    except NotAvailable as reason:
        return found | {"features": {"missing": str(reason)}}


def _neighbours(found: Neighbours) -> Data:
    return {
        "sheet": sheet(found.images),
        "distances": found.distances,
        "labels": found.labels,
        "places": found.places,
        "searched": found.searched,
        "usual": found.usual,
        "closer": found.closer,
    }


def judge(explorer: Explorer, asked: asking.About) -> Data:
    """D's score of an image, where on the image it comes from, and its scores of other images."""
    image = image_of(explorer, asked.image, asked)
    critic = explorer.once("critic", lambda: Critic(explorer))
    found = critic.judge(image, asked.label)
    return {
        "image": sheet(image),
        "map": source(map_of(found.gradient)),
        "logit": _number(found.logit),
        "output": _number(found.output),
        "probability": found.is_probability,
        "boundary": _number(found.boundary),
        "real": found.real,
        "fake": found.fake,
    }


def plane(explorer: Explorer, _asked: asking.Weights) -> Data:
    """Where held-out images lie in the plane of a VAE's codes."""
    found = explorer.plane()
    places = found.places.double().round(decimals=3)
    return {"places": places.tolist(), "labels": found.labels.tolist(), "share": found.share}


def reconstruct(explorer: Explorer, asked: asking.About) -> Data:
    """An image, what a VAE makes of its code, and what that costs in nats."""
    image = image_of(explorer, asked.image, asked)
    vae = explorer.vae()
    mean, logvar = vae.encode((image + 1) / 2)
    rebuilt = vae.sample(mean)
    place = (mean[0] - explorer.plane().centre) @ explorer.plane().axes.T
    share = ((rebuilt + 1) / 2).clamp(1e-6, 1 - 1e-6)
    error = torch.nn.functional.binary_cross_entropy(share, (image + 1) / 2, reduction="sum")
    return {
        "sheet": sheet(torch.cat([image, rebuilt])),
        "place": place.tolist(),
        "error": _number(float(error)),
        "kl": _number(float(kl_divergence(mean, logvar))),
    }


def bold(explorer: Explorer, asked: asking.Bold) -> Data:
    """What a translator makes of an image with several noise vectors, and how thick the strokes are."""
    image = image_of(explorer, asked.image, asked, source=True)
    made = explorer.bold(image, asked)
    thickness = metrics.stroke_thickness(torch.cat([image, made]))
    return {"image": sheet(image), "sheet": sheet(made), "thickness": [_number(each) for each in thickness.tolist()]}


def sheet(images: Tensor) -> Data:
    """Images (N, C, H, W) in [-1, 1] as one picture, and how to cut it up."""
    columns = min(COLUMNS, len(images))
    picture = grid(images, columns, gutter=0)
    return {
        "src": source(picture),
        "count": len(images),
        "columns": columns,
        "width": images.shape[3],
        "height": images.shape[2],
    }


def source(picture: Image.Image) -> str:
    """A picture as an address that holds all of it."""
    return "data:image/png;base64," + base64.b64encode(encode_png(picture)).decode()


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


ANSWERS: Mapping[str, Callable[[Explorer, Any], Data | File]] = {
    "pictures": pictures,
    "path": path,
    "film": film,
    "directions": directions,
    "toy": toy,
    "real": real,
    "nearest": nearest,
    "judge": judge,
    "plane": plane,
    "reconstruct": reconstruct,
    "bold": bold,
}
