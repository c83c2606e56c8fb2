"""What a run's curves say as numbers, from all of its steps: levels, trends, roughness and spikes. No torch in here.

They are computed once, when a run ends, and kept in its summary: a thinned copy of the curves does not say them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Curve = npt.NDArray[np.float64]

LOSSES = ("loss_d", "loss_g", "loss")
TAILS = (*LOSSES, "grad_norm_g", "grad_norm_d", "d_real", "d_fake")  # whose mean at the end is taken
STARTS = ("grad_norm_g", "d_fake")  # whose mean at the start is taken

TAIL, START = 0.1, 0.05  # shares of the steps
WINDOW = 50  # steps in which a trend is local; fewer in runs of less than ten windows
SPIKE_WINDOW = 51  # steps around one, whose median it is held against
SPIKE = 6.0  # standard deviations above that, estimated by the median absolute deviation
LEAST_DEVIATION = 0.01  # of a loss: jumps that are smaller than a few of them are none, however quiet the curve is
SMOOTH = 1e-9  # standard deviation of a loss, below which there is but rounding
SATURATED = 0.05  # D(G(z)) below which D is sure


def curve_statistics(scalars: pd.DataFrame) -> dict[str, float]:
    """Numbers of a run's curves (see `Run.scalars`), a row a step. What a run is too short for is left out.

    Of each loss X: `tail_X`, `mid_X`: its mean over the last tenth and the middle third of the steps. `slope_X`: the
    slope of a line fitted to the last third, per length of the run. `roughness_X`: its standard deviation around a
    local line, in windows of 50 steps, mean over the second half. `late_roughness_X`: that of the last third over that
    from the first tenth to the first third: above 1 if it becomes rougher. `spikes_X`: jumps above the median of 51
    steps around by 6 standard deviations, estimated by the median absolute deviation, in 1,000 steps.

    `losses_correlation`: between D's and G's losses, smoothed over a hundredth of the run, without what changes over a
    tenth of it. `saturated_grad_norm_g`: G's mean gradient norm at steps at which D(G(z)) is below 0.05, which says
    something where D's output is a probability. `tail_` and `early_` of gradients and D's outputs: means over the last
    tenth and the first twentieth.
    """
    curves = {str(name): np.asarray(scalars[name], np.float64) for name in scalars.columns}
    curves = {name: values[np.isfinite(values)] for name, values in curves.items() if values.ndim == 1}
    with np.errstate(all="ignore"):  # a diverged run's values may be huge; what comes of them is left out
        found = {f"tail_{name}": _mean(_part(curves[name], 1 - TAIL, 1)) for name in TAILS if name in curves}
        found |= {f"early_{name}": _mean(_part(curves[name], 0, START)) for name in STARTS if name in curves}
        for name in LOSSES:
            if name in curves:
                found |= {f"{what}_{name}": value for what, value in _of_loss(curves[name]).items()}
        found |= _of_both(scalars)
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _of_loss(loss: Curve) -> dict[str, float]:
    """What is said of one loss (N,), beside its tail."""
    rough = roughness(loss)
    early, late = _mean(_part(rough, 0.1, 1 / 3)), _mean(_part(rough, 2 / 3, 1))
    return {
        "mid": _mean(_part(loss, 1 / 3, 2 / 3)),
        "slope": slope(_part(loss, 2 / 3, 1)) * len(loss),
        "roughness": _mean(_part(rough, 0.5, 1)),
        "late_roughness": late / early if early > SMOOTH else np.nan,
        "spikes": spikes(loss),
    }


def _of_both(scalars: pd.DataFrame) -> dict[str, float]:
    """What two curves say together, at steps at which both have values."""
    found: dict[str, float] = {}
    if {"loss_d", "loss_g"} <= set(scalars.columns):
        found["losses_correlation"] = correlation(*_aligned(scalars, "loss_d", "loss_g"))
    fooled = "d_fake_g" if "d_fake_g" in scalars.columns else "d_fake"
    if {fooled, "grad_norm_g"} <= set(scalars.columns):
        outputs, norms = _aligned(scalars, fooled, "grad_norm_g")
        found["saturated_grad_norm_g"] = _mean(norms[outputs < SATURATED])
    return found


def _aligned(scalars: pd.DataFrame, first: str, second: str) -> tuple[Curve, Curve]:
    pair = np.asarray(scalars[[first, second]], np.float64)
    pair = pair[np.isfinite(pair).all(1)]
    return pair[:, 0], pair[:, 1]


def slope(curve: Curve) -> float:
    """Of the least-squares line through a curve (N,), per step."""
    if len(curve) < 3:
        return np.nan
    steps = np.arange(len(curve)) - (len(curve) - 1) / 2
    return float(steps @ curve / (steps @ steps))


def roughness(curve: Curve) -> Curve:
    """The standard deviation of a curve (N,) around a line of its own in each of its windows: (W,), one after another.

    Of independent noise it is the noise's own, whatever the trend. Empty where the curve is too short.
    """
    width = min(WINDOW, len(curve) // 10)
    if width < 5:
        return np.empty(0)
    count = len(curve) // width
    windows = curve[len(curve) - count * width :].reshape(count, width)  # to the last step
    steps = np.arange(width) - (width - 1) / 2
    levels, slopes = windows.mean(1, keepdims=True), (windows @ steps / (steps @ steps))[:, None]
    rest = windows - levels - slopes * steps
    deviations: Curve = np.sqrt((rest**2).sum(1) / (width - 2))
    return deviations


def spikes(curve: Curve) -> float:
    """Jumps of a curve (N,) above what is around it, in 1,000 steps; not a number where it is too short.

    Steps that follow each other are one jump. The first twentieth, where all is still moving, does not count.
    """
    curve = _part(curve, START, 1)
    if len(curve) < SPIKE_WINDOW:
        return np.nan
    above = curve - pd.Series(curve).rolling(SPIKE_WINDOW, center=True, min_periods=1).median().to_numpy()
    deviation = max(1.4826 * float(np.median(np.abs(above - np.median(above)))), LEAST_DEVIATION)
    high = above > SPIKE * deviation
    begins = high & ~np.concatenate([[False], high[:-1]])
    return 1_000 * float(begins.sum()) / len(curve)


def correlation(first: Curve, second: Curve) -> float:
    """Between two curves (N,): of what changes over more than a hundredth and less than a tenth of their length."""
    if len(first) < 100:
        return np.nan
    one, other = (_band(curve) for curve in (first, second))
    scale = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / scale) if scale > 1e-12 else np.nan


def _band(curve: Curve) -> Curve:
    """Smoothed over a hundredth of the curve, less what it is over a tenth, around its mean; without the ends, at which
    a trend would not cancel."""
    wide = len(curve) // 10
    found: Curve = (_smooth(curve, len(curve) // 100) - _smooth(curve, wide))[wide // 2 : len(curve) - wide // 2]
    around: Curve = found - found.mean()
    return around


def _smooth(curve: Curve, width: int) -> Curve:
    """Means over about `width` values around each; fewer at the ends."""
    reach = max(width, 3) // 2
    sums = np.concatenate([[0.0], np.cumsum(curve - curve.mean())])
    places = np.arange(len(curve))
    begin, end = np.maximum(places - reach, 0), np.minimum(places + reach + 1, len(curve))
    smooth: Curve = curve.mean() + (sums[end] - sums[begin]) / (end - begin)
    return smooth


def _part(curve: Curve, begin: float, end: float) -> Curve:
    """From one share of a curve to another, at least one value of those there are."""
    first = min(int(np.floor(begin * len(curve) + 1e-9)), max(len(curve) - 1, 0))
    return curve[first : max(int(np.ceil(end * len(curve) - 1e-9)), first + 1)]


def _mean(values: Curve) -> float:
    return float(values.mean()) if len(values) else np.nan
