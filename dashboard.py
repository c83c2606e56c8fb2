"""GAN Workbench: `streamlit run dashboard.py`."""

import streamlit as st

from ui import live, navigation, state

icon = state.PROJECT / "ui" / "frontend" / "icon.svg"
st.set_page_config(page_title="GAN Workbench", page_icon=icon, layout="wide", initial_sidebar_state=360)

page = navigation.choose()
state.executor().ensure_worker()
if page.title != "Train":  # it shows what runs in full
    live.now_strip()
page.run()
live.watch()
state.torch_ready()  # starts importing torch, once the first page is on its way
