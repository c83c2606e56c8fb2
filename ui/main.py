"""What a session of a browser runs: the page that it asked for, and what stands around each page."""

import streamlit as st

from ui import messages, navigation, state
from ui.run import strip
from ui.teaching import entrance

icon = state.PROJECT / "ui" / "frontend" / "icon.svg"
st.set_page_config(page_title="GAN Workbench", page_icon=icon, layout="wide", initial_sidebar_state=360)

st.html(state.PROJECT / "ui" / "frontend" / "page.css")

entrance.let_in()
page = navigation.choose()
navigation.follow()
messages.show()
activity = state.activity()  # before the page looks, or it could miss what changes meanwhile
if page.title != "Train":  # it shows what runs in full
    with st.container(key="now"):  # so that the page below keeps its place, whatever begins and ends
        strip.now_strip(activity.running)
page.run()
strip.watch(activity)
state.executor().ensure_worker()
state.torch_ready()  # starts importing torch, once the first page is on its way
