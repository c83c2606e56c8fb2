"""Sharing the machine with others."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from gancore import machine
from gancore.machine import SPINS, Memory, memory, share_cores


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"GOMP_SPINCOUNT": SPINS}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ],
)
def test_threads_give_cores_away_unless_somebody_decided_otherwise(
    before: dict[str, str], after: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", dict(before))
    share_cores()
    assert os.environ == after


# --- memory ---------------------------------------------------------------------------------------------------------

MEMINFO = "MemTotal:       16000000 kB\nMemFree:  100 kB\nMemAvailable:    8000000 kB\nHugePages_Total:       0\n"


def write(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_memory_is_what_the_machine_says(tmp_path: Path) -> None:
    assert memory(write(tmp_path, proc__meminfo=MEMINFO)) == Memory(16e6 * 1024, 8e6 * 1024)


def test_a_machine_is_described_without_its_name(tmp_path: Path) -> None:
    root = write(tmp_path, proc__meminfo=MEMINFO, proc__cpuinfo="processor : 0\nmodel name\t: A CPU 3000\n")
    found = machine.describe(root)
    assert (found["processor"], found["memory"]) == ("A CPU 3000", 16_000_000 * 1024)
    assert found["cores"] == os.cpu_count()
    assert platform.node() not in map(str, found.values())
    assert machine.describe(tmp_path / "nowhere")["processor"] != ""


def test_a_container_may_use_less(tmp_path: Path) -> None:
    """Files that are only cached can be dropped: they are free, too."""
    root = write(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/\n")
    group = root / "sys" / "fs" / "cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("4000000000\n")
    (group / "memory.current").write_text("3000000000\n")
    (group / "memory.stat").write_text("anon 1\ninactive_file 500000000\n")
    assert memory(root) == Memory(4e9, 1.5e9)
    (group / "memory.max").write_text("max\n")
    assert memory(root) == Memory(16e6 * 1024, 8e6 * 1024)


def test_the_tightest_group_above_ours_counts(tmp_path: Path) -> None:
    root = write(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/class/group-1\n")
    above = root / "sys" / "fs" / "cgroup" / "class"
    (above / "group-1").mkdir(parents=True)
    (above / "memory.max").write_text("2000000000\n")
    (above / "memory.current").write_text("2500000000\n")
    (above / "group-1" / "memory.max").write_text("max\n")
    assert memory(root) == Memory(2e9, 0.0)


def test_the_older_kind_of_groups_is_read_too(tmp_path: Path) -> None:
    root = write(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="5:cpu:/x\n4:memory:/job\n0::/\n")
    group = root / "sys" / "fs" / "cgroup" / "memory" / "job"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text("3000000000\n")
    (group / "memory.usage_in_bytes").write_text("1000000000\n")
    (group.parent / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert memory(root) == Memory(3e9, 2e9)


@pytest.mark.parametrize("content", ["", "MemTotal:\n", "MemTotal: many kB\n", "\xff\n"])
def test_without_a_file_the_total_comes_from_the_system(tmp_path: Path, content: str) -> None:
    here = memory(write(tmp_path, proc__meminfo=content))
    assert here is None or (here.total > 1e8 and here.free is None)


def test_this_machine_has_memory() -> None:
    here = memory()
    assert here is None or here.total > 1e8


def test_the_most_that_a_process_has_held_is_what_the_system_says(tmp_path: Path) -> None:
    assert machine.peak_memory(write(tmp_path, proc__self__status="VmPeak: 9 kB\nVmHWM:\t  300 kB\n")) == 300 * 1024
    assert machine.peak_memory(tmp_path / "nowhere") is None


def test_an_installed_copy_has_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder above it may be the repository of something else."""
    below = Path(machine.__file__).parent / "site-packages" / "gancore" / "machine.py"
    monkeypatch.setattr(machine, "__file__", str(below))
    assert machine.git_commit() is None
