"""Text -> tree, by recursive descent. Constant parts are computed at once.

sum     = product (("+" | "-") product)*
product = signed (("*" | "/") signed)*
signed  = "-" signed | power
power   = atom ["**" signed]
atom    = number | "real" | "fake" | function "(" sum ("," sum)* ")" | "(" sum ")"
"""

from __future__ import annotations

import difflib
import math

from gancore.expressions.evaluation import FUNCTIONS, compute
from gancore.expressions.tokens import Token, tokens
from gancore.expressions.tree import Call, ExpressionError, Logit, Node, Number

LONGEST, DEEPEST = 300, 30  # characters; parentheses, signs and powers in each other
LOGITS = ("real", "fake")
MOST_POWER = 10.0

_COUNTS = {"min": 2, "max": 2, "clip": 3}  # of arguments, where there is not one


def parse(text: str) -> Node:
    """The tree of an expression. Raises `ExpressionError` with one sentence for whatever is wrong first."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} characters, this one {len(text):,}")
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self.left = found[::-1]
        self.depth = 0

    # --- tokens -------------------------------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        return self.left[-1]

    def take(self) -> Token:
        return self.left.pop()

    def takes(self, *signs: str) -> Token | None:
        """The next token, taken, if it is one of these signs."""
        return self.take() if self.next.kind == "sign" and self.next.text in signs else None

    def expect(self, sign: str, what: str) -> None:
        if not self.takes(sign):
            raise _unexpected(self.next, what)

    # --- grammar ------------------------------------------------------------------------------------------------------

    def whole(self) -> Node:
        if self.next.kind == "end":
            raise ExpressionError("an expression is missing")
        found = self.sum()
        if self.next.kind != "end":
            raise _unexpected(self.next, "an operator or the end")
        return found

    def sum(self) -> Node:
        column, found = self.next.column, self.product()
        while sign := self.takes("+", "-"):
            found = _call(sign.text, (found, self.product()), column)
        return found

    def product(self) -> Node:
        column, found = self.next.column, self.signed()
        while sign := self.takes("*", "/"):
            found = _call(sign.text, (found, self.signed()), column)
        return found

    def signed(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"nested more than {DEEPEST} deep at {self.next.column}")
        sign = self.takes("-")
        found = _call("negate", (self.signed(),), sign.column) if sign else self.power()
        self.depth -= 1
        return found

    def power(self) -> Node:
        column, base = self.next.column, self.atom()
        if not self.takes("**"):
            return base
        at, exponent = self.next.column, self.signed()
        if not isinstance(exponent, Number) or abs(exponent.value) > MOST_POWER:
            raise ExpressionError(f"a power must be a number from -{MOST_POWER:g} to {MOST_POWER:g}, at {at}")
        return _call("**", (base, exponent), column)

    def atom(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return _number(float(token.text), token.column)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "sign" and token.text == "(":
            found = self.sum()
            self.expect(")", "a closing parenthesis")
            return found
        raise _unexpected(token, "a number, a logit or a function")

    def named(self, token: Token) -> Node:
        name = token.text
        if name in LOGITS:
            return Logit(name)
        if name not in FUNCTIONS:
            raise _unknown(token, called=self.next.text == "(")
        self.expect("(", f"a parenthesis after {name}")
        arguments = [self.sum()]
        while self.takes(","):
            arguments.append(self.sum())
        self.expect(")", "a closing parenthesis")
        _check_arguments(token, arguments)
        return _call(name, tuple(arguments), token.column)


def _check_arguments(token: Token, arguments: list[Node]) -> None:
    count = _COUNTS.get(token.text, 1)
    if len(arguments) != count:
        words = "one argument" if count == 1 else f"{count} arguments"
        raise ExpressionError(f"{token.text} at {token.column} takes {words}, not {len(arguments)}")
    if token.text == "clip":
        low, high = arguments[1:]
        if not (isinstance(low, Number) and isinstance(high, Number) and low.value <= high.value):
            raise ExpressionError(f"clip at {token.column} takes an expression, its least and its largest value")


def _call(name: str, arguments: tuple[Node, ...], column: int) -> Node:
    """An operation, or its result where it is of numbers alone."""
    numbers = [each.value for each in arguments if isinstance(each, Number)]
    if len(numbers) < len(arguments):
        return Call(name, arguments, column)
    return _number(compute(name, numbers), column)


def _number(value: float, column: int) -> Number:
    if not math.isfinite(value):
        raise ExpressionError(f"the constant at {column} is not a finite number")
    return Number(value)


def _unexpected(token: Token, wanted: str) -> ExpressionError:
    if token.kind == "end":
        return ExpressionError(f"the expression ends where {wanted} should follow")
    return ExpressionError(f"unexpected {token.text} at {token.column}: {wanted} should stand there")


def _unknown(token: Token, *, called: bool) -> ExpressionError:
    known = list(FUNCTIONS) if called else list(LOGITS)
    close = difflib.get_close_matches(token.text, known, n=1)
    shown = token.text if len(token.text) <= 20 else f"{token.text[:19]}…"
    hint = f"did you mean {close[0]}?" if called and close else f"use {' or '.join(LOGITS)}"
    if called and not close:
        hint = f"there are {', '.join(known)}"
    return ExpressionError(f"unknown {'function' if called else 'name'} {shown!r} at {token.column}: {hint}")
