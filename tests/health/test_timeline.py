"""When problems came and went: as the diagnosis would have said it at each step."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gancore.experiments.textbook import CASES
from gancore.health import diagnose, examine
from gancore.health.timeline import timeline
from gancore.store import Run
from gancore.sweeps.reference import reference_store
from gancore.sweeps.textbook import shipped
from tests.recordings import RECORDED


@pytest.fixture
def recorded(tmp_path: Path):
    def open_copy(name: str) -> Run:
        return Run(shutil.copytree(RECORDED / name, tmp_path / name))

    return open_copy


@pytest.mark.parametrize("name", ["minimax", "ring-swinging", "few-images", "strong-d"])
def test_what_is_left_at_the_end_is_what_the_diagnosis_finds(recorded, name: str) -> None:
    run = recorded(name)
    left: set[str] = set()
    moments = timeline(run)
    for step, what, finding in moments:
        assert (finding.code in left) == (what == "went")
        left ^= {finding.code}
        assert step >= finding.step or what == "went"
    assert left == {finding.code for finding in examine(run)} != set()
    assert [moment.step for moment in moments] == sorted(moment.step for moment in moments)


def test_each_moment_is_what_the_rows_up_to_it_say(recorded) -> None:
    run = recorded("minimax")
    rows, evaluations = run.scalars(), run.evaluations()
    first = timeline(run)[0]
    seen = diagnose(run.config, rows[rows.step <= first.step], [e for e in evaluations if e.step <= first.step])
    assert first.finding in seen
    assert first.step < run.status.step


def test_what_passes_is_told_to_be_over(recorded) -> None:
    moments = [(what, finding.code) for _, what, finding in timeline(recorded("lr-both-again"))]
    assert ("came", "jumping") in moments
    assert ("went", "jumping") in moments


def test_a_healthy_run_has_nothing_to_tell(recorded) -> None:
    assert timeline(recorded("quickstart-0")) == []


def test_a_damaged_run_has_no_timeline(recorded) -> None:
    run = recorded("minimax")
    (run.path / "config.json").write_text("{")
    assert timeline(Run(run.path)) == []


@pytest.mark.parametrize("name", CASES)
def test_a_textbook_case_that_ships_shows_what_it_says(name: str) -> None:
    case, run = CASES[name], shipped(reference_store())[name]
    came = {finding.code for _, what, finding in timeline(run) if what == "came"}
    assert (case.sign in came) if case.sign else came == set()
    assert len(run.samples()) > 10, "its film is what is watched"
