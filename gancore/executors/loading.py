"""Importing torch, which takes seconds: in the background, but never in two threads at once."""

from __future__ import annotations

import threading

from gancore.config import RunConfig
from gancore.machine import share_cores

_lock = threading.Lock()


def load_torch() -> None:
    """Import torch and what training needs of it; returns when it is there.

    Torch imports parts of itself in circles, and some only with the first optimizer. Two threads in the middle of
    that can see modules half made, so whoever needs torch beside other threads calls this first.
    """
    with _lock:
        share_cores()  # those other threads serve a page, and want them, too
        from gancore.algorithms import build_algorithm

        build_algorithm(RunConfig(), "meta")  # no memory, hardly any time, and the first one imports the rest


def use_one_core() -> None:
    """Have what is computed in this thread use one core: at its beginning.

    Only OpenMP is asked, for this thread: `torch.set_num_threads` would change how those who train in this process add
    up, and so their last digits.
    """
    load_torch()
    import torch
    from threadpoolctl import threadpool_limits

    torch.get_num_threads()  # which sets this thread up as all others, once
    threadpool_limits(1, user_api="openmp")
