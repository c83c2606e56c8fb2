"""What components are put together from: files of this folder, one after the other.

A component is one module and one style sheet in a shadow root of its own, which can import none: what several have in
common is a file that stands before their own.
"""

from __future__ import annotations

from pathlib import Path

_FRONTEND = Path(__file__).parent


def source(*names: str) -> str:
    """The text of these files."""
    return "\n".join((_FRONTEND / name).read_text(encoding="utf-8") for name in names)
