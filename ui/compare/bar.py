"""The controls that all charts of the page share, in one slim line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gancore.config import SETTINGS
from gancore.store import Run
from gancore.store.labels import varying
from ui.compare import address
from ui.compare.controls import AXES, BANDS, SEEDS, Controls
from ui.frontend import comparing

_AXES = {"step": "Step", "epoch": "Epoch", "time": "Time", "images": "Images"}
_BANDS = {"range": "minimum to maximum", "error": "standard error", "interval": "95 % interval"}


def section(runs: Sequence[Run], controls: Controls) -> None:
    """Show them, and take what is changed."""
    paths = [path for path in varying(runs) if path != "seed"]
    if controls.group not in (*paths, "", SEEDS):  # an address says it
        paths.append(controls.group)
    comparing.bar(
        asdict(controls),
        axes=[(axis, _AXES[axis]) for axis in AXES],
        groups=[("", "nothing"), (SEEDS, "all but the seed"), *((path, SETTINGS[path].label) for path in paths)],
        bands=[(band, _BANDS[band]) for band in BANDS],
        heard=_take,
    )


def _take(change: Mapping[str, Any]) -> None:
    """What the browser says, as far as it makes sense."""
    texts = {name: str(change.get(name, ""))[:200] for name in ("axis", "smoothing", "group", "band")}
    address.change(controls=Controls.parse({**texts, "log": "1" if change.get("log") is True else ""}))
