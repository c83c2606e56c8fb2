"""The smallest effects that count, each with its reason, fixed before any result was looked at."""

from __future__ import annotations

from dataclasses import dataclass

from gancore.experiments.claims.claim import Arm, Difference, Direction, Equivalence, Level, ratio


@dataclass(frozen=True)
class Margin:
    """An effect on an outcome below which nothing is claimed: what is smaller makes no difference to anybody."""

    outcome: str
    size: float  # a logarithm where the outcome's differences are ratios
    reason: str

    def higher(self, arm: Arm, than: Arm) -> Difference:
        """`arm` has more of it."""
        return self._differs(arm, than, "higher")

    def lower(self, arm: Arm, than: Arm) -> Difference:
        """`arm` has less of it."""
        return self._differs(arm, than, "lower")

    def alike(self, arm: Arm, than: Arm) -> Equivalence:
        """Both have as much of it."""
        return Equivalence(self.outcome, arm, than, self.size, self.reason)

    def _differs(self, arm: Arm, than: Arm, direction: Direction) -> Difference:
        return Difference(self.outcome, arm, than, direction, self.size, self.reason)


def above(outcome: str, arm: Arm, level: float, reason: str) -> Level:
    """`arm` reaches more than a level."""
    return Level(outcome, arm, "higher", level, reason)


def below(outcome: str, arm: Arm, level: float, reason: str) -> Level:
    """`arm` stays below a level."""
    return Level(outcome, arm, "lower", level, reason)


_BY_EYE = "a quarter more is the least that one sees between two grids of samples"

FID = Margin("fid", ratio(1.25), _BY_EYE)
RUINED = Margin("fid", ratio(2), "what is ruined is more than visibly worse: its FID is at least twice as high")
COVERAGE = Margin("coverage", 0.05, "one real image in twenty: half a class of digits")
SPIKES = Margin("spikes_loss_g", 1.0, "one spike more in 1,000 steps is the least that one can count")
SHARPNESS = Margin("sharpness", ratio(1.25), _BY_EYE)


def loss(net: str, when: str = "tail") -> Margin:
    """Of G's or D's mean loss."""
    return Margin(
        f"{when}_loss_{net}",
        0.25,
        "a quarter of a nat is a factor of 1.3 in a probability; a tenth comes from rounding alone",
    )


def much_loss(net: str) -> Margin:
    """Of a loss that is called very high."""
    return Margin(f"tail_loss_{net}", 1.0, '"very high" is more than one nat, a factor of 2.7 in a probability')


def roughness(net: str) -> Margin:
    """Of how restless a loss is."""
    return Margin(f"roughness_loss_{net}", ratio(1.25), "a quarter more is the least that one sees between two curves")
