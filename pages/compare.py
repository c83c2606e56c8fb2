"""Compare: runs side by side, their samples and losses first, then everything else that they differ in."""

import streamlit as st

from gancore.store import Run
from ui import navigation, state
from ui.boundary import boundary
from ui.compare import (
    address,
    bar,
    chips,
    classes,
    curves,
    exploring,
    export,
    films,
    losses,
    saved,
    settings,
    summary,
    table,
    wipe,
)
from ui.compare.chosen import Chosen, choose
from ui.compare.controls import Controls
from ui.words import plain

SECTIONS = {
    "Settings and results": table.section,
    "Curves": curves.section,
    "One over the other": wipe.section,
    "Classes": classes.section,
    "Settings against results": settings.section,
    "Export": export.section,
}
BESIDE = 3  # films that leave room for the losses beside them


def first_screen(chosen: Chosen, controls: Controls) -> None:
    """Samples at the same step, and losses."""
    beside = len(chosen.visible) <= BESIDE
    left, right = st.columns([len(chosen.visible) + 0.2, 3]) if beside else (st.container(), st.container())
    with left, boundary("Samples"):
        films.section(chosen)
    with right, boundary("Losses"):
        losses.section(chosen, controls)


@st.fragment
def below(runs: list[Run], controls: Controls) -> None:
    """What differs and what came of it, curves of all kinds, and classes."""
    for title, section in SECTIONS.items():
        with boundary(title):
            section(runs, controls)


def too_few(chosen: Chosen) -> None:
    """What to do where there is nothing to compare yet."""
    if not chosen.runs and not state.runs() and not state.reference():
        st.info("Comparing takes two runs. Train one, change a setting, and train another.", icon=":material/info:")
        st.page_link(navigation.TRAIN, label="Go to Train", icon=":material/tune:")
    else:
        st.info(
            "Add two or more runs above: their samples, curves and differences appear here.", icon=":material/info:"
        )
        newest = tuple(run.id for run in state.runs() if not run.damage)[:2]
        if len(newest) == 2:
            st.button(
                "Compare the last two",
                icon=":material/compare:",
                key="last-two",
                on_click=address.change,
                kwargs={"runs": newest},
            )


shown = address.begin()
chosen = choose(shown)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Compare", anchor=False, width="content")
    saved.menu(chosen)
saved.undo()
chips.section(chosen)
if len(chosen.runs) < 2:
    too_few(chosen)
elif not chosen.visible:
    st.info("All of these runs are hidden. Click one above to show it.", icon=":material/visibility_off:")
else:
    bar.section(chosen.runs, shown.controls)
    with boundary("What they say"):
        st.markdown(plain(" ".join(summary.sentences(chosen.visible))))
        exploring.link(chosen.visible)
    first_screen(chosen, shown.controls)
    below(list(chosen.visible), shown.controls)
