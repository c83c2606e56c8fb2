"""What report 002 claims of its DCGAN; what of the conditional one stands in `report_002_bonus`."""

from __future__ import annotations

from gancore.experiments.claims.claim import Arm, Claim, Equivalence, ratio
from gancore.experiments.claims.margins import COVERAGE, FID, RUINED, SPIKES, Margin, above, below, loss, roughness

_REVISED = "report 002, later revision"
_NGF, _NDF = Arm("ngf 32"), Arm("ndf 32")
_NGF_256, _NDF_256 = Arm("ngf 256", quick="ngf 128"), Arm("ndf 256", quick="ndf 128")
_TOO_DEAR = "At the quick scale 128 stands in for 256, which takes too long there."
_BASELINE = Arm("baseline")
_TOO_FAST = tuple(Arm(name) for name in ("lr_d 0.1", "lr_g 0.1", "both 0.1"))
_SLOW, _SLOWEST = Arm("G 5e-5, D 2e-5"), Arm("G 5e-6, D 2e-6")
_NZ = Arm("nz 100")
_EPOCHS_5, _EPOCHS_30, _EPOCHS_100 = (Arm(f"epochs {epochs}") for epochs in (5, 30, 100))
_AS_STATED = Arm("batch 12 (report)")
_BOTH, _ONLY_G, _ONLY_D = Arm("both"), Arm("only G, equation (6)"), Arm("only D, equation (7)")
_NONSATURATING, _MINIMAX = Arm("loss nonsaturating"), Arm("loss minimax")

_HALF_THE_GRADIENT = "a gradient that vanishes is at most half of the other"


def _a_little(net: str) -> Margin:
    """Of a loss that is said to change, and not by how much."""
    return Margin(f"tail_loss_{net}", 0.1, "a tenth of a nat, by which rounding alone moves a loss at one step")


_QUESTIONS_1_TO_4 = (
    Claim(
        id="one-sided-g",
        experiment="dcgan-one-sided",
        source="report 002, question 1",
        says="With equation (6) alone D does not improve, so G fools it easily and makes bad images.",
        rules=(
            above("tail_d_fake", _ONLY_G, 0.9, "fooled easily: D takes nine fakes in ten for real"),
            below("d_gap", _ONLY_G, 0.1, "nothing learnt: real images are hardly more real to D than fakes"),
            RUINED.higher(_ONLY_G, _BOTH),
        ),
    ),
    Claim(
        id="one-sided-d",
        experiment="dcgan-one-sided",
        source="report 002, question 1",
        says="With equation (7) alone G does not improve, and never passes D's check.",
        rules=(
            below("tail_d_fake", _ONLY_D, 0.1, "D sees through nine fakes in ten"),
            above("fid", _ONLY_D, 97.5, "no better than one image repeated (docs/metrics.md)"),
        ),
    ),
    Claim(
        id="minimax-saturates",
        experiment="dcgan-loss",
        source="report 002, question 3",
        says="The gradient of the minimax loss of G vanishes at the beginning, that of -log D(G(z)) does not.",
        rules=(
            Margin("saturated_grad_norm_g", ratio(2), _HALF_THE_GRADIENT).lower(_MINIMAX, _NONSATURATING),
            Margin("early_grad_norm_g", ratio(2), _HALF_THE_GRADIENT).lower(_MINIMAX, _NONSATURATING),
        ),
    ),
    Claim(
        id="baseline-good",
        experiment="dcgan-baseline",
        source="report 002, questions 2 and 4",
        says="The default settings give digits that are quite good and diverse, and original ones.",
        rules=(
            below("fid", _AS_STATED, 10.0, "blurred digits score 22, and half of the classes 17 (docs/metrics.md)"),
            above("coverage", _AS_STATED, 0.51, "what half of the classes would cover (docs/metrics.md)"),
            above("classes", _AS_STATED, 9.5, "diverse digits are of all ten classes"),
            below("closer_to_training", _AS_STATED, 0.75, "halfway between new digits, 0.5, and copies, 1"),
        ),
    ),
    Claim(
        id="losses-opposed",
        experiment="dcgan-baseline",
        source="report 002, question 4",
        says="When G's loss falls, D's rises, and the other way round.",
        rules=(below("losses_correlation", _AS_STATED, -0.3, "a weaker relation is hardly seen in two curves"),),
    ),
)

_CAPACITY = (
    Claim(
        id="ngf-no-difference",
        experiment="dcgan-ngf",
        source="report 002, question 5",
        says="A larger ngf makes no significant difference.",
        rules=(FID.alike(_NGF_256, _NGF), COVERAGE.alike(_NGF_256, _NGF)),
        note=_TOO_DEAR,
    ),
    Claim(
        id="ngf-steadier",
        experiment="dcgan-ngf",
        source="report 002, question 5",
        says="With a larger ngf the training seems more stable.",
        rules=(roughness("g").lower(_NGF_256, _NGF), roughness("d").lower(_NGF_256, _NGF)),
        note=_TOO_DEAR,
    ),
    Claim(
        id="ngf-d-worse",
        experiment="dcgan-ngf",
        source="report 002, question 5",
        says="With a larger ngf D does a little worse than before.",
        rules=(_a_little("d").higher(_NGF_256, _NGF),),
        note=f'The report says "ndf", in its paragraph on ngf. {_TOO_DEAR}',
    ),
    Claim(
        id="ndf-hurts",
        experiment="dcgan-ndf",
        source="report 002, question 5",
        says="At ndf 256 the quality drops significantly, and G's loss gets worse.",
        rules=(FID.higher(_NDF_256, _NDF), loss("g").higher(_NDF_256, _NDF)),
        note=_TOO_DEAR,
    ),
    Claim(
        id="ndf-g-loss-grows",
        experiment="dcgan-ndf",
        source="report 002, question 5",
        says="G's loss gets worse each time that ndf is increased.",
        rules=tuple(
            _a_little("g").higher(more, less) for less, more in ((_NDF, Arm("ndf 64")), (Arm("ndf 64"), Arm("ndf 128")))
        ),
        note="Judged of 32, 64 and 128, so that both scales ask the same.",
    ),
    Claim(
        id="ndf-gradients-vanish",
        experiment="dcgan-ndf",
        source="report 002, question 5",
        says="If D is too complex, the gradients that G learns from become very small.",
        rules=(Margin("tail_grad_norm_g", ratio(2), _HALF_THE_GRADIENT).lower(_NDF_256, _NDF),),
        note=_TOO_DEAR,
    ),
)

_RATES = (
    Claim(
        id="lr-ruins",
        experiment="dcgan-lr",
        source="report 002, question 5",
        says="A learning rate of 0.1 for one of the networks or both gives really bad results.",
        rules=(
            *(RUINED.higher(arm, _BASELINE) for arm in _TOO_FAST),
            *(COVERAGE.lower(arm, _BASELINE) for arm in _TOO_FAST),
        ),
    ),
    Claim(
        id="lr-unstable",
        experiment="dcgan-lr",
        source="report 002, question 5",
        says="A learning rate of 0.1 for one of the networks or both makes the training unstable.",
        rules=tuple(roughness(net).higher(arm, _BASELINE) for arm in _TOO_FAST for net in ("g", "d")),
        note="Unstable is what moves: losses that stand still, since a network is ruined for good, contradict it.",
    ),
    Claim(
        id="small-rates-worse",
        experiment="dcgan-lr-down",
        source=_REVISED,
        says="Learning rates 10 and 100 times smaller give worse images.",
        rules=(FID.higher(_SLOW, _BASELINE), FID.higher(_SLOWEST, _BASELINE)),
        provenance="later revision",
    ),
    Claim(
        id="small-rates-losses",
        experiment="dcgan-lr-down",
        source=_REVISED,
        says="With learning rates 10 and 100 times smaller G's loss is higher and D's lower.",
        rules=tuple(
            rule
            for arm in (_SLOW, _SLOWEST)
            for rule in (loss("g").higher(arm, _BASELINE), loss("d").lower(arm, _BASELINE))
        ),
        provenance="later revision",
    ),
)

_LENGTH = (
    Claim(
        id="long-training-unstable",
        experiment="dcgan-epochs",
        source="report 002, question 5",
        says="At 30 epochs the training gets more unstable after about step 3000: the losses diverge, then spike.",
        rules=(
            above("late_roughness_loss_g", _EPOCHS_30, 1.25, "a quarter more is the least that one sees in a curve"),
            above("late_roughness_loss_d", _EPOCHS_30, 1.25, "a quarter more is the least that one sees in a curve"),
            SPIKES.higher(_EPOCHS_30, _EPOCHS_5),
        ),
        note="The last third against what came before the first, and 30 epochs against 5, which end before step 3000.",
    ),
    Claim(
        id="long-training-collapses",
        experiment="dcgan-epochs",
        source="report 002, question 5",
        says="At 30 epochs G collapses to few kinds of digits.",
        rules=(
            COVERAGE.lower(_EPOCHS_30, _EPOCHS_5),
            above("coverage_lost", _EPOCHS_30, COVERAGE.size, COVERAGE.reason),
        ),
    ),
    Claim(
        id="100-epochs-collapse-more",
        experiment="dcgan-epochs",
        source=_REVISED,
        says="At 100 epochs G collapses more than at 30.",
        rules=(COVERAGE.lower(_EPOCHS_100, _EPOCHS_30), FID.higher(_EPOCHS_100, _EPOCHS_30)),
        provenance="later revision",
    ),
)

_LATENT = (
    Claim(
        id="nz-1000-unstable",
        experiment="dcgan-nz",
        source="report 002, question 5",
        says="A significantly larger nz makes the training more unstable.",
        rules=(roughness("g").higher(Arm("nz 1000"), _NZ), roughness("d").higher(Arm("nz 1000"), _NZ)),
        note='The report heads this with "nz=100"; 1000 is what the hand-out suggests.',
    ),
    Claim(
        id="nz-10-as-good",
        experiment="dcgan-nz",
        source="report 002, question 5",
        says="With a smaller nz the results are as good as the baseline's.",
        rules=(FID.alike(Arm("nz 10"), _NZ),),
        note="A smaller nz that is clearly better contradicts this as one that is worse does: the numbers say which.",
    ),
    Claim(
        id="interpolation-smooth",
        experiment="dcgan-interpolate",
        source=f"{_REVISED}, to do 7",
        says="Images change smoothly from one noise vector to another.",
        rules=(
            below("path_linear", Arm(""), 3.0, "ten equal steps give 1, and a single jump gives as many as there are"),
            below("path_jump", Arm(""), 0.5, "no step is half as large as that between two unrelated digits"),
        ),
        provenance="later revision",
    ),
)

_INITIALISATION = (
    Claim(
        id="init-matters-little",
        experiment="dcgan-init",
        source=_REVISED,
        says="The custom initialisation makes little difference.",
        rules=(
            FID.alike(Arm("init custom"), Arm("init default")),
            Equivalence(
                "fid_after_a_third",
                Arm("init custom"),
                Arm("init default"),
                ratio(1.5),
                "early on the FID halves in a few hundred steps: half as much again is a short lead",
            ),
        ),
        provenance="later revision",
    ),
)

REPORT_002 = (*_QUESTIONS_1_TO_4, *_CAPACITY, *_RATES, *_LENGTH, *_LATENT, *_INITIALISATION)
