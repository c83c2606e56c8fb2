"""What opens over the table of runs: tags of many, runs in a zip, what they take on the disk, the trash."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from gancore.store import Run, StoreFull
from gancore.store.archive import BadArchive, pack, size_of, unpack
from gancore.store.index import Snapshot
from gancore.store.records import Meta
from gancore.store.storage import Keep, Usage, free_all, last_used, unused_since, usage
from gancore.text import counted, describe_bytes
from ui import state
from ui.messages import attempt, describe, say
from ui.words import plain

MOST_EXPORTED = 500_000_000  # bytes that go through a browser; the command line has no such limit
MOST_UPLOADED = 200  # megabytes
MOST_ROWS = 12  # of the largest runs

_KEY = "runs-dialog"  # in the session: which one is open, and on which runs


def ask(name: str, runs: Sequence[Run] = ()) -> None:
    """Have a dialog opened: in a callback. Which runs it is about is settled now, whatever is ticked later."""
    st.session_state[_KEY] = name, [run.id for run in runs], True


def is_asked_for() -> bool:
    """Whether one should be opened that is not: a fragment must have the whole page drawn for it."""
    *_, is_new = st.session_state.get(_KEY, ("", [], False))
    return bool(is_new)


def close() -> None:
    """Close it with the next pass."""
    st.session_state.pop(_KEY, None)


def show() -> None:
    """The dialog that is open, if one is: in each pass over the whole page."""
    name, ids, _ = st.session_state.get(_KEY, ("", [], False))
    if name not in _DIALOGS:
        return
    st.session_state[_KEY] = name, ids, False
    runs = [run for run_id in ids if (run := state.find_run(run_id)) is not None and not state.is_reference(run)]
    title, body = _DIALOGS[name]
    st.dialog(title, width="medium", on_dismiss=close)(body)(runs)


def _tags(runs: Sequence[Run]) -> None:
    """Tags that some have and others do not stay as they are, unless they are added or removed."""
    known = sorted({tag for run in state.runs() for tag in run.meta.tags})
    theirs = sorted({tag for run in runs for tag in run.meta.tags})
    st.caption(_which(runs))
    added = st.multiselect("Add", known, accept_new_options=True, placeholder="Choose or type tags", key="tags-added")
    removed = st.multiselect("Remove", theirs, placeholder="Choose tags", key="tags-removed", disabled=not theirs)
    if st.button("Save", type="primary", icon=":material/save:", disabled=not (added or removed)):
        for run in runs:
            tags = [tag for tag in run.meta.tags if tag not in removed]
            attempt(f"Tagging {run.name}", run.edit_meta, tags=_bounded((*tags, *added)))
        close()
        st.rerun()


def _bounded(tags: Sequence[str]) -> tuple[str, ...]:
    """As many as a run can have, each once."""
    most = next(fact.max_length for fact in Meta.model_fields["tags"].metadata if hasattr(fact, "max_length"))
    return tuple(dict.fromkeys(" ".join(tag.split())[:100] for tag in tags if tag.strip()))[:most]


def _which(runs: Sequence[Run]) -> str:
    names = ", ".join(run.name for run in runs[:3])
    return plain(names + (f" and {len(runs) - 3:,} more" if len(runs) > 3 else ""))


def _trash(_runs: Sequence[Run]) -> None:
    trashed = state.store().trashed()
    if not trashed:
        st.markdown("Nothing is in the trash.")
        return
    with st.container(height=360 if len(trashed) > 7 else "content", border=False):
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


def _export(runs: Sequence[Run]) -> None:
    whole = [run for run in runs if not run.damage]
    size = size_of(whole)
    st.markdown(
        f"{counted(len(whole), 'run')}, up to {describe_bytes(size)}: settings, curves, sample "
        "grids, evaluations, history, name, tags and notes. Checkpoints are not in it: they could hold code."
    )
    if size > MOST_EXPORTED:
        st.error(
            f"That is more than a browser should fetch ({describe_bytes(MOST_EXPORTED)}). "
            "In a terminal: python -m gancore export-runs",
            icon=":material/error:",
        )
        return
    name = f"runs-{datetime.now():%Y%m%d-%H%M%S}.zip"
    st.download_button(
        "Download", lambda: _packed(whole), name, "application/zip", type="primary", icon=":material/download:"
    )


def _packed(runs: Sequence[Run]) -> bytes:
    target = io.BytesIO()
    pack(runs, target)
    return target.getvalue()


def _import(_runs: Sequence[Run]) -> None:
    st.markdown("A zip that Export wrote here or elsewhere. Its runs keep their names, and are marked as imported.")
    uploaded = st.file_uploader("A zip of runs", type="zip", max_upload_size=MOST_UPLOADED, key="runs-zip")
    if uploaded is None or not st.button("Import", type="primary", icon=":material/upload:"):
        return
    try:
        with st.spinner("Importing …"):
            made = unpack(state.store(), uploaded)
    except (BadArchive, StoreFull, OSError) as problem:
        words = str(problem) if isinstance(problem, BadArchive) else describe(problem)
        st.error(plain(f"{words[0].upper()}{words[1:].rstrip('.')}."), icon=":material/error:")
        return
    for sentence in made.problems[:20]:
        say(sentence)
    say(f"{counted(len(made.runs), 'run')} imported.", icon="check")
    close()
    st.rerun()


def _storage(_runs: Sequence[Run]) -> None:
    runs = state.runs()
    taken = {run.id: _usage(run) for run in runs}
    total = _sum(list(taken.values()))
    state.index().save(now=True)
    st.markdown(
        f"**{describe_bytes(total.total)}** in {counted(len(runs), 'run')}: checkpoints "
        f"{describe_bytes(total.checkpoints + total.last)}, set aside {describe_bytes(total.discarded)}, sample grids "
        f"{describe_bytes(total.samples)}, curves and the rest {describe_bytes(total.rest)}."
    )
    largest = sorted(runs, key=lambda run: -taken[run.id].total)[:MOST_ROWS]
    table = pd.DataFrame(
        {
            "run": [run.name for run in largest],
            "takes": [taken[run.id].total / 1e6 for run in largest],
            "checkpoints": [(taken[run.id].checkpoints + taken[run.id].last) / 1e6 for run in largest],
            "last used": [datetime.fromtimestamp(last_used(run)) for run in largest],
        }
    )
    megabytes = st.column_config.NumberColumn(format="%.1f MB")
    days = st.column_config.DatetimeColumn(format="distance")
    config = {"takes": megabytes, "checkpoints": megabytes, "last used": days}
    st.dataframe(table, hide_index=True, column_config=config, height=250)
    _clean_up(runs, taken)


def _clean_up(runs: Sequence[Snapshot], taken: Mapping[str, Usage]) -> None:
    st.markdown("**Delete checkpoints** of runs that nobody opened for long. Runs that train or wait are left alone.")
    left, right = st.columns(2)
    days = left.number_input("Not opened for (days)", 0, 3650, 30, key="clean-days")
    words: dict[Keep, str] = {"last": "all but the last: it can go on", "none": "all: it can only be looked at"}
    keep: Keep = right.selectbox("Which checkpoints", list(words), format_func=words.__getitem__, key="clean-keep")
    old = [run for run in unused_since(runs, days) if taken[run.id].freeable(keep)]
    freed = sum(taken[run.id].freeable(keep) for run in old)
    if not old:
        st.caption("There is nothing to free.")
        return
    st.caption(f"{describe_bytes(freed)} of {counted(len(old), 'run')}, such as {_which(old)}. This cannot be undone.")
    if st.button(f"Free {describe_bytes(freed)}", icon=":material/delete_forever:", key="clean"):
        done, problems = free_all([Run(run.path) for run in old], keep)
        for problem in problems[:20]:
            say(problem)
        say(f"{describe_bytes(done)} freed.", icon="check")
        close()
        st.rerun()


def _usage(run: Snapshot) -> Usage:
    """What a run takes, looked up again only when its folder changed."""
    digest = run.digest("usage")
    kept = state.index().recall(run, "usage", digest)
    if isinstance(kept, list) and len(kept) == len(vars(Usage())) and all(isinstance(each, int) for each in kept):
        return Usage(*kept)
    found = usage(run)
    state.index().keep(run, "usage", digest, list(vars(found).values()))
    return found


def _sum(taken: Sequence[Usage]) -> Usage:
    return Usage(*(sum(column) for column in zip(*(vars(each).values() for each in taken), strict=True)))


_DIALOGS: Mapping[str, tuple[str, Callable[[Sequence[Run]], None]]] = {
    "tags": ("Tags", _tags),
    "export": ("Export runs", _export),
    "import": ("Import runs", _import),
    "storage": ("Storage", _storage),
    "trash": ("Trash", _trash),
}
