"""What a run will cost, before it starts: parameters, time, memory, all from shapes and this machine's own speed."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from gancore.algorithms import build_algorithm
from gancore.config import RunConfig
from gancore.config.arithmetic import neutral
from gancore.data import Batch
from gancore.models import count_parameters
from gancore.models.own import BadNetwork
from gancore.rng import StepRng

PROCESS_BYTES = 450e6  # Python, torch and Streamlit before anything is loaded
_TYPICAL = (0.008, 1e11)  # seconds and operations a second of two cores, to be corrected by experience
_ADAM_COPIES = 4  # weight, gradient and Adam's two moments

# Many pages may ask at once: one counts and times, undisturbed by the others, who then find the answer.
_counting = threading.RLock()


@dataclass(frozen=True)
class Cost:
    """An estimate for one run on this machine."""

    parameters: dict[str, int]
    steps: int
    seconds: float
    bytes: float


def estimate(config: RunConfig, experience: Sequence[tuple[RunConfig, float]] = ()) -> Cost:
    """The cost of `config`, from the arithmetic of one step and the speed of this machine.

    `experience` are configs that ran here and the seconds a step that they took: the best measure of the machine and of
    what else it has to do. Without any, two short trials take its place, once. Raises `BadNetwork` where the networks
    are somebody's own and cannot be built here.
    """
    known = [(done, seconds) for done, seconds in experience if _can_be_built(done)]
    with _counting:
        overhead, speed = _TYPICAL if known else _machine()
    corrections = [seconds / _step_seconds(done, overhead, speed) for done, seconds in known]
    per_step = _step_seconds(config, overhead, speed) * (statistics.median(corrections) if corrections else 1.0)
    return Cost(count_parameters(config), config.total_steps, config.total_steps * per_step, memory(config))


def _can_be_built(config: RunConfig) -> bool:
    try:
        _arithmetic(config)
    except BadNetwork:  # somebody's own, of a run that came from elsewhere
        return False
    return True


def memory(config: RunConfig) -> float:
    """Bytes that a process needs that trains `config`: itself, the networks, what a step keeps, and the images."""
    weights = sum(count_parameters(config).values())
    values = config.images * math.prod(config.shape)
    return PROCESS_BYTES + 4 * _ADAM_COPIES * weights + _arithmetic(config)[1] + 2 * values


def operations(config: RunConfig) -> float:
    """Floating-point operations of one step, forward and backward: two for a multiply-add of a layer, no others."""
    return _arithmetic(config)[0]


def _step_seconds(config: RunConfig, overhead: float, speed: float) -> float:
    return overhead + operations(config) / speed


def _arithmetic(config: RunConfig) -> tuple[float, float]:
    """Floating-point operations of one step, and bytes kept for its backward passes."""
    with _counting:
        return _count(neutral(config))


@lru_cache(maxsize=256)
def _count(config: RunConfig) -> tuple[float, float]:
    kept = 0

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        if not (tensor.is_leaf and tensor.requires_grad):  # weights are counted elsewhere, and do not grow with a batch
            kept += tensor.numel() * tensor.element_size()
        return tensor

    algorithm = build_algorithm(config, "meta")
    batch = example(config, "meta")
    counter = FlopCounterMode(display=False)
    with counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        algorithm.step(lambda: batch, StepRng(0, 1))
    return float(counter.get_total_flops()), float(kept)


def example(config: RunConfig, device: str) -> Batch:
    """A batch with everything that any family asks for, to time or to count a step with."""
    images = torch.zeros(config.train.batch_size, *config.shape, device=device)
    labels = torch.zeros(len(images), dtype=torch.int64, device=device)
    return Batch(images, labels, sources=images, labelled=Batch(images, labels))


@lru_cache(maxsize=1)
def _machine() -> tuple[float, float]:
    """Seconds that a step takes whatever its size, and operations a second beyond that: two short trials."""
    reference = RunConfig()
    tiny = reference.replace({"model.ngf": 1, "model.ndf": 1, "train.batch_size": 2})
    overhead = _time_step(tiny)
    return overhead, operations(reference) / max(_time_step(reference) - overhead, 1e-4)


def _time_step(config: RunConfig, trials: int = 3) -> float:
    algorithm = build_algorithm(config)
    batch = example(config, "cpu")
    times = []
    for step in range(trials + 1):  # the first one warms up
        begin = time.perf_counter()
        algorithm.step(lambda: batch, StepRng(0, step))
        times.append(time.perf_counter() - begin)
    return min(times)  # what disturbs a trial only ever makes it slower
