"""`python -m gancore.executors.timing THREADS`: times steps whenever it is asked to, for `packing`.

The first line that it reads is a config; then each line asks for so many seconds of steps. It answers with a line each:
what a run needs, then steps a second.
"""

from __future__ import annotations

import json
import sys
import time

from gancore.machine import share_cores


def main(threads: int) -> None:
    """Answer until nobody asks any more."""
    config_line = sys.stdin.readline()
    share_cores()  # as in a dashboard, and beside other runs
    import torch

    from gancore.algorithms import build_algorithm
    from gancore.config import parse_config
    from gancore.rng import StepRng
    from gancore.training.cost import example, memory

    torch.set_num_threads(threads)
    config = parse_config(json.loads(config_line))
    algorithm, batch = build_algorithm(config), example(config, "cpu")
    on_gpu = config.train.device != "cpu" and (torch.cuda.is_available() or torch.backends.mps.is_available())
    algorithm.step(lambda: batch, StepRng(0, 0))  # the first one chooses kernels and allocates memory
    print(json.dumps({"bytes": memory(config), "gpu": on_gpu}), flush=True)
    for line in sys.stdin:
        begin, steps = time.perf_counter(), 0
        while (passed := time.perf_counter() - begin) < float(line) or not steps:
            algorithm.step(lambda: batch, StepRng(0, steps + 1))
            steps += 1
        print(steps / passed, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
