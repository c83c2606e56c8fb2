"""GAN Workbench: `streamlit run dashboard.py`. What a browser sees is made by the script `ui/main.py`."""

from pathlib import Path

import streamlit as st

from ui.classroom.settings import BadClassroom
from ui.lifespan import lifespan
from ui.server import routes

try:
    app = st.App(
        Path(__file__).parent / "ui" / "main.py",
        routes=routes.routes(),
        middleware=routes.middleware(),
        lifespan=lifespan,
    )
except BadClassroom as problem:
    raise SystemExit(str(problem)) from None
