"""What tests of training share."""

from __future__ import annotations

import pytest

from gancore.training.stacked import same_bits
from tests.miniatures import toy


@pytest.fixture(scope="session")
def _exact_stacks() -> None:
    """Elsewhere nothing is stacked, so there is nothing to compare."""
    if not same_bits([toy({"seed": seed}) for seed in range(2)], 10):
        pytest.skip("this processor rounds products of many runs otherwise than those of one")
