"""Adversarial losses as pure functions on logits, each finite for logits of +-1e4.

`LOSSES[name].d(real, fake)` is the real term plus the fake term, each a mean over the batch; `.g(fake)` is a mean.
Logits are (B,), and the result is 0-d; of several runs they are (R, B), and each has its own: (R,). What D's output
means for each loss (a probability or a raw score) stands in `gancore.config.losses`, and `score` turns logits into it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, logsigmoid, relu, softplus

from gancore.config import RunConfig
from gancore.config.losses import LOSS_FACTS, LossName
from gancore.expressions import Call, Logit, Node, Number, loss_of_d, loss_of_g


class DLoss(Protocol):
    """D's objective. `smoothing` is how far its target for real images lies below 1, where it has one."""

    def __call__(self, real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor: ...


@dataclass(frozen=True)
class Loss:
    """The two objectives of one game; both are minimised."""

    d: DLoss
    g: Callable[[Tensor], Tensor]


def _cross_entropy_d(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), the value function of Goodfellow et al. 2014, eq. 1.

    One-sided smoothing (Salimans et al. 2016, section 3.4) is cross-entropy with the target 1 - smoothing.
    """
    return (softplus(-real) + smoothing * real).mean(-1) + softplus(fake).mean(-1)


def _nonsaturating_g(fake: Tensor) -> Tensor:
    """-log D(G(z)): strong gradients while D is sure (Goodfellow et al. 2014, section 3)."""
    return softplus(-fake).mean(-1)


def _minimax_g(fake: Tensor) -> Tensor:
    """log(1 - D(G(z))): the same game's own G objective; its gradient vanishes as D(G(z)) -> 0."""
    return -softplus(fake).mean(-1)


def _probabilities_d(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """The same as `_cross_entropy_d` in exact arithmetic, see `ON_PROBABILITIES`."""
    return _of_probabilities(real, 1 - smoothing) + _of_probabilities(fake, 0.0)


def _of_probabilities(logits: Tensor, target: float) -> Tensor:
    probabilities = torch.sigmoid(logits)
    return binary_cross_entropy(probabilities, torch.full_like(probabilities, target))


def _least_squares_d(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """LSGAN with targets 1 and 0 and factors 1/2 (Mao et al. 2017, eq. 9)."""
    return 0.5 * (real - (1 - smoothing)).square().mean(-1) + 0.5 * fake.square().mean(-1)


def _least_squares_g(fake: Tensor) -> Tensor:
    return 0.5 * (fake - 1).square().mean(-1)


def _wasserstein_d(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:  # noqa: ARG001
    """E D(G(z)) - E D(x), minus the distance once D is 1-Lipschitz (Arjovsky et al. 2017). It has no targets."""
    return fake.mean(-1) - real.mean(-1)


def _wasserstein_g(fake: Tensor) -> Tensor:
    return -fake.mean(-1)


def _hinge_d(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:  # noqa: ARG001
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))) (Lim and Ye 2017); G's is Wasserstein's. It has no targets."""
    return relu(1 - real).mean(-1) + relu(1 + fake).mean(-1)


def score(loss: LossName, logits: Tensor) -> Tensor:
    """D's mean output for a batch: a probability for losses on probabilities, else the mean raw score."""
    return torch.sigmoid(logits).mean(-1) if LOSS_FACTS[loss].output == "probability" else logits.mean(-1)


LOSSES: dict[LossName, Loss] = {
    "nonsaturating": Loss(_cross_entropy_d, _nonsaturating_g),
    "minimax": Loss(_cross_entropy_d, _minimax_g),
    "least_squares": Loss(_least_squares_d, _least_squares_g),
    "wasserstein": Loss(_wasserstein_d, _wasserstein_g),
    "hinge": Loss(_hinge_d, _wasserstein_g),
}

# Of a D that ends in a sigmoid under PyTorch's BCELoss, number for number: logarithms are cut at -100, so that no term
# exceeds 100; there is no gradient where the sigmoid rounds to 0 or 1, and little where it is below 1e-12.
ON_PROBABILITIES: dict[LossName, Loss] = {
    "nonsaturating": Loss(_probabilities_d, lambda fake: _of_probabilities(fake, 1.0)),
    "minimax": Loss(_probabilities_d, lambda fake: -_of_probabilities(fake, 0.0)),
}


def loss_of(config: RunConfig) -> Loss:
    """The loss that a run's settings ask for; where they have none, the non-saturating one."""
    if not config.uses("objective.loss"):
        return LOSSES["nonsaturating"]
    objective = config.objective
    if objective.loss == "own":
        return own_loss(objective.own_d, objective.own_g)
    cut = config.uses("objective.cross_entropy") and objective.cross_entropy == "probabilities"
    return (ON_PROBABILITIES if cut else LOSSES)[objective.loss]


# --- losses of one's own ----------------------------------------------------------------------------------------------


def own_loss(d: str, g: str) -> Loss:
    """A loss of two expressions in D's logits. Raises `ExpressionError` if they are none."""
    of_d, of_g = loss_of_d(d), loss_of_g(g)

    def d_loss(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:  # noqa: ARG001
        assert of_d.real is not None
        assert of_d.fake is not None
        on_real, on_fake = _compute(of_d.real, real), _compute(of_d.fake, fake)
        return on_real.mean(-1) + on_fake.mean(-1) + of_d.constant

    return Loss(d_loss, lambda fake: _compute(of_g, fake).mean(-1))


def _compute(node: Node, logits: Tensor) -> Tensor:
    """An expression in one logit, for each of these."""
    if isinstance(node, Logit):
        return logits
    assert isinstance(node, Call)  # expressions of numbers alone are no losses
    arguments = [each.value if isinstance(each, Number) else _compute(each, logits) for each in node.arguments]
    return _OPERATIONS[node.name](*arguments)


def _of_tensors(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Any], Tensor]:
    """Where one of two arguments may be a number."""

    def apply(a: Any, b: Any) -> Tensor:
        tensor = a if isinstance(a, Tensor) else b
        first, second = (each if isinstance(each, Tensor) else torch.full_like(tensor, each) for each in (a, b))
        return function(first, second)

    return apply


_OPERATIONS: Mapping[str, Callable[..., Tensor]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "negate": operator.neg,
    "softplus": softplus,
    "sigmoid": torch.sigmoid,
    "logsigmoid": logsigmoid,
    "relu": relu,
    "exp": torch.exp,
    "log": torch.log,
    "tanh": torch.tanh,
    "abs": torch.abs,
    "square": torch.square,
    "sqrt": torch.sqrt,
    "min": _of_tensors(torch.minimum),
    "max": _of_tensors(torch.maximum),
    "clip": torch.clamp,
}
