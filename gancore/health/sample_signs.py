"""What goes wrong in the samples of a training, and how it shows in what was measured of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from gancore.config.datasets import DATASETS
from gancore.health.evidence import Detection, Detector, Evidence, Flags, place_since
from gancore.health.limits import LIMITS
from gancore.store.evaluations import Evaluation
from gancore.text import listed


def _in_samples(
    wrong: Callable[[Evidence, Evaluation], bool],
    describe: Callable[[Evidence, Evaluation], str],
    *names: str,
    excused: Callable[[Evidence, Evaluation], bool] = lambda _run, _now: False,
    patience: int = 0,
    among: int = 1,
) -> Detector:
    """A sign that holds from some evaluation to the last one, among those that know the values `names`.

    It holds at an evaluation if most of the last few are wrong, which are `among`, or a full one is. Of one small
    evaluation it is not certain; of a full one it is. Samples of a G that is hardly trained are not judged. While a run
    goes on, a sign is certain once it lasted for as many steps as there is `patience`; where it is `excused`, it is
    not reported.
    """

    def detect(run: Evidence) -> Detection | None:
        asked = [each for each in run.evaluations if each.step >= LIMITS.grown and set(names) <= set(each.values)]
        flags = np.array([wrong(run, each) for each in asked], dtype=bool)
        full = np.array([each.size == "full" for each in asked], dtype=bool)
        first = place_since(_mostly(flags, among) | flags & full)
        if first is None:
            return None
        due = min(asked[first].step + patience, run.config.total_steps)
        several = flags[max(0, first - among + 1) : first + 1].sum() > 1
        sure = asked[first if several or _is_enough(asked, first) else first + 1 :]
        lasting = [each for each in sure if each.step >= due and not excused(run, each)]
        newest = asked[int(np.flatnonzero(flags)[-1])]
        again = "" if flags[-1] else f" That was at step {newest.step:,}: it comes and goes."
        observation = describe(run, newest) + again
        if lasting and lasting[-1] is sure[-1]:
            return Detection(lasting[0].step, observation)
        return None if excused(run, asked[-1]) else Detection(asked[first].step, observation, certain=False)

    return detect


def _mostly(flags: Flags, among: int) -> Flags:
    """Whether most of the last few hold, at each place; before there are as many, most of those that are there."""
    counts = np.convolve(flags, np.ones(among))[: len(flags)] if len(flags) else np.zeros(0)
    found: Flags = counts > np.minimum(np.arange(len(flags)) + 1, among) / 2
    return found


def _is_enough(asked: Sequence[Evaluation], place: int) -> bool:
    """Whether one evaluation is enough: a full one, unless the small one of the same step says otherwise."""
    contradicted = place > 0 and asked[place - 1].step == asked[place].step
    return asked[place].size == "full" and not contradicted


def _is_dead(_run: Evidence, now: Evaluation) -> bool:
    """Samples that are pale all through may still differ from each other as much as they differ from grey."""
    contrast, diversity = now.values["contrast"], now.values["diversity"]
    return contrast < LIMITS.contrast or diversity < LIMITS.diversity * contrast


def _describe_diversity(_run: Evidence, now: Evaluation) -> str:
    contrast, diversity = now.values["contrast"], now.values["diversity"]
    return f"Samples have {diversity:.2f} times the diversity of real images, and {contrast:.2f} times their contrast."


def _lacks_modes(run: Evidence, now: Evaluation) -> bool:
    """Of a toy. A G that is hardly trained finds none, either, but its points lie everywhere.

    Points in one spot, on no mode or on one after the other, are what collapse looks like, and a G may still come out
    of it: that is what patience is for.
    """
    few = LIMITS.modes * len(run.config.labels_in_use)
    return now.values["modes"] <= few and now.values["recall"] < LIMITS.toy_recall


def _describe_modes(run: Evidence, now: Evaluation) -> str:
    found, there = now.values["modes"], len(run.config.labels_in_use)
    return f"G finds {found:.0f} of {there} modes; recall is {now.values['recall']:.0%}."


def _lacks_classes(_run: Evidence, now: Evaluation) -> bool:
    """A classifier assigns a class to any image: only samples that look like real images count."""
    rare = _rare(now).values()
    return _seem_real(now, LIMITS.clear) and sum(rare) > LIMITS.missing * len(rare)


def _seem_real(now: Evaluation, precision: float) -> bool:
    """Spots close to each other may all happen to lie near one odd real image: then their FID is high, and they cover
    nothing else. Of one class alone the FID may be as high, but that class is covered."""
    values = now.values
    return values["precision"] > precision and (values["fid"] < LIMITS.unlike or values["coverage"] > LIMITS.spot)


def _describe_classes(run: Evidence, now: Evaluation) -> str:
    names = dict(enumerate(DATASETS[run.config.data.name].classes))  # an evaluation from elsewhere may know more
    rare = [names.get(label, str(label)) for label, rare in _rare(now).items() if rare]
    return f"There are hardly any samples of {listed(rare)}."


def _rare(now: Evaluation) -> dict[int, bool]:
    """Of each class of which there should be some samples, whether there are far too few."""
    found, wanted = (np.asarray(counts) / max(sum(counts), 1) for counts in (now.histogram, now.expected))
    pairs = zip(found, wanted, strict=False)  # neither is there without a classifier
    common = {label: pair for label, pair in enumerate(pairs) if pair[1] * now.samples >= LIMITS.common}
    return {label: bool(share < LIMITS.rare * due) for label, (share, due) in common.items()}


def _lacks_variety(_run: Evidence, now: Evaluation) -> bool:
    """All classes may come up, each with one picture, or with a few that look real."""
    wanted = LIMITS.varied if now.values["precision"] > LIMITS.lifelike else LIMITS.recall
    return _seem_real(now, LIMITS.good) and now.values["recall"] < wanted


def _describe_variety(_run: Evidence, now: Evaluation) -> str:
    good, varied = now.values["precision"], now.values["recall"]
    return f"Precision is {good:.0%} but recall only {varied:.1%}: samples look real, but cover few of the real images."


def collapse(run: Evidence) -> Detection | None:
    """However it shows; what is certain counts most."""
    found = [detection for detect in _COLLAPSES if (detection := detect(run))]
    return max(found, key=lambda detection: detection.certain, default=None)


_in_images = partial(_in_samples, excused=Evidence.spreads, patience=LIMITS.variety, among=LIMITS.among)

_COLLAPSES: tuple[Detector, ...] = (
    _in_samples(_lacks_modes, _describe_modes, "modes", "recall", "near_modes", patience=LIMITS.search),
    _in_images(_lacks_classes, _describe_classes, "precision", "fid", "coverage"),
    _in_images(_lacks_variety, _describe_variety, "precision", "recall", "fid", "coverage"),
)


def _repeats_training(_run: Evidence, now: Evaluation) -> bool:
    return now.values["closer_to_training"] > LIMITS.copies


def _describe_copies(run: Evidence, now: Evaluation) -> str:
    return (
        f"With a probability of {now.values['closer_to_training']:.2f}, a sample is closer to one of the "
        f"{run.config.images:,} training images than a held-out image is; new images would give 0.50."
    )


dead_output = _in_samples(_is_dead, _describe_diversity, "contrast", "diversity", excused=Evidence.gets_better)
memorisation = _in_samples(_repeats_training, _describe_copies, "closer_to_training", among=LIMITS.among)
