"""The options of a class, and one clear sentence for what makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.classroom.room import Room
from ui.classroom.settings import BadClassroom, Settings, load


@pytest.mark.parametrize("value", ["0", "off", " "])
def test_there_is_no_class_unless_one_is_asked_for(value: str) -> None:
    assert load(value) is None


def test_one_has_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANCORE_RUNS", str(tmp_path / "runs"))
    settings = load("1")
    assert settings == Settings()
    assert settings.place == tmp_path / "class"


def test_options_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "class.toml").write_text('code = "swan-4821"\nruns = 5\nminutes = 30\ndisk = 100\nfolder = "here"\n')
    settings = load(str(tmp_path / "class.toml"))
    assert settings is not None
    assert (settings.code, settings.runs, settings.minutes, settings.disk) == ("swan-4821", 5, 30.0, 100.0)
    assert settings.place == tmp_path / "here"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("runs = 0", "runs: Input should be greater than or equal to 1"),
        ('runs = "many"', "runs: Input should be a valid integer"),
        ('code = "abc"', "code: String should have at least 6 characters"),
        ("run = 3", "there is no option run; there are code, teacher_code"),
        ('code = "swan-48210"\nteacher_code = "swan-48210"', "teacher_code: must differ from the students' code"),
        ('teachers = ["nobody"]', "teachers.0: String should match"),
        ("runs = ", "is no TOML file"),
    ],
)
def test_a_bad_file_gets_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "class.toml").write_text(text)
    with pytest.raises(BadClassroom, match=sentence.replace(".", r"\.")) as problem:
        load(str(tmp_path / "class.toml"))
    assert "\n" not in str(problem.value)


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadClassroom, match="cannot be read"):
        load(str(tmp_path / "none.toml"))


def test_codes_are_made_up_once(tmp_path: Path) -> None:
    first, again = (Room(Settings(folder=str(tmp_path))) for _ in range(2))
    assert (first.code, first.teacher_code) == (again.code, again.teacher_code)
    assert len({first.code, first.teacher_code, Room(Settings(folder=str(tmp_path / "other"))).code}) == 3
    assert (tmp_path / "class.json").stat().st_mode & 0o077 == 0


def test_a_damaged_key_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "class.json").write_text('{"key": "00"}')
    with pytest.raises(BadClassroom, match="damaged"):
        Room(Settings(folder=str(tmp_path)))
