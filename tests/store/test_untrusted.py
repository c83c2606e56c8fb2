"""Run folders that anything may have written: whatever is in them, what is read is bounded and can be shown."""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import BaseModel

from gancore.config import RunConfig
from gancore.store import Run, RunStore, evaluations, records, requests
from gancore.store import run as runs
from gancore.store.checkpoints import BadCheckpoint, Checkpoint, load_checkpoint
from gancore.store.evaluations import Evaluation
from gancore.store.records import Change, Meta, Status, parse_json, printable, read_record
from gancore.store.requests import Request
from gancore.store.scalars import ScalarWriter, read_scalars
from gancore.store.tails import follow

HUGE = 10**400
FIXED = settings(max_examples=60, derandomize=True, database=None, deadline=None)

numbers = some.one_of(
    some.sampled_from([HUGE, -HUGE, 1e308, -1e308, 1e30, math.nan, math.inf, -math.inf, 0, -1, True, 2**63, 10**9]),
    some.integers(),
    some.floats(),
)
words = some.one_of(
    some.sampled_from(["x\ud800", "\u202e", "\x1b[31m", "\x00", "running", "queued", "run"]), some.text()
)
anything = some.recursive(
    some.one_of(some.none(), numbers, words),
    lambda inner: some.one_of(some.lists(inner, max_size=4), some.dictionaries(words, inner, max_size=4)),
    max_leaves=6,
)


def filled(kind: type[BaseModel]) -> some.SearchStrategy[dict[str, Any]]:
    """Mappings with the fields of a record, each holding anything."""
    return some.dictionaries(some.sampled_from(sorted(kind.model_fields)), anything, max_size=len(kind.model_fields))


def assert_sound(value: Any, most: float = 1e12) -> None:
    """Every number finite and bounded, every text such that it can be encoded and printed."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        assert abs(value) <= most
    elif isinstance(value, str):
        assert value == printable(value)
        value.encode()
    elif isinstance(value, BaseModel):
        assert_sound(value.model_dump(), most)
    elif isinstance(value, dict):
        assert_sound(list(value), most)
        assert_sound(list(value.values()), most)
    else:
        for each in value:
            assert_sound(each, most)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every example writes into anew."""
    return tmp_path_factory.mktemp("untrusted")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return RunStore(tmp_path_factory.mktemp("store")).create(RunConfig())


@pytest.mark.parametrize("kind", [Status, Meta, Evaluation])
def test_records_are_bounded_whatever_a_file_holds(folder: Path, kind: type[records.Record]) -> None:
    path = folder / "record.json"

    @FIXED
    @given(filled(kind))
    def holds(saved: dict[str, Any]) -> None:
        path.write_text(json.dumps(saved))
        if kind is Evaluation:
            assert_sound(evaluations._parse(path))
        else:
            assert_sound(read_record(path, kind), records.MOST_VALUE)

    holds()


@pytest.mark.parametrize("name", ["status.json", "meta.json", "data.json", "summary.json", "config.json"])
def test_a_run_can_be_read_whatever_a_file_holds(run: Run, name: str) -> None:
    path = run.path / name
    before = path.read_bytes() if path.exists() else None

    @FIXED
    @given(some.one_of(some.binary(), anything.map(lambda saved: json.dumps(saved).encode())))
    def holds(content: bytes) -> None:
        path.write_bytes(content)
        read_all(Run(run.path))

    holds()
    path.unlink() if before is None else path.write_bytes(before)


def test_settings_can_be_anything(run: Run) -> None:
    """A config with any value at any place is used, or damaged for a reason that can be shown."""
    path = run.path / "config.json"
    before = json.loads(path.read_bytes())
    paths = sorted(RunConfig().flat)

    @FIXED
    @given(some.sampled_from([*paths, "schema", "created", "experiment", "threads", "config"]), anything)
    def holds(where: str, value: Any) -> None:
        envelope = json.loads(json.dumps(before))
        if where in envelope:
            envelope[where] = value
        else:
            part, _, field = where.rpartition(".")
            (envelope["config"][part] if part else envelope["config"])[field] = value
        path.write_text(json.dumps(envelope))
        read_all(Run(run.path))

    holds()
    path.write_text(json.dumps(before))


def read_all(run: Run) -> None:
    """What a page asks of a run."""
    assert_sound([run.created, run.threads, run.experiment, run.name, run.damage], 1e11)
    assert_sound([run.status, run.meta, run.asked, run.data_fingerprint, run.summary], records.MOST_VALUE)
    assert run.state in records.ShownState.__args__
    assert_sound(run.events())
    if run.damage is None:
        assert run.config_now.total_steps >= 0
        assert_sound(run.changes())
    store = RunStore(run.path.parent)
    assert [found.id for found in store.list()] == [run.id]
    assert len(store.queue()) <= 1
    assert store.running() == []
    assert [found.id for found in store.lineage(run)] == [run.id]


def test_changes_can_be_anything(run: Run) -> None:
    path = run.path / "changes" / "000001.json"
    path.parent.mkdir()

    @FIXED
    @given(
        some.one_of(anything, filled(Change), some.fixed_dictionaries({"changes": some.dictionaries(words, anything)}))
    )
    def holds(saved: Any) -> None:
        path.write_text(json.dumps(saved))
        read_all(Run(run.path))

    holds()
    path.unlink()


def test_requests_can_be_anything(run: Run) -> None:
    path = run.path / requests.FOLDER / f"{1:020d}-{1:016x}.json"
    path.parent.mkdir()

    @FIXED
    @given(some.one_of(anything, filled(Request)))
    def holds(saved: Any) -> None:
        path.write_text(json.dumps(saved))
        read_all(Run(run.path))
        assert_sound(requests.waiting(run.path), records.MOST_VALUE)

    holds()
    path.unlink()


def test_a_history_can_hold_anything(run: Run) -> None:
    path = run.path / "events.jsonl"
    event = some.fixed_dictionaries({"time": anything, "kind": anything, "step": anything, "message": anything})

    @FIXED
    @given(some.lists(some.one_of(some.binary(), event.map(lambda saved: json.dumps(saved).encode()))))
    def holds(lines: list[bytes]) -> None:
        path.write_bytes(b"\n".join(lines))
        for event in run.events():
            assert_sound([event["time"], event["step"], event["kind"], event["message"]], 1e11)

    holds()
    path.unlink()


def test_a_field_that_does_not_fit_costs_its_own_place(run: Run) -> None:
    (run.path / "meta.json").write_text(f'{{"name": "mine", "tags": 3, "notes": "n", "color": {HUGE}}}')
    assert run.meta == Meta(name="mine", notes="n")
    (run.path / "status.json").write_text(f'{{"state": "finished", "step": {HUGE}, "seconds": 1e308, "rate": 1e308}}')
    assert run.status == Status(state="finished")
    (run.path / "summary.json").write_text(f'{{"loss_d": {HUGE}, "loss_g": 1.5, "x": NaN, "y": true}}')
    assert run.summary == {"loss_g": 1.5}


def test_numbers_of_a_run_that_diverged_can_be_written() -> None:
    status = Status(rate=math.inf, remaining=math.nan, scalars={"loss_d": 1e38, "loss_g": -math.inf, "loss": 0.5})
    assert (status.rate, status.remaining, status.scalars) == (
        None,
        None,
        {"loss_d": None, "loss_g": None, "loss": 0.5},
    )


def test_text_is_printable() -> None:
    assert parse_json('{"name": "x\\ud800\\u0007y \\u202ez", "\\udfff": ["a\\nb\\t"]}') == {
        "name": "x\ufffd\ufffdy \ufffdz",
        "\ufffd": ["a\nb\t"],
    }
    assert Meta(name="\ud83d\ude00 ünï 👩‍🔬").name == "\ufffd\ufffd ünï 👩‍🔬"


# --- kinds of files -------------------------------------------------------------------------------------------------

SMALL = ("status.json", "meta.json", "data.json", "summary.json", "config.json")


@pytest.fixture
def whole(store: RunStore, dcgan: RunConfig) -> Run:
    """A run with everything that a page reads."""
    run = store.create(dcgan, name="whole")
    run.log("started", 0, "on the CPU")
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({"step": np.arange(1.0, 4.0), "loss_d": np.ones(3)})
    writer.close()
    (run.path / "error.txt").write_text("Traceback")
    run.add_evaluation(evaluation())
    for name in ("samples/000002.png", "checkpoints/last.pt", "summary.json", "data.json", "lock"):
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).write_text("{}")
    return run


def evaluation() -> Evaluation:
    facts = {"samples": 100, "reference": "mnist-5k", "reference_count": 5_000, "seconds": 1.0, "values": {"fid": 9.0}}
    return Evaluation(step=2, weights="raw", size="cheap", **facts)


FILES = (*SMALL, "lock", "events.jsonl", "error.txt", "scalars.arrow", "evals/000002-raw-cheap.json")


def _folder(path: Path) -> None:
    path.mkdir()


def _link(path: Path) -> None:
    outside = path.parents[2] / "outside"
    path.rename(outside) if path.exists() else outside.write_text("{}")
    path.symlink_to(outside)


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders")
@pytest.mark.parametrize("make", [os.mkfifo, _folder, _link], ids=["pipe", "folder", "link"])
@pytest.mark.parametrize("name", [*FILES, "samples/000002.png", "checkpoints/last.pt"])
def test_only_plain_files_are_read(whole: Run, name: str, make: Callable[[Path], None]) -> None:
    path = whole.path / name
    if make is not _link:
        path.unlink()
    make(path)
    found: list[Run] = []

    def read() -> None:
        run = Run(whole.path)
        read_all(run)
        if name.startswith("checkpoints"):
            with pytest.raises(BadCheckpoint):
                load_checkpoint(path)
        assert (len(run.scalars()) == 0) == (name == "scalars.arrow")
        assert (run.events() == []) == (name == "events.jsonl")
        assert (run.error_details == "") == (name == "error.txt")
        assert (run.evaluations() == []) == name.startswith("evals")
        assert (run.samples() == {}) == name.startswith("samples")
        assert (run.damage is not None) == (name == "config.json")
        found.append(run)

    thread = threading.Thread(target=read, daemon=True)  # which a pipe would have wait for ever
    thread.start()
    thread.join(20)
    assert found


@pytest.mark.parametrize("name", FILES)
def test_size_is_looked_at_before_anything_is_read(whole: Run, name: str) -> None:
    with (whole.path / name).open("r+b") as file:  # more than there is memory, though it takes no room on the disk
        file.truncate(1_000_000_000_000)
    run = Run(whole.path)
    read_all(run)
    assert (len(run.scalars()) == 0) == (name == "scalars.arrow")
    assert (run.events() == []) == (name == "events.jsonl")
    assert (run.evaluations() == []) == name.startswith("evals")
    assert (run.damage is not None) == (name == "config.json")
    assert len(run.error_details) <= runs._MOST_DETAILS


def test_the_end_of_a_long_history_is_read(whole: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_MOST_EVENTS", 1_000)
    for step in range(100):
        whole.log("changed", step, "a line")
    steps = [event["step"] for event in whole.events()]
    assert steps == list(range(100))[-len(steps) :]
    assert 5 < len(steps) < 20


# --- curves ---------------------------------------------------------------------------------------------------------


def write_curves(path: Path, columns: list[tuple[str, pa.Array]]) -> None:
    batch = pa.record_batch([values for _, values in columns], names=[name for name, _ in columns])
    with pa.ipc.new_stream(path, batch.schema) as writer:
        writer.write_batch(batch)


def test_of_columns_with_the_same_name_the_first_is_read(folder: Path) -> None:
    path = folder / "twice.arrow"
    write_curves(path, [("step", pa.array([1, 2])), ("loss", pa.array([0.5, 0.6])), ("loss", pa.array([7.0, 8.0]))])
    assert read_scalars(path).to_dict("list") == {"step": [1, 2], "loss": [0.5, 0.6]}
    assert read_scalars(path, ["loss"]).to_dict("list") == {"loss": [0.5, 0.6]}


def test_columns_that_are_no_numbers_are_left_out(folder: Path) -> None:
    path = folder / "text.arrow"
    nothing = pa.nulls(2)
    write_curves(path, [("step", pa.array([1, 2])), ("a", pa.array(["x", "y"])), ("b", nothing), ("step", nothing)])
    assert read_scalars(path).to_dict("list") == {"step": [1, 2]}


def test_a_damaged_curve_file_is_read_as_far_as_it_goes(folder: Path) -> None:
    path = folder / "scalars.arrow"
    writer = ScalarWriter(path)
    for first in range(1, 30, 10):
        steps = np.arange(first, first + 10.0)
        writer.append({"step": steps, "loss_d": steps / 2, "loss_g": steps})
    writer.abandon()
    whole = path.read_bytes()

    @FIXED
    @given(some.lists(some.tuples(some.integers(0, len(whole) - 1), some.binary(max_size=4)), max_size=4))
    def holds(changes: list[tuple[int, bytes]]) -> None:
        content = whole
        for place, new in changes:
            content = content[:place] + new + content[place + len(new) :]
        path.write_bytes(content)
        frame = read_scalars(path)
        assert follow(path).equals(frame)
        assert frame.columns.is_unique
        assert len(frame) <= 30
        assert all(kind.kind in "iuf" for kind in frame.dtypes)

    holds()


# --- checkpoints ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"step": -1}, {"step": HUGE}, {"drawn": -5}, {"trained": math.nan}, {"trained": math.inf}, {"trained": -1.0}],
    ids=lambda change: str(change)[:20],
)
def test_a_checkpoint_that_no_run_can_have_is_refused(folder: Path, change: dict[str, Any]) -> None:
    path = folder / "last.pt"
    fields = {"step": 3, "drawn": 96, "trained": 1.5, "algorithm": {}}
    torch.save(fields, path)
    assert load_checkpoint(path) == Checkpoint(3, 96, 1.5, {})
    torch.save(fields | change, path)
    with pytest.raises(BadCheckpoint, match=r"last.pt"):
        load_checkpoint(path)


def test_a_fork_of_such_a_checkpoint_is_refused(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    Checkpoint(-5, 96, math.nan, {}).save(run.path / "checkpoints" / "last.pt")
    with pytest.raises(BadCheckpoint, match="impossible"):
        store.fork(run, "last", dcgan)
    assert [found.id for found in store.list()] == [run.id]


@pytest.mark.parametrize("name", ["samples", "checkpoints", "evals"])
def test_a_folder_that_leads_out_of_the_store_is_empty(run: Run, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for file in ("000001.png", "last.pt", "000001-raw-cheap.json"):
        (outside / file).write_text("secret")
    shutil.rmtree(run.path / name, ignore_errors=True)
    (run.path / name).symlink_to(outside)
    assert not run.samples() or name != "samples"
    assert not run.checkpoints() or name != "checkpoints"
    assert not run.evaluations() or name != "evals"
