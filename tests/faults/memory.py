"""Memory that runs out in a step."""

from __future__ import annotations

from unittest import mock

import torch

from gancore.algorithms.gan import GAN
from gancore.training.runner import execute
from tests.faults.fault import Fault, Trial, busy, difference, uninterrupted
from tests.saving import often_saved

_AT_ONCE = 10**13  # bytes that no machine has


def in_a_step(trial: Trial) -> None:
    """A step wants more memory than there is: the run has failed, and names the setting to lower."""
    alone = uninterrupted(busy("mlp"))
    run = trial.store().create(busy("mlp"), threads=1)
    original, steps = GAN.update, [0]

    def greedy(self: GAN, *args: object, **options: object) -> object:
        steps[0] += 1
        if steps[0] == 8:
            torch.empty(_AT_ONCE, dtype=torch.uint8)
        return original(self, *args, **options)  # type: ignore[arg-type]

    with mock.patch.object(GAN, "update", greedy), often_saved():
        execute(run.path)
    said = run.status
    trial.expect((said.state, said.error_code) == ("failed", "no-memory"), f"{said.state}: {said.error}")
    trial.expect("batch size" in (said.error or ""), f"no setting is named: {said.error}")
    with often_saved():
        execute(run.path)
    wrong = difference(run, alone)
    trial.expect(not wrong, f"another {wrong}")
    trial.say(f"“{said.error}” Resumed bit for bit")


FAULTS: dict[str, Fault] = {"out of memory in a step": in_a_step}
