"""Who comes in: nobody sees a page of a class without having signed in."""

from __future__ import annotations

import streamlit as st

from ui.classroom import login
from ui.classroom.room import Room, room
from ui.server import signing

_WHO = "who"  # in the session: whose it is


def let_in() -> None:
    """At the beginning of a pass. Where there is a class, end it for whoever is nobody of it."""
    here = room()
    if here is None:
        return
    person = here.who(st.context.cookies)
    if person is None:
        _outside(here)
        st.stop()
    if st.session_state.get(_WHO, person.folder) != person.folder:  # the same tab, somebody else
        for key in list(st.session_state):
            del st.session_state[key]
    st.session_state[_WHO] = person.folder


def sign_out_link(label: str = "Sign out") -> None:
    """A way out, or back to where one signs in."""
    here = room()
    if here is not None and here.has_login:
        st.button(label, icon=":material/logout:", on_click=st.logout, key="sign-out")
        return
    st.html(f'<a href="{signing.OUT}" target="_self" style="color: inherit">{label}</a>', width="content")


def _outside(here: Room) -> None:
    st.navigation([st.Page(_nothing, title="Sign in")], position="hidden")
    with st.container(width=420):
        st.title("GAN Workbench", anchor=False)
        if not here.has_login:
            st.markdown("You are signed out.")
            sign_out_link("Sign in again")
        elif (user := login.user(st.context.cookies)) is None and st.user.get("is_logged_in"):
            st.markdown("This login has no verified email address, so the class cannot tell who you are.")
            sign_out_link("Sign in with another address")
        elif user is None:
            st.markdown("Change a setting, watch two networks play against each other, and see what the change did.")
            st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login, key="sign-in")
        else:
            st.markdown(f"`{user.email}` is not of this class. Ask your teacher, or sign in with another address.")
            sign_out_link("Sign in with another address")


def _nothing() -> None:
    """Streamlit's navigation wants a page."""
