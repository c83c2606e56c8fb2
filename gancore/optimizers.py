"""Optimisers whose rate and momentum are functions of the step, so that a live change or a resume needs no state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.adam import adam

from gancore.config.optim import OptimConfig


class Adam(torch.optim.Adam):
    """PyTorch's, to the bit, without what it looks at before each step, which takes longer than one of small networks.

    It has one group of parameters, no weight decay, and the fused kernel.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """One update of all parameters that have a gradient."""
        (group,) = self.param_groups
        learning = [parameter for parameter in group["params"] if parameter.grad is not None]
        states = [self.state_of(parameter) for parameter in learning]
        beta1, beta2 = group["betas"]
        adam(
            learning,
            [parameter.grad for parameter in learning],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=beta1,
            beta2=beta2,
            lr=group["lr"],
            weight_decay=0.0,
            eps=group["eps"],
            maximize=False,
        )

    @property
    def steps(self) -> int:
        """Updates so far."""
        (group,) = self.param_groups
        begun = (state for each in group["params"] if (state := self.state.get(each)))
        return max((int(state["step"]) for state in begun), default=0)

    def state_of(self, parameter: Tensor) -> dict[str, Tensor]:
        """The state of a parameter, which begins with its first step."""
        state: dict[str, Tensor] = self.state[parameter]
        if state:
            return state
        state["step"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
        state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        return state


def _adam(parameters: Sequence[nn.Parameter], config: OptimConfig) -> Optimizer:
    if parameters[0].device.type == "meta":  # shapes alone have no fused kernel
        return torch.optim.Adam(parameters, betas=(config.beta1, config.beta2))
    return Adam(parameters, betas=(config.beta1, config.beta2), fused=True)


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
    for parameter in parameters:
        parameter.grad = None
    loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:  # nothing of the loss comes from here
        return torch.zeros_like(loss)
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    optimizer.step()
    return norm
