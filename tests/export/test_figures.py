from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import numpy as np
import pytest

from gancore.colors import D, G
from gancore.experiments import OUTCOMES
from gancore.export.estimates import estimate
from gancore.export.figures import Band, Panel, Points, against_the_setting, cuts, over_steps

HOSTILE = "<b>$x_1$&"


def points(name: str, *values: float, place: float | None = None, color: str = "#009E73") -> Points:
    return Points(name, color, values, estimate(OUTCOMES["fid"], values), place)


def band(color: str, level: float) -> Band:
    steps = np.arange(10.0)
    return Band("loss", color, steps, steps * 0 + level, steps * 0 + level - 0.1, steps * 0 + level + 0.1)


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_text_is_text_and_taken_as_it_is() -> None:
    svg = against_the_setting("f", [Panel("FID", "low", [points(HOSTILE, 6.0, 7.0), points("b", 8.0)])], "arm", HOSTILE)
    assert HOSTILE in texts(svg)
    assert {"FID", "lower is better", "b"} <= set(texts(svg))
    assert ElementTree.fromstring(svg).get("aria-label") == HOSTILE


def test_a_number_is_an_axis_with_its_values() -> None:
    arms = [points(f"nz {nz}", 6.0, 7.0, place=float(nz)) for nz in (10, 100, 1000)]
    svg = against_the_setting("f", [Panel("FID", "low", arms)], "nz", "")
    assert {"10", "100", "1000", "nz"} <= set(texts(svg))
    assert "nz 10" not in texts(svg)


def test_an_arm_without_values_keeps_its_row() -> None:
    svg = against_the_setting("f", [Panel("FID", "low", [points("a", 6.0), points("none")])], "arm", "")
    assert "none" in texts(svg)


def test_curves_have_the_colours_of_d_and_g_and_do_not_hide_behind_one_that_ran_away() -> None:
    charts = [("a", [band(D, 1.0), band(G, 2.0)]), ("b", [band(D, 1.2), band(G, 1.9)])] * 40
    svg = over_steps("f", [*charts, ("away", [band(G, 1e6)])], "loss", "")
    assert cuts([each for _, bands in [*charts, ("away", [band(G, 1e6)])] for each in bands])
    assert not cuts(charts[0][1])
    assert D.lower() in svg
    assert G.lower() in svg
    assert not any(text.startswith("1,000,000") or "e+" in text for text in texts(svg))


@pytest.mark.parametrize("level", [0.0, np.nan, 1e25])
def test_any_level_can_be_drawn(level: float) -> None:
    ElementTree.fromstring(over_steps("f", [("a", [band(D, level)])], "loss", ""))


def test_ids_are_the_figures_own() -> None:
    svg = over_steps("one", [("a", [band(D, 1.0)])], "loss", "")
    assert all(each.startswith("one-") for each in re.findall(r'\bid="([^"]*)"', svg))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', svg)) <= set(re.findall(r'\bid="([^"]*)"', svg))


def test_threads_draw_the_same_and_leave_no_settings_behind() -> None:
    before = dict(mpl.rcParams)

    def draw(_: int) -> str:
        return over_steps("f", [("a", [band(D, 1.0)])], "loss", "")

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(draw, range(8)))) == 1
    assert dict(mpl.rcParams) == before
