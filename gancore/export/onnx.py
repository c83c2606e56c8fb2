"""The generator of a run as an ONNX model, for programs that know no PyTorch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gancore.export.formats import CannotExport
from gancore.store import Run

if TYPE_CHECKING:
    from gancore.algorithms import Algorithm

_TRACED = 2  # of everything, when the network is looked at; any number goes later


def encode(run: Run) -> bytes:
    """The network that samples come from, of the last checkpoint, in eval mode.

    Its inputs are `z` (N, nz), and `labels` (N,) int64 of a conditional one, or `sources` (N, 1, H, W) in [0, 1] of a
    translator; its output is `samples`: images (N, C, H, W) with black at -1 and white at 1, or points (N, 2). Raises
    `CannotExport`.
    """
    import torch
    from torch import nn

    from gancore.models import example_inputs
    from gancore.sampling.samples import load_step
    from gancore.store.checkpoints import BadCheckpoint

    try:
        step, algorithm = load_step(run)
    except BadCheckpoint as problem:
        raise CannotExport(str(problem)) from None
    config = run.config_at(step)
    name = "decoder" if "decoder" in algorithm.networks else "generator"
    taken = config.kind.inputs(config)[name]

    class Sampler(nn.Module):
        """What the family makes of its network's output, as part of the model."""

        def __init__(self, algorithm: Algorithm) -> None:
            super().__init__()
            networks = algorithm.networks
            self.network = networks["average"] if algorithm.averaged else networks[name]
            self.logits = algorithm.gives_logits
            self.stretched = config.data.range == "0..1" and len(config.shape) == 3

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = self.network(*inputs)
            made = torch.sigmoid(made) if self.logits else made
            return made * 2 - 1 if self.stretched else made

    batch = torch.export.Dim("batch")
    program = torch.onnx.export(
        Sampler(algorithm).eval(),
        example_inputs(config, _TRACED, "cpu")[name],
        dynamo=True,
        input_names=list(taken),
        output_names=["samples"],
        dynamic_shapes=(tuple({0: axis} for axis in (batch, *[torch.export.Dim.AUTO] * (len(taken) - 1))),),
        verbose=False,
    )
    assert program is not None
    said = {"run": run.id, "name": run.name, "step": str(step), "config": json.dumps(config.model_dump())}
    program.model.metadata_props.update(said)
    content: bytes = program.model_proto.SerializeToString()
    return content
