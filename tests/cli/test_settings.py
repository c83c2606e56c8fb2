from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from gancore.config import RunConfig
from gancore.data.imported import contents, remove
from gancore.store import RunStore
from tests.cli.calling import SET_TINY, Command, assert_refused


@pytest.mark.parametrize("wrapped", [False, True], ids=["settings", "a run's config.json"])
def test_train_takes_a_config_file(
    gancore: Command, store: RunStore, mlp: RunConfig, tmp_path: Path, wrapped: bool
) -> None:
    path = tmp_path / "config.json"
    path.write_text(mlp.model_dump_json())
    if wrapped:
        path = store.create(mlp).path / "config.json"
    result = gancore("train", "--config", str(path), "--seed", "5", "--max-steps", "1", "--quiet")
    assert store.open(result.lines[-1]).config == mlp.replace({"seed": 5})


FIXED = {
    "data.name": ("mnist-5k", "mnist-5k"),
    "data.limit": ("40", 40),
    "model.kind": ("mlp", "mlp"),
    "model.ngf": ("3", 3),
    "model.ndf": ("3", 3),
    "model.nz": ("5", 5),
    "model.init": ("default", "default"),
    "objective.loss": ("minimax", "minimax"),
    "optim.lr_g": ("0.0005", 0.0005),
    "optim.lr_d": ("5e-5", 5e-5),
    "optim.beta1": ("0", 0.0),
    "optim.g_steps": ("2", 2),
    "optim.d_steps": ("2", 2),
    "train.epochs": ("1", 1),
    "train.batch_size": ("4", 4),
    "train.precision": ("bf16", "bf16"),
    "seed": ("4294967295", 4294967295),
}


@pytest.mark.parametrize(("path", "text", "value"), [(path, *pair) for path, pair in FIXED.items()], ids=list(FIXED))
def test_every_fixed_path_can_be_set(gancore: Command, store: RunStore, path: str, text: str, value: object) -> None:
    result = gancore("train", *SET_TINY, "--set", f"{path}={text}", "--max-steps", "1", "--quiet")
    assert result.status == 0, result.err
    run = store.open(result.lines[-1])
    assert run.config.flat[path] == value
    assert run.status.step == 1


def test_all_of_them_at_once_and_the_last_word_counts(gancore: Command, store: RunStore) -> None:
    changes = [word for path, (text, _) in FIXED.items() for word in ("--set", f"{path}={text}")]
    result = gancore("train", "--seed", "3", *changes, "--set", "model.nz=6", "--max-steps", "1", "--quiet")
    config = store.open(result.lines[-1]).config
    assert {path: config.flat[path] for path in FIXED} == {path: value for path, (_, value) in FIXED.items()} | {
        "model.nz": 6
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("model.ngf", ("PATH=VALUE",)),
        ("model.ngff=3", ("unknown setting model.ngff", "model.ngf?")),
        ("model.ngf=0", ("model.ngf", "from 1 to 1024", "0")),
        ("model.ngf=many", ("model.ngf", '"many"')),
        ("model.ngf=", ("model.ngf",)),
        ("model.g_hidden=a,b", ("model.g_hidden",)),
        ("optim.lr_g=nan", ("optim.lr_g", "finite")),
        ("optim.lr_g=NaN", ("optim.lr_g", "finite")),
        ("optim.lr_g=Infinity", ("optim.lr_g", "finite")),
        ("optim.lr_g=1e999", ("optim.lr_g", "finite")),
        ("train.precision=fp64", ("train.precision", "fp32, bf16")),
        ("data.image_size=28", ("data.image_size", "32")),
        ("data.limit=2", ("train.batch_size",)),
        ("seed=-1", ("seed",)),
        ("=3", ("unknown setting",)),
        ("a\nb=3", ("unknown setting",)),
        ("\udcff=3", ("unknown setting",)),  # a byte that is no text
        ("data.points=" + "[" * 3_000, ("data.points", "pairs of numbers")),
        ("model.ngf=" + "[" * 100_000, ("model.ngf", "from 1 to 1024")),
        ("model.g_hidden=" + '{"a":' * 10_000, ("model.g_hidden",)),
        ("seed=" + "9" * 5_000, ("seed", "from 0 to 4294967295")),
        ("data.points=[[" + "9" * 5_000 + ",0]]", ("data.points",)),
    ],
    ids=lambda value: ascii(value[:30]) if isinstance(value, str) else "",
)
def test_a_bad_setting_is_one_line_on_stderr(
    gancore: Command, store: RunStore, change: str, words: tuple[str, ...]
) -> None:
    assert_refused(gancore("train", "--set", change), *words)
    assert store.list() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ("is not JSON",)),
        ("[" * 100_000, ("is not JSON",)),
        ('{"data": {"points": ' + "[" * 3_000 + "]" * 3_000 + "}}", ("nested too deeply",)),
        ('{"seed": ' + "9" * 5_000 + "}", ("too many digits",)),
        (b"\xff\xfe{", ("UTF-8",)),
        (b" " * 1_000_001, ("longer than", "1 MB")),
        ("[]", ("the config must be an object",)),
        ('{"model": {"ngf": 0}}', ("model.ngf must be",)),
        ('{"schema": 1, "config": {"model": {"ngff": 3}}}', ("unknown setting model.ngff",)),
    ],
    ids=["torn", "deep", "deep, but whole", "many digits", "no text", "long", "list", "bad value", "unknown key"],
)
def test_a_bad_config_file_is_one_line_on_stderr(
    gancore: Command, tmp_path: Path, text: str | bytes, words: tuple[str, ...]
) -> None:
    (tmp_path / "config.json").write_bytes(text.encode() if isinstance(text, str) else text)
    assert_refused(gancore("train", "--config", str(tmp_path / "config.json")), *words)


OWN = ("data.name=own", "data.own=pets", "train.batch_size=8", "train.epochs=1", "model.nz=4")


def test_an_imported_set_tells_its_counts_and_channels(gancore: Command, pictures: Path, store: RunStore) -> None:
    gancore("import", str(pictures), "--name", "pets")
    small = ("--set", "model.ngf=2", "--set", "model.ndf=2", "--max-steps", "1", "--quiet")
    result = gancore("train", *[word for change in OWN for word in ("--set", change)], *small)
    assert result.status == 0, result.err
    config = store.open(result.lines[-1]).config
    assert config.data.own_counts == (20, 20)
    assert config.data.own_hash == contents("pets") != ""
    assert config.model.nc == 3
    given = gancore("train", *[word for change in (*OWN, "model.nc=1") for word in ("--set", change)], *small)
    assert store.open(given.lines[-1]).config.model.nc == 1


def test_a_file_of_settings_may_only_name_the_set(
    gancore: Command, pictures: Path, store: RunStore, tmp_path: Path
) -> None:
    gancore("import", str(pictures), "--name", "pets")
    settings = {"data": {"name": "own", "own": "pets"}, "model": {"ngf": 2, "ndf": 2}, "train": {"batch_size": 8}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    result = gancore("train", "--config", str(tmp_path / "settings.json"), "--max-steps", "1", "--quiet")
    assert result.status == 0, result.err
    run = store.open(result.lines[-1])
    assert run.config.data.own_counts == (20, 20)
    assert run.config.data.own_hash == contents("pets")
    saved = json.loads((run.path / "config.json").read_text())
    del saved["config"]["data"]["own_hash"]  # as an earlier version wrote it
    (tmp_path / "old.json").write_text(json.dumps(saved))
    again = gancore("train", "--config", str(tmp_path / "old.json"), "--max-steps", "1", "--quiet")
    assert store.open(again.lines[-1]).config == run.config


def test_a_run_goes_on_with_no_other_images_than_it_was_started_with(
    gancore: Command, pictures: Path, store: RunStore
) -> None:
    gancore("import", str(pictures), "--name", "pets")
    small = ("--set", "model.ngf=2", "--set", "model.ndf=2", "--max-steps", "1", "--quiet")
    run = store.open(gancore("train", *[word for change in OWN for word in ("--set", change)], *small).lines[-1])
    remove("pets")
    for number, path in enumerate(sorted(pictures.rglob("*.png"))):
        Image.new("RGB", (20, 20), (0, number, 99)).save(path)
    assert gancore("import", str(pictures), "--name", "pets", "--quiet").lines == ["pets"]
    resumed = gancore("resume", run.id, "--quiet")
    assert resumed.status != 0
    assert "pets has other images than those that this run was started with" in resumed.err
    assert run.status.step == 1
    forked = gancore("fork", run.id, "--set", "data.own=pets", "--quiet")  # on purpose
    assert forked.status == 0, forked.err


@pytest.mark.parametrize("name", ["", "missing", "../x"])
def test_a_set_that_was_not_imported_is_refused(gancore: Command, pictures: Path, name: str) -> None:
    assert pictures.is_dir()
    assert_refused(gancore("train", "--set", "data.name=own", "--set", f"data.own={name}"), "data.own")
