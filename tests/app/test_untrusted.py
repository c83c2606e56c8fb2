"""Folders that are not as they should be: they cost their own place on a page, at most, and never another run's."""

from __future__ import annotations

import json
import logging
import os
import shutil
import struct
from collections.abc import Callable

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from gancore.store import Run, RunStore
from gancore.store.checkpoints import Checkpoint
from ui.run import film, health, view
from ui.runs import facts
from ui.words import labels

HUGE = 10**400


def _write(name: str, content: str) -> Callable[[Run], object]:
    return lambda run: (run.path / name).write_text(content)


def _edit(file: str, **fields: object) -> Callable[[Run], object]:
    def edit(run: Run) -> None:
        path = run.path / file
        saved = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(saved | fields))

    return edit


def _folder(name: str) -> Callable[[Run], object]:
    def make(run: Run) -> None:
        (run.path / name).unlink(missing_ok=True)
        (run.path / name).mkdir()

    return make


def _pipe(name: str) -> Callable[[Run], object]:
    def make(run: Run) -> None:
        (run.path / name).unlink(missing_ok=True)
        os.mkfifo(run.path / name)

    return make


def _bloat(name: str) -> Callable[[Run], object]:
    def bloat(run: Run) -> None:
        with (run.path / name).open("ab") as file:  # which takes no room on the disk
            file.truncate(1_000_000_000_000)

    return bloat


def _twice(run: Run) -> None:
    columns = {"step": [1, 2, 3], "epoch": [0.1, 0.2, 0.3], "loss_d": [1e308, 0.5, -1e308], "loss_g": [1.0, 1.0, 1.0]}
    names = [*columns, "loss_d", "step"]
    batch = pa.record_batch([pa.array(columns[name]) for name in names], names=names)
    with pa.ipc.new_stream(run.path / "scalars.arrow", batch.schema) as writer:
        writer.write_batch(batch)


def _pixels(run: Run) -> None:
    path = run.path / "samples" / "000040.png"
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 9_000, 9_000)
    path.write_bytes(content)


def _second_idat(run: Run) -> None:
    path = run.path / "samples" / "000040.png"
    content = path.read_bytes()
    data = content.index(b"IDAT") - 4
    path.write_bytes(content[:-12] + content[data:])


def _checkpoint(run: Run) -> None:
    Checkpoint(-5, -1, float("nan"), {}).save(run.path / "checkpoints" / "last.pt")


def _steps(run: Run) -> None:
    (run.path / "samples" / ("9" * 200 + ".png")).write_bytes(b"")


def _fails_in_a_folder(run: Run) -> None:
    _edit("status.json", state="failed", error="it \ud800 failed")(run)
    (run.path / "error.txt").mkdir()


def _evaluation(run: Run) -> None:
    (run.path / "evals").mkdir()
    facts = {"samples": 10**9, "reference": "\u202ex", "reference_count": 1, "seconds": 1e9, "values": {"fid": 1e12}}
    saved = facts | {"step": 10**9, "weights": "raw", "size": "cheap", "histogram": [10**9] * 1_000}
    (run.path / "evals" / "1.json").write_text(json.dumps(saved))
    (run.path / "evals" / "2.json").write_text(json.dumps(saved | {"values": {"fid": HUGE}}))


BAD: dict[str, Callable[[Run], object]] = {
    "step": _edit("status.json", step=HUGE, total_steps=HUGE),
    "steps": _edit("status.json", step=10**9, total_steps=1, epoch=1e11),
    "loss": _edit("summary.json", loss_d=HUGE, loss_g=1e308, loss=float("nan")),
    "surrogate": _edit("meta.json", name="x\ud800", tags=["\udfff"], notes="\x00", parent="\ud800"),
    "seconds": _edit("status.json", seconds=1e308, rate=1e308, scalars={"loss_d": 1e308, "loss_g": HUGE}),
    "created": _edit("config.json", created=HUGE, experiment="\ud800" * 1000, threads=HUGE),
    "twice": _twice,
    "error": _fails_in_a_folder,
    "pixels": _pixels,
    "idat": _second_idat,
    "checkpoint": _checkpoint,
    "names": _steps,
    "evaluation": _evaluation,
    "events": _write("events.jsonl", json.dumps({"time": 9e10, "kind": "a" * 10**5, "step": 10**9, "message": "b"})),
    "parent": _edit("meta.json", parent="../../etc", parent_step=10**9, color=10**6 - 1, queued_at=1e308),
    **{
        f"pipe {name}": _pipe(name)
        for name in ("status.json", "meta.json", "lock", "summary.json", "error.txt", "scalars.arrow")
    },
    **{f"folder {name}": _folder(name) for name in ("status.json", "meta.json", "lock", "events.jsonl")},
    **{f"bloated {name}": _bloat(name) for name in ("status.json", "meta.json", "config.json", "scalars.arrow")},
}


def shown(app) -> str:
    """Everything that a page says."""
    kinds = ("markdown", "caption", "error", "info", "subheader")
    return " ".join(element.value for kind in kinds for element in getattr(app, kind))


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders")
@pytest.mark.parametrize("damage", BAD)
def test_a_bad_folder_can_be_looked_at(damage, open_page, finished):
    good, bad = finished("good"), finished("bad")
    BAD[damage](bad)
    app = open_page("train", run=bad.id)
    app.segmented_control(key=f"details-{bad.id}").set_value("history").run() if not bad.damage else None
    assert not app.exception
    assert "cannot be shown" not in shown(app)
    app = open_page("compare", runs=f"{good.id},{bad.id}")
    assert "cannot be shown" not in shown(app)
    assert "cannot be shown" not in shown(open_page("explore", run=bad.id))


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders")
def test_bad_folders_cost_other_runs_nothing(open_page, finished, runs_table):
    for name, damage in BAD.items():
        damage(finished(name))
    good = finished("good")
    assert "**good**" in [link.label for link in open_page("home").get("page_link")]
    app = open_page("runs")
    assert len(runs_table.names) == len(BAD) + 1
    assert runs_table.cells("good")["state"]["word"] == "finished"
    runs_table.ask(app, "where", text="name = good", cursor=11)
    assert runs_table.names == ["good"]
    app = open_page("train", run=good.id)
    assert "good" in shown(app)


def test_a_copied_folder_has_a_label_of_its_own(open_page, finished, runs: RunStore):
    run = finished("same")
    copy = runs.open(shutil.copytree(run.path, runs.root / f"copy-{run.id[-4:]}").name)
    assert len(set(labels([run, copy]).values())) == 2
    app = open_page("compare", runs=f"{run.id},{copy.id}")
    assert "cannot be shown" not in shown(app)


def test_labels_are_unique_whatever_runs_are_called(finished):
    first, second = finished("a"), finished("a")
    tricky = finished(f"a ({first.id[-4:]})")
    reserved = [finished(name) for name in ("setting", "at the end", "  ", f"a ({second.id})")]
    runs = [first, second, tricky, *reserved]
    names = labels(runs)
    assert len(set(names.values())) == len(runs)
    assert {"setting", "at the end", ""}.isdisjoint(names.values())


# --- what nobody has thought of -------------------------------------------------------------------------------------


def failing(function, run: Run):
    """The function, but it fails for this run."""

    def fails(*args, **kwargs):
        if any(getattr(arg, "id", None) == run.id for arg in args):
            raise ZeroDivisionError("a secret path")
        return function(*args, **kwargs)

    return fails


@pytest.fixture
def two(open_page, finished) -> tuple[Run, Run]:
    assert open_page  # an empty store is its first sight
    return finished("good"), finished("bad")


def lines(app) -> list[str]:
    return [error.value for error in app.error if "cannot be shown" in error.value]


def test_a_card_that_fails_is_a_line_and_a_traceback_in_the_log(two, open_page, monkeypatch, caplog):
    good, bad = two
    monkeypatch.setattr(view, "newest", failing(view.newest, bad))
    app = open_page("home")
    app.run()
    (line,) = lines(app)
    assert line.startswith(f"bad ({bad.id}) cannot be shown")
    assert "secret" not in line
    assert "**good**" in [link.label for link in app.get("page_link")]
    (record,) = [record for record in caplog.records if record.name == "ui.boundary"]  # once for two passes
    assert (record.levelno, record.exc_info[0]) == (logging.ERROR, ZeroDivisionError)
    assert good.name not in line


@pytest.mark.parametrize("part", ["_header", "_panel", "_details", "run_film"])
def test_on_the_train_page_each_part_fails_alone(two, open_page, monkeypatch, part):
    _, bad = two
    monkeypatch.setattr(view, part, failing(getattr(view, part), bad))
    app = open_page("train", run=bad.id)
    assert lines(app)
    others = {"_header": app.subheader, "_details": app.segmented_control}
    assert all(elements for name, elements in others.items() if name != part)
    assert app.button(key="start")


def test_a_row_that_fails_says_so_in_its_place(two, open_page, runs_table, monkeypatch):
    _, bad = two
    monkeypatch.setattr(film, "thumbnail", failing(film.thumbnail, bad))
    monkeypatch.setattr(health, "word", failing(health.word, bad))
    monkeypatch.setattr(facts, "facts_of", failing(facts.facts_of, bad))
    app = open_page("runs")
    assert runs_table.cells("good")["state"]["word"] == "finished"
    assert runs_table.cells(bad.id)["state"]["state"] == "damaged"
    assert "cannot be shown" in runs_table.cells(bad.id)["state"]["line"]
    runs_table.ask(app, "where", text=f"id = {bad.id}", cursor=3)
    assert runs_table.names == [bad.id]


def test_in_a_comparison_one_run_can_fail(two, open_page, monkeypatch):
    good, bad = two
    monkeypatch.setattr(Run, "scalars", failing(Run.scalars, bad))
    app = open_page("compare", runs=f"{good.id},{bad.id}")
    assert {line.split(" cannot")[0] for line in lines(app)} == {f"{bad.name} ({bad.id})"}


def test_in_a_comparison_one_part_can_fail(two, open_page, monkeypatch):
    good, bad = two

    def fails(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("ui.compare.films.section", fails)
    monkeypatch.setattr("ui.compare.summary.sentences", fails)
    app = open_page("compare", runs=f"{good.id},{bad.id}")
    assert [line.split(" cannot")[0] for line in lines(app)] == ["What they say", "Samples"]


def test_ends_of_a_pass_go_through_a_boundary():
    def page():
        import streamlit as st

        from ui.boundary import boundary

        with boundary("a chart"):
            if "passes" not in st.session_state:
                st.session_state["passes"] = 1
                st.rerun()
            st.markdown("the second pass")
            st.stop()
        st.markdown("never")

    app = AppTest.from_function(page).run()
    assert [each.value for each in app.markdown] == ["the second pass"]
    assert not app.error
