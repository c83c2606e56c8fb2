from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gancore.exploring import judging
from gancore.exploring.explorer import NotThere
from gancore.exploring.judging import Critic, map_of
from tests.miniatures import held_out

PLAYING = ("dcgan", "mlp", "cs231n", "cdcgan", "cmlp", "semi", "translator")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "COMPARED", 6)
    monkeypatch.setattr("gancore.sampling.samples.load", lambda config, _split: held_out(config, 30))


def image_for(explorer: Any) -> torch.Tensor:
    return torch.rand(1, *explorer.config.shape, generator=torch.Generator().manual_seed(3)) * 2 - 1


@pytest.mark.parametrize("kind", PLAYING)
def test_the_score_is_ds_output_for_the_image_in_its_own_range(kind: str, explore: Any) -> None:
    explorer = explore(kind)
    image, label = image_for(explorer), 4
    found = Critic(explorer).judge(image, label)
    seen = (image + 1) / 2 if explorer.config.data.range == "0..1" else image
    logits = explorer.algorithm.discriminate(seen, torch.tensor([label]))
    logit = float(logits.logsumexp(1) if logits.dim() == 2 else logits)
    assert found.logit == pytest.approx(logit, abs=1e-5)
    assert found.is_probability
    assert found.output == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)
    assert found.boundary == 0.5
    for others in (found.real, found.fake):
        assert len(others) == 6
        assert others == sorted(others)
        assert all(0 <= each <= 1 for each in others)


@pytest.mark.parametrize("kind", PLAYING)
def test_the_map_is_the_gradient_of_the_logit(kind: str, explore: Any) -> None:
    explorer = explore(kind)
    image = image_for(explorer)
    critic = Critic(explorer)
    gradient = critic.judge(image, 4).gradient
    assert gradient.shape == explorer.config.shape[1:]
    step = 1e-2 * gradient.sign() * (2 if explorer.config.data.range == "0..1" else 1)
    rise = critic.judge(image + step, 4).logit - critic.judge(image - step, 4).logit
    assert rise == pytest.approx(2e-2 * float(gradient.abs().sum()), rel=0.1, abs=1e-6)


def test_scores_without_a_scale_stay_as_they_are(explore: Any) -> None:
    explorer = explore("dcgan", {"objective.loss": "wasserstein", "objective.clip": 0.01})
    found = Critic(explorer).judge(image_for(explorer), None)
    assert not found.is_probability
    assert found.output == found.logit
    assert np.isnan(found.boundary)


@pytest.mark.parametrize(("kind", "changes"), [("vae", {}), ("semi", {"objective.unsupervised_weight": 0.0})])
def test_without_a_game_there_is_no_critic(kind: str, changes: dict[str, Any], explore: Any) -> None:
    with pytest.raises(NotThere, match="no discriminator"):
        Critic(explore(kind, changes))


def test_d_is_told_a_class_that_the_run_knows(explore: Any) -> None:
    explorer = explore("cdcgan", {"data.classes": (2, 7)})
    critic = Critic(explorer)
    image = image_for(explorer)
    assert critic.judge(image, None).logit == critic.judge(image, 2).logit != critic.judge(image, 7).logit
    with pytest.raises(NotThere, match="no class 3"):
        critic.judge(image, 3)


def test_a_map_is_blue_where_brighter_is_more_real_and_vermilion_where_it_is_less() -> None:
    picture = np.asarray(map_of(torch.tensor([[2.0, 0.0], [-2.0, -1.0]])))
    assert picture[0, 0].tolist() == [0x00, 0x72, 0xB2]
    assert picture[1, 0].tolist() == [0xD5, 0x5E, 0x00]
    assert picture[0, 1].tolist() == [24, 24, 24]
    assert picture[1, 1].tolist() == [118, 59, 12]  # half way
