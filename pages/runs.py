"""Runs: every saved run in one table, and what can be done with it."""

from collections.abc import Sequence

import streamlit as st

from gancore.store.index import Snapshot
from gancore.store.records import LIVE
from ui import messages, navigation, state
from ui.runs import actions, dialogs, looking, table, view
from ui.runs.listing import Listing

REFRESH = 2.0  # seconds between looks at what trains
MANY = 500  # runs: with more, looks are as much rarer


def runs_table(ticking: bool, seen: list[Sequence[Snapshot]]) -> None:
    """The table, drawn again by itself while something changes; `seen` are the runs as the page saw them just now."""
    messages.show()
    navigation.leave_if_asked()
    runs = seen.pop() if seen else state.runs()
    left = looking.look_at_few(runs)
    if dialogs.is_asked_for() or not runs or (ticking and not left and not is_live(runs)):
        st.rerun()  # all of the page: a dialog opens, or nothing changes by itself any more
    mine = view.current()
    table.show(Listing(runs, mine))
    view.show_address(mine)
    state.index().save()


def is_live(runs: Sequence[Snapshot]) -> bool:
    return any(run.state in LIVE for run in runs)


with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Runs", anchor=False, width="stretch")
    trashed = len(state.store().trashed())
    st.button("Import", icon=":material/upload:", key="import", on_click=dialogs.ask, args=("import",))
    st.button("Storage", icon=":material/hard_drive:", key="storage", on_click=dialogs.ask, args=("storage",))
    if trashed:
        st.button(f"Trash ({trashed:,})", icon=":material/delete:", key="trash", on_click=dialogs.ask, args=("trash",))
dialogs.show()

if runs := state.runs():
    left = looking.look_at_few(runs)
    ticking = left > 0 or is_live(runs)
    every = REFRESH * max(len(runs) / MANY, 1.0) if ticking else None
    st.fragment(runs_table, run_every=every, key="runs")(ticking, [runs])
    if left:
        looking.go_on(runs)
else:
    st.info("No runs yet. Start one on the Train page: it will be listed here.", icon=":material/info:")
    with st.container(horizontal=True):
        st.page_link(navigation.TRAIN, label="Go to Train", icon=":material/tune:")
        if actions.deleted():
            st.button("Undo the deletion", icon=":material/undo:", key="undo", on_click=actions.undo)
