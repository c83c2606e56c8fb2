"""Importing images in the background, so that whoever asked for it can go on meanwhile."""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gancore.executors.loading import load_torch
from gancore.progress import Cancelled

if TYPE_CHECKING:
    from gancore.data.importing import ImportReport
    from gancore.data.untrusted import Source


@dataclass(frozen=True)
class Stage:
    """How far an import is."""

    doing: str
    share: float  # of this stage, 0 to 1


class Import:
    """An import: under way, or over. Then there is a `report`, or a `problem`, or neither since it was cancelled."""

    def __init__(self, source: Source, name: str) -> None:
        self.stage = Stage("starting", 0.0)
        self.report: ImportReport | None = None
        self.problem = ""  # one sentence
        self.over = threading.Event()
        self._unwanted = threading.Event()
        self._source, self._name = source, name

    def start(self) -> None:
        """Begin, in a thread that does not keep the process from ending."""
        threading.Thread(target=self._make, name=f"importing {self._name}", daemon=True).start()

    def cancel(self) -> None:
        """Have it end soon, with nothing written."""
        self._unwanted.set()
        self.stage = replace(self.stage, doing="ending")

    def _make(self) -> None:
        try:
            load_torch()
            from gancore.data import BadImages
            from gancore.data.importing import import_images

            try:
                cancelled = self._unwanted.is_set
                self.report = import_images(self._source, self._name, count=self._count, cancelled=cancelled)
            except BadImages as problem:
                self.problem = str(problem)
        except Cancelled:
            pass
        except MemoryError:
            self.problem = "There is not enough memory for that many images: import fewer at once."
        except Exception as problem:  # an error of ours: it is said, and the server's log has the rest
            traceback.print_exc()
            self.problem = f"The images could not be imported: {type(problem).__name__}: {problem}."
        finally:
            self._source = []  # uploads take memory
            self.over.set()

    def _count(self, doing: str, done: int, total: int) -> None:
        if not self._unwanted.is_set():
            self.stage = Stage(doing, done / total if total else 0.0)
