"""Tree -> text: PyTorch code, with no more parentheses than it needs."""

from __future__ import annotations

from gancore.expressions.tree import Call, Logit, Node, Number

_TORCH = ("sigmoid", "exp", "log", "tanh", "abs", "square", "sqrt")  # others are of torch.nn.functional
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "negate": 3, "**": 4}
_ATOM = 5


def mean_of(node: Node, logit: str) -> str:
    """The mean of an expression in one logit, as PyTorch code in a tensor of that name."""
    if isinstance(node, Call) and node.name == "negate":
        return f"-{mean_of(node.arguments[0], logit)}"
    text, strength = _written(node, logit)
    return f"{text}.mean()" if strength == _ATOM else f"({text}).mean()"


def _code(node: Node, logit: str) -> str:
    return _written(node, logit)[0]


def _written(node: Node, logit: str) -> tuple[str, int]:
    """The code, and how strongly it holds together."""
    if isinstance(node, Number):
        return _number(node.value), _ATOM if node.value >= 0 else _STRENGTH["negate"]
    if isinstance(node, Logit):
        return logit, _ATOM
    if node.name not in _STRENGTH:
        return _called(node, logit), _ATOM
    strength = _STRENGTH[node.name]
    if node.name == "negate":
        return f"-{_inside(node.arguments[0], logit, strength)}", strength
    first, second = node.arguments
    if node.name == "**":
        return _power(first, second, logit), strength
    return f"{_inside(first, logit, strength)} {node.name} {_inside(second, logit, strength + 1)}", strength


def _inside(node: Node, logit: str, least: int) -> str:
    text, strength = _written(node, logit)
    return text if strength >= least else f"({text})"


def _power(base: Node, exponent: Node, logit: str) -> str:
    """A power, set as formatters set it: without spaces between a name or a number and a number."""
    space = "" if isinstance(base, Logit | Number) and isinstance(exponent, Number) else " "
    written = _number(exponent.value) if isinstance(exponent, Number) else _inside(exponent, logit, _STRENGTH["**"])
    return f"{_inside(base, logit, _ATOM)}{space}**{space}{written}"


def _called(node: Call, logit: str) -> str:
    arguments = [_code(each, logit) for each in node.arguments]
    if node.name == "clip":
        return f"torch.clamp({', '.join(arguments)})"
    if node.name in ("min", "max"):
        return _extreme(node, logit)
    return f"{'torch.' if node.name in _TORCH else ''}{node.name}({arguments[0]})"


def _extreme(node: Call, logit: str) -> str:
    """The smaller or the larger of two, which PyTorch takes from tensors alone."""
    first, second = sorted(node.arguments, key=lambda each: isinstance(each, Number))
    other = _code(second, logit)
    if isinstance(second, Number):
        other = f"torch.full_like({logit}, {other})"
    return f"torch.{node.name}imum({_code(first, logit)}, {other})"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e6 else repr(value)
