"""What a button did, or could not do, said in a sentence once the page is drawn again."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from gancore.config import ConfigError
from gancore.store import RunNotFound
from gancore.sweeps.sweeps import SweepNotFound
from ui.words import plain

P = ParamSpec("P")

_KEY = "messages"


def attempt(doing: str, act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
    """Do what a button asks for; whether that worked. If not, a message says what is wrong and what can be done.

    `doing` is what is being done, such as `Stopping my run`.
    """
    try:
        act(*args, **kwargs)
    except (OSError, RuntimeError, RunNotFound, SweepNotFound, ConfigError) as problem:  # such as RunBusy
        say(f"{doing} failed: {describe(problem)}")
        return False
    return True


def say(sentence: str, icon: str = "error") -> None:
    """Have `show` say it: what is shown in a pass that ends in another one is never seen."""
    st.session_state.setdefault(_KEY, []).append((sentence, icon))


def show() -> None:
    """Say what there is to say since the last pass, for some seconds."""
    for sentence, icon in st.session_state.pop(_KEY, []):
        st.toast(plain(sentence), icon=f":material/{icon}:", duration="long")


def describe(problem: Exception) -> str:
    """A sentence: what is wrong, and what can be done."""
    if not isinstance(problem, OSError) or problem.errno is None:
        return str(problem) or type(problem).__name__
    known = _KNOWN.get(errno.errorcode.get(problem.errno, ""), problem.strerror or type(problem).__name__)
    place = "/".join(Path(str(problem.filename)).parts[-2:]) if problem.filename else ""
    return f"{known} ({place})." if place else f"{known}."


_FULL = "the disk is full. Free some space and try again"
_READ_ONLY = "the runs folder is not writable. Make it writable, or set GANCORE_RUNS to one that is"
_OCCUPIED = "something else is in its place. Move it away and try again"
_KNOWN = {
    "ENOSPC": _FULL,
    "EDQUOT": _FULL,
    "EROFS": _READ_ONLY,
    "EACCES": _READ_ONLY,
    "EPERM": _READ_ONLY,
    "ENOENT": "it no longer exists. Reload the page",
    "EEXIST": _OCCUPIED,
    "ENOTEMPTY": _OCCUPIED,
    "ENOTDIR": _OCCUPIED,
    "EISDIR": _OCCUPIED,
}
