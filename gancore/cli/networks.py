"""Networks of one's own: the file that has them, and whether it may run here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gancore.cli import interrupts
from gancore.cli.options import RUNS, BadInput, RunId, RunsDir, find
from gancore.config import RunConfig
from gancore.config.model import MOST_CODE
from gancore.files import open_regular


def read_network(path: Path) -> str:
    """The text of a network file. Raises `BadInput`."""
    try:
        with open_regular(path) as file:
            content = file.read(4 * MOST_CODE + 1)
        text = content.decode()
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror or problem}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8") from None
    if len(text) > MOST_CODE:
        raise BadInput(f"{path} is longer than the {MOST_CODE:,} characters that a network file may have")
    return text


def try_network(config: RunConfig) -> None:
    """Trust the file that somebody has just given, and try its networks. Raises `BadInput`."""
    from gancore.models.own import BadNetwork, check, trust

    try:
        trust(config.model.code)
        check(config)
    except BadNetwork as problem:
        raise BadInput(str(problem)) from None


def trust(
    run: RunId,
    yes: Annotated[bool, typer.Option("--yes", help="Let it run; without it, the file is only shown.")] = False,
    runs_dir: RunsDir = RUNS,
) -> None:
    """Show the network file of a run that came from elsewhere, and let it run on this machine, as your own code."""
    config = find(run, runs_dir).config
    if not config.uses("model.code") or not config.model.code:
        raise BadInput("this run has no network file")
    if not yes:
        print(config.model.code)
        print("# This runs as your own code: read it, then say --yes")
        return
    with interrupts.ending_at_once():
        from gancore.models import own

    own.trust(config.model.code)
    print("trusted on this machine")
