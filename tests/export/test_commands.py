from __future__ import annotations

import shlex

import pytest

from gancore.cli.settings import parse_changes
from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.export import commands


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_command_sets_what_a_run_had(name: str) -> None:
    """Whatever kind of run: its settings come back from what a shell makes of the line."""
    for arm in EXPERIMENTS[name].arms:
        config = EXPERIMENTS[name].arm(arm, "quick", 3)
        line = commands.settings(config)
        assert line is not None
        words = shlex.split(line)
        assert words[:4] == ["python", "-m", "gancore", "train"]
        changes = [words[place + 1] for place, word in enumerate(words) if word == "--set"]
        assert RunConfig().replace(parse_changes(changes, int(words[-1]))) == config


def test_what_nobody_can_type_has_no_command() -> None:
    drawn = tuple((0.001 * place, 0.5) for place in range(900))
    config = RunConfig().replace(
        {"data.name": "drawn", "data.points": drawn, "model.kind": "mlp", "model.g_output": "linear"}
    )
    assert commands.settings(config) is None
