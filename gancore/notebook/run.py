"""A run, as it is used from a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from gancore import store
from gancore.export.formats import FORMATS, FormatName
from gancore.export.pictures import read_picture
from gancore.files import write_atomic
from gancore.notebook.html import card

if TYPE_CHECKING:
    from torch import Tensor

    from gancore.notebook.plot import Plot

MOST_CHARTS = 4


class Run(store.Run):
    """A run folder that shows itself, plots its curves, draws samples, and can be taken along.

    What it is and what came of it: `config`, `state`, `scalars()` (the curves as a table), `evaluations()`, `summary`.
    """

    def __repr__(self) -> str:
        if self.damage:
            return f"<Run {self.id}: {self.damage}>"
        status = self.status
        return f"<Run {self.name!r}: {self.state}, step {status.step:,} of {status.total_steps:,}>"

    def _repr_html_(self) -> str:
        return str(card(self))

    def plot(self, *panels: str, smoothing: float | None = None) -> Plot:
        """The curves, a chart for each of its panels: all, or those named, such as `losses`, `outputs`, `gradients`.

        `smoothing` is the weight of the past, from 0 to below 1. Raises `ValueError` for a panel that there is not.
        """
        from gancore.export.curves import ROLES
        from gancore.notebook.plot import SMOOTHING, Chart, curve, plot

        known = self.config.kind.panels(self.config)
        if unknown := [name for name in panels if name not in known]:
            raise ValueError(f"there is no panel {unknown[0]!r}: choose among {', '.join(known)}")
        rows, weight = self.scalars(), SMOOTHING if smoothing is None else smoothing
        charts = []
        for name in panels or list(known)[:MOST_CHARTS]:
            panel = known[name]
            lines = [(each.name, ROLES[each.role], each.column) for each in panel.curves if each.column in rows]
            bands = [curve(words, color, rows, column, weight) for words, color, column in lines]
            charts.append(Chart(panel.title, panel.y, bands, panel.log))
        return plot(charts)

    def picture(self, step: int | None = None) -> Image.Image:
        """The sample grid of a step, by default the newest. Raises `ValueError` where there is none."""
        samples = self.samples()
        path = samples.get(max(samples, default=0) if step is None else step)
        grid = None if path is None else read_picture(path)
        if grid is None:
            raise ValueError(f"{self.name} has no sample grid" + ("" if step is None else f" of step {step}"))
        return grid

    def sample(self, count: int = 64, seed: int | None = None, checkpoint: str = "last") -> Tensor:
        """`count` new images (N, C, H, W) in [-1, 1], or points (N, 2), drawn from a checkpoint.

        Raises `BadCheckpoint`, also when there is none.
        """
        from gancore.sampling.samples import sample

        return sample(self, count, seed, checkpoint)

    def export(self, format: FormatName = "script", out: str | Path | None = None) -> Path:
        """Write the run in another format: `script`, `onnx`, `safetensors`, `tensorboard`, `gif`, `mp4`, `csv`,
        `parquet` or `zip`; by default into the current folder. Raises `CannotExport`."""
        path = Path(out or FORMATS[format].name(self))
        write_atomic(path, FORMATS[format].make(self))
        return path
