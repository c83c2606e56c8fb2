"""Images of one's own: choosing an imported set, importing another, deleting one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gancore.config import needed
from ui import state
from ui.forms import draft
from ui.messages import attempt, say
from ui.words import plain

if TYPE_CHECKING:
    from gancore.data.imported import ImportedSet
    from gancore.data.importing import ImportReport

TYPES = ("zip", "png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff", "pgm", "ppm")


def panel() -> None:
    """Below the dataset, once it is `own`: which set, and how to get another."""
    if not state.torch_ready():
        st.skeleton(height=120)
        return
    from gancore.data.imported import imported_sets

    sets = {each.name: each for each in imported_sets()}
    chosen = draft.values()["data.own"]
    turn = st.session_state.get("imports", 0)  # after an import all of this is made anew, the popover closed
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
    with st.popover("Import images", icon=":material/upload:", width="stretch", key=f"own-popover-{turn}"):
        _import_form()
    if chosen in sets:
        _identity(chosen)
        _classes(sets[chosen])
        with st.popover("Delete this set", icon=":material/delete:", type="tertiary"):
            st.markdown("Runs that used it keep their results, but cannot go on without it.")
            st.button("Delete for good", type="primary", key="own-delete", on_click=_delete, args=(chosen,))


def _identity(name: str) -> None:
    """What the settings say of the chosen set, compared with what it holds."""
    from gancore.data.imported import contents

    expected, held = draft.values()["data.own_hash"], contents(name)
    if not expected:  # settings of a run that an earlier version made; whatever starts now says what it learns from
        draft.put({"data.own_hash": held})
    elif expected != held:
        st.warning("This set holds other images than when these settings were made.", icon=":material/warning:")
        st.button("Use the set as it is now", key="own-renew", on_click=_take, args=(name,))


def _title(own: ImportedSet) -> str:
    color = "colour" if own.channels == 3 else "grey"
    return f"{own.name} · {sum(own.counts):,} images, {own.size} px, {color}"


def _classes(own: ImportedSet) -> None:
    if len(own.counts) > 1:
        shown = [f"{place} {name} ({own.counts[place]:,})" for place, name in enumerate(own.classes[:12])]
        rest = [f"and {len(own.classes) - 12} more"] if len(own.classes) > 12 else []
        st.caption(plain("Classes: " + " · ".join(shown + rest)))


def _import_form() -> None:
    files = st.file_uploader(
        "A zip, or some images",
        type=TYPES,
        accept_multiple_files=True,
        key=f"own-files-{st.session_state.get('imports', 0)}",
        help="In a zip, the folder of an image is its class. At least 16 images. Each is cut to the square in its "
        "middle and made at most 64 pixels wide. They stay on the machine that runs the dashboard.",
    )
    name = ""
    if files:  # a key of its own for each: a box keeps what it held, whatever else is suggested
        suggested = files[0].name.rpartition(".")[0][:64]
        name = st.text_input("Name", suggested, max_chars=64, key=f"own-name-{files[0].file_id}")
    if st.button("Import", type="primary", disabled=not files, key="own-import") and files:
        with st.spinner("Reading images …"):
            report = _import(files, name)
        if report is not None:
            _take(report.made.name)
            st.session_state["imports"] = st.session_state.get("imports", 0) + 1
            say(_summary(report), icon="check")
            st.rerun()


def _import(files: Sequence[st.runtime.uploaded_file_manager.UploadedFile], name: str) -> ImportReport | None:
    """Read the uploads; None, and a sentence, if they cannot be used."""
    from gancore.data.errors import BadImages
    from gancore.data.importing import import_images

    zips = [file for file in files if file.name.lower().endswith(".zip")]
    try:
        if zips and len(files) > 1:
            raise BadImages("Upload one zip, or images without a zip.")
        return import_images(zips[0] if zips else [(file.name, file.getvalue()) for file in files], name)
    except BadImages as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return None


def _summary(report: ImportReport) -> str:
    made = report.made
    classes = f" of {len(made.counts)} classes" if len(made.counts) > 1 else ""
    skipped = f" {report.skipped:,} files were left out, such as {report.reasons[0]}." if report.skipped else ""
    return f"{made.name}: {report.used:,} images{classes}.{skipped} {report.note}".strip()


def _take(name: str) -> None:
    """Train on this set."""
    from gancore.data.imported import settings_of

    kind = draft.values()["model.kind"]
    fixed = {"model.nc"} & set(needed("model.kind", kind))
    draft.put({path: value for path, value in settings_of(name).items() if path not in fixed})


def _choose() -> None:
    _take(st.session_state[f"own-set-{st.session_state.get('imports', 0)}"] or "")


def _delete(name: str) -> None:
    from gancore.data.imported import remove

    if not attempt(f"Deleting {name}", remove, name):
        return
    draft.put({"data.own": "", "data.own_counts": (), "data.own_hash": ""})
    st.session_state["imports"] = st.session_state.get("imports", 0) + 1
