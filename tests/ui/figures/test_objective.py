"""The chart of a loss of one's own: losses on top, gradients below, at each logit."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from gancore.expressions import loss_of_d, loss_of_g
from ui import colors
from ui.figures.objective import REACH, loss_figure


def numbers(packed: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=f"<{packed['dtype']}")


def test_each_line_is_a_loss_or_its_gradient() -> None:
    figure = loss_figure(loss_of_d("1 - 3 * real + square(fake)"), loss_of_g("-softplus(fake)"))
    lines = {(trace["name"], trace["yaxis"]): numbers(trace["y"]) for trace in figure["data"]}
    x = numbers(figure["data"][0]["x"])
    assert (x[0], x[-1]) == (-REACH, REACH)
    expected = {
        ("D real", "y"): 1 - 3 * x,
        ("D real", "y2"): np.full_like(x, -3),
        ("D fake", "y"): x**2,
        ("D fake", "y2"): 2 * x,
        ("G", "y"): -np.log1p(np.exp(x)),
        ("G", "y2"): -1 / (1 + np.exp(-x)),
    }
    assert set(lines) == set(expected)
    for line, values in expected.items():
        np.testing.assert_allclose(lines[line], values, rtol=1e-5, atol=1e-6)
    assert {trace["line"]["color"] for trace in figure["data"] if trace["name"] == "G"} == {colors.G}


def test_what_is_no_loss_is_left_out() -> None:
    assert loss_figure(None, None)["data"] == []
    assert {trace["name"] for trace in loss_figure(loss_of_d("fake - real"), None)["data"]} == {"D real", "D fake"}
