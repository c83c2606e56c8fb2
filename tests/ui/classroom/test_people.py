"""Names, personal codes, and what becomes a folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ui.classroom.people import FILE, People, Refused, clean, identity_of


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path, most=3)


def test_the_first_to_sign_in_under_a_name_has_it(people: People) -> None:
    ann = people.enter("Ann", "secret-1")
    assert people.enter("  ann ", "secret-1") == ann
    with pytest.raises(Refused, match="not the personal code"):
        people.enter("ANN", "secret-2")


def test_of_two_who_take_a_name_at_once_one_gets_it(people: People) -> None:
    def enter(pin: str) -> bool:
        try:
            people.enter("Ann", pin)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(enter, ["secret-1", "secret-2", "secret-3", "secret-4"])) == 1


def test_a_reset_signs_out_and_lets_the_next_choose(people: People) -> None:
    ann = people.enter("Ann", "secret-1")
    people.reset(ann)
    again = people.enter("Ann", "secret-2")
    assert again.folder == ann.folder
    assert again.generation == ann.generation + 1
    with pytest.raises(Refused):
        people.enter("Ann", "secret-1")


def test_no_personal_code_lies_on_the_disk(people: People, tmp_path: Path) -> None:
    people.enter("Ann", "secret-1")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"secret-1" in path.read_bytes()]


def test_nobody_takes_over_a_name_whose_file_is_damaged(people: People) -> None:
    ann = people.enter("Ann", "secret-1")
    (ann.folder / FILE).write_text("{")
    with pytest.raises(Refused, match="Ask your teacher"):
        people.enter("Ann", "secret-2")


def test_a_class_has_so_many_names(people: People) -> None:
    for name in ("Ann", "Bo", "Cy"):
        people.enter(name, "secret-1")
    with pytest.raises(Refused, match="full"):
        people.enter("Di", "secret-1")
    people.enter("Ann", "secret-1")


@pytest.mark.parametrize("pin", ["", "12345", "1" * 33])
def test_a_personal_code_has_a_length(people: People, pin: str) -> None:
    with pytest.raises(Refused, match="from 6 to 32"):
        people.enter("Ann", pin)
    assert not people.list("students")


@pytest.mark.parametrize("name", ["", "   ", "...", "\u202e", "x" * 41])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        clean(name)


@given(some.text(max_size=60))
def test_any_name_becomes_one_plain_folder(name: str) -> None:
    identity = identity_of(name)
    assert Path(identity).name == identity
    assert identity.replace("-", "").isalnum()
    assert identity.isascii()
    assert len(identity) < 64


def test_names_that_look_alike_have_folders_of_their_own() -> None:
    assert len({identity_of(name) for name in ("Ann", "Änn", "A nn", "\u0410nn", "Ann.")}) == 5
    assert identity_of("ANN") == identity_of("ann")


@pytest.mark.parametrize("identity", ["..", ".", "", "../teachers/teacher", "a/b", "A", "x" * 65])
def test_no_address_finds_what_is_no_person(people: People, identity: str) -> None:
    people.known("teachers", "Teacher")
    assert people.find("students", identity) is None
    assert people.find("../students", "ann") is None
