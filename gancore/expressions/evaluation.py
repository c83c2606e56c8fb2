"""Values of an expression and its slope, in numpy and with the precision of the points it is evaluated at.

Where there is a choice, slopes are PyTorch's: relu's is 0 at 0, `min` and `max` of two that are equal take half each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gancore.expressions.tree import Logit, Node, Number

Array = npt.NDArray[np.floating[Any]]
Dual = tuple[Any, Any]  # a value and its slope, each an array or a number


def _sigmoid(x: Any) -> Any:
    return np.exp(-np.logaddexp(0, -x))


def _add(a: Dual, b: Dual) -> Dual:
    return a[0] + b[0], a[1] + b[1]


def _subtract(a: Dual, b: Dual) -> Dual:
    return a[0] - b[0], a[1] - b[1]


def _multiply(a: Dual, b: Dual) -> Dual:
    return a[0] * b[0], a[1] * b[0] + a[0] * b[1]


def _divide(a: Dual, b: Dual) -> Dual:
    quotient = a[0] / b[0]
    return quotient, (a[1] - quotient * b[1]) / b[0]


def _negate(a: Dual) -> Dual:
    return -a[0], -a[1]


def _power(a: Dual, b: Dual) -> Dual:
    exponent = b[0]
    return a[0] ** exponent, exponent * a[0] ** (exponent - 1) * a[1] if exponent else 0 * a[1]


def _smallest(a: Dual, b: Dual) -> Dual:
    return np.minimum(a[0], b[0]), _slope_where(a[0] < b[0], a, b)


def _largest(a: Dual, b: Dual) -> Dual:
    return np.maximum(a[0], b[0]), _slope_where(a[0] > b[0], a, b)


def _slope_where(first: Any, a: Dual, b: Dual) -> Any:
    return np.where(a[0] == b[0], (a[1] + b[1]) / 2, np.where(first, a[1], b[1]))


def _clip(a: Dual, low: Dual, high: Dual) -> Dual:
    inside = (a[0] > low[0]) & (a[0] < high[0])  # at the bounds themselves, versions of PyTorch differ
    return np.clip(a[0], low[0], high[0]), np.where(inside, a[1], 0 * a[1])


def _function(value: Callable[[Any], Any], slope: Callable[[Any, Any], Any]) -> Callable[[Dual], Dual]:
    """Of one argument; its slope by the argument and the value there."""

    def apply(a: Dual) -> Dual:
        found = value(a[0])
        return found, slope(a[0], found) * a[1]

    return apply


FUNCTIONS: Mapping[str, Callable[..., Dual]] = {
    "softplus": _function(lambda x: np.logaddexp(0, x), lambda x, _: _sigmoid(x)),
    "sigmoid": _function(_sigmoid, lambda _, y: y * (1 - y)),
    "logsigmoid": _function(lambda x: -np.logaddexp(0, -x), lambda x, _: _sigmoid(-x)),
    "relu": _function(lambda x: np.maximum(x, 0), lambda x, _: 1.0 * (x > 0)),
    "exp": _function(np.exp, lambda _, y: y),
    "log": _function(np.log, lambda x, _: 1 / x),
    "tanh": _function(np.tanh, lambda _, y: 1 - y * y),
    "abs": _function(np.abs, lambda x, _: np.sign(x)),
    "square": _function(np.square, lambda x, _: 2 * x),
    "sqrt": _function(np.sqrt, lambda _, y: 0.5 / y),
    "min": _smallest,
    "max": _largest,
    "clip": _clip,
}
_OPERATORS: Mapping[str, Callable[..., Dual]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": _power,
    "negate": _negate,
}
_OPERATIONS = {**_OPERATORS, **FUNCTIONS}


def compute(name: str, numbers: Sequence[float]) -> float:
    """An operation on numbers alone; infinite or NaN where it has no value."""
    with np.errstate(all="ignore"):
        return float(_OPERATIONS[name](*((np.float64(number), np.float64(0)) for number in numbers))[0])


def evaluate(node: Node, points: Array) -> tuple[Array, Array]:
    """Values and slopes of an expression in one logit at these points, in their precision; not finite where it has
    none."""
    with np.errstate(all="ignore"):
        value, slope = _evaluate(node, points)
    return np.broadcast_to(value, points.shape), np.broadcast_to(slope, points.shape)


def _evaluate(node: Node, points: Array) -> Dual:
    if isinstance(node, Number):
        return node.value, 0.0  # Python's, which leave arrays their precision
    if isinstance(node, Logit):
        return points, np.ones_like(points)
    return _OPERATIONS[node.name](*(_evaluate(each, points) for each in node.arguments))
