"""When somebody was on Home before, as their browser remembers it: a server has many visitors."""

from __future__ import annotations

import math
import time

import streamlit as st

PAUSE = 600.0  # seconds away from Home after which a visit is over
_COOKIE = "gan-workbench-home"
_LAST, _SINCE = "home-last", "home-since"  # in the session

_NOTE = st.components.v2.component(
    "gan_workbench_visit",
    html="<span></span>",
    js=f"""export default function ({{ data }}) {{
      document.cookie = `{_COOKIE}=${{data.now}}; max-age=31536000; path=/; samesite=strict`
    }}""",
)


def last_visit() -> float | None:
    """When the visit before this one ended, in Unix time; None for a first one."""
    now = time.time()
    if now - st.session_state.get(_LAST, -math.inf) > PAUSE:
        st.session_state[_SINCE] = st.session_state.get(_LAST) or read(st.context.cookies.get(_COOKIE), now)
    st.session_state[_LAST] = now
    since: float | None = st.session_state[_SINCE]
    return since


def remember() -> None:
    """Have the browser note that somebody is here now."""
    _NOTE(key="visit", data={"now": int(time.time())}, height=1)


def read(cookie: str | None, now: float) -> float | None:
    """What a cookie says; None if it says no time of the past."""
    if cookie is None or not cookie.isascii() or not cookie.isdecimal() or len(cookie) > 11:
        return None
    return float(cookie) if 0 < float(cookie) <= now else None
