"""Sample grids of saved runs from the noise of another seed, drawn in the background.

They lie in the cache and not in the run's folder, which whoever trains it has to himself: `previews/<run>/` has a file
for each checkpoint, named by its step, by the seed and by what the checkpoint is, so that one which was replaced is
drawn anew. Anybody may write and delete them: each is written whole, and drawn again when it is missing.
"""

from __future__ import annotations

import atexit
import hashlib
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gancore.executors.loading import load_torch
from gancore.files import replace, temporary_name
from gancore.store import Run
from gancore.store.checkpoint_step import saved_step

MOST_CHECKPOINTS = 12  # of a run that are drawn, spread over its length
MOST_BYTES = 200_000_000  # of all that is kept; the oldest goes first
SUFFIX = ".png"


class Drawing:
    """The grids of one run from the noise of one seed: under way, or over."""

    def __init__(self, run: Run, seed: int) -> None:
        self.run, self.seed = run, seed
        self.problem = ""  # one sentence, if not all could be drawn
        self.over = threading.Event()


class Drawer:
    """Draws one run after another, in a thread that ends when there is nothing to draw."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._lock = threading.Lock()  # on what follows
        self._latest: dict[tuple[Path, int], Drawing] = {}
        self._waiting: list[Drawing] = []
        self._thread: threading.Thread | None = None
        self._unwanted = threading.Event()
        atexit.register(self.close)

    @property
    def root(self) -> Path:
        """Where grids are kept."""
        from gancore.data.roots import cache_root  # here, since its package brings torch with it

        return self._root or cache_root() / "previews"

    def wanted(self, run: Run, seed: int) -> dict[int, tuple[str, Path]]:
        """By step: the checkpoint, and the file that its grid is or will be in."""
        found: dict[int, tuple[str, Path]] = {}
        for name, path in run.checkpoints().items():
            step = int(name) if name.isdecimal() else saved_step(path)
            if step is not None and (step not in found or name.isdecimal()):
                with suppress(OSError):
                    found[step] = name, self._file(run, path, step, seed)
        return _spread(dict(sorted(found.items())), MOST_CHECKPOINTS)

    def drawn(self, run: Run, seed: int) -> dict[int, Path]:
        """The grids that are there, by step."""
        return {step: path for step, (_, path) in self.wanted(run, seed).items() if path.is_file()}

    def draw(self, run: Run, seed: int) -> Drawing | None:
        """Have what is missing drawn; None if nothing is. What could not be drawn is not tried again here."""
        missing = [path for _, path in self.wanted(run, seed).values() if not path.is_file()]
        with self._lock:
            before = self._latest.get((run.path, seed))
            if before is not None and (not before.over.is_set() or (missing and before.problem)):
                return before
            if not missing:
                return None
            made = self._latest[run.path, seed] = Drawing(Run(run.path), seed)
            self._waiting.append(made)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="drawing samples", daemon=True)
                self._thread.start()
            return made

    def close(self, timeout: float = 10.0) -> None:
        """End soon; waits for that, but no longer than `timeout` seconds."""
        self._unwanted.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _file(self, run: Run, checkpoint: Path, step: int, seed: int) -> Path:
        facts = checkpoint.lstat()
        same = f"{run.path} {facts.st_mtime_ns} {facts.st_size} {facts.st_ino}"
        stamp = hashlib.blake2b(same.encode(errors="surrogateescape"), digest_size=8).hexdigest()
        return self.root / run.id / f"{step:09d}-{seed}-{stamp}{SUFFIX}"

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or self._unwanted.is_set():
                    self._thread = None
                    for each in self._waiting:
                        each.over.set()
                    return
                drawing = self._waiting.pop(0)
            try:
                self._draw(drawing)
            except (OSError, ValueError, RuntimeError, MemoryError) as problem:  # no data, a damaged checkpoint
                drawing.problem = next(iter(str(problem).splitlines()), "") or type(problem).__name__
            except Exception as problem:  # an error of ours: it is said, and the server's log has the rest
                traceback.print_exc()
                drawing.problem = f"{type(problem).__name__}: {problem}"
            finally:
                drawing.over.set()

    def _draw(self, drawing: Drawing) -> None:
        load_torch()
        from gancore.sampling.samples import preview

        for name, path in self.wanted(drawing.run, drawing.seed).values():
            if self._unwanted.is_set():
                return
            if path.is_file():
                continue
            image = preview(drawing.run, drawing.seed, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = temporary_name(path)
            try:
                image.save(temporary, "PNG")
                replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
        self._make_room()

    def _make_room(self) -> None:
        """Delete the oldest, as long as there is too much."""
        found = []
        for path in self.root.glob(f"*/*{SUFFIX}"):
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime_ns, facts.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= MOST_BYTES:
                return
            path.unlink(missing_ok=True)
            total -= size


def _spread(found: Mapping[int, tuple[str, Path]], most: int) -> dict[int, tuple[str, Path]]:
    """At most so many of the steps, the first and the last among them."""
    steps = list(found)
    if len(steps) <= most:
        return dict(found)
    return {step: found[step] for step in (steps[place * (len(steps) - 1) // (most - 1)] for place in range(most))}
