"""A store with an experiment in it that nobody had to train: what the report shows is known beforehand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from gancore.experiments import EXPERIMENTS, Scale
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter

Answer = Callable[..., Run]


def evaluation(step: int, **values: float) -> Evaluation:
    """A full evaluation with these values."""
    return Evaluation(
        step=step,
        weights="raw",
        size="full",
        samples=10_000,
        reference="mnist-5k",
        reference_count=5_000,
        extractor="mnist-cnn-v1",
        seconds=1.0,
        values=values,
    )


@pytest.fixture
def answer(store: RunStore) -> Answer:
    """Put a run of an arm into the store that has ended, with these values."""

    def make(
        experiment: str = "dcgan-nz",
        arm: str = "nz 100",
        seed: int = 0,
        scale: Scale = "quick",
        state: str = "finished",
        steps: int = 200,
        **values: float,
    ) -> Run:
        config = EXPERIMENTS[experiment].arm(arm, scale, seed)
        run = store.create(config, experiment=experiment, arm=arm, scale=scale)
        step = np.arange(1.0, steps + 1)
        writer = ScalarWriter(run.path / "scalars.arrow")
        writer.append({"step": step, "loss_d": 1 + seed + 0 * step, "loss_g": 2 + seed + step / steps})
        writer.close()
        samples = run.path / "samples"
        samples.mkdir()
        noise = np.random.default_rng([seed, len(arm)]).integers(0, 256, (274, 274), np.uint8)
        Image.fromarray(noise).save(samples / f"{steps:06d}.png")
        if values:
            run.add_evaluation(evaluation(steps, **values))
        run.write_status(Status(state=state, step=steps, total_steps=steps, seconds=90.0, device="cpu"))
        return Run(run.path)

    return make


@pytest.fixture
def nz(store: RunStore, answer: Answer) -> RunStore:
    """dcgan-nz at the quick scale, three arms with three seeds each: nz 1000 has the higher FID, by 4."""
    for seed in range(3):
        for arm, fid in (("nz 10", 6.0), ("nz 100", 6.0), ("nz 1000", 10.0)):
            answer(arm=arm, seed=seed, fid=fid + 0.1 * seed, coverage=0.9)
    return store
