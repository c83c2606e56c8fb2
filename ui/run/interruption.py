"""A run whose process ended without a word: what may have happened, and how it goes on."""

from __future__ import annotations

import streamlit as st

from gancore.store import Run
from gancore.training.interruption import WHY_INTERRUPTED, how_it_goes_on
from ui import state
from ui.words import plain


def note(run: Run) -> None:
    """What can be told; where the run needs more memory than this machine has, what to lower."""
    st.warning(f"{WHY_INTERRUPTED} {how_it_goes_on(run)}", icon=":material/power_off:")
    if not state.torch_ready():  # which the estimate needs, and a page does not wait for
        return
    from gancore.training.memory import shortage

    lack = shortage(run.config_now)
    if lack and not lack.is_free:  # what is free now says nothing of then
        words = f"It needs {lack.amount}, so memory is what it probably ran out of. Start it anew with a smaller"
        st.warning(f"{plain(words)} “{plain(lack.label)}”.", icon=":material/memory:")
