"""What a lesson is. No Streamlit in here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """Asked before the figure moves."""

    text: str
    choices: tuple[str, ...]
    right: str  # the one that the figure shows
    seen: str  # what it shows, in a sentence


@dataclass(frozen=True)
class Lesson:
    """A piece of theory beside a figure to touch."""

    id: str
    title: str
    text: str  # two or three sentences
    formulas: tuple[str, ...]  # LaTeX, a line each
    figure: str  # its module in ui/frontend/learn
    alt: str  # what the figure shows, for those who cannot see it
    tries: tuple[str, ...]  # what to do with it
    question: Question
    experiment: str  # that of the catalogue which shows it on images, or on points
    shows: str  # what that shows
    source: str
    trained: str = ""  # what is said above a figure of the same, trained by gancore on the server; empty: none
