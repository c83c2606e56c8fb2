"""`gan-workbench`: the dashboard of an installation, from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import gancore

_BESIDE = Path(gancore.__file__).resolve().parents[1]


def command(options: list[str]) -> list[str]:
    """What starts the dashboard, with further options of `streamlit run`, such as --server.port=8080."""
    installed = _BESIDE / "gan_workbench" / "dashboard.py"
    script = installed if installed.exists() else _BESIDE / "dashboard.py"
    # -P: what lies in the folder that it is started from must not be taken for a library
    return [sys.executable, "-P", "-m", "streamlit", "run", str(script), *options]


def main() -> None:
    """Serve the runs of `GANCORE_RUNS`, or of `runs` in this folder as the command `gancore` does."""
    os.environ["GANCORE_RUNS"] = os.environ.get("GANCORE_RUNS") or str(Path("runs").absolute())
    line = command(sys.argv[1:])
    if os.name == "nt":
        sys.exit(subprocess.run(line, check=False).returncode)
    os.execv(line[0], line)  # the server takes this process's place, and hears its signals
