"""Importing torch beside other threads."""

from __future__ import annotations

import subprocess
import sys

IN_FOUR_THREADS = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from gancore.executors.loading import load_torch

assert "torch" not in sys.modules
sys.setswitchinterval(1e-4)
together = threading.Barrier(4)

def load():
    together.wait()
    load_torch()
    return "torch._dynamo" in sys.modules

with ThreadPoolExecutor(4) as threads:
    assert all(future.result() for future in [threads.submit(load) for _ in range(4)])
"""

ONE_CORE = """
from concurrent.futures import ThreadPoolExecutor
import torch
from gancore.executors.loading import use_one_core

torch.set_num_threads(2)
with ThreadPoolExecutor(1, initializer=use_one_core) as beside, ThreadPoolExecutor(1) as training:
    assert beside.submit(torch.get_num_threads).result() == 1
    assert training.submit(torch.get_num_threads).result() == 2
assert torch.get_num_threads() == 2
"""


def test_threads_that_need_torch_at_once_all_get_the_whole_of_it() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", IN_FOUR_THREADS], check=True)


def test_a_thread_that_uses_one_core_leaves_the_others_as_they_are() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", ONE_CORE], check=True)
