"""Networks of one's own: trained like the others, refused in a sentence, and never run unless somebody here said so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gancore.algorithms import build_algorithm
from gancore.config import ConfigError, RunConfig
from gancore.machine import OWN_NETWORKS
from gancore.models import build_networks, count_parameters
from gancore.models.own import EXAMPLE, BadNetwork, check, is_trusted, trust
from gancore.sampling.samples import load_algorithm
from gancore.store import RunStore
from gancore.store.checkpoints import BadCheckpoint
from gancore.training.cost import estimate
from gancore.training.memory import shortage
from gancore.training.runner import execute
from tests.miniatures import equal, tiny, train

CONVOLUTIONS = """
import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, nz, channels):
        super().__init__()
        self.start = nn.Linear(nz, 4 * 8 * 8)
        self.norm = nn.GroupNorm(2, 4)
        self.up = nn.ConvTranspose2d(4, channels, 4, stride=4)

    def forward(self, z):
        return torch.tanh(self.up(torch.relu(self.norm(self.start(z).view(-1, 4, 8, 8)))))


def build_generator(config):
    return Generator(config.model.nz, config.model.nc)


def build_discriminator(config):
    return nn.Sequential(
        nn.Conv2d(config.model.nc, 4, 4, stride=4), nn.PReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 8 * 8, 1)
    )
""".replace("nn.Linear(4 * 8 * 8, 1)", "nn.Linear(4 * 8 * 8, 1)")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is trusted in a test is trusted in it alone."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))


def own(code: str, **changes: object) -> RunConfig:
    return tiny("own", {"model.code": code, **changes})


def variant(old: str, new: str) -> str:
    assert old in CONVOLUTIONS
    return CONVOLUTIONS.replace(old, new)


def test_the_example_may_always_run() -> None:
    assert check(tiny("own")) == count_parameters(tiny("own")) == count_parameters(own(EXAMPLE))
    assert is_trusted(EXAMPLE)


def test_no_other_file_runs_before_it_is_trusted(tmp_path: Path) -> None:
    proof = tmp_path / "it ran"
    code = f"open({str(proof)!r}, 'w').close()\n{CONVOLUTIONS}"
    for device in ("meta", "cpu"):
        with pytest.raises(BadNetwork, match="has not been trusted on this machine"):
            build_networks(own(code), device)
    assert not proof.exists()
    trust(code)
    build_networks(own(code))
    assert proof.exists()
    with pytest.raises(BadNetwork, match="not been trusted"):
        build_networks(own(code + "\n"))  # this very file


def test_none_runs_where_others_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    trust(CONVOLUTIONS)
    monkeypatch.setenv(OWN_NETWORKS, "off")
    with pytest.raises(BadNetwork, match="switched off here"):
        build_networks(own(CONVOLUTIONS))
    build_networks(tiny("own"))


def test_a_run_of_somebody_elses_can_be_read_but_does_not_run(store: RunStore) -> None:
    run = store.create(own(CONVOLUTIONS))
    assert run.damage is None
    assert execute(run.path) == "failed"
    assert run.status.error_code == "bad-network"
    assert "trusted" in str(run.status.error)
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "last.pt").write_bytes(b"")
    with pytest.raises(BadCheckpoint):
        load_algorithm(run)


def test_what_nobody_can_build_costs_nothing_that_others_cost() -> None:
    theirs = own(CONVOLUTIONS)
    assert shortage(theirs) is None
    with pytest.raises(BadNetwork):
        estimate(theirs, [(RunConfig(), 0.1)])
    known = [(RunConfig(), 0.1)]
    assert estimate(RunConfig(), [*known, (theirs, 5.0)]) == estimate(RunConfig(), known)


def test_it_trains_and_resumes_like_any_other(store: RunStore) -> None:
    trust(CONVOLUTIONS)
    config = own(CONVOLUTIONS, **{"train.steps": 6})
    whole, parts = store.create(config), store.create(config)
    assert execute(whole.path) == "finished"
    assert execute(parts.path, max_steps=3) == "stopped"
    assert execute(parts.path) == "finished"
    assert equal(load_algorithm(whole).state_dict(), load_algorithm(parts).state_dict())
    assert whole.samples()


def test_a_step_is_a_function_of_the_seed_alone() -> None:
    trust(CONVOLUTIONS)
    config = own(CONVOLUTIONS)
    before = torch.random.get_rng_state()
    assert not equal(weights(config), weights(config.replace({"seed": 1})))
    assert torch.equal(torch.random.get_rng_state(), before)
    first, second = build_algorithm(config), build_algorithm(config)
    assert equal(train(first, config, 2), train(second, config, 2, after=lambda: torch.rand(3)))


def weights(config: RunConfig) -> dict[str, object]:
    return {name: network.state_dict() for name, network in build_networks(config).items()}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def build_generator(config:", "the network file: SyntaxError in line 1"),
        ("import nothing_of_that_name", "the network file: ModuleNotFoundError in line 1"),
        ("x = 1", r"has no function build_generator\(config\)"),
        (variant("return Generator(", "return 3 # ("), r"build_generator must return a torch\.nn\.Module, not int"),
        (variant("config.model.nz, config", "config.model.nix, config"), "build_generator: AttributeError in line"),
        (
            variant("4, stride=4)\n", "2, stride=2)\n"),
            r"the generator must return \(N, 1, 32, 32\), not \(N, 1, 16, 16\)",
        ),
        (
            variant("return torch.tanh(", "return float('nan') * torch.tanh("),
            "the generator returns numbers that are not",
        ),
        (variant("return torch.tanh(", "return torch.tanh, ("), "the generator must return a tensor, not tuple"),
        (
            variant("nn.Linear(4 * 8 * 8, 1)", "nn.Linear(4 * 8 * 8, 2)"),
            r"the discriminator must return \(N\), not \(N\)",
        ),
        (variant("nn.Linear(4 * 8 * 8, 1)", "nn.Linear(7, 1)"), "the discriminator: RuntimeError"),
        (variant("def forward(self, z):", "def forward(self, z):\n        float(z.sum())"), "the generator: "),
        (variant("nn.Dropout(0.5)", "nn.Dropout2d(0.5)"), "nn.Dropout alone can be used, not Dropout2d"),
        (
            variant("self.norm = nn", "self.x = nn.Parameter(torch.zeros(3)); self.norm = nn"),
            "weights of Generator are not",
        ),
        (
            variant("self.norm = nn", "self.idle = nn.Linear(2, 2); self.norm = nn"),
            r"its parameter idle\.weight has no part",
        ),
    ],
    ids=lambda value: "" if "\n" in value else value[:40],
)
def test_what_does_not_fit_is_said_in_one_sentence(code: str, words: str) -> None:
    trust(code)
    with pytest.raises(BadNetwork, match=words) as refused:
        check(own(code))
    assert "\n" not in str(refused.value)


def test_a_file_is_of_bounded_length() -> None:
    with pytest.raises(
        ConfigError, match=r"model\.code must be the text of a Python file, of at most 50,000 characters"
    ):
        own("#" * 50_001)
