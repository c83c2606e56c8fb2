"""gancore: train GANs as runs in folders. No Streamlit, no global random state.

A run is a folder (`gancore.store`); `gancore.training.runner.execute(run_dir)` trains it; everything else reads it.
"""

__version__ = "0.1.0"
