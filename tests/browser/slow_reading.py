"""Streamlit, on a machine that takes half a second to read an image: `python -m tests.browser.slow_reading run ...`."""

from __future__ import annotations

import threading

from streamlit.web.cli import main

from gancore.data import importing

SECONDS = 0.5


def slow_down() -> None:
    """Have the import of some hundred small images take a minute, however fast the machine is."""
    read = importing.read_picture

    def read_slowly(content: bytes) -> importing.Picture:
        threading.Event().wait(SECONDS)
        return read(content)

    importing.read_picture = read_slowly


if __name__ == "__main__":
    slow_down()
    main()
