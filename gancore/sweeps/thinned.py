"""A finished run as a small copy that a repository can ship: curves of some hundred rows, a few grids, no weights.

What was measured and summed up of the whole run is copied as it is, so that verdicts on copies are those on the runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from gancore.files import draft_name, settle, write_json
from gancore.store import Run
from gancore.store.store import Origin

_WHOLE = ("config.json", "status.json", "meta.json", "summary.json", "events.jsonl", "data.json", "evals", "changes")
_EXACT = {"step": pa.int64(), "epoch": pa.float64(), "time": pa.float64()}
_LEFT_OUT = ("step_time",)
GREYS = 16  # of grids on the way: half the bytes, and the strokes as clear


def copy_thinned(
    run: Run,
    target: Path,
    *,
    rows: int = 300,
    grids: int = 1,
    from_start: bool = False,
    origin: Origin | None = None,
    name: str = "",
) -> Run:
    """Copy a run into the folder `target`, which appears whole; curves of about `rows` rows, the last of `grids` grids
    as it is. The one before the first step is among them only if they are wanted `from_start`.

    With an `origin`, and a `name`, the copy stands for another arm that has the same settings and seed, bit for bit,
    and says of which run it is a copy. Raises `OSError`, `FileExistsError` if the folder is there.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    draft = draft_name(target)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        for part in _WHOLE:
            source = run.path / part
            if source.is_dir():
                shutil.copytree(source, draft / part)
            elif source.exists():
                shutil.copyfile(source, draft / part)
        _write_curves(thinned(run.scalars(), rows), draft / "scalars.arrow")
        _copy_grids(run, draft / "samples", grids, from_start)
        if origin is not None:
            same_as = run.envelope.get("same_as", run.id)  # of a copy, too, the run that was trained
            write_json(draft / "config.json", run.envelope | asdict(origin) | {"same_as": same_as})
            Run(draft).edit_meta(name=name)
            (draft / "meta.lock").unlink(missing_ok=True)
        settle(draft, target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Run(target)


def thinned(curves: pd.DataFrame, rows: int) -> pd.DataFrame:
    """About `rows` rows of a curve: evenly spaced ones, the first and the last, and the extremes of each loss between.

    A spike stays, so that the picture of the curve is that of all of it.
    """
    if len(curves) <= rows:
        return curves
    losses = [name for name in map(str, curves) if name.startswith("loss")]
    parts = max(2, rows // (1 + 2 * len(losses)))
    kept = {0, len(curves) - 1}
    for part in np.array_split(np.arange(len(curves)), parts):
        kept.add(int(part[0]))
        for name in losses:
            values = curves[name].to_numpy()[part]
            if np.isfinite(values).any():
                kept |= {int(part[np.nanargmin(values)]), int(part[np.nanargmax(values)])}
    return curves.iloc[sorted(kept)]


def _write_curves(curves: pd.DataFrame, path: Path) -> None:
    names = [name for name in map(str, curves) if name not in _LEFT_OUT]
    schema = pa.schema([(name, _EXACT.get(name, pa.float32())) for name in names])
    table = pa.Table.from_pandas(curves[names], schema=schema, preserve_index=False).replace_schema_metadata(None)
    with path.open("wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _copy_grids(run: Run, folder: Path, count: int, from_start: bool) -> None:
    found = run.samples()
    folder.mkdir()
    for step in _spread(list(found), count, from_start):
        path, copied = found[step], folder / found[step].name
        if step == max(found):
            shutil.copyfile(path, copied)
        else:
            with Image.open(path) as picture:
                picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=GREYS).save(copied, optimize=True)


def _spread(steps: Sequence[int], count: int, from_start: bool) -> list[int]:
    """The last step, and others that are spread evenly over the run: those nearest to even places."""
    if not steps or count < 1:
        return []
    places = np.linspace(0, steps[-1], count) if from_start else np.linspace(0, steps[-1], count + 1)[1:]
    return sorted({min(steps, key=lambda step: abs(step - place)) for place in places})
