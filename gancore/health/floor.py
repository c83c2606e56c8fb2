"""The least that samples must be for anybody to say that all is well: no cause, but never an all-clear below it."""

from __future__ import annotations

from gancore.config.datasets import TOYS
from gancore.health.evidence import Detection, Evidence
from gancore.health.limits import LIMITS, ONE_IMAGE
from gancore.store.evaluations import Evaluation
from gancore.text import compact

CODE = "poor_samples"
TITLE = "Samples are poor"
MEANS = (
    "None of the known signs of trouble explains it. Early in a training that is usual and passes; later, something "
    "is wrong that curves do not tell."
)
SOURCE = "docs/metrics.md, on what real images and plainly bad ones score"


def below_floor(run: Evidence) -> Detection | None:
    """What the newest samples lack: half of a toy's modes, or a better FID than one image drawn again and again."""
    for newest in reversed(run.evaluations):
        if (lacking := _lacking(run, newest)) is not None:
            return Detection(newest.step, lacking, certain=False) if lacking else None
    return None


def _lacking(run: Evidence, now: Evaluation) -> str | None:
    """In a sentence; empty if nothing is, None where this evaluation cannot tell."""
    values = now.values
    if run.config.data.name in TOYS:
        there = len(run.config.labels_in_use)
        if "modes" not in values:
            return None
        poor = values["modes"] <= LIMITS.modes * there
        return f"G finds {values['modes']:.0f} of {there} modes." if poor else ""
    one_image = ONE_IMAGE.get(now.extractor or "")
    if "fid" not in values or one_image is None:
        return None
    poor = values["fid"] > one_image
    words = f"The FID is {compact(values['fid'])}; one real image, drawn again and again, has {one_image:.0f}."
    return words if poor else ""
