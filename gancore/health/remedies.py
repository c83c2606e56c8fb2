"""What to change in a run in which something goes wrong. No torch in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gancore.config import SETTINGS, ConfigError, RunConfig, Settings
from gancore.config.forks import is_fixed
from gancore.store import Run
from gancore.text import describe_value, listed


@dataclass(frozen=True)
class Remedy:
    """A change to try."""

    text: str  # "halve lr_d", for a button: "Start a new run: halve lr_d"
    changes: Settings  # fits the run's settings as they are now
    fork: bool = False  # whether to go on from a checkpoint, or from scratch
    checkpoint: str = "last"  # from which one
    steer: bool = False  # whether the run itself is changed while it trains


Change = Callable[[Any], Any]  # from a setting's value to another


@dataclass(frozen=True)
class Idea:
    """A remedy before it is known whether it fits.

    In its text, `{}` stands for the new value of each of `changes` in turn, `{changes}` for those that really change:
    "lower lr_g to 5e-4 and lower lr_d to 2e-4".
    """

    text: str
    changes: Mapping[str, Change]  # at least one must have an effect
    along: Mapping[str, Change] = field(default_factory=dict)  # what goes with them, where it has an effect
    fork: bool = False  # whether going on from a checkpoint makes sense
    same_length: bool = False  # whether the run must be kept at as many steps as it has
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # values of settings with which it helps

    def fitted(self, before: RunConfig, step: int) -> Remedy | None:
        """What it changes in a run that came to `step`; None if that is nothing, or does not fit."""
        if any(before.flat[path] not in values for path, values in self.when.items()):
            return None
        wanted = {path: change(before.flat[path]) for path, change in {**self.changes, **self.along}.items()}
        try:
            after = before.replace(wanted | ({"train.steps": before.total_steps} if self.same_length else {}))
        except ConfigError:
            return None
        changes = {path: new for path, (new, _) in after.differences(before).items() if after.uses(path)}
        if not changes.keys() & self.changes.keys():
            return None
        goes_on = self.fork and step < before.total_steps and not any(map(is_fixed, changes))
        return Remedy(self._said(before, after), changes, fork=goes_on)

    def _said(self, before: RunConfig, after: RunConfig) -> str:
        values = (describe_value(after.flat[path]) for path in self.changes)
        changed = [path for path in self.changes if after.flat[path] != before.flat[path]]
        changes = " and ".join(_describe(path, before, after) for path in changed) if "{changes}" in self.text else ""
        return self.text.format(*values, changes=changes)


def _describe(path: str, before: RunConfig, after: RunConfig) -> str:
    """How a number changes: `lower lr_d to 5e-5`."""
    old, new = before.flat[path], after.flat[path]
    return f"{'lower' if new < old else 'raise'} {SETTINGS[path].label} to {describe_value(new)}"


def fitting(ideas: Sequence[Idea], config: RunConfig, step: int) -> tuple[Remedy, ...]:
    """Those that would change something in a run with these settings that came to `step`, as remedies."""
    found: list[Remedy] = []
    for remedy in filter(None, (idea.fitted(config, step) for idea in ideas)):
        if remedy.changes not in [known.changes for known in found]:
            found.append(remedy)
    return tuple(found)


def undoing(run: Run, found_at: int) -> tuple[Remedy, ...]:
    """How to undo the last live change before something was found: in the run itself, and from the checkpoint that was
    kept before it."""
    made = [change for change in run.changes() if change.step is not None and change.step <= found_at]
    if not made:
        return ()
    change, step = made[-1], made[-1].step or 0
    before, after = run.config_at(step - 1), run.config_at(step)
    undone = {path: before.flat[path] for path in change.changes if before.flat[path] != after.flat[path]}
    if not undone:
        return ()
    labels = listed([f"{SETTINGS[path].label} to {describe_value(value)}" for path, value in undone.items()])
    back = f"set {labels} again, as before step {step:,}"
    kept = f"{step:06d}"
    if kept not in run.checkpoints():
        return (Remedy(back, undone, steer=True), Remedy(back, undone, fork=True))
    return (
        Remedy(back, undone, steer=True),
        Remedy(f"go on from step {step:,}, before the change, with {labels.replace(' to ', ' ')}", undone, True, kept),
    )


def _to(value: Any) -> Change:
    return lambda _: value


def _times(factor: float) -> Change:
    """Of a number, kept whole where it is."""
    return lambda value: max(1, round(value * factor)) if isinstance(value, int) else float(f"{value * factor:.2g}")


def _at_most(limit: float) -> Change:
    return lambda value: min(value, limit)


def _at_least(limit: float) -> Change:
    return lambda value: max(value, limit)


def _tamed(usual: float) -> Change:
    """Of a learning rate that is far above what any paper or report here takes."""
    return lambda value: usual if value >= FAR_ABOVE else value


def _slower(factor: float) -> Change:
    """Of such a rate, to a share of it, and to one with which something can be learned."""
    return lambda value: min(float(f"{value * factor:.2g}"), FAR_ABOVE / 10)


FAR_ABOVE = 0.01  # a learning rate for Adam or RMSprop
ADAPTIVE: Mapping[str, tuple[Any, ...]] = {"optim.optimizer": ("adam", "rmsprop")}  # steps are as long as the rate
SGD: Mapping[str, tuple[Any, ...]] = {"optim.optimizer": ("sgd",)}
WASSERSTEIN: Mapping[str, tuple[Any, ...]] = {"objective.loss": ("wasserstein",)}

LOW_RATES = Idea("{changes}", {"optim.lr_g": _at_most(5e-4), "optim.lr_d": _at_most(2e-4)}, when=ADAPTIVE)
TAMED_RATES = Idea("{changes}", {"optim.lr_g": _tamed(5e-4), "optim.lr_d": _tamed(2e-4)}, when=ADAPTIVE)
TENTH = Idea("divide both learning rates by 10", {"optim.lr_g": _times(0.1), "optim.lr_d": _times(0.1)})
HALF = Idea("halve both learning rates", {"optim.lr_g": _times(0.5), "optim.lr_d": _times(0.5)}, fork=True)
LOW_RATE = Idea("{changes}, as in report 003", {"optim.lr": _at_most(1e-3)}, when=ADAPTIVE)
TENTH_OF_LR = Idea("{changes}", {"optim.lr": _times(0.1)})
ADAM = Idea(
    "use Adam, with its usual learning rates",
    {"optim.optimizer": _to("adam")},
    along={"optim.lr_g": _at_most(5e-4), "optim.lr_d": _at_most(2e-4), "optim.lr": _at_most(1e-3)},
    when=SGD,
)
GRADIENT_PENALTY = Idea(
    "add the gradient penalty to D",
    {"objective.penalty": _to("gradient")},
    along={"model.d_norm": _to("none")},
    when=WASSERSTEIN,
)
R1 = Idea(
    "add the R1 penalty to D",
    {"objective.penalty": _to("r1")},
    along={"objective.penalty_weight": _to(1.0), "model.d_norm": _to("none")},
)
CLIPPING = Idea("clip D's weights at {}", {"objective.clip": _to(0.01)}, when=WASSERSTEIN)
SPECTRAL_NORM = Idea("use spectral normalisation in D", {"model.spectral_norm": _to(True)})
NONSATURATING = Idea(
    "use the non-saturating loss",
    {"objective.loss": _to("nonsaturating")},
    fork=True,
    when={"objective.loss": ("minimax",)},
)
WGAN_GP = Idea(
    "use the Wasserstein loss with the gradient penalty",
    {"objective.loss": _to("wasserstein")},
    along={"objective.penalty": _to("gradient"), "model.d_norm": _to("none")},
)
TELL_CLASSES = tuple(
    Idea("condition both networks on the class", {"model.kind": _to(conditional)}, when={"model.kind": (kind,)})
    for kind, conditional in (("dcgan", "cdcgan"), ("mlp", "cmlp"))
)
LET_BOTH_LEARN = Idea("train both networks", {"objective.only": _to("both")}, fork=True)
SLOWER_D = (
    Idea("{changes}", {"optim.lr_d": _slower(0.25)}, fork=True, when=ADAPTIVE),
    Idea("{changes}", {"optim.lr_d": _times(0.25)}, fork=True, when=SGD),
)
SLOWER_G = (
    Idea("{changes}", {"optim.lr_g": _slower(0.5)}, fork=True, when=ADAPTIVE),
    Idea("{changes}", {"optim.lr_g": _times(0.5)}, fork=True, when=SGD),
)
FASTER_D = Idea("{changes}", {"optim.lr_d": _at_least(2e-4)}, fork=True)
FEWER_D_STEPS = Idea("update D once per step", {"optim.d_steps": _to(1)}, fork=True)
MORE_D_STEPS = Idea("update D {} times per step", {"optim.d_steps": _times(2)}, fork=True)
FEWER_G_STEPS = Idea("update G once per step", {"optim.g_steps": _to(1)}, fork=True)
SMOOTHING = Idea("use label smoothing of {}", {"objective.label_smoothing": _at_least(0.1)}, fork=True)
DROPOUT = Idea("use dropout of {} in D", {"model.dropout": _at_least(0.3)})
NARROWER_D = Idea("{changes}", {"model.ndf": _times(0.5)})
WIDER_D = Idea("{changes}", {"model.ndf": _at_least(32)})
WIDER_G = Idea("{changes}", {"model.ngf": _at_least(32)})
LARGER_BATCH = Idea("use batches of {}", {"train.batch_size": _times(2)})
CALMER = Idea("{changes}", {"optim.beta1": _at_most(0.5)}, fork=True)
AVERAGE = Idea("draw samples from an average of G, with a decay of {}", {"optim.ema": _at_least(0.999)})
ALL_IMAGES = Idea("use all training images, for the same number of steps", {"data.limit": _to(None)}, same_length=True)
SHORTER = Idea("halve the number of epochs", {"train.epochs": _times(0.5)}, when={"train.steps": (None,)})
SHALLOWER = Idea("use one hidden layer", {"model.hidden": lambda widths: widths[:1]})
