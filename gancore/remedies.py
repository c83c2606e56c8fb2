"""What to change in a run in which something goes wrong. No torch in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gancore.config import ConfigError, RunConfig, Settings
from gancore.forks import is_fixed
from gancore.text import describe_value


@dataclass(frozen=True)
class Remedy:
    """A change to try."""

    text: str  # "halve lr_d", for a button: "Start a new run: halve lr_d"
    changes: Settings  # fits the run's settings as they are now
    fork: bool = False  # whether to go on from its last checkpoint, or from scratch


Change = Callable[[Any], Any]  # from a setting's value to another


@dataclass(frozen=True)
class Idea:
    """A remedy before it is known whether it fits: a `{}` in its text stands for a setting's new value."""

    text: str
    changes: Mapping[str, Change]  # the first must have an effect; others go along where they have one
    fork: bool = False  # whether going on from a checkpoint makes sense
    when: Settings = field(default_factory=dict)  # what the settings at these paths must be for it to help

    def fitted(self, before: RunConfig, step: int) -> Remedy | None:
        """What it changes in a run that came to `step`; None if that is nothing, or does not fit."""
        if any(before.flat[path] != value for path, value in self.when.items()):
            return None
        try:
            after = before.replace({path: change(before.flat[path]) for path, change in self.changes.items()})
        except ConfigError:
            return None
        point = next(iter(self.changes))
        changes = {
            path: after.flat[path]
            for path in self.changes
            if after.uses(path) and after.flat[path] != before.flat[path]
        }
        if not after.uses(point) or not changes:
            return None
        goes_on = self.fork and step < before.total_steps and not any(map(is_fixed, changes))
        values = (describe_value(after.flat[path]) for path in self.changes)
        return Remedy(self.text.format(*values), changes, fork=goes_on)


def fitting(ideas: Sequence[Idea], config: RunConfig, step: int) -> tuple[Remedy, ...]:
    """Those that would change something in a run with these settings that came to `step`, as remedies."""
    found: list[Remedy] = []
    for remedy in filter(None, (idea.fitted(config, step) for idea in ideas)):
        if remedy.changes not in [known.changes for known in found]:
            found.append(remedy)
    return tuple(found)


def _to(value: Any) -> Change:
    return lambda _: value


def _times(factor: float) -> Change:
    """Of a number, kept whole where it is."""
    return lambda value: max(1, round(value * factor)) if isinstance(value, int) else float(f"{value * factor:.2g}")


def _at_most(limit: float) -> Change:
    return lambda value: min(value, limit)


def _at_least(limit: float) -> Change:
    return lambda value: max(value, limit)


LOW_RATES = Idea("lr_g {} and lr_d {}", {"optim.lr_g": _at_most(5e-4), "optim.lr_d": _at_most(2e-4)})
TENTH = Idea("a tenth of both learning rates", {"optim.lr_g": _times(0.1), "optim.lr_d": _times(0.1)})
HALF = Idea("half of both learning rates", {"optim.lr_g": _times(0.5), "optim.lr_d": _times(0.5)}, fork=True)
LOW_RATE = Idea("lr {}, as in report 003", {"optim.lr": _at_most(1e-3)})
TENTH_OF_LR = Idea("a tenth of lr: {}", {"optim.lr": _times(0.1)})
ADAM = Idea(
    "Adam as optimiser",
    {
        "optim.optimizer": _to("adam"),
        "optim.lr_g": _at_most(5e-4),
        "optim.lr_d": _at_most(2e-4),
        "optim.lr": _at_most(1e-3),
    },
    when={"optim.optimizer": "sgd"},
)
GRADIENT_PENALTY = Idea(
    "the gradient penalty on D",
    {"objective.penalty": _to("gradient"), "model.d_norm": _to("none")},
    when={"objective.loss": "wasserstein"},
)
R1 = Idea(
    "the r1 penalty on D",
    {"objective.penalty": _to("r1"), "objective.penalty_weight": _to(1.0), "model.d_norm": _to("none")},
)
CLIPPING = Idea("clip D's weights at {}", {"objective.clip": _to(0.01)}, when={"objective.loss": "wasserstein"})
SPECTRAL_NORM = Idea("spectral normalisation of D", {"model.spectral_norm": _to(True)})
NONSATURATING = Idea(
    "the non-saturating loss", {"objective.loss": _to("nonsaturating")}, fork=True, when={"objective.loss": "minimax"}
)
WGAN_GP = Idea(
    "the Wasserstein loss with the gradient penalty",
    {"objective.loss": _to("wasserstein"), "objective.penalty": _to("gradient"), "model.d_norm": _to("none")},
)
TELL_CLASSES = (
    Idea("tell both networks the class", {"model.kind": _to("cdcgan")}, when={"model.kind": "dcgan"}),
    Idea("tell both networks the class", {"model.kind": _to("cmlp")}, when={"model.kind": "mlp"}),
)
LET_BOTH_LEARN = Idea("let both networks learn", {"objective.only": _to("both")}, fork=True)
SLOWER_D = Idea("lr_d down to {}", {"optim.lr_d": _times(0.25)}, fork=True)
SLOWER_G = Idea("lr_g down to {}", {"optim.lr_g": _times(0.5)}, fork=True)
FASTER_D = Idea("lr_d up to {}", {"optim.lr_d": _at_least(2e-4)}, fork=True)
FEWER_D_STEPS = Idea("one update of D a step", {"optim.d_steps": _to(1)}, fork=True)
MORE_D_STEPS = Idea("{} updates of D a step", {"optim.d_steps": _times(2)}, fork=True)
FEWER_G_STEPS = Idea("one update of G a step", {"optim.g_steps": _to(1)}, fork=True)
SMOOTHING = Idea("label smoothing {}", {"objective.label_smoothing": _at_least(0.1)}, fork=True)
DROPOUT = Idea("dropout {} in D", {"model.dropout": _at_least(0.3)})
NARROWER_D = Idea("ndf {}", {"model.ndf": _times(0.5)})
WIDER_D = Idea("ndf {}", {"model.ndf": _at_least(32)})
WIDER_G = Idea("ngf {}", {"model.ngf": _at_least(32)})
LARGER_BATCH = Idea("batches of {}", {"train.batch_size": _times(2)})
CALMER = Idea("beta1 {}", {"optim.beta1": _at_most(0.5)}, fork=True)
AVERAGE = Idea("draw samples from an average of G: EMA {}", {"optim.ema": _at_least(0.999)})
ALL_IMAGES = Idea("all training images", {"data.limit": _to(None)})
SHORTER = Idea("half as many epochs", {"train.epochs": _times(0.5)}, when={"train.steps": None})
SHALLOWER = Idea("one hidden layer", {"model.hidden": lambda widths: widths[:1]})
