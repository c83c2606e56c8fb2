"""Expressions: what is read, what is refused and how, and values and slopes against PyTorch's."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gancore.expressions import (
    LONGEST,
    ExpressionError,
    evaluate,
    loss_of_d,
    loss_of_g,
    mean_of,
    parse,
    parts,
)
from gancore.expressions.evaluation import FUNCTIONS
from gancore.expressions.tree import Call, Number
from gancore.losses import own_loss

POINTS = np.linspace(-5.013, 4.987, 41)  # beside the corners


def value(text: str, at: float) -> float:
    return float(evaluate(parse(text), np.array([at]))[0][0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fake - 1 - 2", 0.0),
        ("12 / fake / 2", 2.0),
        ("1 + 2 * fake", 7.0),
        ("-fake ** 2", -9.0),
        ("fake ** -1 * 3", 1.0),
        ("fake ** 2 ** 3", 6561.0),
        ("--fake", 3.0),
        ("2 - -fake", 5.0),
        ("(1 + fake) * .5e1", 20.0),
        ("min(fake, 1) + max(fake, 1)", 4.0),
        ("clip(fake, -1, 2)", 2.0),
        ("square(fake) - abs(-fake) + sqrt(fake + 1)", 8.0),
    ],
)
def test_operators_bind_as_in_python(text: str, expected: float) -> None:
    assert value(text, 3.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("softplus(-reel)", "unknown name 'reel' at 11: use real or fake"),
        ("softplsu(fake)", "unknown function 'softplsu' at 1: did you mean softplus?"),
        ("__import__(fake)", "unknown function '__import__' at 1: there are softplus, sigmoid, "),
        ("fake.real", "unexpected '.' at 5"),
        ("fake fake", "unexpected fake at 6: an operator or the end should stand there"),
        ("2 fake", "unexpected fake at 3: an operator or the end should stand there"),
        ("fake +", "the expression ends where a number, a logit or a function should follow"),
        ("(fake", "the expression ends where a closing parenthesis should follow"),
        ("exp fake", "unexpected fake at 5: a parenthesis after exp should stand there"),
        ("exp(fake, 2)", "exp at 1 takes one argument, not 2"),
        ("min(fake)", "min at 1 takes 2 arguments, not 1"),
        ("clip(fake, 2, 1)", "clip at 1 takes an expression, its least and its largest value"),
        ("clip(1, fake, 2)", "clip at 1 takes an expression, its least and its largest value"),
        ("2 ** fake", "a power must be a number from -10 to 10, at 6"),
        ("fake ** 11", "a power must be a number from -10 to 10, at 9"),
        ("fake + 1 / 0", "the constant at 8 is not a finite number"),
        ("1e999 * fake", "the constant at 1 is not a finite number"),
        ("", "an expression is missing"),
        ("(" * 31 + "fake" + ")" * 31, "nested more than 30 deep at 31"),
        ("-" * 40 + "fake", "nested more than 30 deep at 31"),
        ("fake" + "+1" * 200, "an expression has at most 300 characters, this one 404"),
        ("real + fake", "real is not known in G's update: G's loss is in fake alone"),
        ("1 + 1", "it does not depend on fake"),
        ("fake - fake", "it does not depend on fake"),
        ("log(fake)", "its value is not finite at fake = 0, in single precision"),
        ("sqrt(abs(fake))", "its gradient is not finite at fake = 0, in single precision"),
        ("log(1 - sigmoid(fake))", "its value is not finite at fake = "),
        ("exp(exp(fake))", "its value is not finite at fake = "),
    ],
)
def test_what_is_no_loss_of_g_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        loss_of_g(text)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("softplus(fake)", "it does not depend on real"),
        ("-real", "it does not depend on fake"),
        ("0 * real + fake", "it does not depend on real"),
        ("fake + square(real - fake)", "the term at 8 has both real and fake, which D sees in separate batches"),
        ("real / fake", "the term at 1 has both"),
        ("1 / (real + fake)", "the term at 1 has both"),
        ("max(real, fake)", "the term at 1 has both"),
        ("(real + fake) / 0", "its value is not finite at real = 0"),
        ("(real + 1e200 + fake) * 1e200", "its value is not finite at real = 0"),
        ("(real + fake + 1e300) * 1e9", "its constant is not finite"),
        ("real + fake + 1e39", "its constant is not finite"),
    ],
)
def test_what_is_no_loss_of_d_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        loss_of_d(text)
    assert str(refused.value).startswith(sentence)


def test_terms_are_found_inside_what_is_the_same_for_all() -> None:
    found = parts(parse("3 - (2 * (real - 1 + fake * 4) - 5) / 2"))
    assert found.real is not None
    assert found.fake is not None
    total = evaluate(found.real, POINTS)[0] + evaluate(found.fake, 2 * POINTS)[0] + found.constant
    np.testing.assert_allclose(total, 3 - (2 * (POINTS - 1 + 8 * POINTS) - 5) / 2)


# --- against PyTorch --------------------------------------------------------------------------------------------------


def expressions() -> st.SearchStrategy[str]:
    """Texts that the grammar allows, in `fake`."""
    numbers = st.integers(-9, 9).map(lambda number: f"{number / 2:g}")
    atoms = st.one_of(numbers, st.just("fake"), st.just("fake"))

    def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        single = [name for name in FUNCTIONS if name not in ("min", "max", "clip")]
        return st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda each: "({} {} {})".format(*each)),
            st.tuples(inner, st.integers(-3, 3)).map(lambda each: "({}) ** {}".format(*each)),
            st.tuples(st.sampled_from(single), inner).map(lambda each: "{}({})".format(*each)),
            st.tuples(st.sampled_from(("min", "max")), inner, inner).map(lambda each: "{}({}, {})".format(*each)),
            inner.map(lambda each: f"clip({each}, -1.5, 2)"),
            inner.map(lambda each: f"-{each}"),
        )

    return st.recursive(atoms, deeper, max_leaves=8)


@given(expressions())
def test_values_and_slopes_are_those_of_pytorch_and_of_the_script(text: str) -> None:
    try:
        node = parse(text)
    except ExpressionError:
        return
    if isinstance(node, Number) or not isinstance(node, Call):
        return
    values, slopes = evaluate(node, POINTS)
    known = np.isfinite(values) & np.isfinite(slopes) & (np.abs(values) < 1e6) & (np.abs(slopes) < 1e6)
    for point, found, slope in zip(POINTS[known], values[known], slopes[known], strict=True):
        fake = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        names = {name: getattr(torch.nn.functional, name) for name in ("softplus", "logsigmoid", "relu")}
        mean = eval(mean_of(node, "fake"), {"torch": torch, "fake": fake, **names})  # the text is the script's
        assert mean.item() == pytest.approx(found, rel=1e-6, abs=1e-6)
        (gradient,) = torch.autograd.grad(mean, fake)
        if torch.isfinite(gradient):
            assert gradient.item() == pytest.approx(slope, rel=1e-5, abs=1e-5)


@given(expressions())
def test_a_loss_that_is_accepted_can_be_trained_with(text: str) -> None:
    try:
        loss_of_g(text)
    except ExpressionError:
        return
    fake = torch.linspace(-20, 20, 81, requires_grad=True)
    loss = own_loss("real + fake", text).g(fake)
    loss.backward()
    assert torch.isfinite(loss)
    assert fake.grad is not None
    assert torch.isfinite(fake.grad).all()


@given(
    st.one_of(
        st.text(max_size=LONGEST + 5),
        st.text(alphabet="realfk0123456789.e+-*/(), _", max_size=LONGEST),
        st.lists(
            st.sampled_from(["real", "fake", "2", "1e9", "0", "+", "-", "*", "/", "**", "(", ")", ",", *FUNCTIONS]),
            max_size=60,
        ).map(" ".join),
    )
)
def test_any_text_is_a_loss_or_refused_in_one_sentence_at_once(text: str) -> None:
    before = time.perf_counter()
    said = []
    for read in (loss_of_d, loss_of_g):
        try:
            read(text)
        except ExpressionError as problem:
            said.append(str(problem))
    assert all(sentence and "\n" not in sentence for sentence in said)
    assert time.perf_counter() - before < 1
