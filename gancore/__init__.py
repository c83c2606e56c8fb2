"""gancore: train GANs as runs in folders. No Streamlit, no global random state.

A run is a folder (`gancore.store`); `gancore.runner.execute(run_dir)` trains it; everything else reads it.
"""

import os

__version__ = "0.1.0"

# Read by OpenMP when torch is imported. By default its threads spin at every barrier, and while anything else wants a
# core (a browser, a page being drawn) they spin in each other's way: on two busy cores a step took several times as
# long. Waiting passively costs nothing that could be measured on an idle machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
