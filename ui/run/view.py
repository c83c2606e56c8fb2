"""What is happening: the run that trains, or any other run, read from its folder again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import pandas as pd
import streamlit as st

from gancore.config import SETTINGS, RunConfig
from gancore.config.kinds import Panel
from gancore.store import Run
from gancore.store.records import LIVE, ShownState
from ui import navigation, state
from ui.boundary import boundary
from ui.colors import REAL
from ui.figures.curves import SMOOTHING, Mark, panels, run_figure
from ui.frontend.components import curves, film, progress
from ui.run import changes, controls, forking, health, interruption, quality, replay, takeaway, turn
from ui.run.film import newest, run_film
from ui.run.progress import state_badge
from ui.run.strip import TICK
from ui.words import labels, plain, value_text

_TAKEAWAY = "take it with you"  # among the details

MOST_EVENTS = 300  # of a history that are shown: the last ones


def run_view(run: Run) -> None:
    """A run: how far it is, its samples through time, its curves. Follows it while it trains."""
    shown = run.state
    every = TICK if shown in LIVE else None
    st.fragment(_view, run_every=every, key=f"view-{run.id}-{shown}")(run.id, shown)


def _view(run_id: str, shown: ShownState) -> None:
    run = state.find_run(run_id)
    if run is None or run.state != shown:
        st.rerun()  # the page around it must notice, too
    live = shown in LIVE
    if run.damage:
        st.error(plain(run.damage), icon=":material/broken_image:")
        return
    charts = panels(run.config)
    if replay.is_asked(run):
        _replay(run, charts)
        return
    with boundary(run):
        _header(run, live)
    with st.container(key="pictures-and-losses"):  # one above the other where there is little room, see page.css
        left, right = st.columns([1, 1.25], gap="medium")
    with left, boundary(run):
        film([run_film(run)], key="film", identity=run.id, live=run if live else None)
    with boundary(run):
        with right, boundary(run):
            _panel(run, next(iter(charts.values())), live, "main", height=430)
            forking.offer(run)
        _details(run, charts, live)


def _replay(run: Run, charts: dict[str, Panel]) -> None:
    """A run that is over, as if it trained."""
    losses, *others = charts.values()
    with boundary(run):
        _title(run, lambda: replay.button(run))
        replay.section(run, lambda: _replayed(run, losses, "main", height=430))
        for panel in others:
            _replayed(run, panel, panel.title, height=300)


def _replayed(run: Run, panel: Panel, place: str, height: int) -> None:
    figure = run_figure(panel, run.id, marks=change_marks(run))
    alt = f"{panel.title} of {run.name}, played back"
    curves(figure, run, weight=SMOOTHING, live=False, replay=True, key=f"replay-{place}", alt=alt, height=height)
    st.caption(panel.caption)


def _title(run: Run, buttons: Callable[[], None]) -> None:
    """Which run it is, and what can be asked of it."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.subheader(plain(run.name), anchor=False, width="content")
            state_badge(run.state, asked=controls.asked(run))
            if state.is_reference(run):
                st.badge("reference, read-only", icon=":material/verified:", color="blue")
        with st.container(
            horizontal=True, vertical_alignment="center", width="content"
        ):  # which go to the next line together
            buttons()


def _header(run: Run, live: bool) -> None:
    status = run.status
    _title(run, lambda: _buttons(run))
    _origin_line(run)
    evaluations = st.session_state.get(_details_key(run)) == "quality"  # they are shown there
    progress(run, live=live, key="progress", numbers=True, evaluations=evaluations)
    turn.line(run)
    health.line(run, live=live)
    if run.state == "interrupted":
        interruption.note(run)
    changes.note(run, live=live)
    if status.error:
        st.error(plain(status.error), icon=":material/error:")
        if details := run.error_details:
            with st.expander("Technical details"):
                st.code(details, language=None)
        if status.error_code == "no-data" and st.button("Train on mnist-5k instead", icon=":material/play_arrow:"):
            controls.restart_on_embedded(run)


def _buttons(run: Run) -> None:
    if forking.kept(run):
        navigation.to_explore("Explore", run.id)
    replay.button(run)
    forking.button(run)
    controls.control_buttons(run, "view")


def _origin_line(run: Run) -> None:
    """What a fork was forked from, with a way there."""
    meta = run.meta
    if meta.parent is None:
        return
    parent = state.find_run(meta.parent)
    words = f"Forked at step {meta.parent_step or 0:,} from"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/fork_right: {words}", width="content")
        if parent is None:
            st.markdown("a run that no longer exists")
            return
        st.page_link(navigation.TRAIN, label=plain(parent.name), query_params={"run": parent.id})
        both = {"runs": f"{parent.id},{run.id}"}
        st.page_link(navigation.COMPARE, label="Compare the two", icon=":material/compare:", query_params=both)


def _panel(run: Run, panel: Panel, live: bool, place: str, height: int) -> None:
    """In the place of the run before, so that nothing jumps when another one is shown."""
    figure = run_figure(panel, run.id, marks=change_marks(run))
    alt, choose = f"{panel.title} of {run.name}", partial(forking.choose, run.id)
    key = f"chart-{place}"
    curves(figure, run, weight=SMOOTHING, live=live, key=key, alt=alt, height=height, on_click=choose)
    can_fork = not state.is_reference(run) and any(name.isdecimal() for name in run.checkpoints())
    st.caption(f"{panel.caption} Click a curve to fork the run there." if can_fork else panel.caption)


def _details(run: Run, charts: dict[str, Panel], live: bool) -> None:
    titles = {key: charts[key].title for key in list(charts)[1:]}
    options = [*titles, "quality", "settings", "history", _TAKEAWAY]
    chosen = st.segmented_control(
        "Details",
        options,
        default=options[0],
        required=True,
        format_func=lambda key: titles.get(key, key.capitalize()),
        key=_details_key(run),
        label_visibility="collapsed",
    )
    if chosen in charts:
        _panel(run, charts[chosen], live, chosen, height=300)
    elif chosen == "quality":
        quality.section(run, live=live, marks=change_marks(run))
    elif chosen == "settings":
        settings_table([run])
    elif chosen == _TAKEAWAY:
        takeaway.section(run)
    else:
        _history(run)


def _details_key(run: Run) -> str:
    return f"details-{run.id}"


def change_marks(run: Run, color: str = REAL) -> list[Mark]:
    """The live changes of a run that have taken effect, to be drawn across its curves."""
    return [
        Mark(
            change.step,
            changes.describe([change]),
            color,
        )
        for change in run.changes()
        if change.step is not None
    ]


def setting_text(config: RunConfig, path: str) -> str:
    """A setting, or a dash where it has no effect."""
    return value_text(path, config.flat[path]) if config.uses(path) else "–"


def settings_table(runs: Sequence[Run], paths: Sequence[str] | None = None) -> None:
    """Settings of runs side by side, as they are in effect."""
    names = labels(runs)
    configs = {names[run.id]: run.config_now for run in runs}
    shown = [path for path in (paths or SETTINGS) if any(config.uses(path) for config in configs.values())]
    table = pd.DataFrame({name: [setting_text(config, path) for path in shown] for name, config in configs.items()})
    table.insert(0, "setting", [SETTINGS[path].label for path in shown])
    st.dataframe(table, hide_index=True, key="settings-" + "-".join(run.id for run in runs))


def _history(run: Run) -> None:
    events = run.events()
    for event in reversed(events[-MOST_EVENTS:]):
        when = datetime.fromtimestamp(event["time"]).strftime("%d %b %H:%M:%S")
        what, message = plain(event["kind"][:50]), plain(event["message"][:2_000])
        st.markdown(f"`{when}` **{what}** at step {event['step']:,} · {message}")
    if len(events) > MOST_EVENTS:
        st.caption(f"and {len(events) - MOST_EVENTS:,} earlier ones are in events.jsonl in its folder.")


def run_card(run: Run, place: str = "card") -> None:
    """A run as a picture with a few words. `place` tells it from another card of the same run on one page."""
    newest(run, place=place)
    st.page_link(navigation.TRAIN, label=f"**{plain(run.name)}**", query_params={"run": run.id})
    state_badge(run.state)
    st.caption("  \n".join(filter(None, (f"step {run.status.step:,}", plain(quality.headline(run))))))
