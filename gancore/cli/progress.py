"""Training on a terminal: one line that moves."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from gancore.store import Run
from gancore.training.events import Notice, Step


class PhaseColumn(ProgressColumn):
    """What a run does when it is not stepping, such as measuring 10,000 samples at its end."""

    max_refresh = 0.5  # seconds

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def render(self, task: Task) -> Text:  # noqa: ARG002
        """The phase in its status."""
        return Text(self._run.status.phase, style="dim")


class ProgressSink:
    """A progress bar with losses, speed and time left."""

    def __init__(self, run: Run, console: Console) -> None:
        self._images_per_step = run.config.images_per_step
        self._total = run.config.total_steps
        self._columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("step {task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[losses]}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            PhaseColumn(run),
        )
        self._progress = Progress(*self._columns, console=console, transient=False)
        self._name = run.name
        self._task: TaskID | None = None

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Notice):
            if event.kind in ("started", "resumed"):
                self._task = self._progress.add_task(
                    self._name, total=self._total, completed=event.step, losses="", rate=""
                )
                self._progress.start()
            return
        if self._task is None:
            return
        changes: dict[str, Any] = {}
        if event.step % 10 == 0:  # numbers that change faster cannot be read, and reading them costs a wait
            losses = (f"{name} {float(value):.3g}" for name, value in event.scalars.items() if name.startswith("loss"))
            changes["losses"] = "  ".join(losses)
            speed = self._progress.tasks[self._task].speed
            changes["rate"] = f"{speed * self._images_per_step:,.0f} images/s" if speed else ""
        self._progress.update(self._task, completed=event.step, **changes)

    def close(self) -> None:
        """Leave the last line on the screen."""
        self._progress.stop()
