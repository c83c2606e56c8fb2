"""What is wrong with one run costs its own place on a page, and nothing else."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from gancore.store import Run
from ui.words import plain

_LOG = logging.getLogger(__name__)


@contextmanager
def boundary(subject: Run | str) -> Iterator[None]:
    """Around a card, a chart or a section of one run, or of several under a title: what fails in it is a line there.

    What Streamlit raises to end a script pass goes through: it is no `Exception`.
    """
    try:
        yield
    except Exception as error:
        st.error(plain(explain(subject, error)), icon=":material/broken_image:")


def explain(subject: Run | str, error: Exception) -> str:
    """A sentence for the page. The traceback goes to the server's log, once: a live page asks again every second."""
    name = subject if isinstance(subject, str) else f"{subject.name} ({subject.id})"
    problem = (name, f"{type(error).__name__}: {error}"[:500])
    if problem not in _logged:
        _logged.append(problem)
        _LOG.error("%s cannot be shown", name, exc_info=error)
    return f"{name} cannot be shown: one of its files is damaged ({type(error).__name__}). See the server's log."


_logged: deque[tuple[str, str]] = deque(maxlen=1_000)
