"""D's loss as a sum of what it says of real samples and of generated ones: D sees them in separate batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gancore.expressions.evaluation import compute
from gancore.expressions.tree import Call, ExpressionError, Node, Number, logits


@dataclass(frozen=True)
class Parts:
    """The mean of each part over its batch is taken; their sum with the constant is the loss."""

    real: Node | None  # in `real` alone
    fake: Node | None  # in `fake` alone
    constant: float = 0.0


def parts(node: Node) -> Parts:
    """An expression as such a sum. Raises `ExpressionError` if a term has both logits."""
    if isinstance(node, Number):
        return Parts(None, None, node.value)
    names = logits(node)
    if len(names) == 1:
        return Parts(node, None) if names == {"real"} else Parts(None, node)
    assert isinstance(node, Call)
    first, second = node.arguments[0], node.arguments[-1]
    if node.name in ("+", "-"):
        return _joined(node.name, parts(first), parts(second))
    if node.name == "negate" or (node.name in ("*", "/") and isinstance(second, Number)):
        return _mapped(parts(first), lambda each: Call(node.name, (each, *node.arguments[1:]), node.column), node)
    if node.name == "*" and isinstance(first, Number):
        return _mapped(parts(second), lambda each: Call("*", (first, each), node.column), node)
    raise ExpressionError(
        f"the term at {node.column} has both real and fake, which D sees in separate batches: write a sum of terms, "
        "each in one of them"
    )


def _joined(sign: str, first: Parts, second: Parts) -> Parts:
    constant = first.constant + second.constant if sign == "+" else first.constant - second.constant
    return Parts(_join(sign, first.real, second.real), _join(sign, first.fake, second.fake), constant)


def _join(sign: str, first: Node | None, second: Node | None) -> Node | None:
    if first is None:
        return Call("negate", (second,)) if second is not None and sign == "-" else second
    return first if second is None else Call(sign, (first, second))


def _mapped(found: Parts, change: Callable[[Node], Node], node: Call) -> Parts:
    """All parts changed alike: negated, or times a constant."""
    constant = compute(
        node.name, [each.value if isinstance(each, Number) else found.constant for each in node.arguments]
    )
    real, fake = (None if each is None else change(each) for each in (found.real, found.fake))
    return Parts(real, fake, constant)
