"""One HTML file that opens offline and prints on A4: nothing in it is fetched, and a policy at its top forbids it."""

from __future__ import annotations

from importlib import resources

import gancore
from gancore.export.markup import Markup, tag

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, *body: Markup) -> bytes:
    """The whole file; style, figures and pictures are inside."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=f"GAN Workbench {gancore.__version__}"),
        tag("title", title),
        tag("style", Markup(_style())),
    )
    return ("<!DOCTYPE html>\n" + tag("html", head, tag("body", *body), lang="en") + "\n").encode()


def _style() -> str:
    return resources.files("gancore.export").joinpath("report.css").read_text(encoding="utf-8")
