"""gancore: train GANs as runs in folders. No Streamlit, no global random state.

A run is a folder (`gancore.store`); `gancore.training.runner.execute(run_dir)` trains it; everything else reads it.
From a notebook or a script:

    import gancore
    run = gancore.train("quickstart", ngf=64)  # a live view of it, and then the run
    run.plot()
    gancore.RunStore("runs").frame()  # all runs with their settings and results, as a table
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Comparison", "Run", "RunStore", "TrainingFailed", "compare", "train"]

if TYPE_CHECKING:
    from gancore.notebook import Comparison, Run, RunStore, TrainingFailed, compare, train


def __getattr__(name: str) -> Any:
    """What is used from notebooks, loaded once it is asked for: `import gancore` alone costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("gancore.notebook"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
