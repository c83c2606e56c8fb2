"""What the server does when it begins and ends, besides answering."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

import ui
from gancore.machine import OWN_NETWORKS
from ui import state
from ui.classroom.room import room
from ui.runs import facts
from ui.server.ending import when_asked_to_end
from ui.server.routes import LIVE, LOCAL

SWITCH_SECONDS = 1e-3  # a page that is being made lets others on, pictures among them, five times as often as usual


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Go on with what waits in the queue, nobody need look; at the end stop what trains, with a checkpoint."""
    here = room()
    if here is not None or st.get_option("server.address") not in LOCAL:
        os.environ[OWN_NETWORKS] = "off"
    if here is not None:
        print(here.invitation, flush=True)
    keep_search_path()
    executor = await asyncio.to_thread(state.worker)
    await asyncio.to_thread(executor.ensure_worker)
    sys.setswitchinterval(SWITCH_SECONDS)
    threading.Thread(target=prepare, name="prepare pages", daemon=True).start()
    with when_asked_to_end(LIVE.end):
        yield
    await asyncio.to_thread(executor.close)
    if here is not None:
        here.quotas.save()


def keep_search_path() -> None:
    """Have the script's folder in Python's search path for good.

    Streamlit puts it there in the first place for each pass of a page, and takes it away again: a thread that imports
    at that moment misses the entry that moves into the place that it just looked at, and with it torch.
    """
    folder = str(Path(ui.__file__).parent)
    if folder not in sys.path:
        sys.path.append(folder)


def prepare() -> None:
    """Do beforehand what the first page would wait for, while a browser loads what it needs for any."""
    if room() is None:
        facts.look(state.runs())
    inspect.stack()  # Streamlit looks at it in each server's first pass; a first look goes through all modules
