"""What can be taken along of a run: its script, shown with the lines that its settings touch, and files."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gancore.experiments import EXPERIMENTS
from gancore.export.formats import FORMATS, CannotExport
from gancore.export.script import changed_lines, plain_script
from gancore.store import Run
from ui.frontend.code import code
from ui.words import plain

HEIGHT = 560  # of the script: some 28 lines


def section(run: Run) -> None:
    """The formats as downloads, and the script."""
    with st.container(horizontal=True):
        for name, chosen in FORMATS.items():
            lack = chosen.lack(run)
            st.download_button(
                chosen.title,
                data=partial(chosen.make, run),
                file_name=chosen.name(run),
                mime=chosen.mime,
                icon=":material/download:",
                key=f"take-{name}-{run.id}",
                help=plain(f"{lack}." if lack else chosen.help),
                disabled=bool(lack),
                on_click="ignore",
            )
    try:
        script, marked = plain_script(run), changed_lines(run)
    except CannotExport as problem:
        st.caption(plain(f"{problem}."))
        return
    experiment = EXPERIMENTS.get(run.experiment or "")
    start = f"“{experiment.title}” starts from" if experiment else "these networks and data usually have"
    words = f"Marked: the lines that settings touch which differ from those that {start}." if marked else ""
    st.caption(plain(f"The run as one PyTorch file, which needs nothing of this project. {words}"))
    code(script, marked, key=f"script-{run.id}", label=f"script of {run.name}", height=HEIGHT)
