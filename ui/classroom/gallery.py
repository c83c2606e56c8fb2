"""The runs that a teacher shows to the class: copies, which nobody changes and which outlive the run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from gancore.files import draft_name, sweep_drafts
from gancore.store import Run, RunStore
from gancore.store.records import LIVE

_LEFT_OUT = ("requests", "*.lock", ".*")  # what is for whoever trains it


class CannotPublish(RuntimeError):
    """A run cannot be shown to all; the message is one sentence."""


def publish(run: Run, gallery: Path) -> Run:
    """Copy a run that is over into the gallery, its checkpoints with it, so that all may explore it. One that is there
    already is replaced. Raises `CannotPublish` and `OSError`."""
    if run.state in LIVE or run.damage:
        raise CannotPublish(f"{run.name} cannot be published while it trains or waits, or where it is damaged.")
    gallery.mkdir(parents=True, exist_ok=True)
    sweep_drafts(gallery)
    draft, final = draft_name(gallery / run.id), gallery / run.id
    try:
        shutil.copytree(run.path, draft, symlinks=True, ignore=_ignored)
        withdraw(run.id, gallery)
        draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Run(final)


def withdraw(run_id: str, gallery: Path) -> None:
    """Show a run no more. The one that it was copied from stays."""
    if run_id in {run.id for run in RunStore(gallery).folders()}:
        shutil.rmtree(gallery / run_id)


def _ignored(folder: str, names: Sequence[str]) -> set[str]:
    """Also links: what they lead to is not the run's."""
    links = {name for name in names if (Path(folder) / name).is_symlink()}
    return links | shutil.ignore_patterns(*_LEFT_OUT)(folder, list(names))
