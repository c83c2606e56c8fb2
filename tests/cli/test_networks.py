"""Networks of one's own from a terminal: given, tried, trained; those of others only once somebody says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from gancore.models.own import EXAMPLE, is_trusted
from gancore.store import RunStore
from tests.cli.calling import SET_TINY, Command, assert_refused

FILE = EXAMPLE.replace("128", "12")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is trusted in a test is trusted in it alone."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


def test_a_file_is_trained_and_kept_with_its_run(gancore: Command, store: RunStore, file: Path) -> None:
    result = gancore("train", "--network", str(file), *SET_TINY)
    assert result.status == 0, result.err
    run = store.open(result.lines[-1])
    assert (run.state, run.config.model.kind, run.config.model.code) == ("finished", "own", FILE)
    file.unlink()  # the run has it
    forked = gancore("fork", run.id, "--set", "train.steps=25", "--quiet")
    assert (forked.status, store.open(forked.lines[-1]).state) == (0, "finished")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"def build_generator(", "SyntaxError in line 1"),
        (b"\xff", "is no text in UTF-8"),
        (b"#" * 60_000, "longer than the 50,000 characters"),
        (FILE.replace("nn.Flatten(), ", "").encode(), "the discriminator"),
    ],
    ids=["syntax", "bytes", "long", "shapes"],
)
def test_a_file_that_does_not_fit_makes_no_run(
    gancore: Command, store: RunStore, file: Path, content: bytes, words: str
) -> None:
    file.write_bytes(content)
    assert_refused(gancore("train", "--network", str(file), *SET_TINY), words)
    assert store.list() == []


def test_a_missing_file_is_said(gancore: Command, tmp_path: Path) -> None:
    assert_refused(gancore("train", "--network", str(tmp_path / "no.py")), "no.py cannot be read")


def test_somebody_elses_file_is_shown_before_it_is_trusted(gancore: Command, store: RunStore, dcgan) -> None:  # type: ignore[no-untyped-def]
    run = store.create(dcgan.replace({"model.kind": "own", "model.code": FILE}))
    assert_refused(gancore("sample", run.id, "--out", "no.png"), "no checkpoint")
    shown = gancore("trust", run.id)
    assert FILE in shown.out
    assert "say --yes" in shown.out
    assert not is_trusted(FILE)
    assert gancore("trust", run.id, "--yes").status == 0
    assert is_trusted(FILE)


def test_what_has_no_file_needs_no_trust(gancore: Command, store: RunStore, dcgan) -> None:  # type: ignore[no-untyped-def]
    assert_refused(gancore("trust", store.create(dcgan).id), "has no network file")
