"""The table of runs, what can be done with the chosen ones, and the way back from a deletion."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st

from gancore.config import SETTINGS
from gancore.store import Run
from gancore.store.index import Snapshot
from gancore.store.records import LIVE, RESUMABLE
from gancore.text import describe_duration
from ui import navigation, state
from ui.boundary import boundary, explain
from ui.forms import draft
from ui.messages import attempt
from ui.run import controls, film, health, quality, view
from ui.run.progress import state_word
from ui.run.strip import WATCH
from ui.runs import columns
from ui.words import plain, share, value_text

LOOK_SECONDS = 0.4  # for which the health of runs is looked at before a page is drawn
LOOK_AGAIN = 1.5  # seconds from one such while to the next
MAX_VARYING = 8  # columns for settings that differ among the runs shown


def matches(run: Run, words: str) -> bool:
    """Whether every word is found in the run's name, state, tags, experiment or what goes wrong in it, or is a setting
    such as `ngf=64`. What cannot be searched is not hidden."""
    wanted = words.lower().split()
    if not wanted:
        return True
    try:
        return _has(run, wanted)
    except Exception as error:
        explain(run, error)
        return True


def _has(run: Run, wanted: Sequence[str]) -> bool:
    shown = run if isinstance(run, Snapshot) else state.index().find(run.id)
    if shown is None:
        return False
    text, settings = shown.once("words", lambda: _searchable(shown))
    seen = None if shown.damage else health.brief(shown, look=False)
    text = "\n".join([text, state_word(shown.state), *(seen.titles if seen else ())]).lower()
    return all(word in text or word in settings for word in wanted)


def _searchable(run: Run) -> tuple[str, set[str]]:
    """What a run says of itself, and its settings as `name=value`."""
    meta = run.meta
    settings = set()
    if not run.damage:
        for path, value in run.config_now.flat.items():
            settings |= {f"{name}={_value_text(path, value)}" for name in (path.lower(), SETTINGS[path].label.lower())}
    return "\n".join([run.id, run.name, run.experiment or "", *meta.tags, meta.notes]), settings


def _value_text(path: str, value: Any) -> str:
    try:
        return _known_text(path, type(value).__name__, value)
    except TypeError:  # what cannot be a key
        return value_text(path, value).lower()


@lru_cache(maxsize=10_000)
def _known_text(path: str, _kind: str, value: Any) -> str:
    return value_text(path, value).lower()


def varying(runs: Sequence[Run]) -> list[str]:
    """The settings that differ among runs and have an effect in at least one of them."""
    configs = []
    for run in runs:
        try:
            configs += [] if run.damage else [run.config_now]
        except Exception as error:
            explain(run, error)
    return [
        path
        for path in SETTINGS
        if len({config.flat[path] for config in configs}) > 1 and any(config.uses(path) for config in configs)
    ]


def look(runs: Sequence[Snapshot]) -> None:
    """Look at the health of those runs that nobody looked at, for a while; the rest comes later, while the page is
    there. It is known from then on, in other servers, too."""
    if _look_for_a_while(runs):
        st.fragment(_go_on_looking, run_every=LOOK_AGAIN, key="looking")(runs)


def _go_on_looking(runs: Sequence[Snapshot]) -> None:
    left = _look_for_a_while(runs)
    if not left:
        st.rerun()
    st.caption(f":material/hourglass_empty: The health of {left:,} runs is not known yet: it is being looked at.")


def _look_for_a_while(runs: Sequence[Snapshot]) -> int:
    """How many are left."""
    deadline, left = time.monotonic() + LOOK_SECONDS, 0
    for run in runs:
        try:
            known = run.damage is not None or health.brief(run, look=time.monotonic() < deadline) is not None
        except Exception as error:
            explain(run, error)
            continue
        left += not known
    state.index().save(now=not left)
    return left


def runs_table(runs: Sequence[Snapshot]) -> list[Run]:
    """All runs, a row each; returns those that are ticked."""
    if not runs:
        return []
    paths = varying(runs)[:MAX_VARYING]
    measured = columns.Quality(runs)
    table = pd.DataFrame([_row(run, paths, measured.cells(run)) for run in runs])
    for name in ("D loss", "G loss", "loss", "forked from", "health"):  # most tables lack some of them
        if name in table and table[name].isna().all():
            table = table.drop(columns=name)
    event = st.dataframe(
        table,
        hide_index=True,
        row_height=64,
        height=min(64 * len(table) + 38, 620),
        placeholder="–",
        on_select="rerun",
        selection_mode="multi-row",
        key=_table_key(runs),
        column_order=[name for name in map(str, table) if name not in measured.asked_for],
        column_config={
            "samples": st.column_config.ImageColumn("samples", width="small"),
            "name": st.column_config.TextColumn("name", width="medium", pinned=True),
            "progress": st.column_config.ProgressColumn("progress", format="%.0f %%", max_value=100, width=110),
            "D loss": st.column_config.NumberColumn(format="%.3g", help="Mean over the last 100 steps."),
            "G loss": st.column_config.NumberColumn(format="%.3g", help="Mean over the last 100 steps."),
            "loss": st.column_config.NumberColumn(format="%.3g", help="Mean over the last 100 steps."),
            "when": st.column_config.DatetimeColumn(format="distance"),
            "health": st.column_config.TextColumn(help="Problems that its curves and samples show."),
            **measured.looks,
        },
    )
    return [Run(runs[index].path) for index in event.selection.rows if index < len(runs)]


def _table_key(runs: Sequence[Run]) -> str:
    """Another key for other rows: ticks are row numbers, and must not stay when what stands in the rows changes."""
    return "runs-table-" + hashlib.blake2b(" ".join(run.id for run in runs).encode(), digest_size=8).hexdigest()


def _row(run: Snapshot, paths: Sequence[str], measured: Mapping[str, Any]) -> dict[str, Any]:
    """What the table says of a run; of one that cannot be read, why."""
    try:
        problem = run.damage
        if problem is None:
            return _whole_row(run, paths, measured)
    except Exception as error:
        problem = explain(run, error)
    return {"samples": None, "name": run.id, "state": state_word("damaged"), **measured, "notes": problem}


def _whole_row(run: Snapshot, paths: Sequence[str], measured: Mapping[str, Any]) -> dict[str, Any]:
    row = run.once("row " + " ".join(paths), lambda: _lasting_row(run, paths, measured))
    seen = health.brief(run, look=False)
    parent = _parent_name(run.meta.parent)
    return {**row, **measured} | {"state": state_word(run.state), "health": seen and seen.word, "forked from": parent}


def _lasting_row(run: Run, paths: Sequence[str], measured: Mapping[str, Any]) -> dict[str, Any]:
    """What stays in a row, in the order of its columns, as long as the run's folder does."""
    status, meta, config = run.status, run.meta, run.config_now
    numbers = status.scalars | run.summary  # of a run that was killed, a summary has no losses
    return {
        "samples": film.thumbnail(run),
        "name": ("★ " if meta.starred else "") + run.name,
        "state": None,
        "progress": 100 * share(status),
        "health": None,
        **measured,
        "data": config.data.name,
        **{SETTINGS[path].label: view.setting_text(config, path) for path in paths if path != "data.name"},
        "D loss": numbers.get("loss_d"),
        "G loss": numbers.get("loss_g"),
        "loss": numbers.get("loss"),
        "trained": describe_duration(status.seconds),
        "when": datetime.fromtimestamp(run.created),
        "experiment": run.experiment,
        "forked from": None,
        "tags": list(meta.tags),
        "notes": meta.notes,
    }


def _parent_name(run_id: str | None) -> str | None:
    if run_id is None:
        return None
    parent = state.index().find(run_id)
    return parent.name if parent else "a run that no longer exists"


def actions(chosen: Sequence[Run]) -> None:
    """Buttons for the ticked runs."""
    if not chosen:
        st.caption("Tick a run to open, rename, resume or delete it; tick several to compare them.")
        return
    one = chosen[0] if len(chosen) == 1 and not chosen[0].damage else None
    with st.container(horizontal=True):
        if one and st.button("Open", icon=":material/open_in_full:", type="primary"):
            st.switch_page(navigation.TRAIN, query_params={"run": one.id})
        if len(chosen) > 1 and st.button("Compare", icon=":material/compare:", type="primary"):
            st.switch_page(navigation.COMPARE, query_params={"runs": ",".join(run.id for run in chosen)})
        resumable = [run for run in chosen if run.state in RESUMABLE]
        if resumable and st.button("Resume", icon=":material/play_arrow:"):
            for run in resumable:
                controls.resume(run)
            st.rerun()
        if one and st.button("Use settings in Train", icon=":material/content_copy:"):
            draft.start_from_run(one)
            st.switch_page(navigation.TRAIN, query_params={"run": one.id})
        if st.button("Delete", icon=":material/delete:"):
            _delete(chosen)
            st.rerun()
    if one:
        with st.expander("Name, tags and notes", icon=":material/edit:", key=f"edit-{one.id}"):
            _edit(one)


def _edit(run: Run) -> None:
    meta = run.meta
    with st.form(f"edit-form-{run.id}", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name", run.name, max_chars=120, key=f"name-{run.id}")
        tags = right.multiselect(
            "Tags", sorted({*meta.tags}), list(meta.tags), accept_new_options=True, key=f"tags-{run.id}"
        )
        notes = st.text_area("Notes", meta.notes, height=90, key=f"notes-{run.id}")
        starred = st.checkbox("Starred", meta.starred, key=f"star-{run.id}")
        if st.form_submit_button("Save", icon=":material/save:"):
            changes = {"name": name.strip(), "tags": tuple(tags), "notes": notes, "starred": starred}
            attempt(f"Saving the notes of {run.name}", run.edit_meta, **changes)
            st.rerun()


def outcome(chosen: Sequence[Run]) -> None:
    """What was measured of the ticked run, as on the Train page; of several, where it is shown together."""
    usable = [run for run in chosen if not run.damage]
    if len(usable) > 1:
        st.caption("**Compare** shows their curves, samples and classes side by side.")
    elif usable:
        (run,) = usable
        every = WATCH if run.state in LIVE else None
        st.fragment(_outcome, run_every=every, key=f"outcome-{run.id}")(run.id)


def _outcome(run_id: str) -> None:
    run = state.find_run(run_id)
    if run is None or run.damage:
        st.rerun()  # the table must notice, too
    st.subheader("Sample quality", anchor=False)
    with boundary(run):
        quality.section(run, live=run.state in LIVE, marks=view.change_marks(run))


def _delete(chosen: Sequence[Run]) -> None:
    delete = state.store().delete
    st.session_state["deleted"] = [run.id for run in chosen if attempt(f"Deleting {run.name}", delete, run)]


def undo_bar() -> None:
    """After a deletion: what went, and the way back."""
    trashed = {run.id: run for run in state.store().trashed()}
    deleted = [trashed[run_id] for run_id in st.session_state.get("deleted", []) if run_id in trashed]
    if not deleted:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: Deleted {plain(', '.join(run.name for run in deleted))}.", width="stretch")
        if st.button("Undo", icon=":material/undo:", key="undo"):
            restored = [run.id for run in deleted if attempt(f"Restoring {run.name}", state.store().restore, run.id)]
            st.session_state["deleted"] = [run.id for run in deleted if run.id not in restored]
            st.rerun()


def trash() -> None:
    """Everything deleted, until it is deleted for good."""
    trashed = state.store().trashed()
    if not trashed:
        return
    with st.expander(f"Trash ({len(trashed)})", icon=":material/delete:"):
        for run in trashed:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(run.name), width="stretch")
                if st.button("Restore", key=f"restore-{run.id}", icon=":material/undo:"):
                    attempt(f"Restoring {run.name}", state.store().restore, run.id)
                    st.rerun()
        with st.popover("Empty the trash", icon=":material/delete_forever:"):
            st.markdown("This cannot be undone.")
            if st.button("Delete for good", type="primary"):
                attempt("Emptying the trash", state.store().empty_trash)
                st.rerun()
