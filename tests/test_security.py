"""What the page on security names exists."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PAGE = (REPOSITORY / "docs" / "security.md").read_text()


def test_every_attack_names_tests_that_there_are() -> None:
    attacks = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert attacks
    for attack in attacks:
        named = re.findall(r"`([^`]+\.(?:py|toml))(?:::(\w+))?`", attack.rpartition("|")[0].rpartition("|")[2])
        assert named, attack
        for path, test in named:
            assert f"def {test}(" in (REPOSITORY / path).read_text() if test else (REPOSITORY / path).is_file()
