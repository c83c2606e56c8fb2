"""What a run can be taken along as: a file that other programs read, for each format."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from gancore.store import Run

FormatName = Literal["script", "onnx", "safetensors", "tensorboard", "gif", "mp4", "csv", "parquet", "zip"]


class CannotExport(ValueError):
    """There is nothing to make the file of, or with; the message is one sentence."""


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    title: str
    help: str  # what is in it, and who reads it
    suffix: str  # that its name ends in
    mime: str
    maker: str  # `module:function` of a run, which returns bytes or raises `CannotExport`
    needs: Literal["nothing", "curves", "samples", "checkpoint"] = "nothing"
    packages: tuple[str, ...] = ()  # that need not be there

    def lack(self, run: Run) -> str:
        """Why this cannot be made of a run, as far as a glance at it tells, in one sentence; empty if it can."""
        if missing := [package for package in self.packages if find_spec(package) is None]:
            needed = " and ".join(missing).replace("_", "-")
            return f"{self.title} needs {needed}: pip install 'gan-workbench[export]'"
        there = {
            "nothing": True,
            "curves": (run.path / "scalars.arrow").exists(),
            "samples": bool(run.samples()),
            "checkpoint": "last" in run.checkpoints(),
        }
        what = {"checkpoint": "no checkpoint"}.get(self.needs, f"no {self.needs} yet")
        return "" if there[self.needs] else f"{run.name} has {what}"

    def make(self, run: Run) -> bytes:
        """The file's content. Raises `CannotExport`."""
        if lack := self.lack(run):
            raise CannotExport(lack)
        maker: Callable[[Run], bytes] = pkgutil.resolve_name(self.maker)
        return maker(run)

    def name(self, run: Run) -> str:
        """What the file of a run is called."""
        return f"{run.id}{self.suffix}"


FORMATS: dict[FormatName, Format] = {
    "script": Format(
        "Plain PyTorch script",
        "One readable file that trains the run anew, with the same curves. It needs torch and torchvision alone.",
        ".py",
        "text/x-python",
        "gancore.export.script:encode",
    ),
    "onnx": Format(
        "Generator (ONNX)",
        "G of the last checkpoint, the average of its weights where there is one, for any program that runs ONNX.",
        ".onnx",
        "application/octet-stream",
        "gancore.export.onnx:encode",
        needs="checkpoint",
        packages=("onnx", "onnxscript"),
    ),
    "safetensors": Format(
        "Weights (safetensors)",
        "All networks of the last checkpoint, the average of G included, and the settings as metadata.",
        ".safetensors",
        "application/octet-stream",
        "gancore.export.weights:encode",
        needs="checkpoint",
    ),
    "tensorboard": Format(
        "TensorBoard events",
        "Curves, evaluations, histograms of classes, and sample grids. Put the file into a folder of its own.",
        ".tfevents",
        "application/octet-stream",
        "gancore.export.tensorboard:encode",
    ),
    "gif": Format(
        "Training film (GIF)",
        "The sample grids one after the other.",
        ".gif",
        "image/gif",
        "gancore.export.film:encode_gif",
        needs="samples",
    ),
    "mp4": Format(
        "Training film (MP4)",
        "The sample grids one after the other.",
        ".mp4",
        "video/mp4",
        "gancore.export.film:encode_mp4",
        needs="samples",
        packages=("imageio_ffmpeg",),
    ),
    "csv": Format(
        "Curves (CSV)",
        "One row a step, one column a curve.",
        ".csv",
        "text/csv",
        "gancore.export.tables:encode_csv",
        needs="curves",
    ),
    "parquet": Format(
        "Curves (Parquet)",
        "One row a step, one column a curve.",
        ".parquet",
        "application/vnd.apache.parquet",
        "gancore.export.tables:encode_parquet",
        needs="curves",
    ),
    "zip": Format(
        "The run (zip)",
        "Settings, curves, samples and evaluations, for another store to import; no checkpoints.",
        ".zip",
        "application/zip",
        "gancore.export.archive:encode",
    ),
}
