from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gancore.export import environment
from gancore.store import Run

Answer = Callable[..., Run]


def saying(run: Run, **changes: Any) -> Run:
    """The run, with other words in its config.json."""
    saved = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps(saved | changes))
    return Run(run.path)


def test_says_what_runs_say_and_each_thing_once(answer: Answer) -> None:
    machine = {"processor": "A CPU 3000", "cores": 2, "memory": 8_000_000_000}
    runs = [
        saying(
            answer(seed=seed), machine=machine, threads=1 + seed, git="0123456789abcdef", created=86_400.0 * seed + 1
        )
        for seed in range(2)
    ]
    facts = environment.facts(runs)
    assert facts["Machine"] == "A CPU 3000, 2 cores, 8.0 GB"
    assert facts["Threads a run"] == "1, 2"
    assert facts["Commit"] == "0123456789ab"
    assert facts["Trained"] == "1970-01-02" if runs[0].created == 0 else "1970-01-01 to 1970-01-02"
    assert facts["Training time"] == "3 min in all, 1 min 30 s a run"


@pytest.mark.parametrize(
    "words", [None, 3, [], "x" * 10_000, {"processor": 3, "cores": "many", "memory": -1}, {"cores": 10**400}]
)
def test_whatever_a_folder_says_is_bounded(answer: Answer, words: Any) -> None:
    run = saying(answer(), machine=words, versions=words, git=words, threads=words)
    assert all(len(fact) <= 4 * 62 + 20 for fact in environment.facts([run]).values())


def test_many_different_things_are_counted(answer: Answer) -> None:
    runs = [saying(answer(seed=seed), git=f"{seed}" * 12) for seed in range(6)]
    assert environment.facts(runs)["Commit"].endswith("333333333333 and 2 more")
