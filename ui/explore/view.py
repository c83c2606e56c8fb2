"""What the browser is told of the checkpoints that are looked into, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gancore.config import RunConfig
from gancore.config.datasets import DATASETS, TOYS
from gancore.exploring.asking import NOISES
from gancore.pictures.film import can_encode_mp4
from ui.colors import run_color
from ui.explore import address
from ui.explore.choosing import Choice
from ui.frontend import explore as frontend
from ui.server import exploring


def show(choices: Sequence[Choice], view: address.View) -> None:
    """All views of the chosen checkpoints, in the browser."""
    data = {
        "runs": [_described(each) for each in choices],
        "differ": differ([each.run.config for each in choices]),
        "noises": NOISES,
        "mp4": can_encode_mp4(),
        "view": view.view,
        "seed": view.seed,
        "picks": list(view.picks),
    }
    frontend.explorer(data, heard=_take)


def _described(choice: Choice) -> dict[str, Any]:
    run, config = choice.run, choice.run.config
    names = DATASETS[config.data.name].classes
    return {
        "id": run.id,
        "name": choice.name,
        "color": run_color(run),
        "address": exploring.address(run),
        "checkpoint": choice.checkpoint,
        "step": choice.step,
        "raw": choice.raw,
        "sampled": _sampled(config, raw=choice.raw),
        "family": family(config),
        "condition": config.kind.condition,
        "nz": config.model.nz,
        "prior": "normal" if config.model.kind == "vae" else config.model.prior,
        "labels": [[label, names[label] if label < len(names) else str(label)] for label in config.labels_in_use],
        "classes": list(names),
        "plays": config.kind.game(config) is not None,
        "told": config.kind.condition == "class" and config.model.y_in_d,
        "note": _note(config),
    }


def _note(config: RunConfig) -> str:
    """What is to be said of a run before anything is seen of it."""
    if config.model.kind == "semi" and config.kind.game(config) is None:
        return "G was not trained in this run: D learned from the labelled images alone."
    return ""


def family(config: RunConfig) -> str:
    """Which views make sense: `toy`, `translator`, `vae` or `gan`."""
    if config.data.name in TOYS:
        return "toy"
    if config.kind.condition == "image":
        return "translator"
    return "vae" if config.model.kind == "vae" else "gan"


def _sampled(config: RunConfig, *, raw: bool) -> str:
    if config.model.kind == "vae":
        return "decoder"
    return "EMA of G" if config.optim.ema and config.uses("optim.ema") and not raw else "raw G"


def differ(configs: Sequence[RunConfig]) -> str:
    """Why two runs do not get the same noise, in a sentence; empty if they do."""
    if len(configs) < 2:
        return ""
    one, other = configs
    if family(one) != family(other):
        return "The two are of different kinds, so nothing is shown beside the first one."
    if one.model.nz != other.model.nz:
        return (
            f"z has {one.model.nz} dimensions in the first run and {other.model.nz} in the second: each has its own "
            "noise of the same seed, so compare their look, not picture by picture."
        )
    if one.model.prior != other.model.prior and family(one) != "vae":
        return "The two draw z from different distributions: compare their look, not picture by picture."
    return ""


def _take(change: Mapping[str, Any]) -> None:
    """What the browser says that it shows; what makes no sense is left out."""
    said = {name: change[name] for name in ("view", "seed", "picks") if name in change}
    changes: dict[str, Any] = {}
    if said.get("view") in address.VIEWS:
        changes["view"] = said["view"]
    if type(said.get("seed")) is int:
        changes["seed"] = address.as_seed(str(said["seed"]))
    if isinstance(said.get("picks"), list):
        changes["picks"] = address.as_picks([each for each in said["picks"] if isinstance(each, str)])
    if changes:
        address.change(**changes)
