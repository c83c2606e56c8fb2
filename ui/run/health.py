"""What goes wrong in a run and what to do about it: one line under its progress, a card behind each finding."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from gancore.config import ConfigError
from gancore.health import Finding, Judged, judged, observe
from gancore.health.limits import LIMITS
from gancore.health.remedies import Remedy
from gancore.health.signs import SIGNS
from gancore.store import Run, RunStore
from ui import state
from ui.forms import draft, starting
from ui.forms.titles import title_of
from ui.messages import describe
from ui.words import plain

PATIENCE = 20.0  # seconds that a run is given to stop before its checkpoint is forked
LOOK = 5.0  # seconds between looks at a run that trains
EARLY = LIMITS.block * LIMITS.window  # steps before there is a level of any curve


class Seen(NamedTuple):
    """What was seen of a run, and in what."""

    findings: list[Finding]  # what goes wrong, the gravest first
    doubts: list[Finding]  # what may go wrong: it may pass by itself, or be chance
    judged: Judged
    is_measured: bool


def titles(run: Run) -> list[str]:
    """What goes wrong, the gravest first, and then what may."""
    seen = _seen(run)
    return [finding.title for finding in seen.findings + seen.doubts]


@dataclass
class _Look:
    """The last look at a run: what it was like then, when that was, and what was seen."""

    rests: object = None  # changes when something else happens to it than steps
    moves: object = None  # changes with every second of training
    time: float = 0.0
    seen: Seen | None = None


def _seen(run: Run) -> Seen:
    """What there is to see; looked for again only when the run went on, or what it was forked from came or went.

    A run that does nothing but train is looked at every few seconds: one look costs more than all else that a page
    draws each second, and findings come slowly.
    """
    *ancestors, _ = RunStore(run.path.parent).lineage(run)
    files = [run.path / name for name in _REST]
    files += [ancestor.path / name for ancestor in ancestors for name in ("meta.json", "scalars.arrow", "evals")]
    rests = [state.stamp(file) for file in files]
    moves = [state.stamp(run.path / name) for name in _MOVE]
    look, now = _last_look(run.path), time.monotonic()
    only_trains = look.rests == rests and now - look.time < LOOK and run.status.state == "running"
    if look.seen is not None and (only_trains or (look.rests, look.moves) == (rests, moves)):
        return look.seen
    seen = _observe(run)
    look.rests, look.moves, look.time, look.seen = rests, moves, now, seen
    return seen


_REST, _MOVE = ("meta.json", "evals", "changes", "checkpoints"), ("scalars.arrow", "status.json")


@lru_cache(maxsize=5_000)
def _last_look(_path: Path) -> _Look:
    return _Look()


def _observe(run: Run) -> Seen:
    observed = observe(run)
    findings = [finding for finding in observed if finding.certain]
    doubts = [finding for finding in observed if not finding.certain]
    return Seen(findings, doubts, judged(run), bool(run.evaluations()))


def word(run: Run) -> str | None:
    """The gravest finding and how many there are besides, for tables; None where nothing can be told yet."""
    if run.damage:
        return None
    seen = _seen(run)
    if seen.findings:
        more = f" +{len(seen.findings) - 1}" if len(seen.findings) > 1 else ""
        return f"⚠ {seen.findings[0].title}{more}"
    if seen.doubts:
        return f"perhaps: {seen.doubts[0].title}"
    clear, _, _ = _clear(seen).partition(";")
    return f"✓ {clear}" if any(seen.judged) else None


def sentence(run: Run) -> str:
    """Every finding's title and the step at which it was first seen."""
    seen = _seen(run)
    found = [f"{finding.title} (from step {finding.step:,})" for finding in seen.findings]
    found += [f"perhaps: {finding.title} (from step {finding.step:,})" for finding in seen.doubts]
    return "; ".join(found) or _clear(seen)


def _clear(seen: Seen) -> str:
    """That nothing was found, and where that was looked for."""
    curves, samples = seen.judged
    if curves and samples:
        return "no trouble found"
    if samples:
        return "no trouble in its samples; its curves do not tell yet"
    if not curves:
        return "too early to tell"
    later = "too early to judge its samples" if seen.is_measured else "its samples were not measured"
    return f"no trouble in its curves; {later}"


def line(run: Run, *, live: bool) -> None:
    """In a place that stays: a button to each finding's card, or that nothing was found."""
    seen = _seen(run)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"health-{run.id}"):
        if not seen.findings and not seen.doubts:
            _all_clear(run, seen, live)
        for finding in seen.findings + seen.doubts:
            title = plain(finding.title)
            label = f":orange[:material/warning: {title}]" if finding.certain else f":gray[? {title}]"
            with st.popover(label, key=f"finding-{run.id}-{finding.sign}"):
                _card(run, finding, live)


def _all_clear(run: Run, seen: Seen, live: bool) -> None:
    """As high as a finding's button, so that nothing moves when the first one comes."""
    clear, (curves, samples) = _clear(seen), seen.judged
    icon, color = ("check_circle", "green") if curves else ("hourglass_empty", "gray")
    word = "healthy so far" if curves and live else clear
    with st.popover(f":{color}[:material/{icon}: {word}]", type="tertiary", key=f"healthy-{run.id}"):
        if live and curves:
            st.markdown(f"So far: {clear}.")
        if not curves or not samples:
            st.markdown(f"Curves are read after {EARLY} steps of a run, samples are judged after {LIMITS.grown}.")
        st.markdown("Looked for in its curves and its samples:")
        st.markdown("\n".join(f"- {plain(sign.title)}" for sign in SIGNS.values()))


def _card(run: Run, finding: Finding, live: bool) -> None:
    """The numbers, what they mean, and a button for each remedy."""
    st.markdown(f"**{plain(finding.title)}** · from step {finding.step:,}")
    if not finding.certain:
        st.markdown("Not certain yet: it may pass by itself, or be chance.")
    st.markdown(plain(finding.seen))
    st.markdown(f"**What it means.** {plain(finding.means)}")
    st.caption(f"Known from: {plain(finding.source)}")
    for place, remedy in enumerate(finding.remedies):
        _remedy_button(run, remedy, f"remedy-{run.id}-{finding.sign}-{place}", live)
    if live and finding.remedies:
        st.caption("The run that is stopped keeps its checkpoint and can be resumed.")


def _remedy_button(run: Run, remedy: Remedy, key: str, live: bool) -> None:
    if live:
        do = "Stop this run and fork it" if remedy.fork else "Stop this run and start"
    else:
        do = "Fork the last checkpoint" if remedy.fork else "Start a new run"
    icon = ":material/fork_right:" if remedy.fork else ":material/restart_alt:"
    lacks = remedy.fork and "last" not in run.checkpoints()
    reason = "There is no checkpoint yet." if lacks else None
    if st.button(plain(f"{do}: {remedy.text}"), key=key, icon=icon, width="stretch", disabled=lacks, help=reason):
        apply(run, remedy)


def apply(run: Run, remedy: Remedy) -> None:
    """Stop the run if it trains, start the one that should do better, and look at that."""
    try:
        before = run.config_now
        config = before.replace(remedy.changes)
        going = _stop(run, wait=remedy.fork)
        fork = draft.Fork(run.id, "last") if remedy.fork else None
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
