"""Optimisers whose rate and momentum are functions of the step, so that a live change or a resume needs no state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from gancore.config.optim import OptimConfig


def _adam(parameters: Sequence[nn.Parameter], config: OptimConfig) -> Optimizer:
    fused = parameters[0].device.type != "meta"  # shapes alone have no fused kernel
    return torch.optim.Adam(parameters, betas=(config.beta1, config.beta2), fused=fused)


def _sgd(parameters: Sequence[nn.Parameter], config: OptimConfig) -> Optimizer:
    return torch.optim.SGD(parameters, lr=0.0, momentum=config.momentum)


def _rmsprop(parameters: Sequence[nn.Parameter], _config: OptimConfig) -> Optimizer:
    return torch.optim.RMSprop(parameters)


OPTIMIZERS: dict[str, Callable[[Sequence[nn.Parameter], OptimConfig], Optimizer]] = {
    "adam": _adam,
    "sgd": _sgd,
    "rmsprop": _rmsprop,
}


def build_optimizer(networks: Iterable[nn.Module], config: OptimConfig) -> Optimizer:
    """The optimiser of all parameters of `networks`; its rate is set before every step, by `set_rate`."""
    return OPTIMIZERS[config.optimizer]([p for network in networks for p in network.parameters()], config)


def set_rate(optimizer: Optimizer, rate: float, config: OptimConfig, done: float) -> None:
    """The learning rate and what else the config says, for a step at which `done` of the run, in [0, 1], lies behind.

    Set each time, since a loaded state brings the values of the run that it was saved by.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate
        if config.optimizer == "adam":
            group["betas"] = (config.beta1, config.beta2)
        if config.optimizer == "sgd":
            group["momentum"] = config.momentum + (config.momentum_end - config.momentum) * done


def descend(loss: Tensor, optimizer: Optimizer) -> Tensor:
    """One update of the optimizer's own parameters, whatever else the loss depends on; returns their gradient norm."""
    parameters = optimizer.param_groups[0]["params"]
    optimizer.zero_grad()
    loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]
    norm = get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None])
    optimizer.step()
    return norm
