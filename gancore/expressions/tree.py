"""What an expression consists of."""

from __future__ import annotations

from dataclasses import dataclass, field


class ExpressionError(ValueError):
    """A text that is no loss, said in one sentence with the place of what is wrong."""


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Logit:
    """D's output for one sample, `real` or `fake`."""

    name: str


@dataclass(frozen=True)
class Call:
    """An operator or a function of other expressions, one of which at least has a logit in it.

    Operators are named by their sign, the unary minus `negate`. Powers have a number as their second argument, `clip`
    as its second and third.
    """

    name: str
    arguments: tuple[Node, ...]
    column: int = field(default=1, compare=False)  # where it begins in the text, from 1


Node = Number | Logit | Call


def logits(node: Node) -> frozenset[str]:
    """The names in an expression."""
    if isinstance(node, Number):
        return frozenset()
    if isinstance(node, Logit):
        return frozenset({node.name})
    return frozenset().union(*map(logits, node.arguments))
