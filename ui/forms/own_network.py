"""Networks of one's own: which file the next run has, and how to give another."""

from __future__ import annotations

import streamlit as st

from gancore.config import RunConfig
from gancore.config.model import MOST_CODE
from gancore.machine import own_networks_run
from ui import state
from ui.forms import draft
from ui.frontend.code import code
from ui.messages import attempt, say
from ui.words import plain

HEIGHT = 300  # of the file: some 15 lines

_TURN = "network-file-turn"  # in the session: how many files were taken


def panel() -> None:
    """Below the networks, once they are `own`."""
    if not state.torch_ready():
        st.skeleton(height=120)
        return
    from gancore.models.own import EXAMPLE, is_trusted

    source = draft.values()["model.code"]
    title = "The network file" if source else "The example's file"
    with st.expander(title, icon=":material/code:"):
        code(source or EXAMPLE, (), key="network-file", label=title, height=HEIGHT)
    if not own_networks_run():
        st.caption("Files of your own are off here, as others reach this server: they run as code.")
        return
    if source and not is_trusted(source):
        st.warning("This file came from elsewhere. Read it: it runs as your own code.", icon=":material/warning:")
        st.button("Trust this file", key="network-trust", on_click=_take, args=(source,))
    turn = st.session_state.get(_TURN, 0)
    uploaded = st.file_uploader(
        "A Python file of yours",
        type="py",
        max_upload_size=1,
        key=f"network-file-{turn}",
        help="With build_generator(config) and build_discriminator(config), as the example has them.",
    )
    if uploaded is not None:
        st.caption(":material/warning: It runs as your own code, with all that you may do.")
        st.button("Use this file", type="primary", key="network-use", on_click=_use, args=(uploaded.getvalue(),))


def _use(content: bytes) -> None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        say("That is no text in UTF-8.")
        return
    if len(text) > MOST_CODE:
        say(f"That is longer than the {MOST_CODE:,} characters that a network file may have.")
        return
    _take(text)


def _take(source: str) -> None:
    """Trust a file, try its networks, and have the next run train them."""
    from gancore.models.own import BadNetwork, check, trust

    if not attempt("Keeping that this file is trusted", trust, source):
        return
    values = draft.values()
    shape = {path: values[path] for path in ("model.nz", "model.nc", "data.image_size")}
    try:
        counts = check(RunConfig().replace({**shape, "model.kind": "own", "model.code": source}))
    except BadNetwork as problem:
        say(f"{problem}.")
        return
    draft.put({"model.code": source})
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    said = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    say(plain(f"These networks fit: {said} parameters."), icon="check")
