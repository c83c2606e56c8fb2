"""What report 000 assumes of a network that makes ones bold, and the limits that it foresees."""

from __future__ import annotations

from gancore.experiments.claims.claim import Arm, Claim
from gancore.experiments.claims.margins import FID, Margin, above

_WHOLE = Arm("G 3x, pixel weight 30")
_FEW, _RARE = Arm("5% of the ones"), Arm("ones rare among zeros")
_KEPT = Margin("kept_class", 0.05, "one digit in twenty that is no one any more")

REPORT_000 = (
    Claim(
        id="bold-learnable",
        experiment="bold-ones",
        source="report 000, assumptions",
        says="Bold ones can be learnt, and new ones made that resemble them.",
        rules=(
            above("boldness", _WHOLE, 0.9, "closer to real bold ones, 1, than halfway from regular ones, 0.5"),
            above("kept_class", _WHOLE, 0.9, "nine in ten are still ones"),
            above("noise_spread", _WHOLE, 0.1, "a tenth of how real bold ones differ: not all noise is ignored"),
        ),
    ),
    Claim(
        id="bold-few",
        experiment="bold-ones",
        source="report 000, limitations",
        says="Too few bold ones break it.",
        rules=(FID.higher(_FEW, _WHOLE),),
    ),
    Claim(
        id="bold-imbalanced",
        experiment="bold-ones",
        source="report 000, limitations",
        says="It may not perform well when the training set is imbalanced.",
        rules=(_KEPT.lower(_RARE, _WHOLE),),
        note="Ones rare among zeros; held-out digits of both are judged.",
    ),
    Claim(
        id="bold-not-others",
        experiment="bold-others",
        source="report 000, limitations",
        says="It may not generalise to other images than those that it was trained on.",
        rules=(above("lost_on_others", Arm("learnt from ones"), 0.1, "one digit in ten more that is read as another"),),
        note="Of digits that are no ones, after learning from ones alone.",
    ),
)
