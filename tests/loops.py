"""Event loops for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def play(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario on an event loop in a thread of its own: a browser's loop may be running in this one."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, scenario).result()
