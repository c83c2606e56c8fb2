"""gancore from a notebook, a console or a script: train, look, compare. No torch until something is trained."""

from gancore.notebook.comparison import Comparison, compare
from gancore.notebook.run import Run
from gancore.notebook.store import RunStore
from gancore.notebook.training import TrainingFailed, train

__all__ = ["Comparison", "Run", "RunStore", "TrainingFailed", "compare", "train"]
