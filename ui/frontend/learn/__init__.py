"""Live figures of the lessons: canvases that compute in the browser; one shows what the server trains."""

from __future__ import annotations

import streamlit as st

from ui.frontend.parts import source
from ui.server import library

_FIGURE = st.components.v2.component(
    "gan_workbench_lesson",
    html='<div class="lesson" role="group">\n</div>',
    css=source("controls.css", "learn/lesson.css"),
    js=source("learn/lesson.js"),
)

_PRESENT = st.components.v2.component(
    "gan_workbench_present",
    html="""<button type="button" title="Full screen; arrow keys lead to the next and the previous lesson">
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg>
    <span class="words">Present</span></button>""",
    css=source("learn/present.css"),
    js=source("learn/present.js"),
)


def figure(name: str, *, alt: str, locked: bool, key: str = "lesson-figure") -> None:
    """Show the figure of the module `name`; a `locked` one stands still until it is not."""
    data = {"figure": name, "alt": alt, "locked": locked, "scripts": library.SCRIPTS}
    _FIGURE(key=key, data=data, height="content")


def present(place: str) -> None:
    """A button that shows the container with the key `place` full-screen, where keys press `lesson-next` and
    `lesson-previous`, the buttons with these keys."""
    _PRESENT(key="lesson-present", data={"place": place}, width="content", height="content")
