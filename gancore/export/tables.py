"""The curves of a run as a table."""

from __future__ import annotations

import io

import pandas as pd

from gancore.export.formats import CannotExport
from gancore.store import Run


def encode_csv(run: Run) -> bytes:
    """One row a step, in full precision. Raises `CannotExport` before the first step."""
    return _curves(run).to_csv(index=False).encode()


def encode_parquet(run: Run) -> bytes:
    """The same for programs that read columns. Raises `CannotExport` before the first step."""
    buffer = io.BytesIO()
    _curves(run).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _curves(run: Run) -> pd.DataFrame:
    rows = run.scalars()
    if rows.empty:
        raise CannotExport(f"{run.name} has no curves yet")
    return rows
