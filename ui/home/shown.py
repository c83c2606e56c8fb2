"""What the teacher of a class shows to all."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.store.index import Snapshot
from ui.boundary import boundary
from ui.run import view


def section(published: Sequence[Snapshot]) -> None:
    """A card for each; nothing where there is no class, or nothing to show."""
    if not published:
        return
    st.subheader("Shown by your teacher", anchor=False)
    with st.grid(6, min_column_width=165):
        for run in published:
            with st.container(border=True, height="stretch", gap="xsmall", key=f"shown-{run.id}"), boundary(run):
                view.run_card(run, "shown")
