"""Losses as expressions in D's logits: a small grammar, read without running anything, in pure Python and numpy.

`parse` makes a tree, `evaluate` gives its values and slopes, and `mean_of` writes it as PyTorch code.
"""

from gancore.expressions.checks import loss_of_d, loss_of_g
from gancore.expressions.evaluation import evaluate
from gancore.expressions.parser import LONGEST, parse
from gancore.expressions.parts import Parts, parts
from gancore.expressions.tree import Call, ExpressionError, Logit, Node, Number
from gancore.expressions.writing import mean_of

__all__ = [
    "LONGEST",
    "Call",
    "ExpressionError",
    "Logit",
    "Node",
    "Number",
    "Parts",
    "evaluate",
    "loss_of_d",
    "loss_of_g",
    "mean_of",
    "parse",
    "parts",
]
