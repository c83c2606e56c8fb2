"""The weights of a run's networks as safetensors: plain numbers, which cannot hold code."""

from __future__ import annotations

import json

from gancore.export.formats import CannotExport
from gancore.store import Run


def encode(run: Run) -> bytes:
    """All networks of the last checkpoint: `generator.layers.0.weight` and so on, in float32.

    `average` is the moving average of G. The metadata say the run, the step and the settings in effect. Raises
    `CannotExport`.
    """
    from safetensors.torch import save

    from gancore.sampling.samples import load_step
    from gancore.store.checkpoints import BadCheckpoint

    try:
        step, algorithm = load_step(run)
    except BadCheckpoint as problem:
        raise CannotExport(str(problem)) from None
    tensors = {
        f"{name}.{key}": tensor.contiguous()
        for name, network in algorithm.networks.items()
        for key, tensor in network.state_dict().items()
    }
    said = {"run": run.id, "name": run.name, "step": str(step), "config": json.dumps(run.config_at(step).model_dump())}
    return save(tensors, metadata=said)
