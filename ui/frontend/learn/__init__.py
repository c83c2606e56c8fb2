"""Live figures of the lessons: canvases that compute in the browser; one shows what the server trains."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.server import library

_SOURCES = Path(__file__).parent

_FIGURE = st.components.v2.component(
    "gan_workbench_lesson",
    html='<div class="lesson" role="group">\n</div>',
    css=(_SOURCES / "lesson.css").read_text(encoding="utf-8"),
    js=(_SOURCES / "lesson.js").read_text(encoding="utf-8"),
)

_PRESENT = st.components.v2.component(
    "gan_workbench_present",
    html="""<button type="button" title="Full screen; arrow keys lead to the next and the previous lesson">
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg>
    <span class="words">Present</span></button>""",
    css=(_SOURCES / "present.css").read_text(encoding="utf-8"),
    js=(_SOURCES / "present.js").read_text(encoding="utf-8"),
)


def figure(name: str, *, alt: str, locked: bool, key: str = "lesson-figure") -> None:
    """Show the figure of the module `name`; a `locked` one stands still until it is not."""
    data = {"figure": name, "alt": alt, "locked": locked, "scripts": library.SCRIPTS}
    _FIGURE(key=key, data=data, height="content")


def present(place: str) -> None:
    """A button that shows the container with the key `place` full-screen, where keys press `lesson-next` and
    `lesson-previous`, the buttons with these keys."""
    _PRESENT(key="lesson-present", data={"place": place}, width="content", height="content")
