"""`pip install .`: what the wheel holds, and that an installed copy works from any folder, without a download."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest

from gancore.cli import dashboard

REPOSITORY = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
OFFLINE = ["--no-deps", "--no-index", "--no-build-isolation", "--no-cache-dir"]
PARTS = ("gancore", "ui", "pages", "docs/quickstart.png", ".streamlit")
FILES = ("dashboard.py", "setup.py", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")

WaitUntil = Callable[..., None]


def tracked(*folders: str) -> set[str]:
    """The files below `folders` that git knows."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "--", *folders]
    return set(filter(None, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, since building leaves folders behind."""
    folder = tmp_path_factory.mktemp("build")
    for name in tracked(*PARTS, *FILES):
        if (REPOSITORY / name).exists():  # or it was just deleted
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, folder / name)
    subprocess.run([*PIP, "wheel", *OFFLINE, "--wheel-dir", str(folder), str(folder)], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with ours alone, for an interpreter that has all others."""
    site = tmp_path_factory.mktemp("site")
    subprocess.run([*PIP, "install", *OFFLINE, "--no-compile", "--target", str(site), str(wheel)], check=True)
    return site


def environment(site: Path) -> dict[str, str]:
    without = {name: value for name, value in os.environ.items() if name != "GANCORE_RUNS"}
    return without | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_wheel_holds_all_that_runs(wheel: Path) -> None:
    library = tracked("gancore")
    shown = {f"gan_workbench/{name}" for name in tracked("ui", "pages", "dashboard.py", ".streamlit")}
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {name for name in library | shown if (REPOSITORY / name.removeprefix("gan_workbench/")).exists()} | {
        "gan_workbench/docs/quickstart.png"
    }


def test_the_wheel_asks_for_what_requirements_txt_lists(wheel: Path) -> None:
    lines = (line.partition("#")[0].strip() for line in (REPOSITORY / "requirements.txt").read_text().splitlines())
    with ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(archive.read(name).decode())
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]

    def normal(requirement: str) -> tuple[str, ...]:
        name = requirement.partition(">")[0].partition("<")[0].strip()
        return (name, *sorted(requirement.removeprefix(name).strip().split(",")))

    assert sorted(map(normal, needed)) == sorted(normal(line) for line in lines if line)
    assert set(metadata.get_all("Provides-Extra", [])) == {"ray", "optuna", "export"}


def test_an_installed_copy_lists_runs_from_any_folder(site: Path, tmp_path: Path) -> None:
    command = [str(site / "bin" / "gancore"), "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(site), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No runs yet" in done.stdout


def test_an_installed_dashboard_answers_this_machine_alone(site: Path, tmp_path: Path, wait_until: WaitUntil) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [str(site / "bin" / "gan-workbench"), "--server.headless=true", f"--server.port={port}"]
    (tmp_path / "ui.py").write_text("raise RuntimeError('not the one')")

    def answer(path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/{path}", timeout=10) as reply:
                return reply.read().decode()
        except OSError:
            return ""

    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, cwd=tmp_path, env=environment(site), stdout=log, stderr=log) as server,
    ):
        try:
            wait_until(lambda: answer("_stcore/health") == "ok" or server.poll() is not None)
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert "<title>" in answer("")
            if sys.platform == "linux":  # where all of 127.* leads here, and to a server that listens everywhere
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.2", port), 10)
        finally:
            server.terminate()
            server.wait(60)
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert not list(site.rglob("runs/.worker.lock"))


def test_in_a_checkout_the_dashboard_is_the_one_beside_the_library() -> None:
    line = dashboard.command(["--server.port=8080"])
    assert line[-2:] == [str(REPOSITORY / "dashboard.py"), "--server.port=8080"]


@pytest.mark.skipif(os.name == "nt", reason="where a process cannot take another's place")
@pytest.mark.parametrize(("given", "used"), [(None, "runs"), ("", "runs"), ("/class/runs", "/class/runs")])
def test_the_dashboard_serves_the_runs_that_the_command_line_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, used: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANCORE_RUNS", given or "")
    if given is None:
        monkeypatch.delenv("GANCORE_RUNS")
    monkeypatch.setattr(sys, "argv", ["gan-workbench", "--server.port=8080"])
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _program, line: started.append(line))
    dashboard.main()
    assert started == [dashboard.command(["--server.port=8080"])]
    assert os.environ["GANCORE_RUNS"] == str(tmp_path / used)


def test_the_image_is_built_from_all_that_the_wheel_needs() -> None:
    """Docker cannot run here: what it copies is there, is not ignored, and is all that the wheel is built from."""
    lines = (REPOSITORY / "Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    allowed = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed == {*PARTS, *FILES, "constraints.txt"}
    assert all((REPOSITORY / name).exists() for name in copied)
