"""What report 003 claims of variational autoencoders, GANs and conditional GANs on garments."""

from __future__ import annotations

from gancore.experiments.claims.claim import Arm, Claim, ratio
from gancore.experiments.claims.margins import FID, SHARPNESS, Margin, above, below, much_loss

_DIGITS = "At the quick scale digits stand in for garments."
_128_10, _64_20, _64_50, _128_300 = (
    Arm(f"batch {size}, {epochs} epochs") for size, epochs in ((128, 10), (64, 20), (64, 50), (128, 300))
)
_SIZE_64, _SIZE_128, _SIZE_256 = (Arm(f"batch_size {size}") for size in (64, 128, 256))
_EQUAL, _G_FASTER, _G_SLOWER = Arm("equal"), Arm("G 2e-3 > D 2e-4"), Arm("G 2e-4 < D 2e-3")
_G_3X = Arm("G 3x")
_GAN, _CGAN = Arm("GAN, pixels 0..1 (hand-out)"), Arm("CGAN, pixels 0..1 (hand-out)")
_VAE = Arm("VAE")

_RECONSTRUCTION = Margin("test_recon", 1.0, "one nat of an image's hundred (digits) to 240 (garments): a detail")

_VAES = (
    Claim(
        id="vae-64-50-best",
        experiment="vae-epochs",
        source="report 003, problem 4.3",
        says="Batch size 64 with 50 epochs reconstructs best.",
        rules=tuple(_RECONSTRUCTION.lower(_64_50, other) for other in (_128_10, _64_20, _128_300)),
        note=f"Reconstructions of images that were not trained on. {_DIGITS}",
    ),
    Claim(
        id="vae-batch-little",
        experiment="vae-batch",
        source="report 003, problem 4.3",
        says="At 10 epochs all batch sizes give more or less similar reconstructions.",
        rules=tuple(
            Margin(outcome, 5.0, "five nats of an image's 240, two in a hundred, are hardly seen").alike(
                size, _SIZE_128
            )
            for size in (_SIZE_64, _SIZE_256)
            for outcome in ("test_recon", "test_elbo")
        ),
        note=_DIGITS,
    ),
    Claim(
        id="vae-batch-64-better",
        experiment="vae-batch",
        source="report 003, problem 4.3",
        says="At 10 epochs batch size 64 is slightly better.",
        rules=tuple(_RECONSTRUCTION.lower(_SIZE_64, other) for other in (_SIZE_128, _SIZE_256)),
        note=_DIGITS,
    ),
)

_RATES = (
    Claim(
        id="equal-rates-best",
        experiment="gan-fashion-lr",
        source="report 003, problem 5.3",
        says="Equal learning rates are the best of the three settings.",
        rules=tuple(FID.higher(other, _EQUAL) for other in (_G_FASTER, _G_SLOWER)),
        note=_DIGITS,
    ),
    Claim(
        id="g-faster-loss-high",
        experiment="gan-fashion-lr",
        source="report 003, problem 5.3",
        says="With ten times D's rate G's loss is very high, and G never learns to trick D.",
        rules=(
            much_loss("g").higher(_G_FASTER, _EQUAL),
            below("tail_d_fake", _G_FASTER, 0.1, "never tricked: D sees through nine fakes in ten"),
        ),
        note=_DIGITS,
    ),
    Claim(
        id="g-slower-loss-zero",
        experiment="gan-fashion-lr",
        source="report 003, problem 5.3",
        says="With a tenth of D's rate G's loss is always 0 and D's is very high: blobs fool D.",
        rules=(
            below("tail_loss_g", _G_SLOWER, 0.1, "close to 0: D takes nine fakes in ten for real"),
            above("tail_loss_d", _G_SLOWER, 1.39, "more than 2 log 2, which D loses when it guesses"),
        ),
        note=_DIGITS,
    ),
    Claim(
        id="g-3x-losses",
        experiment="gan-fashion-steps",
        source="report 003, problem 5.3",
        says="With three updates of G for each of D, G's loss is too high and D's near 0.",
        rules=(
            much_loss("g").higher(_G_3X, _EQUAL),
            below("tail_loss_d", _G_3X, 0.1, "close to 0: D is right in nineteen of twenty"),
        ),
        note=_DIGITS,
    ),
)

_CONDITIONAL = (
    Claim(
        id="gan-few-garments",
        experiment="cgan-fashion",
        source="report 003, problem 5.5",
        says="The GAN draws only shirts, dresses and trousers.",
        rules=(
            below("classes", _GAN, 6.5, "T-shirts, pullovers, coats and shirts, dresses, and trousers are six classes"),
            above("kl_to_uniform", _GAN, 0.51, "what it costs to draw six of ten classes alone, log 10/6"),
        ),
        note=_DIGITS,
    ),
    Claim(
        id="cgan-all-garments",
        experiment="cgan-fashion",
        source="report 003, problem 5.5",
        says="The conditional GAN draws more kinds of garments.",
        rules=(
            Margin("classes", 1.0, "one class more is the least that can be counted").higher(_CGAN, _GAN),
            Margin("kl_to_uniform", 0.05, "half a class of ten left out costs as much").lower(_CGAN, _GAN),
        ),
        note=_DIGITS,
    ),
    Claim(
        id="cgan-blurrier",
        experiment="cgan-fashion",
        source="report 003, problem 5.5",
        says="The conditional GAN's images are less clear than the GAN's.",
        rules=(SHARPNESS.lower(_CGAN, _GAN), FID.higher(_CGAN, _GAN)),
        note=f"Sharpness alone would take noise for detail, so the FID must agree. {_DIGITS}",
    ),
    Claim(
        id="cgan-labels-match",
        experiment="cgan-fashion",
        source="report 003, problem 5.5",
        says="The conditional GAN's images match their labels.",
        rules=(above("conditional_accuracy", _CGAN, 0.8, "four in five; real garments score 0.92 (docs/metrics.md)"),),
        note=_DIGITS,
    ),
)

_COMPARED = (
    Claim(
        id="vae-clearer",
        experiment="vae-vs-gan",
        source="report 003, problem 5.6",
        says="Images that the VAE reconstructs are much clearer than a GAN's.",
        rules=(Margin("shown_fid", ratio(2), '"much" is more than visibly: half of the FID').lower(_VAE, _GAN),),
        note=f"Reconstructions against samples, as in the report. {_DIGITS}",
    ),
    Claim(
        id="vae-flat-background",
        experiment="vae-vs-gan",
        source="report 003, problem 5.6",
        says="The VAE learns a background of one colour, the GAN does not.",
        rules=(
            Margin("shown_background", 0.02, "five of 255 levels of grey: the least that one sees").lower(_VAE, _GAN),
        ),
        note=f"Reconstructions against samples, as in the report. {_DIGITS}",
    ),
    Claim(
        id="gan-details",
        experiment="vae-vs-gan",
        source="report 003, problem 5.6",
        says="With the GAN designs begin to form on the garments, which the VAE does not do well.",
        rules=(
            Margin("shown_high_frequency", ratio(1.25), "a quarter more is the least that one sees").higher(_GAN, _VAE),
        ),
        note=f"Reconstructions against samples, as in the report; noise counts as detail, too. {_DIGITS}",
    ),
)

REPORT_003 = (*_VAES, *_RATES, *_CONDITIONAL, *_COMPARED)
