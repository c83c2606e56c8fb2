"""The dashboard without a browser and without training: Start leaves a run in the queue, where a test can read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from gancore.config import RunConfig
from gancore.config.kinds import ModelKind
from gancore.executors.executor import Executor
from gancore.store import Run, RunStore
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from gancore.training.runner import execute
from tests.app.opening import opened
from tests.miniatures import tiny
from ui.frontend import runs as frontend
from ui.runs import table

PNG = bytes.fromhex(  # one grey pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000 3a7e9b55"
    "0000000a49444154789c636800000082008177cd72b6 0000000049454e44ae426082"
)


@pytest.fixture(scope="session", autouse=True)
def _packages_are_scanned_once() -> Iterator[None]:
    """Streamlit reads the metadata of every installed package for components, and AppTest does so for every app: ten
    times as long as a page takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """The store that the dashboard under test uses; its queue is never worked off."""
    root = tmp_path / "runs"
    monkeypatch.setenv("GANCORE_RUNS", str(root))
    monkeypatch.setattr(Executor, "ensure_worker", lambda _: None)
    return RunStore(root)


@pytest.fixture
def open_page(runs: RunStore) -> Callable[..., AppTest]:
    """Open a page, such as `open_page("train", run="...")` with query parameters."""

    assert not runs.list()

    return opened


@pytest.fixture
def finished(runs: RunStore) -> Callable[..., Run]:
    """Make a finished run with curves and a sample grid, as training would have left it."""

    def make(name: str, changes: dict[str, object] | None = None, loss_g: float = 1.5) -> Run:
        run = runs.create(RunConfig().replace(changes or {}), name=name, experiment="quickstart")
        steps = np.arange(1.0, 41.0)
        names = ("loss_d", "loss_g", "d_real", "d_fake", "d_fake_g", "grad_norm_d", "grad_norm_g", "step_time")
        writer = ScalarWriter(run.path / "scalars.arrow")
        writer.append({"step": steps, "epoch": steps / 70, "time": steps} | dict.fromkeys(names, steps * 0 + loss_g))
        writer.close()
        (run.path / "samples").mkdir()
        (run.path / "samples" / "000040.png").write_bytes(PNG)
        (run.path / "summary.json").write_text(f'{{"loss_d": 0.5, "loss_g": {loss_g}}}')
        run.write_status(Status(state="finished", step=1050, total_steps=1050, seconds=80, attempt=1))
        return run

    return make


@pytest.fixture
def stopped(runs: RunStore) -> Callable[..., Run]:
    """Make a run that really trained, 12 steps of 20, and kept its checkpoints of steps 5 and 10."""

    def make(name: str, kind: ModelKind = "mlp", changes: Mapping[str, object] | None = None) -> Run:
        run = runs.create(tiny(kind, {"train.keep_epochs": 1, **(changes or {})}), name=name)
        assert execute(run.path, max_steps=12) == "stopped"
        return run

    return make


class RunsTable:
    """What the browser would show of the Runs page, and a way to ask for things as it does."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self._asked: list[dict[str, Any]] = []

    def show(self, *, data: dict[str, Any], **_: object) -> None:
        self.data = data
        if self._asked:
            requests = [
                {"session": data["session"], "number": data["done"] + place, **request}
                for place, request in enumerate(self._asked, start=1)
            ]
            self._asked = []
            table._take(requests)
            st.rerun()

    def ask(self, app: AppTest, what: str, **details: object) -> AppTest:
        self._asked = [{"what": what, **details}]
        return app.run()

    def tick(self, app: AppTest, *runs: Run) -> AppTest:
        return self.ask(app, "tick", ids=[run.id for run in runs], on=True)

    def act(self, app: AppTest, name: str) -> AppTest:
        return self.ask(app, "act", name=name)

    @property
    def names(self) -> list[str]:
        return [line["name"] for line in self.data["lines"] if "id" in line]

    def cells(self, name: str) -> dict[str, Any]:
        """What stands in the row of this name, by column."""
        (line,) = [line for line in self.data["lines"] if line.get("name") == name]
        return dict(zip([column["id"] for column in self.data["columns"]], line["cells"], strict=True))


@pytest.fixture
def runs_table(monkeypatch: pytest.MonkeyPatch) -> RunsTable:
    shown = RunsTable()
    monkeypatch.setattr(frontend, "table", shown.show)
    return shown
