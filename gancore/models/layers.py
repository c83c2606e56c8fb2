"""The layers of each network, found by sending shapes through it: right for every kind, present and future."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.overrides import TorchFunctionMode

from gancore.config import RunConfig
from gancore.models import build_networks, example_inputs

_NO_LAYERS = (nn.Flatten, nn.Unflatten, nn.Identity)  # the same numbers in another shape


@dataclass(frozen=True)
class Layer:
    """One layer of a network, or one of its inputs or outputs."""

    kind: str  # "ConvTranspose2d 4×4, stride 2"; "input" and "output" for the ends
    output: tuple[int, ...]  # shape of what it returns, without the batch
    parameters: int  # that are trained
    branch: str  # the part of the network, "from_z" say, where there are several; an input's name
    sources: tuple[int, ...]  # places in the list of what it reads; empty for inputs

    @property
    def is_end(self) -> bool:
        """Whether it is an input or an output."""
        return self.kind in ("input", "output")


def describe_layers(config: RunConfig) -> dict[str, list[Layer]]:
    """What each network of `config` consists of, in the order of the forward pass: inputs, layers, outputs.

    The parameters add up to `count_parameters`.
    """
    return _describe(RunConfig.model_construct(data=config.data, model=config.model))  # nothing else shapes a network


@lru_cache(maxsize=64)
def _describe(config: RunConfig) -> dict[str, list[Layer]]:
    inputs = example_inputs(config, 2, "meta")
    return {name: _follow(network, inputs[name]) for name, network in build_networks(config, "meta").items()}


def _follow(network: nn.Module, inputs: tuple[Tensor, ...]) -> list[Layer]:
    """The layers of `network`, in the order in which they are called."""
    names = inspect.signature(network.forward).parameters
    layers = [Layer("input", tuple(x.shape[1:]), 0, name, ()) for name, x in zip(names, inputs, strict=False)]
    labels = tuple(place for place, x in enumerate(inputs) if not x.is_floating_point())
    uncounted = {id(p): p.numel() for p in network.parameters() if p.requires_grad}
    branched = len(list(network.named_children())) > 1
    origins = _Origins()

    def record(path: str, module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        """Note a layer; of what holds layers only what it adds, such as the maximum in Maxout."""
        holds_layers = not {name for name, _ in module.named_children()} <= {"parametrizations"}
        parameters = sum(uncounted.pop(id(p), 0) for p in module.parameters(recurse=not holds_layers))
        shape = tuple(output.shape[1:])
        if holds_layers and not parameters and math.prod(shape) == math.prod(layers[-1].output):
            return
        sources = tuple(sorted(origins.of(output if holds_layers else args))) or labels
        origins.mark(output, {len(layers)})
        layers.append(Layer(_kind(module), shape, parameters, path.partition(".")[0] if branched else "", sources))

    for path, module in network.named_modules():
        if path and "parametrizations" not in path and not isinstance(module, _NO_LAYERS):
            module.register_forward_hook(partial(record, path))
    for place, x in enumerate(inputs):
        origins.mark(x, {place})
    with torch.no_grad(), origins:
        outputs = network.eval()(*inputs)
    ends = [Layer("output", tuple(y.shape[1:]), 0, "", tuple(sorted(origins.of(y)))) for y in _tensors(outputs)]
    return layers + ends


class _Origins(TorchFunctionMode):
    """Remembers from which layers a tensor comes, through all functions between them.

    Whole numbers pass nothing on: labels only choose. What comes from nowhere else is what they choose among.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[int, tuple[Tensor, set[int]]] = {}  # with the tensor, so that its id stays its own

    def mark(self, tensor: Tensor, origins: set[int]) -> None:
        if tensor.is_floating_point():
            self._known[id(tensor)] = tensor, origins

    def of(self, values: Any) -> set[int]:
        return {place for x in _tensors(values) if id(x) in self._known for place in self._known[id(x)][1]}

    def __torch_function__(
        self, func: Callable[..., Any], _types: Iterable[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        origins = self.of((args, *(kwargs or {}).values()))
        if origins:
            for tensor in _tensors(result):
                self.mark(tensor, origins)
        return result


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, tuple | list):
        for value in values:
            yield from _tensors(value)


def _kind(module: nn.Module) -> str:
    """A layer in the words of PyTorch, with the numbers that distinguish it from others of its class."""
    words = parametrize.type_before_parametrizations(module).__name__
    kernel, stride = (_pair(getattr(module, name, None)) for name in ("kernel_size", "stride"))
    if kernel:
        words += f" {kernel[0]}×{kernel[1]}"
    if stride and max(stride) > 1:
        words += f", stride {stride[0]}"
    for name in ("negative_slope", "p"):
        if hasattr(module, name):
            words += f" {getattr(module, name):g}"
    return f"{words}, spectral norm" if parametrize.is_parametrized(module) else words


def _pair(value: Any) -> tuple[int, int] | None:
    return (value, value) if isinstance(value, int) else value
