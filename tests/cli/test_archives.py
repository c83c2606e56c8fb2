from __future__ import annotations

from pathlib import Path

from gancore.config import RunConfig
from gancore.store import RunStore
from gancore.training.runner import execute
from tests.cli.calling import Command, assert_refused


def test_runs_go_into_a_zip_and_into_another_store(
    gancore: Command, store: RunStore, dcgan: RunConfig, tmp_path: Path
) -> None:
    wide, narrow = (store.create(dcgan.replace({"model.ngf": ngf}), name=f"ngf {ngf}") for ngf in (4, 2))
    out, other = tmp_path / "runs.zip", tmp_path / "other"
    assert gancore("export-runs", "--where", "ngf = 4", "--out", str(out)).out.startswith("1 run in ")
    assert gancore("import-runs", str(out), "--runs-dir", str(other)).lines == [wide.id]
    assert gancore("export-runs", narrow.id, wide.id, "--out", str(out), "--quiet").out.strip() == str(out)
    assert len(gancore("import-runs", str(out), "--runs-dir", str(other)).lines) == 2
    assert len(RunStore(other).list()) == 3


def test_what_cannot_be_exported_or_imported_is_said(
    gancore: Command, store: RunStore, dcgan: RunConfig, tmp_path: Path
) -> None:
    store.create(dcgan)
    out = tmp_path / "runs.zip"
    assert_refused(gancore("export-runs", "--out", str(out)), "which runs")
    assert_refused(gancore("export-runs", "--where", "ngf = 77", "--out", str(out)), "no run")
    assert_refused(gancore("export-runs", "latest", "--out", str(tmp_path / "no" / "x.zip")), "x.zip")
    out.write_bytes(b"no zip")
    assert_refused(gancore("import-runs", str(out)), "no readable zip")
    assert_refused(gancore("import-runs", str(tmp_path / "missing.zip")), "missing.zip")


def test_checkpoints_are_deleted_only_when_that_is_confirmed(
    gancore: Command, store: RunStore, dcgan: RunConfig
) -> None:
    run = store.create(dcgan.replace({"train.keep_epochs": 1}))
    execute(run.path, max_steps=12)
    assert "0 MB of 0 runs" in gancore("clean").out  # somebody used it today
    before = set(run.checkpoints())
    assert "of 1 run would be freed: say --yes" in gancore("clean", "--days", "0").out
    assert set(run.checkpoints()) == before
    assert "of 1 run freed" in gancore("clean", "--days", "0", "--yes", "--quiet").out
    assert set(run.checkpoints()) == {"last"}
    assert "of 1 run freed" in gancore("clean", "--days", "0", "--keep", "none", "--yes", "--quiet").out
    assert not run.checkpoints()
