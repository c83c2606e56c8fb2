"""Runs handed on in a zip: what comes back is what went, and a hostile zip costs nothing but a sentence."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gancore.config import RunConfig
from gancore.store import Run, RunStore, archive
from gancore.store.archive import BadArchive, pack, unpack
from gancore.training.runner import execute


@pytest.fixture
def trained(store: RunStore, dcgan: RunConfig) -> Run:
    run = store.create(dcgan, name="mine")
    execute(run.path, max_steps=7)
    run.edit_meta(tags=("homework",), notes="a thought")
    return run


@pytest.fixture
def other(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "other")


def packed(*runs: Run) -> io.BytesIO:
    target = io.BytesIO()
    pack(runs, target)
    return target


def changed(source: io.BytesIO, change) -> io.BytesIO:
    """The same zip with `change(archive_out, info, content)` in the place of each write."""
    target = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            change(new, info, old.read(info))
    return target


def files(run: Run) -> dict[str, bytes]:
    return {
        path.relative_to(run.path).as_posix(): path.read_bytes()
        for path in run.path.rglob("*")
        if path.is_file() and path.name not in ("meta.json", "meta.lock", "status.json", "lock")
    }


def test_a_run_comes_back_as_it_went_but_for_its_checkpoints(trained: Run, other: RunStore) -> None:
    made = unpack(other, packed(trained))
    (run,) = made.runs
    assert made.problems == []
    assert (run.id, run.name, run.state) == (trained.id, "mine", "stopped")
    assert (run.meta.tags, run.meta.notes) == (("homework",), "a thought")
    assert (run.meta.imported_from, run.meta.imported_at > 0) == (trained.id, True)
    assert run.config == trained.config
    assert run.scalars().equals(trained.scalars())
    mine = {
        name: content for name, content in files(trained).items() if not name.startswith(("checkpoints/", "requests/"))
    }
    assert files(run) == mine
    assert trained.checkpoints()
    assert not run.checkpoints()


def test_an_id_that_is_taken_is_not_taken_again(store: RunStore, trained: Run) -> None:
    (copy,) = unpack(store, packed(trained)).runs
    assert copy.id != trained.id
    assert copy.meta.imported_from == trained.id
    assert len(store.list()) == 2
    store.delete(trained)
    (another,) = unpack(store, packed(copy)).runs
    assert len({copy.id, another.id, trained.id}) == 3


def test_a_fork_finds_its_parent_under_its_new_id(store: RunStore, trained: Run) -> None:
    fork = store.fork(trained, "last", trained.config, name="fork")
    made = {run.name: run for run in unpack(store, packed(trained, fork)).runs}
    assert made["fork"].meta.parent == made["mine"].id != trained.id


def test_what_waits_elsewhere_does_not_wait_here(store: RunStore, other: RunStore, dcgan: RunConfig) -> None:
    waiting = store.create(dcgan, name="waiting", queued_at=5.0)
    (run,) = unpack(other, packed(waiting)).runs
    assert run.state == "stopped"
    assert not other.queue()


def test_a_zip_of_a_folder_of_runs_made_by_hand_is_taken(trained: Run, other: RunStore) -> None:
    def deeper(new: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        new.writestr(f"my runs/{info.filename}", content)

    (run,) = unpack(other, changed(packed(trained), deeper)).runs
    assert run.id == trained.id


def test_only_files_of_a_run_are_taken(trained: Run, other: RunStore, tmp_path: Path) -> None:
    def hostile(new: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        new.writestr(info.filename, content)
        if not info.filename.endswith("config.json"):
            return
        for name in (
            "checkpoints/last.pt",
            "requests/000.json",
            "samples/../../../escaped.png",
            "../escaped.json",
            "samples/000001.png/000002.png",
            "samples/a.png",
            "evals/x.py",
            "code.py",
            "lock",
            "..\\escaped.json",
        ):
            new.writestr(f"{trained.id}/{name}", b"hostile")
        new.writestr("/etc/config.json", b"{}")
        new.writestr("../up/config.json", b"{}")
        new.writestr("..\\up\\config.json", b"{}")

    made = unpack(other, changed(packed(trained), hostile))
    (run,) = made.runs
    assert made.checkpoints == 1
    assert b"hostile" not in files(run).values()
    assert {path.name for path in other.root.iterdir()} == {run.id}
    assert not list(tmp_path.rglob("*escaped*"))


def test_links_are_left_out(trained: Run, other: RunStore) -> None:
    def linked(new: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        if info.filename.endswith("events.jsonl"):
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            content = b"/etc/passwd"
        new.writestr(info, content)

    (run,) = unpack(other, changed(packed(trained), linked)).runs
    assert not (run.path / "events.jsonl").exists()


def test_a_damaged_run_is_said_and_costs_itself_only(store: RunStore, trained: Run, other: RunStore) -> None:
    bad = store.create(trained.config, name="bad")

    def damaged(new: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        new.writestr(info.filename, b"{" if info.filename == f"{bad.id}/config.json" else content)

    made = unpack(other, changed(packed(trained, bad), damaged))
    assert [run.id for run in made.runs] == [trained.id]
    (problem,) = made.problems
    assert problem.startswith(f"{bad.id} was left out: ")
    assert "config.json" in problem
    assert {path.name for path in other.root.iterdir()} == {trained.id}  # no draft is left


def test_a_broken_member_is_said(trained: Run, other: RunStore) -> None:
    content = bytearray(packed(trained).getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        info = source.getinfo(f"{trained.id}/scalars.arrow")
    for place in range(info.header_offset + 80, info.header_offset + 120):
        content[place] ^= 0xFF
    made = unpack(other, io.BytesIO(content))
    assert not made.runs
    assert "scalars.arrow is damaged" in made.problems[0]


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_of_runs_is_one_sentence(other: RunStore, content: bytes) -> None:
    with pytest.raises(BadArchive, match="zip"):
        unpack(other, io.BytesIO(content))


def bomb(name: str, size: int, files: int = 1, trained: Run | None = None) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(f"{name}/config.json", (trained.path / "config.json").read_bytes() if trained else b"{}")
        for number in range(files):
            made.writestr(f"{name}/samples/{number:06d}.png", bytes(size))
    return target


def test_bombs_are_refused_before_anything_is_written(other: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "RATIO_FROM", 100_000)
    with pytest.raises(BadArchive, match="zip bomb"):
        unpack(other, bomb("a", 1_000_000))
    monkeypatch.setattr(archive, "MOST_FILES", 5)
    with pytest.raises(BadArchive, match="files"):
        unpack(other, bomb("a", 1, files=6))
    monkeypatch.setattr(archive, "MOST_FILES", 50)
    monkeypatch.setattr(archive, "MOST_RUNS", 0)
    with pytest.raises(BadArchive, match="runs"):
        unpack(other, bomb("a", 1))
    assert not other.root.exists()


def test_a_member_that_is_larger_than_it_says_is_damaged(trained: Run, other: RunStore) -> None:
    content = bytearray(packed(trained).getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        info = source.getinfo(f"{trained.id}/config.json")
    size = info.file_size.to_bytes(4, "little")
    place = content.rindex(size, content.rindex(f"{trained.id}/config.json".encode()) - 46)
    content[place : place + 4] = (10).to_bytes(4, "little")
    made = unpack(other, io.BytesIO(content))
    assert not made.runs
    assert "damaged" in made.problems[0]


def test_a_file_beyond_all_measure_costs_its_run(
    trained: Run, other: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_FILE", 50_000)
    made = unpack(other, bomb("big", 60_000, trained=trained))
    assert "000000.png has more than" in made.problems[0]


@pytest.mark.parametrize("name", ["sweeps", "reference", "UPPER", "a b", ".hidden"])
def test_a_folder_that_can_be_no_run_is_said(trained: Run, other: RunStore, name: str) -> None:
    made = unpack(other, bomb(name, 10, trained=trained))
    assert not made.runs
    assert "no id of a run" in made.problems[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    store = RunStore(tmp_path_factory.mktemp("whole"))
    return packed(store.create(RunConfig(), name="x")).getvalue()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 10_000))
def test_any_damage_is_a_sentence(whole: bytes, junk: bytes, place: int) -> None:
    content = bytearray(whole)
    place %= len(content)
    content[place : place + len(junk)] = junk
    with TemporaryDirectory() as folder:
        other = RunStore(Path(folder) / "to")
        said = taken(other, content)
        assert all("\n" not in sentence for sentence in said)
        assert not [path for path in other.root.glob("*") if path.name.startswith(".")]


def taken(store: RunStore, content: bytes) -> list[str]:
    """What is said of a zip that may be damaged."""
    try:
        made = unpack(store, io.BytesIO(content))
    except BadArchive as problem:
        return [str(problem)]
    assert all(not run.damage for run in made.runs)
    return made.problems


def test_hostile_text_in_meta_is_bounded(trained: Run, other: RunStore) -> None:
    def hostile(new: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        if info.filename.endswith("meta.json"):
            content = json.dumps({"name": "a\x00b" * 5_000, "tags": ["x"] * 1_000, "color": -5}).encode()
        new.writestr(info.filename, content)

    (run,) = unpack(other, changed(packed(trained), hostile)).runs
    assert len(run.name) <= 500
    assert run.meta.tags == ()
