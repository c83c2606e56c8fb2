"""What goes wrong in the curves of a training, and how it shows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gancore.health.evidence import Detection, Detector, Evidence, Flags, Numbers, place_since, windows
from gancore.health.limits import LIMITS, ONE_IMAGE
from gancore.text import compact, listed


def _in_curves(holds: Callable[[Evidence], Flags], describe: Callable[[Evidence], str]) -> Detector:
    """A sign that holds for a curve from some step to the very end."""

    def detect(run: Evidence) -> Detection | None:
        step = run.since(holds(run))
        return None if step is None else Detection(step, describe(run))

    return detect


def broken_numbers(run: Evidence) -> Detection | None:
    """A run ends with its first row that is not finite."""
    if run.divergence:
        return Detection(run.step, run.divergence[0].upper() + run.divergence[1:])
    last = run.rows.tail(2)  # a curve that was not there before either is only missing
    broken = [str(name) for name in last if np.isfinite(last[name]).tolist() in ([False], [True, False])]
    return Detection(run.step, f"{listed(broken)}: not a finite number at step {run.step:,}.") if broken else None


def growth(run: Evidence) -> Detection | None:
    """A gradient may grow by a decade, and the zero of scores without a scale, and so G's loss, goes where it likes."""
    drifts = {"loss_g"} if math.isnan(run.guessing) else set()
    for name in [name for name in _GROWING if name in run.rows and name not in drifts]:
        size, start = run.size(name), run.start(name)
        if (step := run.since(size > LIMITS.growth * max(start, 1.0))) is not None:
            return Detection(
                step,
                f"{_GROWING[name]} is {compact(size[-1])}, up from {compact(start)} {run.beginning}.",
            )
    return None


_GROWING = {
    "loss": "The loss",
    "loss_d": "D's loss",
    "loss_g": "G's loss",
    "grad_norm": "The gradient norm",
    "grad_norm_d": "D's gradient norm",
    "grad_norm_g": "G's gradient norm",
}


def _jumps(run: Evidence) -> Flags:
    """A D that is weak loses much at each step, and one that is well loses more than by guessing now and then.

    Where its loss spreads very far, a few steps in which it loses that much are enough.
    """
    spread = run.spread("loss_d") / run.guessing
    often = run.share_above("loss_d", LIMITS.wrong * run.guessing) > LIMITS.often
    return (spread > LIMITS.jumps) & often | (spread > LIMITS.leaps)


def _describe_jumps(run: Evidence) -> str:
    spread, level = compact(run.spread("loss_d")[-1]), compact(run.level("loss_d")[-1])
    often, limit = (
        run.share_above("loss_d", LIMITS.wrong * run.guessing)[-1],
        compact(LIMITS.wrong * run.guessing),
    )
    return (
        f"From step to step, D's loss jumps by ±{spread} around {level}; it is above {limit} in {often:.0%} of the "
        f"steps, where guessing would give {compact(run.guessing)}."
    )


def _d_is_sure(run: Evidence) -> Flags:
    return run.d_loss < LIMITS.sure


def strong_d(run: Evidence) -> Detection | None:
    """D makes no mistakes, or few of them while samples that are like nothing real do not get any better."""
    return _in_curves(_d_is_sure, _describe_outputs)(run) or _find_lost_g(run)


def _find_lost_g(run: Evidence) -> Detection | None:
    """Each FID is held against that of the newest evaluation that is old enough."""
    wins = run.since(run.d_loss < LIMITS.winning)
    if wins is None:
        return None
    asked = [each for each in run.evaluations if each.size == "cheap" and "fid" in each.values and each.step >= wins]
    steps, fids = (
        np.array(values) for values in ([each.step for each in asked], [each.values["fid"] for each in asked])
    )
    lost = [LIMITS.lost * ONE_IMAGE.get(each.extractor or "", math.inf) for each in asked]
    before = np.searchsorted(steps, steps - LIMITS.stuck, side="right") - 1  # -1: none is that old
    stuck = [
        then >= 0 and fids[then + 1 : now + 1].min() > LIMITS.better * fids[then] and fids[now] > lost[now]
        for now, then in enumerate(before)
    ]
    place = place_since(np.array(stuck, dtype=bool))
    if place is None:
        return None
    fid = f"The FID is {compact(fids[-1])}; it was {compact(fids[before[-1]])} at step {steps[before[-1]]:,}."
    return Detection(int(steps[place]), f"{fid} {_describe_outputs(run)}")


def _d_is_fooled(run: Evidence) -> Flags:
    return run.level("d_fake_g") - run.level("d_real") > LIMITS.fooled * run.guessing


def _describe_outputs(run: Evidence) -> str:
    real, fake, loss = (compact(run.level(name)[-1]) for name in ("d_real", "d_fake_g", "loss_g"))
    return f"D(x) is {real} and D(G(z)) {fake}; G's loss is {loss}."


def _gradient_vanishes(run: Evidence) -> Flags:
    """Measured against the first step, or where the loss shows it: D may have been too sure from the start."""
    small = run.level("grad_norm_g") < LIMITS.vanished * run.start("grad_norm_g")
    if run.game.saturates:  # its slope is D(G(z)), and 1/2 where D guesses
        small = small | (run.level("d_fake_g") < LIMITS.vanished / 2)
    return small & (run.d_loss < LIMITS.unsure)


def _describe_gradient(run: Evidence) -> str:
    outputs = _describe_outputs(run)
    now, before = run.level("grad_norm_g")[-1], run.start("grad_norm_g")
    if now < LIMITS.vanished * before:
        return f"G's gradient norm is {compact(now)}, down from {compact(before)} {run.beginning}. {outputs}"
    return f"G's gradient is proportional to D(G(z)), which is almost 0. {outputs}"


def _swings(run: Evidence) -> Flags:
    low, high, turns = _range_and_turns(run)
    return (high - low > LIMITS.swing * run.guessing) & (turns >= LIMITS.turns)


def _describe_swings(run: Evidence) -> str:
    low, high, turns = (values[-1] for values in _range_and_turns(run))
    steps = LIMITS.swings * LIMITS.block
    return f"Over {steps:,} steps, D's loss changed {turns:.0f} times between about {compact(low)} and {compact(high)}."


def _range_and_turns(run: Evidence) -> tuple[Numbers, Numbers, Numbers]:
    """Between which two values (N,) D's loss moves, in the main, and how often it goes from one to the other.

    A drift does not turn, and the noise of single steps is gone from means over three blocks.
    """
    smooth = windows(run.means("loss_d"), 3).mean(axis=1)
    stretches = windows(smooth, LIMITS.swings)  # (N, swings)
    low, high = np.quantile(stretches, (0.15, 0.85), axis=1, keepdims=True)
    quarter = (high - low) / 4
    side = np.where(stretches > high - quarter, 1, np.where(stretches < low + quarter, -1, 0))
    newest = np.maximum.accumulate(np.where(side, np.arange(LIMITS.swings), 0), axis=1)
    side = np.take_along_axis(side, newest, axis=1)  # between the two it counts as where it was last
    turns = (side[:, 1:] * side[:, :-1] < 0).sum(axis=1)
    return low[:, 0], high[:, 0], turns.astype(np.float64)


def _code_is_empty(run: Evidence) -> Flags:
    return (run.level("kl") < LIMITS.kl) & (run.steps >= LIMITS.code)


def _describe_kl(run: Evidence) -> str:
    kl = run.level("kl")[-1]
    return f"The KL term is {compact(kl)} nats per image: the code can distinguish {math.exp(kl):.0f} kinds of images."


jumping = _in_curves(_jumps, _describe_jumps)
vanishing = _in_curves(_gradient_vanishes, _describe_gradient)
fooled = _in_curves(_d_is_fooled, _describe_outputs)
oscillation = _in_curves(_swings, _describe_swings)
empty_code = _in_curves(_code_is_empty, _describe_kl)
