"""What a server does at its beginning."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner.exec_code import modified_sys_path

import ui
from gancore.config import RunConfig
from gancore.store import RunStore
from ui import lifespan, state
from ui.runs import facts

SCRIPT = Path(ui.__file__).parent / "main.py"


def test_passes_leave_the_search_path_as_it_is_to_threads_that_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each != str(SCRIPT.parent)])
    with modified_sys_path(str(SCRIPT)):
        assert sys.path[0] == str(SCRIPT.parent)  # why it is needed
    for _ in range(2):
        lifespan.keep_search_path()
    before = list(sys.path)
    assert before.count(str(SCRIPT.parent)) == 1
    assert before[-1] == str(SCRIPT.parent)  # nothing of ours is found before what others mean
    with modified_sys_path(str(SCRIPT)):
        assert sys.path == before
    assert sys.path == before


def test_the_first_page_finds_its_runs_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANCORE_RUNS", str(tmp_path / "runs"))
    made = RunStore(tmp_path / "runs").create(RunConfig(), name="known")
    for path in (made.path, *made.path.rglob("*")):
        os.utime(path, (1e9, 1e9))  # what was written a moment ago is read again
    looked: list[str] = []
    look = facts._look
    monkeypatch.setattr(facts, "_look", lambda run: looked.append(run.id) or look(run))
    lifespan.prepare()
    assert looked == [made.id]
    facts.look(state.runs())
    assert looked == [made.id]
