"""Every claim of the specification is there, and can be judged: its arms exist at both scales, and its outcomes do."""

from __future__ import annotations

import pytest

from gancore.experiments import CLAIMS, EXPERIMENTS, OUTCOMES, Claim, Scale
from gancore.experiments.claims.claim import Difference, Equivalence, Level
from gancore.experiments.verdicts import arms_of

everyone = pytest.mark.parametrize("claim", list(CLAIMS.values()), ids=list(CLAIMS))
at_both_scales = pytest.mark.parametrize("scale", ["full", "quick"])

# Each row of the specification's table, in its order, and the claims that it became.
ROWS = {
    "larger ngf makes no significant difference": ["ngf-no-difference"],
    "larger ndf hurts; quality drops and G's loss grows": ["ndf-hurts", "ndf-g-loss-grows", "ndf-gradients-vanish"],
    "a learning rate of 0.1 ruins training": ["lr-ruins", "lr-unstable"],
    "30 epochs turn unstable and collapse": ["long-training-unstable", "long-training-collapses"],
    "nz 1000 is less stable, nz 10 as good": ["nz-1000-unstable", "nz-10-as-good"],
    "custom init matters little": ["init-matters-little"],
    "smaller learning rates are worse": ["small-rates-worse", "small-rates-losses"],
    "the default settings are good, diverse, original": ["baseline-good"],
    "a larger ngf trains more stably": ["ngf-steadier"],
    "100 epochs collapse more than 30": ["100-epochs-collapse-more"],
    "the conditional DCGAN trains more stably": ["cdcgan-steadier"],
    "equation (6) alone, equation (7) alone": ["one-sided-g", "one-sided-d"],
    "the minimax loss saturates": ["minimax-saturates"],
    "the losses move against each other": ["losses-opposed"],
    "without y in D the label is ignored": ["no-y-ignored"],
    "z only changes the style": ["z-is-style"],
    "batch 64 with 50 epochs is the best VAE": ["vae-64-50-best", "vae-batch-little", "vae-batch-64-better"],
    "equal rates are best": ["equal-rates-best", "g-faster-loss-high", "g-slower-loss-zero"],
    "3 G updates a D update": ["g-3x-losses"],
    "GAN few garments, CGAN all but blurrier": ["gan-few-garments", "cgan-all-garments", "cgan-blurrier"],
    "VAE flat background, GAN details": ["vae-flat-background", "gan-details", "vae-clearer"],
    "CGAN's images match their labels": ["cgan-labels-match"],
    "LSGAN better, DCGAN less noise": ["lsgan-better", "dcgan-less-noise"],
    "D's score measures G": ["d-score-measures-g", "d-score-ranks-networks"],
    "kept in step": ["kept-in-step"],
    "the likelihood is competitive": ["likelihood-competitive"],
    "interpolations change smoothly": ["interpolation-smooth"],
    "the cDCGAN is noisy, its losses higher midway": ["cdcgan-noisy", "cdcgan-loss-midway"],
    "dropping y lowers quality": ["no-y-worse"],
    "at the end D's loss rises, G's falls": ["cdcgan-end"],
    "bold ones can be learnt; few or imbalanced data break it": [
        *("bold-learnable", "bold-few", "bold-imbalanced", "bold-not-others"),
    ],
}
REVISED = {
    *("init-matters-little", "small-rates-worse", "small-rates-losses", "100-epochs-collapse-more", "cdcgan-steadier"),
    *("z-is-style", "interpolation-smooth", "cdcgan-noisy", "cdcgan-loss-midway", "no-y-worse", "cdcgan-end"),
}


def test_every_row_of_the_specification_has_a_claim() -> None:
    assert len(ROWS) == 31
    assert {claim for row in ROWS.values() for claim in row} <= CLAIMS.keys()


def test_provenance_is_told() -> None:
    assert {claim.id for claim in CLAIMS.values() if claim.provenance == "later revision"} == REVISED
    for claim in CLAIMS.values():
        assert ("later revision" in claim.source) == (claim.provenance == "later revision")
        assert claim.provenance in ("report", "later revision", "hand-out", "our question")


@everyone
@at_both_scales
def test_its_arms_are_run(claim: Claim, scale: Scale) -> None:
    for rule in claim.rules:
        for arm in arms_of(rule):
            assert arm.at(scale) in EXPERIMENTS[arm.experiment or claim.experiment].arms_at(scale)


@everyone
def test_it_says_who_says_what_and_why_its_margins_are_what_they_are(claim: Claim) -> None:
    assert CLAIMS[claim.id] is claim
    assert claim.source.startswith(("report 0", "the theory"))
    assert claim.says[0].isupper()
    assert claim.says.endswith(".")
    assert claim.note == "" or claim.note.endswith(".")
    assert claim.rules
    assert len(set(claim.rules)) == len(claim.rules)
    for rule in claim.rules:
        assert rule.reason
        assert not rule.reason.endswith(".")


@everyone
def test_its_rules_can_be_measured(claim: Claim) -> None:
    for rule in claim.rules:
        known = OUTCOMES[rule.outcome]
        match rule:
            case Difference(least=size) | Equivalence(within=size):
                assert size > 0
                assert size > 2 * known.resolution  # or else what counts could not be told from measuring twice
            case Level(level=level):
                assert level > 0 or not known.ratio


@everyone
def test_arms_are_compared_on_the_same_images(claim: Claim) -> None:
    """A FID of digits says nothing beside one of garments."""
    for rule in claim.rules:
        for scale in ("full", "quick"):
            data = {
                EXPERIMENTS[arm.experiment or claim.experiment].arm(arm.at(scale), scale).data.name
                for arm in arms_of(rule)
            }
            assert len(data) == 1


@pytest.mark.parametrize("key", list(OUTCOMES))
def test_every_outcome_says_what_it_is(key: str) -> None:
    known = OUTCOMES[key]
    assert known.label
    assert known.help.endswith(".")
    assert known.resolution > 0
    assert not known.ratio or (known.worst > 0 and known.floor > 0)
    assert f"{known.worst:{known.digits}}"
