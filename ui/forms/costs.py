"""What the settings in the form would cost, before anything starts."""

from __future__ import annotations

import streamlit as st

from gancore.config import RunConfig
from gancore.config.datasets import DATASETS
from gancore.text import describe_bytes, describe_duration
from ui import state
from ui.words import plain

_NAMES = {"generator": "G", "discriminator": "D"}


def cost_line(config: RunConfig) -> None:
    """Parameters, steps, time and memory, as soon as they can be told; until then it looks again twice a second.

    Two lines before and after, or Start would slip from under the pointer.
    """
    waiting = not _ready()
    st.fragment(_show, run_every=0.5 if waiting else None)(config, waiting)


def _ready() -> bool:
    """Torch is there, and no run that has just started would be disturbed by trials of this machine's speed."""
    return state.torch_ready() and (not state.active_runs() or bool(state.experience()))


def _show(config: RunConfig, waiting: bool) -> None:
    if not _ready():
        st.caption(f":material/hourglass_empty: counting parameters …  \n:material/timer: {config.total_steps:,} steps")
        return
    if waiting:
        st.rerun()  # no need to look again
    from gancore.data import available
    from gancore.models.own import BadNetwork
    from gancore.training.cost import estimate
    from gancore.training.memory import shortage

    try:
        cost = estimate(config, state.experience())
    except BadNetwork as problem:
        st.caption(plain(f"Not yet: {problem}."))
        return
    parameters = " · ".join(f"{_NAMES.get(name, name)} {count:,}" for name, count in cost.parameters.items())
    st.caption(
        f":material/schema: {parameters} parameters  \n:material/timer: {cost.steps:,} steps · "
        f"≈ {describe_duration(cost.seconds)} · {describe_bytes(cost.bytes)}"
    )
    if lack := shortage(config):
        words = f"This run needs {lack.amount}: choose a smaller “{lack.label}” first."
        st.caption(f":material/warning: :orange[{plain(words)}]")
    if not available(config.data.name, config.data.own):
        download = DATASETS[config.data.name].download
        st.caption(f":material/download: {download} to download first" if download else "Not on this machine yet.")
