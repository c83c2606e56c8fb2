"""Evaluations as training writes them, made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gancore.store import Run
from gancore.store.evaluations import Evaluation

EVEN = (100,) * 10
RING = {"data.name": "ring", "model.kind": "mlp", "model.g_output": "linear"}


def evaluation(step: int, values: dict[str, float] | None = None, **changes: Any) -> Evaluation:
    """A small one of digits, unless `changes` say otherwise."""
    facts: dict[str, Any] = {
        "step": step,
        "weights": "raw",
        "size": "cheap",
        "samples": 1_000,
        "reference": "mnist-5k, training images",
        "reference_count": 4_500,
        "extractor": "mnist-cnn-v1",
        "seconds": 0.8,
        "values": {"fid": 1000 / step, "coverage": 0.5, "precision": 0.6, "recall": 0.4} if values is None else values,
        "histogram": EVEN,
        "expected": EVEN,
    }
    return Evaluation.model_validate(facts | changes)


def full(step: int, values: dict[str, float] | None = None, **changes: Any) -> Evaluation:
    """One of 10,000 samples."""
    return evaluation(step, values, **{"size": "full", "samples": 10_000, "seconds": 7.0} | changes)


def plant(run: Run, evaluations: Sequence[Evaluation]) -> Run:
    """Write them into the run's folder."""
    for each in evaluations:
        run.add_evaluation(each)
    return run
