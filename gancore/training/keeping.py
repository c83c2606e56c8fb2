"""Which checkpoints stay besides the last one, so that a run can be forked from before things went wrong."""

from __future__ import annotations

from contextlib import suppress

from gancore.store import Run

FIRST = 100  # step; before, a run is soon trained anew


class Keeping:
    """Checkpoints at steps 100, 200, 500, 1,000 and so on, one before each live change, and every few epochs if asked.

    All but those every few epochs share `train.keep_mb`: when they need more, the oldest go first, and those before a
    live change last.
    """

    def __init__(self, run: Run) -> None:
        config = run.config
        self._run, self._most = run, config.train.keep_mb * 1_000_000
        self._every = config.train.keep_epochs * config.batches_per_epoch // config.batches_per_step
        self._fits = self._most > 0

    def due(self, step: int) -> bool:
        """Whether to keep a checkpoint of this step."""
        return self._is_asked(step) or (self._fits and _is_round(step))

    def wanted_before_a_change(self, step: int) -> bool:
        """Whether to keep one now that settings change after this step; the first one is any run's beginning."""
        return self._fits and step > 0 and f"{step:06d}" not in self._run.checkpoints()

    def thin(self) -> None:
        """Remove what does not fit; if that is the newest, no more are kept."""
        kept = {int(name): path for name, path in self._run.checkpoints().items() if name.isdecimal()}
        changes = {change.step for change in self._run.changes()}
        sizes = dict[int, int]()
        for step in [step for step in kept if not self._is_asked(step)]:
            with suppress(OSError):  # somebody removed it
                sizes[step] = kept[step].stat().st_size
        for step in sorted(sizes, key=lambda step: (step in changes, step)):
            if sum(sizes.values()) <= self._most:
                return
            self._fits = step != max(kept)
            kept[step].unlink(missing_ok=True)
            del sizes[step]

    def _is_asked(self, step: int) -> bool:
        return self._every > 0 and step % self._every == 0


def _is_round(step: int) -> bool:
    """Whether it is 1, 2 or 5 times a power of ten."""
    return step >= FIRST and str(step).rstrip("0") in ("1", "2", "5")
