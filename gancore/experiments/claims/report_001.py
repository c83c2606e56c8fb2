"""What report 001 says of the first GAN."""

from __future__ import annotations

from gancore.experiments.claims.claim import Arm, Claim
from gancore.experiments.claims.margins import FID, above

_MNIST = Arm("MNIST")
_EQUAL, _G_MORE, _D_MORE = Arm("equal"), Arm("G 5x, equal G updates"), Arm("D 5x, equal G updates")

REPORT_001 = (
    Claim(
        id="likelihood-competitive",
        experiment="goodfellow",
        source="report 001, experiments",
        says="The generator's likelihood is competitive with existing models.",
        rules=(
            above("parzen", _MNIST, 138.0, "a DBN's, the middle one of the three that the paper compares itself with"),
        ),
        note="Goodfellow et al. 2014 report 225, a deep GSN's 214, a DBN's 138, a stacked CAE's 121.",
    ),
    Claim(
        id="kept-in-step",
        experiment="gan-fashion-steps",
        source="report 001, challenges",
        says="G and D must be kept in step.",
        rules=(FID.higher(_G_MORE, _EQUAL), FID.higher(_D_MORE, _EQUAL)),
        note="Five updates of one for each of the other, and as many of G in all. Quick: digits stand in for garments.",
    ),
)
