from __future__ import annotations

import json

import pytest

from gancore.cli import runs as runs_command
from gancore.config import SETTINGS, RunConfig
from gancore.health import Finding
from gancore.store import RunStore
from gancore.training.runner import execute
from tests.cli.calling import Command


def test_list_shows_every_run_and_damaged_ones_too(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    assert "No runs yet" in gancore("list").out
    assert gancore("list", "--quiet").out.strip() == ""
    runs = [store.create(dcgan) for _ in range(3)]
    execute(runs[0].path, max_steps=7)
    (runs[1].path / "config.json").write_text("{")
    table = gancore("list").out
    rows = {line.split()[0]: line.split() for line in table.splitlines() if "dcgan" in line}
    assert rows.keys() == {run.id for run in runs}
    assert rows[runs[0].id][1:4] == ["stopped", "7/20", f"{runs[0].summary['loss_d']:.3g}"]
    assert rows[runs[1].id][1] == "damaged"
    assert set(gancore("list", "--quiet").lines) == {run.id for run in runs}


def test_show_says_everything_about_a_run(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan, name="my run")
    execute(run.path, max_steps=7)
    facts = json.loads(gancore("show", run.id, "--quiet").out)
    assert (facts["id"], facts["name"], facts["state"]) == (run.id, "my run", "stopped")
    assert facts["settings"] == json.loads(json.dumps(dcgan.flat))
    assert facts["status"]["step"] == 7
    assert facts["summary"] == run.summary
    text = gancore("show", "latest").out
    assert "step 7 of 20" in text
    assert "my run" in text
    for path in SETTINGS:
        assert (path in text.split()) == dcgan.uses(path)
    assert all(event["message"] in text for event in run.events())


def test_show_says_what_happened_to_an_interrupted_run(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=7)
    run.write_status(run.status.model_copy(update={"state": "running"}))
    shown = " ".join(gancore("show", run.id).out.split())
    assert "ended abruptly: it was killed, ran out of memory, or the machine was restarted." in shown
    assert "Resume continues from step 7." in shown


def test_show_explains_damage_and_errors(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    failed, damaged = store.create(dcgan), store.create(dcgan)
    failed.write_status(failed.status.model_copy(update={"state": "failed", "error": "it broke"}))
    (damaged.path / "config.json").write_text("{")
    assert "it broke" in gancore("show", failed.id).out
    assert "config.json is missing or unreadable" in gancore("show", damaged.id).out
    facts = json.loads(gancore("show", damaged.id, "--quiet").out)
    assert (facts["state"], "damage" in facts) == ("damaged", True)


def test_show_names_what_goes_wrong(
    gancore: Command, store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("collapse", "Mode collapse", 3, "2 of 10 digits come up.", "G repeats itself.", "report 002")
    monkeypatch.setattr(runs_command, "examine", lambda _run: [finding])
    assert "Mode collapse: 2 of 10 digits come up." in gancore("show", store.create(dcgan).id).out


def test_list_finds_runs_by_a_query(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    slow, fast = (store.create(dcgan.replace({"optim.lr_g": rate}), name=f"rate {rate}") for rate in (2e-3, 0.1))
    fast.edit_meta(tags=("homework",))
    assert gancore("list", "--where", "lr_g > 0.01 and tag:homework", "--quiet").lines == [fast.id]
    assert gancore("list", "--where", "lr_g = 0.002", "--quiet").lines == [slow.id]
    assert slow.id in gancore("list", "--where", "state = stopped and not homework").out
    assert "No run matches" in gancore("list", "--where", "state = running").out
    wrong = gancore("list", "--where", "lr_g > 0.01 and los = hinge")
    assert wrong.status == 2
    assert "there is no field los; did you mean loss?: lr_g > 0.01 and →los = hinge" in wrong.err


def test_list_examines_runs_only_if_it_is_asked_for_their_problems(
    gancore: Command, store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan, name="some")
    monkeypatch.setattr("gancore.cli.options.examine", lambda _run: pytest.fail("it was examined"))
    assert gancore("list", "--where", "some", "--quiet").lines == [run.id]
    sign = Finding("mode-collapse", "Mode collapse", 5, "", "", "", (), certain=True)
    monkeypatch.setattr("gancore.cli.options.examine", lambda _run: [sign])
    assert gancore("list", "--where", 'problem = "mode collapse"', "--quiet").lines == [run.id]
