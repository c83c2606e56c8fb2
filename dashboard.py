"""GAN Workbench: `streamlit run dashboard.py`."""

import streamlit as st

from ui import live, state

st.set_page_config(page_title="GAN Workbench", page_icon=":material/blur_on:", layout="wide", initial_sidebar_state=360)

home = st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)
train = st.Page("pages/train.py", title="Train", icon=":material/tune:")
runs = st.Page("pages/runs.py", title="Runs", icon=":material/table_rows:")
compare = st.Page("pages/compare.py", title="Compare", icon=":material/compare:")

page = st.navigation([home, train, runs, compare], position="top")
state.executor().ensure_worker()
if page is not train:
    live.now_strip()
page.run()
state.torch_ready()  # starts importing torch, once the first page is on its way
