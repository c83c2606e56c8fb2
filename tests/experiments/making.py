"""Runs that never trained: folders that say what came of them, for verdicts with a known answer."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from gancore.experiments import EXPERIMENTS, Scale
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.store.records import State, Status


def make_run(
    store: RunStore,
    experiment: str,
    arm: str,
    seed: int,
    values: Mapping[str, float],
    *,
    scale: Scale = "full",
    state: State = "finished",
    error_code: str = "",
    changes: Mapping[str, object] | None = None,
    summary: Mapping[str, float] | None = None,
) -> Run:
    """A run of an arm; `values` are those of its final evaluation, `changes` make another config of it."""
    config = EXPERIMENTS[experiment].arm(arm, scale, seed).replace(changes or {})
    name = f"made-{secrets.token_hex(8)}"  # hundreds are made within a second
    run = store.create(config, experiment=experiment, arm=arm, scale=scale, run_id=name)
    steps = config.total_steps
    run.write_status(Status(state=state, step=steps, total_steps=steps, error_code=error_code))
    if values:
        run.add_evaluation(evaluation(steps, values))
    if summary:
        (run.path / "summary.json").write_text(json.dumps(dict(summary)))
    return run


def evaluation(step: int, values: Mapping[str, float], *, cheap: bool = False) -> Evaluation:
    """Some values, full or measured on the way."""
    return Evaluation(
        step=step,
        weights="raw",
        size="cheap" if cheap else "full",
        samples=1_000 if cheap else 10_000,
        reference="mnist",
        reference_count=10_000,
        extractor="mnist-cnn-v1",
        seconds=1.0,
        values=dict(values),
    )
