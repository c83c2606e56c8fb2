"""Imported image sets: choosing one, importing another, deleting one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gancore.config import needed
from gancore.executors.importing import Import
from ui import state
from ui.classroom.room import current
from ui.forms import draft
from ui.messages import attempt, say
from ui.words import plain

if TYPE_CHECKING:
    from gancore.data.imported import ImportedSet
    from gancore.data.importing import ImportReport

COLUMNS = 8  # of images of a set that are shown
LOOK = 0.5  # seconds between looks at an import that is under way
TYPES = ("zip", "png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff", "pgm", "ppm")

_JOB = "import"  # in the session: the import that was asked for last, until its outcome is said


def panel() -> None:
    """Below the dataset, once it is `own`: which set, and how to get another."""
    if not state.torch_ready():
        st.skeleton(height=120)
        return
    from gancore.data.imported import imported_sets

    sets = {each.name: each for each in imported_sets()}
    chosen = draft.values()["data.own"]
    turn = _counter("imports")  # after an import all of this is made anew
    if sets:
        names = list(sets)
        st.selectbox(
            "Image set",
            names,
            index=names.index(chosen) if chosen in sets else None,
            format_func=lambda name: _title(sets[name]),
            key=f"own-set-{turn}",
            on_change=_choose,
            placeholder="Choose one",
        )
    job: Import | None = st.session_state.get(_JOB)
    busy = job is not None and not job.over.is_set()
    folded = f"own-import-{turn}-{_counter('folded')}"
    mine = _may_change()
    if mine:
        with st.expander("Import images", icon=":material/upload:", key=folded):
            _import_form(busy)
    elif not sets:
        st.caption("There are none yet: your teacher imports them, for the whole class.")
    if job is not None and busy:
        st.fragment(_under_way, run_every=LOOK, key="own-under-way")(job)
    elif job is not None:
        _outcome(job)
    if chosen in sets:
        _identity(chosen)
        _pictures(chosen)
        _classes(sets[chosen])
    if chosen in sets and mine:
        with st.popover("Delete this set", icon=":material/delete:", type="tertiary"):
            st.markdown("Runs that used it keep their results, but cannot go on without it.")
            st.button("Delete for good", type="primary", key="own-delete", on_click=_delete, args=(chosen,))


def _may_change() -> bool:
    """A class shares its image sets, so a student neither imports nor deletes any."""
    person = current()
    return person is None or person.teaches


def _identity(name: str) -> None:
    """What the settings say of the chosen set, compared with what it holds."""
    from gancore.data.imported import contents

    expected, held = draft.values()["data.own_hash"], contents(name)
    if not expected:  # settings of a run that an earlier version made; whatever starts now says what it learns from
        draft.put({"data.own_hash": held})
    elif expected != held:
        st.warning("This set has changed since these settings were chosen.", icon=":material/warning:")
        st.button("Use the set as it is now", key="own-renew", on_click=_take, args=(name,))


def _pictures(name: str) -> None:
    """Some images of the chosen set."""
    from gancore.data.errors import DataUnavailable
    from gancore.data.imported import version

    try:
        st.image(
            _sheet(name, version(name)), width="stretch", output_format="PNG", caption=f"Some images of {plain(name)}"
        )
    except DataUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


@st.cache_data(max_entries=20, show_spinner=False)
def _sheet(name: str, version: int) -> bytes:
    """Two rows of a set's images as one picture, kept as long as the set has this version."""
    del version  # it is only asked for by the cache
    from gancore.data.imported import some
    from gancore.pictures.grids import encode_png, grid

    images = some(name, 2 * COLUMNS).float() / 127.5 - 1
    return encode_png(grid(images, COLUMNS), scale=max(1, 64 // images.shape[-1]))


def _title(chosen: ImportedSet) -> str:
    color = "colour" if chosen.channels == 3 else "grey"
    return f"{chosen.name} · {sum(chosen.counts):,} images, {chosen.size} px, {color}"


def _classes(chosen: ImportedSet) -> None:
    if len(chosen.counts) > 1:
        shown = [f"{place} {name} ({chosen.counts[place]:,})" for place, name in enumerate(chosen.classes[:12])]
        rest = [f"and {len(chosen.classes) - 12} more"] if len(chosen.classes) > 12 else []
        st.caption(plain("Classes: " + " · ".join(shown + rest)))


def _import_form(busy: bool) -> None:
    files = st.file_uploader(
        "A zip file, or images",
        type=TYPES,
        accept_multiple_files=True,
        key=f"own-files-{_counter('imports')}",
        help="In a zip file, each folder is a class. At least 16 images; each is cropped to its central square and "
        "scaled down to at most 64 pixels. They stay on the machine that runs the dashboard.",
    )
    name = ""
    if files:  # a key of its own for each: a box keeps what it held, whatever else is suggested
        suggested = files[0].name.rpartition(".")[0][:64]
        name = st.text_input("Name", suggested, max_chars=64, key=f"own-name-{files[0].file_id}")
    idle = bool(files) and not busy
    if st.button("Import", type="primary", disabled=not idle, key="own-import") and idle and _start(files, name):
        _count_up("folded")  # and the files are still in it should they not be usable
        st.rerun()


def _start(files: Sequence[st.runtime.uploaded_file_manager.UploadedFile], name: str) -> bool:
    """Begin to read the uploads; False, and a sentence, if one can tell at once that they cannot be used."""
    from gancore.data.errors import BadImages
    from gancore.data.imported import slugged

    zips = [file for file in files if file.name.lower().endswith(".zip")]
    try:
        slugged(name)
        if zips and len(files) > 1:
            raise BadImages("Upload either one zip file or images.")
    except BadImages as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return False
    job = Import(zips[0] if zips else [(file.name, file.getvalue()) for file in files], name)
    st.session_state[_JOB] = job
    job.start()
    return True


def _outcome(job: Import) -> None:
    """What became of an import that is over."""
    if job.problem:  # until the next one
        st.error(plain(job.problem), icon=":material/error:")
        return
    del st.session_state[_JOB]
    if job.report is None:
        say("The import was cancelled; nothing was kept.", icon="close")
    else:
        _take(job.report.made.name)
        _count_up("imports")
        say(_summary(job.report), icon="check")
    st.rerun()


def _under_way(job: Import) -> None:
    """How far an import is, and a way to end it."""
    if job.over.is_set():
        st.rerun()  # the whole form: there is another set to choose
    stage = job.stage
    st.progress(stage.share, f"Importing: {stage.doing} …")
    st.button("Cancel", icon=":material/close:", width="stretch", key="own-cancel", on_click=job.cancel)


def _counter(name: str) -> int:
    """What makes widgets anew when it counts up, by being part of their keys."""
    counted: int = st.session_state.get(name, 0)
    return counted


def _count_up(name: str) -> None:
    st.session_state[name] = _counter(name) + 1


def _summary(report: ImportReport) -> str:
    made = report.made
    classes = f" of {len(made.counts)} classes" if len(made.counts) > 1 else ""
    skipped = f" {report.skipped:,} files were skipped, such as {report.reasons[0]}." if report.skipped else ""
    return f"{made.name}: {report.used:,} images{classes}.{skipped} {report.note}".strip()


def _take(name: str) -> None:
    """Train on this set."""
    from gancore.data.imported import settings_of

    kind = draft.values()["model.kind"]
    fixed = {"model.nc"} & set(needed("model.kind", kind))
    draft.put({path: value for path, value in settings_of(name).items() if path not in fixed})


def _choose() -> None:
    _take(st.session_state[f"own-set-{_counter('imports')}"] or "")


def _delete(name: str) -> None:
    from gancore.data.imported import remove

    if not attempt(f"Deleting {name}", remove, name):
        return
    draft.put({"data.own": "", "data.own_counts": (), "data.own_hash": ""})
    _count_up("imports")
