"""Many toys as one computation: GANs of small networks whose weights and samples have one more dimension, the runs.

Each of them goes on as if it were alone. Everything random is drawn for each as for itself, and what is computed is the
same bit for bit, as `gancore.training.stacked` finds out on each processor. Products are batched ones. What is left
over when a processor's vectors are filled is rounded otherwise, so parameters that do not fill them stay one a run.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from gancore.algorithms.base import Scalars
from gancore.algorithms.draws import Draws, Update
from gancore.algorithms.gan import GAN
from gancore.config.optim import ScheduleName
from gancore.config.stacking import VECTOR, likeness, why_alone
from gancore.data import Batch
from gancore.losses import Loss, score
from gancore.optimizers import Adam


def stack_key(gan: object) -> Hashable | None:
    """Equal for those that can be stacked with each other; None for what trains alone.

    Adam corrects its moments by the number of its steps, which live changes may have made another one.
    """
    if type(gan) is not GAN or gan.device.type != "cpu" or why_alone(gan.config):
        return None
    return likeness(gan.config), tuple(_adam(gan, name).steps for name in _OPTIMIZERS)


class Stack(GAN):
    """Several GANs of one `stack_key`, until they are parted.

    Their weights and their optimizers' moments are views into the stack's meanwhile: whoever looks at one of them or
    saves it sees what it has become. Only the stack may update them.
    """

    def __init__(self, gans: Sequence[GAN]) -> None:
        self.gans = sorted(gans, key=_loss_name)  # so that equal losses lie next to each other
        first = self.gans[0]
        self.config, self.device, self._total_steps = first.config, first.device, first._total_steps
        g = _StackedNetwork([gan.generator for gan in self.gans])
        d = _StackedNetwork([gan.discriminator for gan in self.gans])
        self.generator, self.discriminator = g, d
        self._parameters = {"optimizer_g": g.stacked, "optimizer_d": d.stacked}
        self.optimizers = {
            name: _joined([_adam(gan, name) for gan in self.gans], parameters)
            for name, parameters in self._parameters.items()
        }
        self.networks: dict[str, nn.Module] = {}
        self.only, self.penalty, self.clip, self.conditional = "both", first.penalty, first.clip, False
        self._losses = _LossesByRun(self.gans)
        self.loss = Loss(self._losses.d, self._losses.g)

    def update_all(self, draws: Sequence[Draws]) -> list[Scalars]:
        """The updates that were drawn for each of `gans`, in their order; what is to be recorded of each."""
        found = self.update(_stacked(draws))
        columns = {name: values.unbind() for name, values in found.items()}
        return [{name: column[run] for name, column in columns.items()} for run in range(len(self.gans))]

    def part(self) -> None:
        """Give each its own weights and moments again; the stack is of no use afterwards."""
        for gan in self.gans:
            for parameter in (*gan.generator.parameters(), *gan.discriminator.parameters()):
                parameter.data = parameter.data.clone()
            for name in _OPTIMIZERS:
                for state in gan.optimizers[name].state.values():
                    state.update({key: value.clone() for key, value in state.items()})

    def _set_rate(self, name: str, rate: float, schedule: ScheduleName, step: int) -> None:
        super()._set_rate(name, rate, schedule, step)
        (group,) = self.optimizers[name].param_groups
        for gan in self.gans:  # so that a checkpoint of it is the one that it would be alone
            gan.optimizers[name].param_groups[0].update(lr=group["lr"], betas=group["betas"])

    def _descend(self, loss: Tensor, optimizer: str) -> Tensor:
        """One update of all, none of which depends on another's loss; the norm of each one's gradient."""
        adam = _adam(self, optimizer)
        adam.zero_grad()
        loss.sum().backward(inputs=adam.param_groups[0]["params"])  # type: ignore[no-untyped-call]
        norms = torch._foreach_norm(
            [each for parameter in self._parameters[optimizer] for each in parameter.gradients()]
        )
        adam.step()
        by_run = torch.stack(norms).view(-1, len(self.gans)).T  # (R, parameters)
        return torch.stack([torch.linalg.vector_norm(each) for each in by_run.contiguous()])

    def _score(self, logits: Tensor) -> Tensor:
        return self._losses.score(logits)


class _LossesByRun:
    """The loss of each run, (R,), from logits (R, N)."""

    def __init__(self, gans: Sequence[GAN]) -> None:
        self._parts = [list(same) for _, same in groupby(gans, key=_loss_name)]
        self._lengths = [len(same) for same in self._parts]

    def d(self, real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
        return self._join(lambda gan, *logits: gan.loss.d(*logits, smoothing=smoothing), real, fake)

    def g(self, fake: Tensor) -> Tensor:
        return self._join(lambda gan, logits: gan.loss.g(logits), fake)

    def score(self, logits: Tensor) -> Tensor:
        return self._join(lambda gan, part: score(gan.config.objective.loss, part), logits)

    def _join(self, compute: Callable[..., Tensor], *logits: Tensor) -> Tensor:
        parts = zip(*(torch.split(each, self._lengths) for each in logits), strict=True)
        return torch.cat([compute(same[0], *part) for same, part in zip(self._parts, parts, strict=True)])


def _loss_name(gan: GAN) -> tuple[str, ...]:
    objective = gan.config.objective
    own = (objective.own_d, objective.own_g) if objective.loss == "own" else ()
    return objective.loss, *own


# --- networks ---------------------------------------------------------------------------------------------------------


class _StackedNetwork(nn.Module):
    """Inputs (R, N, inputs) -> samples (R, N, 2) of generators, logits (R, N) of discriminators."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        layers = zip(*(cast(nn.Sequential, network.layers) for network in networks), strict=True)
        self.layers = nn.Sequential(
            *(_StackedLinear(each) if isinstance(each[0], nn.Linear) else each[0] for each in layers)
        )

    @property
    def stacked(self) -> list[_StackedParameter]:
        """Its parameters, in the order in which each of the networks has them."""
        return [each for each in self.layers.modules() if isinstance(each, _StackedParameter)]

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layers(x)
        return found.squeeze(-1)


class _StackedLinear(nn.Module):
    """(R, N, inputs) -> (R, N, outputs)."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = _StackedParameter([layer.weight for layer in layers])
        self.bias = _StackedParameter([layer.bias for layer in layers])

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight.value(), self.bias.value()
        if weight.shape[1] == 1:  # a product with a vector is summed in another order than one with a matrix
            found: Tensor = _Vectors.apply(x, weight, bias)
            return found
        return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


class _Vectors(torch.autograd.Function):
    """Products with vectors, one after another, whose gradients are batched products."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.stack([linear(*each) for each in zip(x, weight, bias, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return gradient.bmm(weight), gradient.transpose(1, 2).bmm(x), gradient.sum(1)


class _StackedParameter(nn.Module):
    """One parameter of all runs, (R, ...): one tensor that each run's is a part of, or each run's own."""

    def __init__(self, own: Sequence[Tensor]) -> None:
        super().__init__()
        self.own = tuple(own)
        self.is_one = own[0].numel() % VECTOR == 0
        if self.is_one:
            whole = nn.Parameter(torch.stack([each.data for each in own]))
            for each, part in zip(own, whole.data.unbind(), strict=True):
                each.data = part
            self.parts = nn.ParameterList([whole])
        else:
            self.parts = nn.ParameterList(own)

    def value(self) -> Tensor:
        """As a tensor."""
        whole: Tensor = self.parts[0] if self.is_one else torch.stack(list(self.parts))
        return whole

    def gradients(self) -> Sequence[Tensor]:
        """Of each run."""
        found = [part.grad for part in self.parts if part.grad is not None]
        return found[0].unbind() if self.is_one else found


# --- optimizers -------------------------------------------------------------------------------------------------------

_OPTIMIZERS = ("optimizer_g", "optimizer_d")


def _adam(gan: GAN, name: str) -> Adam:
    return cast(Adam, gan.optimizers[name])


def _joined(own: Sequence[Adam], stacked: Sequence[_StackedParameter]) -> Adam:
    """One optimizer whose state is that of all of these."""
    joint = Adam((part for parameter in stacked for part in parameter.parts), fused=True)
    for parameter in stacked:
        states = [adam.state_of(each) for adam, each in zip(own, parameter.own, strict=True)]
        if not parameter.is_one:
            joint.state.update(zip(parameter.parts, states, strict=True))
            continue
        moments = {key: torch.stack([state[key] for state in states]) for key in ("exp_avg", "exp_avg_sq")}
        joint.state[parameter.parts[0]] = {"step": states[0]["step"], **moments}
        for run, state in enumerate(states):
            state.update({key: moment[run] for key, moment in moments.items()}, step=states[0]["step"])
    return joint


# --- what is drawn ----------------------------------------------------------------------------------------------------


def _stacked(draws: Sequence[Draws]) -> Draws:
    """What was drawn for each, as what is drawn for one whose tensors have one more dimension."""
    updates = zip(*(each.updates for each in draws), strict=True)
    return Draws(draws[0].step, tuple(map(_stacked_update, updates)))


def _stacked_update(updates: Sequence[Update]) -> Update:
    def together(tensors: Sequence[Tensor | None]) -> Tensor | None:
        there = [tensor for tensor in tensors if tensor is not None]
        return torch.stack(there) if there else None

    first = updates[0]
    images = torch.stack([update.batch.images for update in updates])
    return Update(
        Batch(images, first.batch.labels),
        first.network,
        z=together([update.z for update in updates]),
        keeps=first.keeps,
        real_noise=together([update.real_noise for update in updates]),
        fake_noise=together([update.fake_noise for update in updates]),
        penalty=together([update.penalty for update in updates]),
    )
