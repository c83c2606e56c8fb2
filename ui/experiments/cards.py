"""The first screen: every question as a card, by report, with what is known of it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache

import streamlit as st

from gancore.experiments import EXPERIMENTS, Experiment
from gancore.store.index import Snapshot
from ui import navigation
from ui.boundary import boundary
from ui.experiments import verdicts
from ui.experiments.judging import LOOK_SECONDS, Docket, claims_of
from ui.words import plain

REPORTS = {
    "002": "DCGAN on digits",
    "003": "VAE and GAN on Fashion-MNIST",
    "004": "three GANs on MNIST",
    "001": "the first GAN",
    "000": "bold ones",
}
BEYOND = "beyond"
MOST_CHIPS = 5
LOOK_AGAIN = 0.6  # seconds from one look at claims to the next


@lru_cache(maxsize=1_000)
def reports_of(source: str) -> tuple[str, ...]:
    """The reports that a question comes from, the first one its own; `beyond` where it names none."""
    return tuple(dict.fromkeys(re.findall(r"\b00\d\b", source))) or (BEYOND,)


def section(mine: Sequence[Snapshot], reference: Sequence[Snapshot]) -> None:
    """The cards of the chosen reports; verdicts that are not known yet come within moments."""
    chosen = st.pills(
        "Report",
        [*REPORTS, BEYOND],
        selection_mode="multi",
        format_func=lambda report: f"{report}: {REPORTS[report]}" if report in REPORTS else "beyond the reports",
        key="reports",
        persist_state="session",
        label_visibility="collapsed",
    )
    dockets = {"mine": Docket(mine), "reference": Docket(reference)}
    waiting = _is_waiting(dockets, time.monotonic() + LOOK_SECONDS)
    counts = {"mine": _counted(mine), "reference": _counted(reference)}
    again = LOOK_AGAIN if waiting else None
    st.fragment(_cards, run_every=again, key=f"cards-{waiting}")(tuple(chosen or ()), dockets, counts, waiting)


def _is_waiting(dockets: Mapping[str, Docket], deadline: float) -> bool:
    """Whether some claim is still not judged after a short while."""
    return any(
        docket.verdict(claim, deadline) is None and docket.has_runs(claim)
        for docket in dockets.values()
        for name in EXPERIMENTS
        for claim in claims_of(name)
    )


Counts = Mapping[tuple[str, str], Mapping[str, int]]  # by experiment and scale: runs by state


def _counted(runs: Sequence[Snapshot]) -> dict[tuple[str, str], dict[str, int]]:
    found: dict[tuple[str, str], dict[str, int]] = {}
    for run in runs:
        if run.experiment in EXPERIMENTS and run.arm is not None and run.scale is not None:
            states = found.setdefault((run.experiment or "", run.scale), {})
            states[run.status.state] = states.get(run.status.state, 0) + 1
    return found


def _cards(reports: Sequence[str], dockets: Mapping[str, Docket], counts: Mapping[str, Counts], waited: bool) -> None:
    if waited and not _is_waiting(dockets, time.monotonic() + LOOK_SECONDS):
        st.rerun()  # no need to look again
    for report in [*REPORTS, BEYOND]:
        entries = [each for each in EXPERIMENTS.values() if reports_of(each.source)[0] == report]
        if not entries or (reports and report not in reports):
            continue
        st.subheader(f"Report {report}: {REPORTS[report]}" if report in REPORTS else "Beyond the reports", anchor=False)
        with st.grid(3, min_column_width=300):
            for entry in entries:
                with st.container(border=True, height="stretch", key=f"card-{entry.id}"), boundary(entry.title):
                    _card(entry, dockets, counts)


def _card(entry: Experiment, dockets: Mapping[str, Docket], counts: Mapping[str, Counts]) -> None:
    navigation.to_questions(f"**{plain(entry.title)}**", {"experiment": entry.id}, key=f"open-{entry.id}")
    st.markdown(plain(entry.question))
    st.caption(plain(entry.source))
    names = [name for name in entry.arms if name]
    if names:
        more = [f":gray[+{len(names) - MOST_CHIPS}]"] if len(names) > MOST_CHIPS else []
        st.markdown(" ".join([f":gray-badge[{plain(name)}]" for name in names[:MOST_CHIPS]] + more))
    st.markdown("  \n".join(_lines(entry, dockets, counts)) or ":small[:gray[not run yet]]")


def _lines(entry: Experiment, dockets: Mapping[str, Docket], counts: Mapping[str, Counts]) -> list[str]:
    """Runs and verdicts, one's own before the reference's."""
    lines = []
    for whose, words in (("mine", "Your runs"), ("reference", "Reference")):
        states = {scale: counts[whose].get((entry.id, scale)) for scale in ("quick", "full")}
        runs = " · ".join(f"{_runs_text(found)}, {scale}" for scale, found in states.items() if found)
        if runs:
            badges = verdicts.badges(list(verdicts.judged(entry, dockets[whose], deadline=0.0).values()))
            lines.append(f":small[{words}: {runs}] {badges}")
    return lines


def _runs_text(states: Mapping[str, int]) -> str:
    """`3 of 9 runs` while some are not finished, else `9 runs`."""
    total, finished = sum(states.values()), states.get("finished", 0)
    return f"{finished} of {total} runs" if finished < total else f"{total} {'run' if total == 1 else 'runs'}"
