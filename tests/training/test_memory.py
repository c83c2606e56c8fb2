"""A run that does not fit into memory is recognised before it starts."""

from __future__ import annotations

import pytest

from gancore import machine
from gancore.config import RunConfig
from gancore.machine import Memory
from gancore.training.cost import PROCESS_BYTES, memory
from gancore.training.memory import _there, shortage

LARGE = {"train.batch_size": 4096, "model.ngf": 256, "model.ndf": 256}


def has(monkeypatch: pytest.MonkeyPatch, there: Memory | None) -> None:
    monkeypatch.setattr(machine, "memory", lambda: there)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


def test_what_fits_is_not_warned_about(dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, Memory(16e9, 8e9))
    assert shortage(dcgan) is None
    has(monkeypatch, Memory(16e9, None))
    assert shortage(dcgan) is None
    has(monkeypatch, None)
    assert shortage(RunConfig().replace(LARGE)) is None  # nobody can tell


def test_more_than_the_machine_has_is_said_with_what_to_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, Memory(8e9, 6e9))
    config = RunConfig().replace(LARGE)
    lack = shortage(config)
    assert lack is not None
    assert (lack.need, lack.there, lack.is_free) == (memory(config), 8e9, False)
    assert lack.need > 8e9
    assert lack.amount.endswith("GB of memory, and this machine has 8.0 GB")
    assert (lack.setting, lack.label) == ("train.batch_size", "batch size")


def test_near_all_of_it_is_too_much_and_less_is_compared_with_what_is_free(
    dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is free, this process has taken its own share already."""
    need = memory(dcgan)
    has(monkeypatch, Memory(need / 0.95, None))
    assert shortage(dcgan) is not None
    has(monkeypatch, Memory(need / 0.85, None))
    assert shortage(dcgan) is None
    has(monkeypatch, Memory(16e9, need - PROCESS_BYTES + 1))
    assert shortage(dcgan) is None
    has(monkeypatch, Memory(16e9, need - PROCESS_BYTES - 1))
    lack = shortage(dcgan)
    assert lack is not None
    assert lack.is_free
    assert lack.amount.endswith("are free now")


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"train.batch_size": 2048}, "train.batch_size"),
        ({"model.ngf": 1024, "model.ndf": 8, "train.batch_size": 4}, "model.ngf"),
        ({"model.ndf": 1024, "model.ngf": 8, "train.batch_size": 4}, "model.ndf"),
        ({"model.kind": "mlp", "data.image_size": 28, "model.g_hidden": (4096, 4096, 4096)}, "model.g_hidden"),
    ],
)
def test_the_setting_that_saves_most_is_named(
    changes: dict[str, object], setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch, Memory(1e8, None))
    lack = shortage(RunConfig().replace(changes))
    assert lack is not None
    assert lack.setting == setting


def test_on_a_graphics_card_its_own_memory_counts(dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, Memory(1e9, 1e9))
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda: (20e9, 24e9))
    assert _there(dcgan) == Memory(24e9, 20e9)
    assert _there(dcgan.replace({"train.device": "cpu"})) == Memory(1e9, 1e9)
