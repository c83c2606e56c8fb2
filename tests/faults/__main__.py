"""`python -m tests.faults`: try every fault, and print what came of each."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch

from gancore import machine
from gancore.files import write_atomic
from gancore.text import describe_bytes
from tests.faults import damage, disks, kills, memory, power, sharing
from tests.faults.fault import Fault, NotHere, Trial

FAULTS: Mapping[str, Fault] = {
    name: fault for module in (kills, power, disks, damage, sharing, memory) for name, fault in module.FAULTS.items()
}
TIMES = 10  # unless it is asked for otherwise
_PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    name: str
    what: str  # the fault, in a sentence
    trial: Trial
    seconds: float
    not_here: str = ""

    @property
    def verdict(self) -> str:
        if self.not_here:
            return "not tried"
        return "stands" if not self.trial.wrong else f"{len(self.trial.wrong)} of {self.trial.tried} fall"

    @property
    def happened(self) -> str:
        return self.not_here or "; ".join(self.trial.wrong[:3]) or ". ".join(self.trial.seen)


def attempt(name: str, times: int, folder: Path) -> Outcome:
    """Try a fault in an empty folder; an error of the trial's own is something wrong, too."""
    trial, begin, not_here = Trial(folder, times), time.monotonic(), ""
    try:
        FAULTS[name](trial)
    except NotHere as reason:
        not_here = str(reason)
    what = " ".join((FAULTS[name].__doc__ or "").split())
    return Outcome(name, what, trial, time.monotonic() - begin, not_here)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(FAULTS), metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--times", type=int, default=TIMES, help=f"how often, by default {TIMES}")
    parser.add_argument("--quick", action="store_true", help="each once")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name}")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads, which is what is tried
    times = 1 if options.quick else options.times
    outcomes = []
    for name in options.only or FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            outcome = attempt(name, times, Path(folder))
        print(f"{name}: {outcome.verdict} ({outcome.trial.tried} tried, {outcome.seconds:.0f} s): {outcome.happened}")
        sys.stdout.flush()
        outcomes.append(outcome)
        if options.write:
            write_atomic(_PAGE, page(outcomes, times).encode())
    return 1 if any(outcome.trial.wrong for outcome in outcomes) else 0


def page(outcomes: list[Outcome], times: int) -> str:
    """The table as Markdown, with the machine and the command."""
    here = machine.describe()
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions().items())
    user = "root" if os.geteuid() == 0 else "a user"
    cells = [(f"**{each.name}**", each.what, f"{each.trial.tried:,}", each.happened, each.verdict) for each in outcomes]
    rows = [f"| {' | '.join(row)} |".replace("\n", " ") for row in cells]
    return "\n".join(
        (
            "# Faults, tried for real",
            "",
            "What can go wrong with a machine, tried on real runs in miniature: what happens, and whether anything is",
            "lost. “Bit for bit” compares weights, optimisers, curves, evaluations and sample grids with those of the",
            "same run left alone. Made by",
            "",
            f"    python -m tests.faults --times {times} --write",
            "",
            f"on {date.today():%Y-%m-%d}: {platform.system()}, {here['processor']}, {here['cores']} cores,",
            f"{describe_bytes(float(here['memory']))} of memory, as {user}; {versions}.",
            "`make test` tries most of them in brief (`tests/faults/test_faults.py`).",
            "",
            "| fault | what is done | tried | what happened | verdict |",
            "| --- | --- | ---: | --- | --- |",
            *rows,
            "",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
