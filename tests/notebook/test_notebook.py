"""gancore as it is used from a notebook or a script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

import gancore
from gancore.config import SETTINGS, RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.notebook.live import SECONDS, LiveView, in_notebook
from gancore.query import QueryError
from gancore.store.evaluations import Evaluation
from gancore.training.events import Notice
from tests.miniatures import TINY, tiny

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "first-gan.ipynb"
SMALL: dict[str, Any] = {**TINY, "train.steps": 6}


@pytest.fixture
def run(tmp_path: Path) -> gancore.Run:
    return gancore.train(SMALL, runs=tmp_path / "runs")


def test_importing_it_loads_nothing_that_takes_time() -> None:
    heavy = ("torch", "pandas", "matplotlib", "pydantic", "IPython")
    program = f"import sys, gancore; dir(gancore); print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert {"train", "compare", "RunStore"} <= set(dir(gancore))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = gancore.nothing


def test_trains_what_is_asked_for(run: gancore.Run, tmp_path: Path) -> None:
    assert run.state == "finished"
    assert run.config == RunConfig().replace(SMALL)
    again = gancore.train(run.config, runs=tmp_path / "runs", name="again", ngf=3, optim__lr_g=1e-3)
    assert (again.name, again.config.model.ngf, again.config.optim.lr_g) == ("again", 3, 1e-3)
    assert [each.id for each in gancore.RunStore(tmp_path / "runs")] == [again.id, run.id]


def test_starts_from_an_experiment(tmp_path: Path) -> None:
    run = gancore.train(
        "quickstart", runs=tmp_path, steps=2, final_samples=0, data="digits-8x8", limit=128, evaluate_every=0
    )
    assert (run.experiment, run.arm) == ("quickstart", None)  # it is another experiment now
    base = EXPERIMENTS["quickstart"].arm("")
    assert set(run.config.differences(base)) == {
        "data.name",
        "data.limit",
        "train.steps",
        "train.final_samples",
        "train.evaluate_every",
    }


@pytest.mark.parametrize(
    ("start", "settings", "words"),
    [
        ("quickstrat", {}, "unknown experiment 'quickstrat'"),
        (None, {"ngff": 3}, "unknown setting ngff; did you mean model.ngf"),
        (None, {"ngf": 0}, r"model\.ngf must be a whole number from 1"),
        (None, {"arm": "x"}, "arm and scale belong to an experiment"),
        ("dcgan-nz", {"arm": "nz 11"}, "unknown arm 'nz 11'"),
    ],
)
def test_refuses_what_cannot_be_in_one_sentence(
    tmp_path: Path, start: Any, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        gancore.train(start, runs=tmp_path / "runs", **settings)
    assert not (tmp_path / "runs").exists()


def test_a_run_that_fails_says_why_and_is_there(tmp_path: Path) -> None:
    with pytest.raises(gancore.TrainingFailed, match="diverged") as failed:
        gancore.train(SMALL, runs=tmp_path, loss="wasserstein", optimizer="sgd", lr_d=1.0, lr_g=1.0, steps=400)
    assert failed.value.run.state == "failed"


def test_an_interrupt_stops_it_with_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient:
        def __call__(self, event: object) -> None:
            if isinstance(event, Notice) and event.kind == "started":
                signal.raise_signal(signal.SIGINT)

        def close(self) -> None: ...

    monkeypatch.setattr("gancore.notebook.training._watchers", lambda _: [Impatient()])
    run = gancore.train(SMALL, runs=tmp_path, steps=10_000)
    assert run.state == "stopped"
    assert "last" in run.checkpoints()


def test_a_run_shows_itself(run: gancore.Run) -> None:
    shown = run._repr_html_()
    assert "data:image/png;base64," in shown
    assert "step 6 of 6" in shown
    assert repr(run) == f"<Run {run.name!r}: finished, step 6 of 6>"
    run.edit_meta(name="<script>alert(1)</script>")
    assert "<script>" not in run._repr_html_()
    (run.path / "config.json").write_text("{")
    assert "unreadable" in gancore.Run(run.path)._repr_html_()


def test_its_curves_are_plotted(run: gancore.Run) -> None:
    figure = run.plot()
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_visible()]
    assert titles == ["Losses", "D(x), D(G(z))", "Gradients"]
    assert figure._repr_png_().startswith(b"\x89PNG")
    line = run.plot("losses", smoothing=0.0).axes[0].get_lines()[0]
    assert np.allclose(line.get_ydata(), run.scalars()["loss_d"], rtol=1e-5)
    with pytest.raises(ValueError, match="there is no panel 'nothing': choose among losses"):
        run.plot("nothing")


def test_its_samples_and_files(run: gancore.Run, tmp_path: Path) -> None:
    assert run.sample(5).shape == (5, 1, 32, 32)
    assert run.picture().size == run.picture(0).size
    with pytest.raises(ValueError, match="no sample grid of step 77"):
        run.picture(77)
    assert pd.read_csv(run.export("csv", tmp_path / "curves.csv")).step.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_store_is_a_tidy_table(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    store = gancore.RunStore(runs)
    assert store.frame().empty
    first = gancore.train(SMALL, runs=runs, ngf=3, name="first")
    measured = {"samples": 100, "reference": "real", "reference_count": 100, "seconds": 1.0}
    first.add_evaluation(Evaluation(step=6, weights="raw", size="full", values={"fid": 12.5}, **measured))
    gancore.train(tiny("vae", {"train.steps": 6}), runs=runs, name="second")
    (runs / "damaged").mkdir()
    table = store.frame()
    assert table["name"].tolist() == ["second", "first"]
    assert table.set_index("name").loc["first", "fid"] == 12.5
    assert table["model.ngf"].isna().tolist() == [True, False]  # a VAE has none
    assert table["optim.lr"].isna().tolist() == [False, True]
    assert set(table) >= {"id", "state", "step", "seconds", "loss_d", "recon", "seed"}
    assert not set(table) & {path for path, leaf in SETTINGS.items() if leaf.hidden}
    assert store.frame("fid < 20")["name"].tolist() == ["first"]
    with pytest.raises(QueryError):
        store.frame("fid <")
    assert len(store) == 3
    assert store[0].name == "second"
    assert store[first.id].id == first.id
    assert "3 runs" in store._repr_html_()


def test_a_comparison_shows_what_differs(tmp_path: Path) -> None:
    pair = [gancore.train(SMALL, runs=tmp_path, ngf=ngf, name=f"with {ngf}") for ngf in (2, 3)]
    compared = gancore.compare(*pair)
    shown = compared._repr_html_()
    assert "ngf" in shown
    assert "ndf" not in shown
    assert shown.count("data:image/png") == 2
    assert compared.frame()["model.ngf"].tolist() == [2, 3]
    assert "model.ndf" not in compared.frame()
    figure = compared.plot("loss_g")
    assert len(figure.axes[0].get_lines()) == 2
    with pytest.raises(ValueError, match="there is no curve 'nothing'"):
        compared.plot("nothing")
    with pytest.raises(ValueError, match="takes two runs"):
        gancore.compare(pair[0])


def test_a_notebook_sees_it_live(run: gancore.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[str] = []
    handle = SimpleNamespace(update=updates.append)
    display = ModuleType("IPython.display")
    display.__dict__.update(HTML=str, display=lambda first, **_: updates.append(first) or handle)
    ipython = ModuleType("IPython")
    ipython.__dict__.update(display=display, get_ipython=lambda: SimpleNamespace(kernel=object()))
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    assert in_notebook()
    now = [0.0]
    view = LiveView(run, lambda: now[0])
    event = Notice("started", 0, "")
    for now[0] in (0.1, SECONDS, SECONDS + 0.1, 2 * SECONDS):
        view(event)
    view.close()
    assert len(updates) == 1 + 2 + 1  # at first, twice on the way, at the end


def test_the_example_runs(tmp_path: Path) -> None:
    notebook = nbformat.read(EXAMPLE, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    shown = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= shown
    assert not any(output.output_type == "error" for output in outputs)
