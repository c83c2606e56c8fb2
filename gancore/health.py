"""A doctor for training: what goes wrong, seen in a run's curves and evaluations, and what to change. No torch here.

`SIGNS` are what it knows. Each looks at the `Evidence` and tells what it saw; what counts as too much stands in
`LIMITS`, set on some of the recorded runs of tests/recordings.py and tested on the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from gancore import remedies
from gancore.config import RunConfig
from gancore.datasets import DATASETS
from gancore.evidence import LIMITS, SATURATING, Evidence, Flags, Numbers, Past, place_since, windows
from gancore.measures import Evaluation
from gancore.remedies import Idea, Remedy
from gancore.store import Run, RunStore

__all__ = ["LIMITS", "SIGNS", "Finding", "Remedy", "diagnose", "examine"]


@dataclass(frozen=True)
class Finding:
    """Something that goes wrong in a run."""

    sign: str  # which of `SIGNS`
    title: str  # "D is too strong"
    step: int  # at which it could first be seen
    seen: str  # the numbers, in a sentence
    means: str  # what that does to the training
    source: str  # the report or paper it is known from
    remedies: tuple[Remedy, ...] = field(default=())


def examine(run: Run) -> list[Finding]:
    """What can be seen to go wrong in a run, the gravest first; nothing in a folder that cannot be read."""
    if run.damage:
        return []
    found = diagnose(run.config_now, run.scalars(), run.evaluations(), run.status.error, _past(run))
    return found if run.checkpoints() else [_from_scratch(finding) for finding in found]


def _past(run: Run) -> Past:
    """What a run was forked from; ancestors that are gone, or cannot be read, are left out."""
    meta = run.meta
    if not meta.parent:
        return Past()
    store = RunStore(run.path.parent)
    evaluations, until = list[Evaluation](), meta.parent_step or 0
    for ancestor in reversed(store.lineage(run)[:-1]):
        begin = ancestor.meta.parent_step or 0
        evaluations += [each for each in ancestor.evaluations() if begin <= each.step <= until]
        until = min(until, begin)
    return Past(meta.parent_step or 0, store.joined_scalars(run).head(1), evaluations)


def _from_scratch(finding: Finding) -> Finding:
    """The same, where there is no checkpoint to go on from."""
    return replace(finding, remedies=tuple(replace(remedy, fork=False) for remedy in finding.remedies))


def diagnose(
    config: RunConfig,
    rows: pd.DataFrame,
    evaluations: Sequence[Evaluation],
    error: str | None = None,
    past: Past | None = None,
) -> list[Finding]:
    """The same from a run's own curves and evaluations, how it failed and what it was forked from.

    What has passed by itself is not told.
    """
    evidence = Evidence(config, rows, evaluations, error, past or Past())
    with np.errstate(invalid="ignore", over="ignore"):  # a last row may be infinite
        seen = {name: sight for name, sign in SIGNS.items() if (sight := sign.look(evidence))}
    implied = {name for sign in seen for name in SIGNS[sign].implies}
    told = [(name, SIGNS[name], sight) for name, sight in seen.items() if name not in implied]
    return [
        Finding(
            *(name, sign.title, sight.step, sight.seen, sign.means, sign.source),
            remedies.fitting(sign.ideas, config, evidence.step),
        )
        for name, sign, sight in told
    ]


DIVERGED = "the run diverged"  # how the error of such a run begins, see `gancore.sinks.Diverged`


class Sight(NamedTuple):
    """Something was seen, and since which step it could be."""

    step: int
    seen: str


Look = Callable[["Evidence"], Sight | None]


@dataclass(frozen=True)
class Sign:
    """Something that can go wrong."""

    title: str
    look: Look
    means: str
    source: str
    ideas: tuple[Idea, ...]
    implies: tuple[str, ...] = ()  # signs that need not be told besides


# --- what goes wrong in the curves ------------------------------------------------------------------------------------


def _in_curves(holds: Callable[[Evidence], Flags], tell: Callable[[Evidence], str]) -> Look:
    """A sign that holds for a curve from some step to the very end."""

    def look(run: Evidence) -> Sight | None:
        step = run.since(holds(run))
        return None if step is None else Sight(step, tell(run))

    return look


def _look_for_broken_numbers(run: Evidence) -> Sight | None:
    """A run ends with its first row that is not finite."""
    if run.error and run.error.startswith(DIVERGED):
        return Sight(run.step, run.error[0].upper() + run.error[1:])
    last = run.rows.tail(2)  # a curve that was not there before either is only missing
    broken = [str(name) for name in last if np.isfinite(last[name]).tolist() in ([False], [True, False])]
    return Sight(run.step, f"{_listed(broken)}: not a finite number at step {run.step:,}.") if broken else None


def _look_for_growth(run: Evidence) -> Sight | None:
    """A gradient may grow by a decade, and the zero of scores without a scale, and so G's loss, goes where it likes."""
    drifts = {"loss_g"} if math.isnan(run.guessing) else set()
    for name in [name for name in _GROWING if name in run.rows and name not in drifts]:
        size, start = run.size(name), run.start(name)
        if (step := run.since(size > LIMITS.growth * max(start, 1.0))) is not None:
            return Sight(step, f"{_GROWING[name]} is {_number(size[-1])}, after {_number(start)} {run.beginning}.")
    return None


_GROWING = {
    "loss": "The loss",
    "loss_d": "D's loss",
    "loss_g": "G's loss",
    "grad_norm": "The gradient",
    "grad_norm_d": "D's gradient",
    "grad_norm_g": "G's gradient",
}


def _jumps(run: Evidence) -> Flags:
    """A D that is weak loses much at each step, and one that is well loses more than by guessing now and then.

    Where its loss spreads very far, a few steps in which it loses that much are enough.
    """
    spread = run.spread("loss_d") / run.guessing
    often = run.share_above("loss_d", LIMITS.wrong * run.guessing) > LIMITS.often
    return (spread > LIMITS.jumps) & often | (spread > LIMITS.leaps)


def _tell_jumps(run: Evidence) -> str:
    spread, level = _number(run.spread("loss_d")[-1]), _number(run.level("loss_d")[-1])
    often, limit = run.share_above("loss_d", LIMITS.wrong * run.guessing)[-1], _number(LIMITS.wrong * run.guessing)
    return (
        f"From step to step D's loss jumps by ± {spread} around {level}, above {limit} in {often:.0%} of the steps; "
        f"guessing would cost {_number(run.guessing)}."
    )


def _d_is_sure(run: Evidence) -> Flags:
    return run.d_loss < LIMITS.sure


def _look_for_strong_d(run: Evidence) -> Sight | None:
    """D makes no mistakes, or few of them while samples that are like nothing real do not get any better."""
    return _in_curves(_d_is_sure, _tell_verdicts)(run) or _look_for_lost_g(run)


def _look_for_lost_g(run: Evidence) -> Sight | None:
    """Each FID is held against that of the newest evaluation that is old enough."""
    wins = run.since(run.d_loss < LIMITS.winning)
    if wins is None:
        return None
    asked = [each for each in run.evaluations if each.size == "cheap" and "fid" in each.values and each.step >= wins]
    steps, fids = (
        np.array(values) for values in ([each.step for each in asked], [each.values["fid"] for each in asked])
    )
    before = np.searchsorted(steps, steps - LIMITS.stuck, side="right") - 1  # -1: none is that old
    stuck = [
        then >= 0 and fids[then + 1 : now + 1].min() > LIMITS.better * fids[then] and fids[now] > LIMITS.lost
        for now, then in enumerate(before)
    ]
    place = place_since(np.array(stuck, dtype=bool))
    if place is None:
        return None
    seen = f"FID is {_number(fids[-1])}, after {_number(fids[before[-1]])} at step {steps[before[-1]]:,}."
    return Sight(int(steps[place]), f"{seen} {_tell_verdicts(run)}")


def _d_is_fooled(run: Evidence) -> Flags:
    return run.level("d_fake_g") - run.level("d_real") > LIMITS.fooled * run.guessing


def _tell_verdicts(run: Evidence) -> str:
    real, fake, loss = (_number(run.level(name)[-1]) for name in ("d_real", "d_fake_g", "loss_g"))
    return f"D(x) is {real} and D(G(z)) {fake}; G's loss is {loss}."


def _gradient_vanishes(run: Evidence) -> Flags:
    """Measured against the first step, or where the loss tells: D may have been too sure from the start."""
    small = run.level("grad_norm_g") < LIMITS.vanished * run.start("grad_norm_g")
    if run.loss in SATURATING:  # its slope is D(G(z)), and 1/2 where D guesses
        small = small | (run.level("d_fake_g") < LIMITS.vanished / 2)
    return small & (run.d_loss < LIMITS.unsure)


def _tell_gradient(run: Evidence) -> str:
    now, before = run.level("grad_norm_g")[-1], run.start("grad_norm_g")
    return f"G's gradient is {_number(now)}, after {_number(before)} {run.beginning}. {_tell_verdicts(run)}"


def _swings(run: Evidence) -> Flags:
    low, high, turns = _range_and_turns(run)
    return (high - low > LIMITS.swing * run.guessing) & (turns >= LIMITS.turns)


def _tell_swings(run: Evidence) -> str:
    low, high, turns = (values[-1] for values in _range_and_turns(run))
    steps = LIMITS.swings * LIMITS.block
    return f"Over {steps:,} steps D's loss went {turns:.0f} times between {_number(low)} and {_number(high)}."


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


def _tell_kl(run: Evidence) -> str:
    kl = run.level("kl")[-1]
    return f"KL is {_number(kl)} nats an image: the code can tell {math.exp(kl):.0f} kinds of images apart."


# --- what goes wrong in the samples -----------------------------------------------------------------------------------


def _in_samples(
    wrong: Callable[[Evidence, Evaluation], bool],
    tell: Callable[[Evidence, Evaluation], str],
    *names: str,
    excused: Callable[[Evidence, Evaluation], bool] = lambda _run, _now: False,
    patience: int = 0,
    among: int = 1,
) -> Look:
    """A sign that holds from some evaluation to the last one, among those that know the values `names`.

    It holds at an evaluation if most of the last few are wrong, which are `among`, or a full one is. One small
    evaluation is not enough; a full one is. Samples of a G that is hardly trained are not judged. While a run goes on,
    a sign must last for as many steps as there is `patience`; where it is `excused`, it is not told.
    """

    def look(run: Evidence) -> Sight | None:
        asked = [each for each in run.evaluations if each.step >= LIMITS.grown and set(names) <= set(each.values)]
        flags = np.array([wrong(run, each) for each in asked], dtype=bool)
        full = np.array([each.size == "full" for each in asked], dtype=bool)
        first = place_since(_mostly(flags, among) | flags & full)
        if first is None:
            return None
        due = min(asked[first].step + patience, run.config.total_steps)
        several = flags[max(0, first - among + 1) : first + 1].sum() > 1
        sure = asked[first if several or _is_enough(asked, first) else first + 1 :]
        told = [each for each in sure if each.step >= due and not excused(run, each)]
        if not told or told[-1] is not sure[-1]:
            return None
        newest = asked[int(np.flatnonzero(flags)[-1])]
        again = "" if flags[-1] else f" So it was at step {newest.step:,}: it comes and goes."
        return Sight(told[0].step, tell(run, newest) + again)

    return look


def _mostly(flags: Flags, among: int) -> Flags:
    """Whether most of the last few hold, at each place; before there are as many, most of those that are there."""
    counts = np.convolve(flags, np.ones(among))[: len(flags)] if len(flags) else np.zeros(0)
    found: Flags = counts > np.minimum(np.arange(len(flags)) + 1, among) / 2
    return found


def _is_enough(asked: Sequence[Evaluation], place: int) -> bool:
    """Whether one evaluation tells by itself: a full one, unless the small one of the same step says otherwise."""
    contradicted = place > 0 and asked[place - 1].step == asked[place].step
    return asked[place].size == "full" and not contradicted


def _is_dead(_run: Evidence, now: Evaluation) -> bool:
    """Samples that are pale all through may still differ from each other as much as they differ from grey."""
    contrast, diversity = now.values["contrast"], now.values["diversity"]
    return contrast < LIMITS.contrast or diversity < LIMITS.diversity * contrast


def _tell_diversity(_run: Evidence, now: Evaluation) -> str:
    contrast, diversity = now.values["contrast"], now.values["diversity"]
    return f"Two samples differ by {diversity:.2f} of what two real images do, at {contrast:.2f} of their contrast."


def _lacks_modes(run: Evidence, now: Evaluation) -> bool:
    """Of a toy. A G that is hardly trained finds none, either, but its points lie everywhere.

    Points in one spot, on no mode or on one after the other, are what collapse looks like, and a G may still come out
    of it: that is what patience is for.
    """
    few = LIMITS.modes * len(run.config.labels_in_use)
    return now.values["modes"] <= few and now.values["recall"] < LIMITS.toy_recall


def _tell_modes(run: Evidence, now: Evaluation) -> str:
    found, there = now.values["modes"], len(run.config.labels_in_use)
    return f"{found:.0f} of {there} modes are found; {now.values['recall']:.0%} of the real points lie among samples."


def _lacks_classes(_run: Evidence, now: Evaluation) -> bool:
    """A classifier sees a class in whatever it is shown: only samples that look like real images count."""
    rare = _rare(now).values()
    return _look_real(now, LIMITS.clear) and sum(rare) > LIMITS.missing * len(rare)


def _look_real(now: Evaluation, precision: float) -> bool:
    """Spots close to each other may all happen to lie near one odd real image, which their FID does not forgive."""
    return now.values["precision"] > precision and now.values["fid"] < LIMITS.unlike


def _tell_classes(run: Evidence, now: Evaluation) -> str:
    names = dict(enumerate(DATASETS[run.config.data.name].classes))  # an evaluation from elsewhere may know more
    rare = [names.get(label, str(label)) for label, rare in _rare(now).items() if rare]
    return f"Hardly any sample is of {_listed(rare)}."


def _rare(now: Evaluation) -> dict[int, bool]:
    """Of each class of which there should be some samples, whether there are far too few."""
    seen, wanted = (np.asarray(counts) / max(sum(counts), 1) for counts in (now.histogram, now.expected))
    pairs = zip(seen, wanted, strict=False)  # neither is there without a classifier
    common = {label: pair for label, pair in enumerate(pairs) if pair[1] * now.samples >= LIMITS.common}
    return {label: bool(share < LIMITS.rare * due) for label, (share, due) in common.items()}


def _lacks_variety(_run: Evidence, now: Evaluation) -> bool:
    """All classes may come up, each with one picture."""
    return _look_real(now, LIMITS.good) and now.values["recall"] < LIMITS.recall


def _tell_variety(_run: Evidence, now: Evaluation) -> str:
    good, varied = now.values["precision"], now.values["recall"]
    return f"{good:.0%} of the samples lie among real images, but {varied:.1%} of real images lie among samples."


def _look_for_collapse(run: Evidence) -> Sight | None:
    return next(filter(None, (look(run) for look in _COLLAPSES)), None)


_in_images = partial(_in_samples, excused=Evidence.spreads, patience=LIMITS.variety, among=LIMITS.among)

_COLLAPSES: tuple[Look, ...] = (
    _in_samples(_lacks_modes, _tell_modes, "modes", "recall", "near_modes", patience=LIMITS.search),
    _in_images(_lacks_classes, _tell_classes, "precision", "fid"),
    _in_images(_lacks_variety, _tell_variety, "precision", "recall", "fid"),
)


def _repeats_training(run: Evidence, now: Evaluation) -> bool:
    return run.config.images <= LIMITS.few and now.values["closer_to_training"] > LIMITS.copies


def _tell_copies(run: Evidence, now: Evaluation) -> str:
    return (
        f"A sample is nearer to one of the {run.config.images:,} training images than a held-out image is with a "
        f"probability of {now.values['closer_to_training']:.2f}; it would be 0.50 for new images."
    )


# From the gravest on.
SIGNS: dict[str, Sign] = {
    "not_a_number": Sign(
        "Numbers are no longer finite",
        _look_for_broken_numbers,
        "An update was so large that losses or weights grew beyond what a number can hold. Nothing can be learned "
        "after that: the run ended here.",
        "report 002, question 5, where learning rates of 0.1 ruin the training",
        (
            remedies.GRADIENT_PENALTY,
            remedies.ADAM,
            remedies.LOW_RATES,
            remedies.TENTH,
            remedies.LOW_RATE,
            remedies.TENTH_OF_LR,
        ),
        implies=("growing", "jumping"),
    ),
    "growing": Sign(
        "The training diverges",
        _look_for_growth,
        "Each update overshoots further than the one before. Nothing bounds the scores of a Wasserstein D that is "
        "neither clipped nor penalised; other losses grow like this when steps are far too long.",
        "Arjovsky et al. 2017; report 002, question 5",
        (
            remedies.GRADIENT_PENALTY,
            remedies.CLIPPING,
            remedies.SPECTRAL_NORM,
            remedies.ADAM,
            remedies.LOW_RATES,
            remedies.TENTH,
            remedies.LOW_RATE,
        ),
    ),
    "dead_output": Sign(
        "G draws the same picture again and again",
        _in_samples(_is_dead, _tell_diversity, "contrast", "diversity", excused=Evidence.gets_better),
        "Whatever the noise, G answers with nearly the same picture. Often its outputs are stuck at black or white, "
        "where the gradient of its last layer is 0, and it cannot come back.",
        "report 002, question 5 (lr_g of 0.1); Salimans et al. 2016, section 3.2",
        (
            remedies.LET_BOTH_LEARN,
            remedies.ADAM,
            remedies.LOW_RATES,
            remedies.WIDER_G,
            remedies.SPECTRAL_NORM,
            remedies.TENTH,
        ),
        implies=("mode_collapse", "memorisation"),
    ),
    "jumping": Sign(
        "The losses jump",
        _in_curves(_jumps, _tell_jumps),
        "D is sure on one batch and wrong on the next: its steps are too long to settle anywhere, so what it tells G "
        "changes all the time.",
        "report 002, question 5, where learning rates of 0.1 ruin the training",
        (remedies.ADAM, remedies.LOW_RATES, remedies.TENTH, remedies.LARGER_BATCH),
    ),
    "mode_collapse": Sign(
        "Mode collapse",
        _look_for_collapse,
        "G makes only some of the kinds of samples that are in the data, those that D lets pass, and drops the others.",
        "Goodfellow et al. 2014 (the Helvetica scenario); report 002's later revision; report 003, problem 5.5",
        (
            remedies.FEWER_G_STEPS,
            *remedies.SLOWER_G,
            remedies.CALMER,
            remedies.R1,
            remedies.WGAN_GP,
            *remedies.TELL_CLASSES,
            remedies.LARGER_BATCH,
        ),
    ),
    "vanishing": Sign(
        "G's gradient vanishes",
        _in_curves(_gradient_vanishes, _tell_gradient),
        "D rejects every sample with such certainty that a small change of G makes no difference: G stands still.",
        "report 002, question 3; Goodfellow et al. 2014, section 3; Arjovsky and Bottou 2017",
        (
            remedies.TAMED_RATES,
            remedies.NONSATURATING,
            *remedies.SLOWER_D,
            remedies.LOW_RATES,
            remedies.NARROWER_D,
            remedies.SMOOTHING,
            remedies.WGAN_GP,
        ),
        implies=("d_too_strong",),
    ),
    "d_too_strong": Sign(
        "D is too strong",
        _look_for_strong_d,
        "D tells real images from samples almost without mistakes, so its verdict hardly says in which direction G "
        "should move: G falls further and further behind.",
        "report 002, question 5 (ndf 256); report 001, on keeping G and D in step",
        (
            remedies.LET_BOTH_LEARN,
            remedies.TAMED_RATES,
            remedies.NONSATURATING,
            remedies.FEWER_D_STEPS,
            *remedies.SLOWER_D,
            remedies.SMOOTHING,
            remedies.NARROWER_D,
            remedies.DROPOUT,
            remedies.R1,
            remedies.CALMER,
        ),
    ),
    "d_fooled": Sign(
        "D is fooled",
        _in_curves(_d_is_fooled, _tell_verdicts),
        "D takes samples for real, rather than real images. G has nothing left to learn from it, however bad its "
        "samples are.",
        "report 002, question 1 (equation 6 alone) and question 5 (a tiny ndf)",
        (remedies.LET_BOTH_LEARN, remedies.FEWER_G_STEPS, remedies.FASTER_D, remedies.WIDER_D, remedies.MORE_D_STEPS),
    ),
    "oscillation": Sign(
        "G and D go round in circles",
        _in_curves(_swings, _tell_swings),
        "Each network undoes what the other has just learned: D wins, G escapes, D catches up, and nothing settles.",
        "report 002, question 4; Mescheder et al. 2018",
        (remedies.CALMER, remedies.HALF, remedies.LOW_RATES, remedies.R1, remedies.AVERAGE),
    ),
    "memorisation": Sign(
        "G copies training images",
        _in_samples(_repeats_training, _tell_copies, "closer_to_training", among=LIMITS.among),
        "Samples are nearer to images of the training set than new images would be: D knows its few images by heart "
        "and teaches G to repeat them.",
        "Meehan et al. 2020; report 000, on small training sets",
        (remedies.ALL_IMAGES, remedies.SHORTER, remedies.NARROWER_D, remedies.DROPOUT),
        implies=("mode_collapse",),
    ),
    "posterior_collapse": Sign(
        "The code says nothing",
        _in_curves(_code_is_empty, _tell_kl),
        "The encoder gives every image the same code, so the decoder ignores it and always draws the mean image.",
        "Bowman et al. 2016; the KL term of report 003, problem 4",
        (remedies.LOW_RATE, remedies.SHALLOWER, remedies.TENTH_OF_LR),
        implies=("dead_output", "mode_collapse"),
    ),
}


def _listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _number(value: float) -> str:
    """A number of a curve for people: `0.99`, `12.4`, `1,234`, `2e-7`, `3e9`."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 0.005:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent):+d}".replace("+", "")
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
