"""Whether an expression is a loss to train with: in the logits that it must have, and finite where logits lie."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gancore.expressions.evaluation import evaluate
from gancore.expressions.parser import parse
from gancore.expressions.parts import Parts, parts
from gancore.expressions.tree import ExpressionError, Node, logits

LIMIT = 20  # logits between its negative and itself are tried
_POINTS = np.linspace(-LIMIT, LIMIT, 80 * LIMIT + 1, dtype=np.float32)  # as precise as training is

_MOST = float(np.finfo(np.float32).max)


@lru_cache(maxsize=256)
def loss_of_d(text: str) -> Parts:
    """D's loss in its parts. Raises `ExpressionError` with one sentence."""
    found = parts(parse(text))
    _check(found.real, "real")
    _check(found.fake, "fake")
    if not abs(found.constant) <= _MOST:  # or NaN
        raise ExpressionError("its constant is not finite, in single precision")
    return found


@lru_cache(maxsize=256)
def loss_of_g(text: str) -> Node:
    """G's loss, in `fake` alone. Raises `ExpressionError` with one sentence."""
    found = parse(text)
    if "real" in logits(found):
        raise ExpressionError("real is not known in G's update: G's loss is in fake alone")
    _check(found, "fake")
    return found


def _check(node: Node | None, name: str) -> None:
    if node is None:
        raise ExpressionError(f"it does not depend on {name}")
    value, slope = evaluate(node, _POINTS)
    for what, numbers in (("value", value), ("gradient", slope)):
        bad = _POINTS[~np.isfinite(numbers)]
        if len(bad):
            nearest = bad[np.argmin(np.abs(bad))]  # to 0: training would meet it first
            raise ExpressionError(f"its {what} is not finite at {name} = {nearest:.4g}, in single precision")
    if not slope.any():
        raise ExpressionError(f"it does not depend on {name}")
