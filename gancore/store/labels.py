"""Names for several runs that stand together: what tells them apart, and a title that says what they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gancore.config import SETTINGS, ConfigError
from gancore.store.naming import FOLLOWING, MOST, is_named_by_hand, value_text
from gancore.store.run import Run

RESERVED = ("setting", "at the end")  # columns of tables beside those of runs
MOST_VALUES = 5  # of one setting in a title


@dataclass(frozen=True)
class Part:
    """One of the things that can be said of a run: `ngf 64`."""

    label: str  # empty where the value speaks for itself
    value: str

    def __str__(self) -> str:
        return f"{self.label} {self.value}".strip()


Facts = Mapping[str, Part]  # by the path of a setting, or by one of the words below, in the order of a name

_MADE_FOR = ("experiment", "arm", "scale", "fork", "seed")  # what tells the runs of experiments apart, mostly
_WHAT = ("model.kind", "data.name", "data.own")  # say what a run is, without their label


@dataclass(frozen=True)
class Named:
    """Runs that stand together."""

    title: str  # what they share, then what they differ in: `dcgan, ngf 32 | 64 | 128`
    labels: Mapping[str, str]  # by the run's id: no two are the same


def labels(runs: Sequence[Run]) -> dict[str, str]:
    """The shortest name for each run, by id, that tells it apart from the other ones."""
    return dict(named(runs).labels)


def numbered(runs: Sequence[Run], reserved: Sequence[str] = RESERVED) -> dict[str, str]:
    """The name of each run, by id; those that several have, or that are reserved, get numbers, the oldest first."""
    return _numbered(runs, {run.id: " ".join(run.name.split()) or run.id for run in runs}, reserved)


def varying(runs: Sequence[Run]) -> list[str]:
    """The paths of the settings in which runs differ, in effect in each of those that differ."""
    facts = [found for run in runs if (found := _facts(run))]
    return [path for path in SETTINGS if _differs(path, facts)]


def named(runs: Sequence[Run]) -> Named:
    """Names for runs that stand together.

    What a person called a run stays. Of the others what they differ in is named; runs that are all the same get
    numbers, the oldest first.
    """
    facts = {run.id: found for run in runs if not is_named_by_hand(run) and (found := _facts(run))}
    parts = _telling(list(facts.values())) if len(facts) > 1 else []
    chosen: dict[str, str] = {}
    for run in runs:
        said = ", ".join(str(facts[run.id][part]) for part in parts if part in facts.get(run.id, ()))
        chosen[run.id] = said or " ".join(run.name.split()) or run.id
    return Named(_title(list(facts.values()), parts), _numbered(runs, chosen, RESERVED))


def _facts(run: Run) -> Facts | None:
    """What can be said of a run; None if its settings cannot be read."""
    try:
        config = run.config_now
    except ConfigError:
        return None
    said = {}
    if run.experiment:
        said["experiment"] = Part("", run.experiment)
        said["scale"] = Part("", run.scale or "")
        if run.arm:
            said["arm"] = Part("", run.arm)
    for path, leaf in SETTINGS.items():
        if path not in FOLLOWING and path != "seed" and config.uses(path):
            said[path] = Part("" if path in _WHAT else leaf.label, value_text(path, config.flat[path]))
    if run.meta.parent:
        said["fork"] = Part("", f"fork at step {run.meta.parent_step or 0:,}")
    said["seed"] = Part("seed", str(config.seed))
    return said


def _telling(facts: Sequence[Facts]) -> list[str]:
    """The parts that tell runs apart: of an experiment's runs their arms and seeds, of others their settings."""
    order = list(dict.fromkeys(part for each in facts for part in each))
    differing = [part for part in order if _differs(part, facts)]
    if all("arm" in each for each in facts):
        known = [part for part in differing if part in _MADE_FOR]
        rest = [part for part in differing if part not in _MADE_FOR]
        return _in_order([*known, *_enough(rest, facts, known)], order)
    settings = [part for part in differing if part not in ("experiment", "arm", "scale")]
    return _in_order(settings if len(settings) <= MOST else _enough(settings, facts), order)


def _differs(part: str, facts: Sequence[Facts]) -> bool:
    """Whether a part is not the same for all: for a setting, for all on which it has an effect."""
    values = {each.get(part) for each in facts}
    return len(values - {None} if part in SETTINGS else values) > 1


def _enough(parts: Sequence[str], facts: Sequence[Facts], known: Sequence[str] = ()) -> list[str]:
    """As few of the parts as tell all runs apart, as far as they can; those that tell most come first."""
    chosen: list[str] = []
    told = _told_apart(known, facts)
    while told < len(facts):
        best = max(parts, key=lambda part: _told_apart([*known, *chosen, part], facts), default="")
        if not best or (now := _told_apart([*known, *chosen, best], facts)) == told:
            break
        chosen.append(best)
        told = now
    return chosen


def _told_apart(parts: Sequence[str], facts: Sequence[Facts]) -> int:
    return len({tuple(each.get(part) for part in parts) for each in facts})


def _in_order(parts: Sequence[str], order: Sequence[str]) -> list[str]:
    return [part for part in order if part in parts]


def _title(facts: Sequence[Facts], parts: Sequence[str]) -> str:
    if not facts:
        return ""
    shared = [facts[0][part] for part in ("experiment", *_WHAT) if part in facts[0] and not _differs(part, facts)]
    said = [str(part) for part in shared[: 1 if "experiment" in facts[0] and not _differs("experiment", facts) else 3]]
    for part in parts:
        found = dict.fromkeys(each[part] for each in facts if part in each)
        values = [each.value for each in found]
        listed = " | ".join([*values[:MOST_VALUES], *(["…"] if len(values) > MOST_VALUES else [])])
        said.append(f"{next(iter(found)).label} {listed}".strip())
    return ", ".join(said)


def _numbered(runs: Sequence[Run], chosen: Mapping[str, str], reserved: Sequence[str]) -> dict[str, str]:
    """The names, those that several have with numbers that no other name is."""
    times = Counter([*chosen.values(), *reserved])
    taken = {*reserved, *(label for label, count in times.items() if count == 1)}
    numbers: dict[str, int] = defaultdict(int)
    found = {}
    for run in sorted(runs, key=lambda run: (run.created, run.id)):
        label = chosen[run.id]
        while times[chosen[run.id]] > 1 and (label == chosen[run.id] or label in taken):
            numbers[chosen[run.id]] += 1
            label = f"{chosen[run.id]} #{numbers[chosen[run.id]]}"
        taken.add(label)
        found[run.id] = label
    return {run.id: found[run.id] for run in runs}
