"""What goes wrong in a run and what to do about it: one line under its progress, a card behind each finding."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st

import gancore.health
from gancore.config import ConfigError
from gancore.health import Finding, Judged, judged, observe
from gancore.health.limits import LIMITS
from gancore.health.remedies import Remedy
from gancore.health.signs import SIGNS
from gancore.store import Run, RunStore
from gancore.store.index import Snapshot, Stamp
from gancore.store.naming import title_of
from gancore.store.records import LIVE
from ui import state
from ui.forms import draft, starting
from ui.messages import attempt, describe, say
from ui.run.forking import settings_at
from ui.words import plain

PATIENCE = 20.0  # seconds that a run is given to stop before its checkpoint is forked
INTERVAL = 5.0  # seconds between examinations of a run that trains
EARLY = LIMITS.block * LIMITS.window  # steps before there is a level of any curve


class Diagnosis(NamedTuple):
    """What was found in a run, and in what it was looked for."""

    findings: list[Finding]  # problems, the most severe first
    suspicions: list[Finding]  # what may be one: it may pass, or be due to chance
    judged: Judged
    is_evaluated: bool


class Brief(NamedTuple):
    """What was seen of a run, for tables and filters."""

    word: str | None
    titles: Sequence[str]  # what goes wrong, the gravest first, and then what may


def brief(run: Snapshot, *, look: bool = True) -> Brief | None:
    """What goes wrong in a run, in brief; kept in the store's index, since looking at thousands of runs takes long.

    Without a `look`, None if it is not known yet. Runs that train are few, and not kept: they go on.
    """
    if run.state in LIVE:
        return Brief(word(run), titles(run))
    told: list[Brief | None] = run.once("health in brief", list)
    if told and (told[0] is not None or not look):
        return told[0]
    index, digest = state.index(), run.digest(_RULES, *(_ancestors(run) if run.parent else ()))
    known = _brief_of(index.recall(run, "health", digest))
    if known is None and look:
        known = Brief(word(run), titles(run))
        index.keep(run, "health", digest, known._asdict())
    if not run.parent:  # what a fork came from may change without it
        told[:] = [known]
    return known


def _brief_of(kept: object) -> Brief | None:
    """What an index says of a run, if it says something of sense."""
    match kept:
        case {"word": str() | None as known, "titles": [*found]} if all(isinstance(each, str) for each in found):
            return Brief(known, found)
    return None


def _ancestors(run: Snapshot) -> Iterator[Stamp]:
    """The stamps of what a run was forked from."""
    index, parent, seen = state.index(), run.parent, {run.id}
    while parent is not None and parent not in seen and (ancestor := index.find(parent)) is not None:
        seen.add(parent)
        yield ancestor.stamp
        parent = ancestor.parent


def _source() -> str:
    """A digest of all that decides what is seen: what another version saw does not count."""
    files = sorted(Path(gancore.health.__file__).parent.glob("*.py"))
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()


_RULES = _source()


def titles(run: Run) -> list[str]:
    """Problems, the most severe first, then suspicions."""
    diagnosis = _diagnose(run)
    return [finding.title for finding in diagnosis.findings + diagnosis.suspicions]


@dataclass
class _Examination:
    """The last time that a run was examined, and what was found."""

    settled: object = None  # stamps of what changes only when something else happens to it than training
    growing: object = None  # stamps of what every second of training changes
    time: float = 0.0
    diagnosis: Diagnosis | None = None


def _diagnose(run: Run) -> Diagnosis:
    """The diagnosis, made again only when the run went on, or what it was forked from came or went.

    A run that does nothing but train is examined every few seconds: that costs more than all else that a page draws
    each second, and problems develop slowly.
    """
    *ancestors, _ = RunStore(run.path.parent).lineage(run)
    files = [run.path / name for name in _SETTLED]
    files += [ancestor.path / name for ancestor in ancestors for name in ("meta.json", "scalars.arrow", "evals")]
    settled = [state.stamp(file) for file in files]
    growing = [state.stamp(run.path / name) for name in _GROWING]
    last, now = _last_examination(run.path), time.monotonic()
    only_trains = last.settled == settled and now - last.time < INTERVAL and run.status.state == "running"
    if last.diagnosis is not None and (only_trains or (last.settled, last.growing) == (settled, growing)):
        return last.diagnosis
    diagnosis = _examine(run)
    last.settled, last.growing, last.time, last.diagnosis = settled, growing, now, diagnosis
    return diagnosis


_SETTLED, _GROWING = ("meta.json", "evals", "changes", "checkpoints"), ("scalars.arrow", "status.json")


@lru_cache(maxsize=5_000)
def _last_examination(_path: Path) -> _Examination:
    return _Examination()


def _examine(run: Run) -> Diagnosis:
    observed = observe(run)
    findings = [finding for finding in observed if finding.certain]
    suspicions = [finding for finding in observed if not finding.certain]
    return Diagnosis(findings, suspicions, judged(run), bool(run.evaluations()))


def word(run: Run) -> str | None:
    """The most severe finding and how many more there are, for tables; None where it is too early to tell."""
    if run.damage:
        return None
    diagnosis = _diagnose(run)
    if diagnosis.findings:
        more = f" +{len(diagnosis.findings) - 1}" if len(diagnosis.findings) > 1 else ""
        return f"⚠ {diagnosis.findings[0].title}{more}"
    if diagnosis.suspicions:
        return f"perhaps: {diagnosis.suspicions[0].title}"
    clear, _ = _clear(diagnosis)
    return f"✓ {clear}" if any(diagnosis.judged) else None


def sentence(run: Run) -> str:
    """Every finding's title and the step at which it first showed."""
    diagnosis = _diagnose(run)
    found = [f"{finding.title} (from step {finding.step:,})" for finding in diagnosis.findings]
    found += [f"perhaps: {finding.title} (from step {finding.step:,})" for finding in diagnosis.suspicions]
    return "; ".join(found or filter(None, _clear(diagnosis)))


def _clear(diagnosis: Diagnosis) -> tuple[str, str]:
    """That nothing was found, and what could not be checked, if anything."""
    curves, samples = diagnosis.judged
    if curves and samples:
        return "no problems found", ""
    if samples:
        return "no problems in its samples", "too early to check its curves"
    if not curves:
        return "too early to tell", ""
    later = "too early to check its samples" if diagnosis.is_evaluated else "its samples were not evaluated"
    return "no problems in its curves", later


def line(run: Run, *, live: bool) -> None:
    """In a place that stays: a button to each finding's card, or that nothing was found."""
    diagnosis = _diagnose(run)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"health-{run.id}"):
        if not diagnosis.findings and not diagnosis.suspicions:
            _all_clear(run, diagnosis, live)
        for finding in diagnosis.findings + diagnosis.suspicions:
            title = plain(finding.title)
            label = f":orange[:material/warning: {title}]" if finding.certain else f":gray[? {title}]"
            with st.popover(label, key=f"finding-{run.id}-{finding.code}"):
                _card(run, finding, live)


def _all_clear(run: Run, diagnosis: Diagnosis, live: bool) -> None:
    """As high as a finding's button, so that nothing moves when the first one comes."""
    clear, (curves, samples) = "; ".join(filter(None, _clear(diagnosis))), diagnosis.judged
    icon, color = ("check_circle", "green") if curves else ("hourglass_empty", "gray")
    word = "no problems so far" if curves and live else clear
    with st.popover(f":{color}[:material/{icon}: {word}]", type="tertiary", key=f"healthy-{run.id}"):
        if live and curves:
            st.markdown(f"So far: {clear}.")
        if not curves or not samples:
            st.markdown(f"Curves are checked after {EARLY} steps, samples after {LIMITS.grown}.")
        st.markdown("Its curves and samples are checked for:")
        st.markdown("\n".join(f"- {plain(sign.title)}" for sign in SIGNS.values()))


def _card(run: Run, finding: Finding, live: bool) -> None:
    """The numbers, what they mean, and a button for each remedy."""
    st.markdown(f"**{plain(finding.title)}** · from step {finding.step:,}")
    if not finding.certain:
        st.markdown("Not certain yet: it may pass, or be due to chance.")
    st.markdown(plain(finding.observation))
    st.markdown(f"**What it means.** {plain(finding.means)}")
    st.caption(f"Source: {plain(finding.source)}")
    for place, remedy in enumerate(finding.remedies):
        _remedy_button(run, remedy, f"remedy-{run.id}-{finding.code}-{place}", live)
    if live and finding.remedies:
        st.caption("The stopped run keeps its checkpoint and can be resumed.")


def _remedy_button(run: Run, remedy: Remedy, key: str, live: bool) -> None:
    if state.is_reference(run) and (live or remedy.fork):
        return
    if remedy.steer:
        if live:
            label = plain(f"Undo the change: {remedy.text}")
            st.button(label, key=key, icon=":material/undo:", width="stretch", on_click=_undo, args=(run, remedy))
        return
    if live:
        do = "Stop this run and fork it" if remedy.fork else "Stop this run and start a new one"
    else:
        do = (
            "Fork it"
            if remedy.checkpoint != "last"
            else "Fork the last checkpoint"
            if remedy.fork
            else "Start a new run"
        )
    icon = ":material/fork_right:" if remedy.fork else ":material/restart_alt:"
    lacks = remedy.fork and remedy.checkpoint not in run.checkpoints()
    reason = "There is no checkpoint yet." if lacks else None
    if st.button(plain(f"{do}: {remedy.text}"), key=key, icon=icon, width="stretch", disabled=lacks, help=reason):
        apply(run, remedy)


def _undo(run: Run, remedy: Remedy) -> None:
    """Give the run that trains its old values back."""
    if attempt(f"Changing {run.name}", run.steer, remedy.changes):
        say(f"{run.name}: {remedy.text}, from its next step.", icon="undo")


def apply(run: Run, remedy: Remedy) -> None:
    """Stop the run if it trains, start the one that should do better, and look at that."""
    try:
        before = settings_at(run, remedy.checkpoint) if remedy.checkpoint != "last" else run.config_now
        config = before.replace(remedy.changes)
        going = _stop(run, wait=remedy.fork and remedy.checkpoint == "last")
        fork = draft.Fork(run.id, remedy.checkpoint) if remedy.fork else None
        title = title_of(run).after(before, config)
        # What was stopped makes room for it: nothing that waits comes in between.
        new = starting.launch(config, title, experiment=run.experiment, fork=fork, priority=int(going))
    except (ConfigError, OSError, RuntimeError) as problem:
        st.toast(plain(describe(problem)), icon=":material/error:", duration="long")
        return
    if draft.is_untouched(before):  # what is prepared for another run stays
        draft.start_from(draft.Origin(config, title, new.name, run.experiment))
    st.query_params["run"] = new.id
    st.rerun()


def _stop(run: Run, *, wait: bool) -> bool:
    """Whether it had to be stopped; if asked to, waits for the checkpoint that it then writes.

    Raises `starting.NotStarted` if that takes too long: what is there to fork is an old one.
    """
    if run.state not in ("running", "queued"):
        return False
    run.command("stop")
    deadline = time.monotonic() + PATIENCE
    with st.spinner("Stopping it first …"):
        while wait and run.is_held() and time.monotonic() < deadline:
            time.sleep(0.1)
    if wait and run.is_held():
        raise starting.NotStarted(f"{run.name} has not stopped yet: fork it once it has.")
    return True
