"""Saved views: comparisons under a name, to be opened, deleted and brought back."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gancore.store.views import SavedView, Views
from ui import messages, navigation, state
from ui.compare import address
from ui.compare.address import View
from ui.compare.chosen import Chosen
from ui.words import plain

_NAME, _DELETED = "view-name", "deleted-view"  # in the session


def views() -> Views:
    """Those of this server's store."""
    return Views(state.store().root)


def menu(chosen: Chosen) -> None:
    """Save what is compared under a name, and open or delete what was saved."""
    known = views().list()
    with st.popover(f"Saved views ({len(known)})" if known else "Save view", icon=":material/bookmark:"):
        if len(chosen.runs) >= 2:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input("Name", key=_NAME, max_chars=100, placeholder=chosen.title[:100] or "my comparison")
                st.button("Save", icon=":material/save:", key="save-view", on_click=_save, args=(chosen.title,))
        else:
            st.caption("Add two or more runs, then save them under a name.")
        for view in known:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(plain(view.name), type="tertiary", key=f"open-{view.name}", on_click=_open, args=(view,))
                st.space("stretch")
                st.button(
                    "",
                    icon=":material/delete:",
                    type="tertiary",
                    key=f"delete-{view.name}",
                    help=f"Delete {plain(view.name)}",
                    on_click=_delete,
                    args=(view.name,),
                )


def undo() -> None:
    """After a view was deleted: the way back."""
    deleted: SavedView | None = st.session_state.get(_DELETED)
    if deleted is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: Deleted the view {plain(deleted.name)}.", width="stretch")
        st.button("Undo", icon=":material/undo:", key="undo-view", on_click=_restore, args=(deleted,))


def listing() -> None:
    """Links to the saved views, for other pages."""
    known = views().list()
    if not known:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":small[:gray[Saved comparisons]]", width="content")
        for view in known[:8]:
            st.page_link(
                navigation.COMPARE,
                label=plain(view.name),
                icon=":material/bookmark:",
                query_params=address_of(view),
            )


def address_of(view: SavedView) -> Mapping[str, str]:
    """What an address says of a view, as far as it makes sense: its file may come from anywhere."""
    return View.parse(view.address).texts()


def _save(title: str) -> None:
    name = st.session_state[_NAME] or title[:100] or "my comparison"
    if messages.attempt(f"Saving {name}", views().save, name, address.current().texts()):
        st.session_state[_NAME] = ""
        messages.say(f"Saved as {name}: it is listed here and on Home.", icon="bookmark_added")


def _open(view: SavedView) -> None:
    address.show(View.parse(view.address))


def _delete(name: str) -> None:
    found: list[SavedView | None] = []
    if messages.attempt(f"Deleting {name}", lambda: found.append(views().delete(name))):
        st.session_state[_DELETED] = found[0]


def _restore(view: SavedView) -> None:
    if messages.attempt(f"Restoring {view.name}", views().put, view):
        st.session_state[_DELETED] = None
