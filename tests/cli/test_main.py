from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.store import RunStore
from tests.cli.calling import REPOSITORY, SET_TINY, Command, as_a_process, assert_refused


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "--experiment", "nonsense"), ("nonsense", "quickstart")),
        (("train", "--experiment", "quickstart", "--config", "x.json"), ("not both",)),
        (("train", "--config", "no-such-file.json"), ("no-such-file.json", "cannot be read")),
        (("train", "--config", "."), ("cannot be read",)),
        (("train", "--max-steps", "0"), ("--max-steps",)),
        (("train", "--seed", "x"), ("--seed",)),
        (("train", "--nonsense"), ("--nonsense",)),
        (("train", "surplus"), ("surplus",)),
        (("nonsense",), ("nonsense",)),
        ((), ("command",)),
        (("resume",), ("RUN",)),
        (("sample", "latest"), ("--out",)),
        (("set", "latest"), ("PATH=VALUE",)),
        (("set", "no-such-run", "optim.lr_g=0.1"), ("no-such-run",)),
        *[((command, "no-such-run"), ("no-such-run",)) for command in ("resume", "stop", "pause", "show", "fork")],
        *[((command, "../../etc"), ("there is no run",)) for command in ("resume", "stop", "pause", "show", "fork")],
        (("show", "latest"), ("there are no runs",)),
        (("sample", "no-such-run", "--out", "x.png"), ("no-such-run",)),
    ],
    ids=lambda value: " ".join(value),
)
def test_bad_input_is_one_line_on_stderr(gancore: Command, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert_refused(gancore(*arguments), *words)


@pytest.mark.parametrize("name", ["\udcff", "a\nb", "\x1b[31mred"], ids=ascii)
def test_a_name_that_is_no_text_is_one_line_on_stderr(gancore: Command, store: RunStore, name: str) -> None:
    assert_refused(gancore("train", *SET_TINY, "--name", name), "--name", "plain text")
    assert store.list() == []


@pytest.mark.skipif(sys.platform != "linux", reason="a file system that takes any bytes as a name")
def test_a_store_whose_path_is_no_text_can_be_used(dcgan: RunConfig, tmp_path: Path) -> None:
    run = RunStore(tmp_path / "\udcff").create(dcgan)
    done = as_a_process("show", run.id, "--runs-dir", str(tmp_path / "\udcff"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "udcff" in done.stdout


def test_a_runs_folder_that_is_a_file_is_said_so(gancore: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(gancore("train", *SET_TINY, "--runs-dir", str(tmp_path / "file")), "file")


def test_help_names_every_command(gancore: Command) -> None:
    result = gancore("--help")
    assert result.status == 0
    assert all(
        name in result.out
        for name in ("train", "resume", "stop", "pause", "list", "show", "sample", "evaluate", "bench")
    )
    assert all(name in result.out for name in ("set", "fork"))


def test_bad_input_ends_the_process_with_2_and_one_line(tmp_path: Path) -> None:
    done = as_a_process("train", "--runs-dir", str(tmp_path), "--set", "model.ngf=0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: model.ngf must be a whole number from 1 to 1024, not 0\n"


@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=str)
def test_a_reader_that_goes_away_gets_no_traceback(store: RunStore, dcgan: RunConfig, options: list[str]) -> None:
    """As `list | head -n 0` does."""
    store.create(dcgan)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "gancore", "list", "--runs-dir", str(store.root), *options]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode in (0, 1), done.stderr) == (True, "")
