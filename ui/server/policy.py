"""What a page may load and run, whatever gets into it: a Content-Security-Policy."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from ui.server import bundle

_SCRIPTS = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_policy() -> str:
    """What this server sends, and of the scripts that stand in a page those of Streamlit's first answer alone.

    Components come to a browser as text, which it runs from a `blob:`. Streamlit and Plotly write styles into the page,
    so these are not held back.
    """
    first = bundle.page() + (bundle.STATIC / "index.html").read_text(encoding="utf-8")
    scripts = sorted({f"'sha256-{_digest(script)}'" for script in _SCRIPTS.findall(first)})
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: {' '.join(scripts)}",
            "style-src 'self' 'unsafe-inline'",
            *(f"{kind}-src 'self' data: blob:" for kind in ("img", "font", "media", "connect")),
            "worker-src 'self' blob:",
            "frame-ancestors 'self'",
            "form-action 'self'",
            "object-src 'none'",
            "base-uri 'self'",
        )
    )


def _digest(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
