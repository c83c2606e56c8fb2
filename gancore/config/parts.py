"""The parts of a run's settings. Each field carries its range, its unit and its help text, see `setting`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gancore.config.datasets import IMAGES, DatasetName
from gancore.config.setting import Part, setting

ModelKind = Literal["dcgan", "mlp", "cs231n", "cdcgan", "cmlp", "vae", "translator", "semi"]
LossName = Literal["nonsaturating", "minimax", "least_squares", "wasserstein", "hinge"]
PenaltyName = Literal["none", "gradient", "r1", "dragan"]
ScheduleName = Literal["constant", "step", "linear", "exponential", "cosine"]

GAN_KINDS = ("dcgan", "mlp", "cs231n", "cdcgan", "cmlp")
ADVERSARIAL = (*GAN_KINDS, "translator", "semi")  # have a G and a D
CONDITIONAL = ("cdcgan", "cmlp")  # are told a class
CLASS_ROWS, CLASS_COLUMNS = 10, 15  # of their pictures: a class each row at most, a noise each column (report 002)
LAYERED = ("mlp", "cmlp")  # fully connected, widths at will
CONVOLUTIONAL = ("dcgan", "cdcgan", "translator", "semi")  # widths given by ngf and ndf

# What D's output means, and so what `d_real` and `d_fake` are: a probability after a sigmoid, or a raw score.
D_OUTPUT: dict[LossName, Literal["probability", "score"]] = {
    "nonsaturating": "probability",
    "minimax": "probability",
    "least_squares": "score",
    "wasserstein": "score",
    "hinge": "score",
}

Widths = Annotated[tuple[Annotated[int, Field(ge=1, le=4096)], ...], Field(strict=False, min_length=1, max_length=8)]
Classes = Annotated[tuple[Annotated[int, Field(ge=0, le=999)], ...], Field(strict=False, min_length=1, max_length=999)]
Counts = Annotated[tuple[Annotated[int, Field(ge=0, le=10**7)], ...], Field(strict=False, max_length=1000)]
Point = Annotated[tuple[Annotated[float, Field(ge=-1, le=1)], ...], Field(strict=False, min_length=2, max_length=2)]
Points = Annotated[tuple[Point, ...], Field(strict=False, max_length=1000)]

_WIDTHS = "a list of 1 to 8 whole numbers from 1 to 4096"
_IS_GAN = {"model.kind": GAN_KINDS}
_HAS_D = {"model.kind": ADVERSARIAL}
_LAYERED = {"model.kind": LAYERED}
_HAS_LOSS = {"model.kind": (*GAN_KINDS, "translator")}
_ON_IMAGES = {"data.name": IMAGES}
_TRANSLATES = {"model.kind": ("translator",)}
_RATES = (1e-6, 2e-6, 5e-6, 2e-5, 5e-5, 2e-4, 5e-4, 1e-3, 2e-3, 0.1)


class DataConfig(Part):
    """Which images, how many, how large."""

    name: DatasetName = setting(
        "mnist-5k",
        "The samples to learn from. mnist-5k and the toys come with the installation; the others are downloaded at "
        "first use. Toys are points in the plane, which train in seconds and show collapse plainly.",
        label="dataset",
        group="Data",
        main=True,
    )
    own: str = setting(
        "",
        "Which of your imported image sets.",
        label="image set",
        group="Data",
        when={"data.name": ("own",)},
        pattern=r"^([a-z0-9][a-z0-9-]{0,63})?$",
        words="the name of an imported image set, in small letters, digits and hyphens",
    )
    own_counts: Counts = setting(
        (),
        "Images of each class in that set; filled in when it is chosen.",
        label="images of each class",
        group="Data",
        when={"data.name": ("own",)},
        hidden=True,
        words="a list of up to 1000 whole numbers, one for each class",
    )
    points: Points = setting(
        (),
        "The points of the distribution drawn by hand, each as x, y from -1 to 1.",
        label="drawn points",
        group="Data",
        when={"data.name": ("drawn",)},
        hidden=True,
        words="a list of up to 1000 pairs of numbers from -1 to 1",
    )
    limit: int | None = setting(
        None,
        "Use only the first this many training images (empty: all). With few images D can learn them by heart.",
        label="images",
        group="Data",
        ge=2,
        le=1_000_000,
    )
    classes: Classes | None = setting(
        None,
        "Use only these classes, by number (empty: all). 1 alone: only ones; 0, 2: T-shirts and pullovers.",
        label="classes",
        group="Data",
        words="a list of whole numbers from 0 to 999, such as 0, 1, 7",
    )
    imbalance: float = setting(
        1.0,
        "Share of its images that the last class keeps; the first keeps all, the others lie between. 1: as they are. "
        "0.01: the last class is a hundred times rarer than the first, and G tends to forget it.",
        label="imbalance",
        group="Data",
        scale="log",
        marks=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
        ge=0.001,
        le=1.0,
    )
    labels: int = setting(
        100,
        "Labelled images, the same number of each class. The classifier learns from these; all others come unlabelled.",
        label="labelled images",
        group="Data",
        scale="log",
        marks=(10, 20, 50, 100, 200, 500, 1000),
        main=True,
        when={"model.kind": ("semi",)},
        ge=1,
        le=100_000,
    )
    pairs: Literal["thickened", "unpaired"] = setting(
        "thickened",
        "Where bold images come from. thickened: each regular image has a bold twin, dilated by a disk of random "
        "radius (Morpho-MNIST). unpaired: the thick half of the real images against the thin half.",
        label="bold images",
        group="Data",
        main=True,
        when=_TRANSLATES,
    )
    image_size: Literal[8, 16, 28, 32, 64] = setting(
        32,
        "Side of the square images in pixels. The DCGANs need 32; the assignments with MLPs use 28.",
        label="image size",
        group="Data",
        when=_ON_IMAGES,
    )
    range: Literal["-1..1", "0..1"] = setting(
        "-1..1",
        "What black and white become. A G that ends in Tanh fits -1..1, one that ends in a sigmoid 0..1. Report 003's "
        "hand-out pairs Tanh with 0..1, which may be what makes its backgrounds noisy.",
        label="pixel range",
        group="Data",
        when=_ON_IMAGES,
    )
    shuffle: bool = setting(
        True,
        "Draw the images in a new random order each epoch. Off: in file order, as the CS231n assignment does.",
        label="shuffle",
        group="Data",
    )


class ModelConfig(Part):
    """The networks."""

    kind: ModelKind = setting(
        "dcgan",
        "dcgan: convolutions with batch normalisation (report 002). mlp: fully connected (reports 001, 003, 004). "
        "cs231n: the DCGAN of report 004. cdcgan, cmlp: told a class (reports 002, 003). vae: encoder and decoder "
        "(report 003). translator: makes digits bold (report 000). semi: D also classifies, from few labels.",
        label="networks",
        group="Network",
        main=True,
    )
    ngf: int = setting(
        32,
        "Channels before G's last layer; its other layers have 2 and 4 times as many. Larger: slower, more capacity. "
        "Report 002 finds little difference from 32 to 256.",
        label="ngf",
        group="Network",
        scale="log",
        marks=(4, 8, 16, 32, 64, 128, 256),
        main=True,
        when={"model.kind": CONVOLUTIONAL},
        ge=1,
        le=1024,
    )
    ndf: int = setting(
        32,
        "Channels of D's first layer; the next have 2 and 4 times as many. Too large: D wins and G's loss grows "
        "(report 002 at 256). Too small: D is fooled by rough strokes.",
        label="ndf",
        group="Network",
        scale="log",
        marks=(4, 8, 16, 32, 64, 128, 256),
        main=True,
        when={"model.kind": CONVOLUTIONAL},
        ge=1,
        le=1024,
    )
    nz: int = setting(
        100,
        "Length of the noise vector z that G turns into an image, or of a VAE's code. Report 002 compares 10, 100 "
        "and 1000.",
        label="nz",
        group="Network",
        scale="log",
        marks=(2, 10, 20, 50, 96, 100, 200, 500, 1000),
        main=True,
        ge=1,
        le=4096,
    )
    nc: Literal[1, 3] = setting(
        1,
        "Colour channels of the images. 3 repeats a grey image in every channel; 1 makes coloured ones grey.",
        label="channels",
        group="Network",
        when=_ON_IMAGES,
    )
    init: Literal["custom", "default", "xavier"] = setting(
        "custom",
        "Starting weights. custom: N(0, 0.02) for weights and N(1, 0.02) for batch-norm scales (DCGAN paper). "
        "default: PyTorch's own. xavier: Xavier-uniform for Linear and ConvTranspose weights (report 004's DCGAN).",
        label="initialisation",
        group="Network",
    )
    prior: Literal["normal", "uniform"] = setting(
        "normal",
        "How z is drawn. normal: N(0, 1), as in report 002. uniform: U(-1, 1), as in report 004.",
        label="noise prior",
        group="Network",
        when=_HAS_D,
    )
    y_in_d: bool = setting(
        True,
        "Whether D is told the class, too. Without it nothing makes G obey its label (report 002, question 7).",
        label="D sees the class",
        group="Network",
        main=True,
        when={"model.kind": CONDITIONAL},
    )
    hidden: Widths = setting(
        (400,),
        "Widths of the encoder's hidden layers, first to last; the decoder has them in reverse.",
        label="hidden layers",
        group="Network",
        when={"model.kind": ("vae",)},
        words=_WIDTHS,
    )
    g_hidden: Widths = setting(
        (1024, 1024),
        "Widths of G's hidden layers, first to last.",
        label="G layers",
        group="Network",
        when=_LAYERED,
        words=_WIDTHS,
    )
    d_hidden: Widths = setting(
        (256, 256),
        "Widths of D's hidden layers, first to last.",
        label="D layers",
        group="Network",
        when=_LAYERED,
        words=_WIDTHS,
    )
    g_leak: float = setting(
        0.0,
        "Slope of G's activations below zero: 0 is ReLU (report 004), 0.2 the LeakyReLU of report 003.",
        label="G leak",
        group="Network",
        scale="linear",
        when=_LAYERED,
        ge=0.0,
        le=1.0,
    )
    d_leak: float = setting(
        0.01,
        "Slope of D's activations below zero: 0.01 in report 004, 0.2 in report 003.",
        label="D leak",
        group="Network",
        scale="linear",
        when=_LAYERED | {"model.maxout": (1,)},
        ge=0.0,
        le=1.0,
    )
    maxout: int = setting(
        1,
        "Linear pieces of which each hidden unit of D takes the largest (Goodfellow et al. 2014 use 5). 1: ordinary "
        "activations instead.",
        label="maxout pieces",
        group="Network",
        scale="linear",
        when=_LAYERED,
        ge=1,
        le=10,
    )
    g_output: Literal["tanh", "sigmoid", "linear"] = setting(
        "tanh",
        "G's last activation. tanh fits pixels in -1..1, sigmoid pixels in 0..1, linear points of the plane.",
        label="G output",
        group="Network",
        when=_LAYERED,
    )
    dropout: float = setting(
        0.0,
        "Share of D's hidden units that are dropped at random in training. Weakens a D that is too strong; "
        "report 003 uses 0.3, report 001's paper 0.5.",
        label="D dropout",
        group="Network",
        scale="linear",
        when=_LAYERED,
        ge=0.0,
        le=0.9,
    )
    input_dropout: float = setting(
        0.0,
        "Share of D's inputs that are dropped at random in training; 0.2 in report 001's paper.",
        label="D input dropout",
        group="Network",
        scale="linear",
        when=_LAYERED,
        ge=0.0,
        le=0.9,
    )
    d_norm: Literal["batch", "none"] = setting(
        "batch",
        "Normalisation in D. The Wasserstein gradient penalty wants none: it looks at each image for itself, while "
        "batch normalisation mixes them.",
        label="D normalisation",
        group="Network",
        when={"model.kind": ("dcgan", "cdcgan", "semi")},
    )
    spectral_norm: bool = setting(
        False,
        "Divide each weight of D by its largest singular value (Miyato et al. 2018), so that D cannot become steep.",
        label="spectral norm in D",
        group="Network",
        when=_HAS_D,
    )


class ObjectiveConfig(Part):
    """What the networks minimise, and in which order."""

    loss: LossName = setting(
        "nonsaturating",
        "nonsaturating: G maximises log D(G(z)). minimax: G minimises log(1 - D(G(z))), whose gradient vanishes while "
        "D is sure. least_squares: squared distance of D's score to 1 and 0 (LSGAN). wasserstein: D's mean score on "
        "real minus on fake; needs clipping or the gradient penalty. hinge: as wasserstein, but only within a margin.",
        label="loss",
        group="Objective",
        main=True,
        when=_HAS_LOSS,
    )
    only: Literal["both", "g", "d"] = setting(
        "both",
        "Which network learns. g: only G, against a D that never learns (equation 6 alone). d: only D, against a G "
        "that never learns (equation 7 alone). Report 002, question 1.",
        label="who learns",
        group="Objective",
        when=_IS_GAN,
    )
    order: Literal["d_first", "g_first"] = setting(
        "d_first",
        "Which network is updated first in each iteration. Report 002 updates D first, report 003 G.",
        label="first update",
        group="Objective",
        when=_HAS_D,
    )
    noise: Literal["same", "fresh"] = setting(
        "same",
        "Whether the second network sees the same noise as the first (report 002) or draws its own (report 004).",
        label="noise for the second update",
        group="Objective",
        when=_HAS_D,
    )
    label_smoothing: float = setting(
        0.0,
        "How far D's target for real images lies below 1 (Salimans et al. 2016 use 0.1). Keeps D from being too sure.",
        label="label smoothing",
        group="Objective",
        scale="linear",
        when=_HAS_LOSS | {"objective.loss": ("nonsaturating", "minimax", "least_squares")},
        steer=True,
        ge=0.0,
        le=0.5,
    )
    instance_noise: float = setting(
        0.0,
        "Standard deviation of noise added to everything D sees, falling to 0 over the run (Sønderby et al. 2017).",
        label="instance noise",
        group="Objective",
        scale="linear",
        when=_HAS_LOSS,
        ge=0.0,
        le=1.0,
    )
    penalty: PenaltyName = setting(
        "none",
        "A price on D's gradient at its inputs. gradient: norm 1 between real and fake (WGAN-GP). r1: small at real "
        "images (Mescheder et al. 2018). dragan: norm 1 around real images (Kodali et al. 2017).",
        label="penalty",
        group="Objective",
        when=_IS_GAN,
    )
    penalty_weight: float = setting(
        10.0,
        "Weight of the penalty: 10 for gradient and dragan, and r1's gamma.",
        label="penalty weight",
        group="Objective",
        scale="log",
        marks=(0.1, 1.0, 10.0, 100.0),
        when=_IS_GAN | {"objective.penalty": ("gradient", "r1", "dragan")},
        steer=True,
        gt=0.0,
        le=1e4,
    )
    clip: float = setting(
        0.0,
        "Bound to which D's weights are clipped after each update (0: none). The first Wasserstein GAN uses 0.01.",
        label="weight clipping",
        group="Objective",
        when=_HAS_LOSS,
        ge=0.0,
        le=10.0,
    )
    adversarial_weight: float = setting(
        1.0,
        "Weight of D's verdict in G's loss (0: G learns from the pixels alone).",
        label="adversarial weight",
        group="Objective",
        main=True,
        when=_TRANSLATES,
        ge=0.0,
        le=1e4,
    )
    pixel_weight: float = setting(
        0.0,
        "Weight of the pixel-wise cross-entropy to the bold twin in G's loss (needs thickened pairs).",
        label="pixel weight",
        group="Objective",
        main=True,
        when=_TRANSLATES | {"data.pairs": ("thickened",)},
        ge=0.0,
        le=1e4,
    )
    diversity_weight: float = setting(
        0.05,
        "Weight of a reward for different outputs from different noise (Mao et al. 2019). 0: G tends to ignore z.",
        label="diversity weight",
        group="Objective",
        main=True,
        when=_TRANSLATES,
        ge=0.0,
        le=1e4,
    )
    feature_matching: bool = setting(
        True,
        "G matches the mean features of D's last hidden layer (Salimans et al. 2016), which helps the classifier. Off: "
        "G wants to be taken for real, which makes better images.",
        label="feature matching",
        group="Objective",
        main=True,
        when={"model.kind": ("semi",)},
    )


class OptimConfig(Part):
    """How the networks follow their gradients, and how often each is updated."""

    lr_g: float = setting(
        5e-4,
        "Learning rate of G. Too high: losses jump and images break (report 002 at 0.1). Too low: G cannot follow D.",
        label="lr_g",
        group="Learning",
        scale="log",
        marks=_RATES,
        main=True,
        when=_HAS_D,
        steer=True,
        gt=0.0,
        le=1.0,
    )
    lr_d: float = setting(
        2e-4,
        "Learning rate of D. Too high: D wins at once or breaks. Too low: D is fooled and teaches G nothing.",
        label="lr_d",
        group="Learning",
        scale="log",
        marks=_RATES,
        main=True,
        when=_HAS_D,
        steer=True,
        gt=0.0,
        le=1.0,
    )
    lr: float = setting(
        1e-3,
        "Learning rate of encoder and decoder together (1e-3 in report 003).",
        label="lr",
        group="Learning",
        scale="log",
        marks=_RATES,
        main=True,
        when={"model.kind": ("vae",)},
        steer=True,
        gt=0.0,
        le=1.0,
    )
    schedule_g: ScheduleName = setting(
        "constant",
        "How lr_g falls over the run, to lr_end times its start. step: at one half and three quarters.",
        label="schedule of lr_g",
        group="Learning",
        when=_HAS_D,
    )
    schedule_d: ScheduleName = setting(
        "constant",
        "How lr_d falls over the run, to lr_end times its start. step: at one half and three quarters.",
        label="schedule of lr_d",
        group="Learning",
        when=_HAS_D,
    )
    schedule: ScheduleName = setting(
        "constant",
        "How lr falls over the run, to lr_end times its start. step: at one half and three quarters.",
        label="schedule of lr",
        group="Learning",
        when={"model.kind": ("vae",)},
    )
    lr_end: float = setting(
        0.01,
        "What is left of a learning rate at the end of a schedule that is not constant, as a share of its start.",
        label="lr_end",
        group="Learning",
        scale="log",
        marks=(0.001, 0.01, 0.1, 0.5),
        gt=0.0,
        le=1.0,
    )
    optimizer: Literal["adam", "sgd", "rmsprop"] = setting(
        "adam",
        "adam: what nearly all GANs use. sgd: with momentum, as in Goodfellow et al. 2014. rmsprop: as in the first "
        "Wasserstein GAN.",
        label="optimiser",
        group="Learning",
    )
    beta1: float = setting(
        0.5,
        "Adam's memory of past gradients. GANs use 0.5; PyTorch's 0.9 often makes them swing.",
        label="beta1",
        group="Learning",
        scale="linear",
        when={"optim.optimizer": ("adam",)},
        ge=0.0,
        lt=1.0,
    )
    beta2: float = setting(
        0.999,
        "Adam's memory of the gradients' size.",
        label="beta2",
        group="Learning",
        when={"optim.optimizer": ("adam",)},
        ge=0.0,
        lt=1.0,
    )
    momentum: float = setting(
        0.5,
        "Momentum of SGD at the start.",
        label="momentum",
        group="Learning",
        scale="linear",
        when={"optim.optimizer": ("sgd",)},
        ge=0.0,
        lt=1.0,
    )
    momentum_end: float = setting(
        0.5,
        "Momentum of SGD at the end of the run; it changes evenly (0.5 to 0.7 in Goodfellow et al. 2014).",
        label="momentum at the end",
        group="Learning",
        scale="linear",
        when={"optim.optimizer": ("sgd",)},
        ge=0.0,
        lt=1.0,
    )
    d_steps: int = setting(
        1,
        "Updates of D in each iteration, each on a fresh batch. More makes D stronger.",
        label="D steps",
        group="Learning",
        scale="linear",
        when=_HAS_D,
        steer=True,
        ge=1,
        le=20,
    )
    g_steps: int = setting(
        1,
        "Updates of G in each iteration. Report 003 tries 3.",
        label="G steps",
        group="Learning",
        scale="linear",
        when=_HAS_D,
        steer=True,
        ge=1,
        le=20,
    )
    ema: float = setting(
        0.0,
        "Share of the past in a moving average of G's weights, from which samples are then drawn (0: none; 0.999 is "
        "usual). Calms the samples without changing the training.",
        label="EMA of G",
        group="Learning",
        when=_HAS_D,
        ge=0.0,
        lt=1.0,
    )


class TrainConfig(Part):
    """How long, in which portions, on what, and what is written down on the way."""

    epochs: int = setting(
        15,
        "Passes over the images. Report 002 compares 5, 30 and 100 on the full MNIST.",
        label="epochs",
        group="Training",
        scale="log",
        marks=(1, 2, 5, 10, 15, 20, 30, 50, 100, 300),
        main=True,
        ge=1,
        le=10_000,
    )
    steps: int | None = setting(
        None,
        "Length of the run in iterations, whatever the epochs say (empty: what the epochs make).",
        label="steps",
        group="Training",
        empty="from epochs",
        ge=1,
        le=100_000_000,
    )
    batch_size: int = setting(
        64,
        "Images in each update. Small batches make noisy gradients; 12 in report 002, 128 in its hand-out.",
        label="batch size",
        group="Training",
        scale="log",
        marks=(8, 12, 16, 32, 64, 100, 128, 256, 512),
        main=True,
        ge=2,
        le=4096,
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = setting(
        "auto",
        "Where to train. auto: CUDA or Apple's MPS when there is one, else the CPU.",
        label="device",
        group="Training",
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32",
        "fp32 is exact and repeatable. bf16 halves memory traffic on hardware that supports it.",
        label="precision",
        group="Training",
    )
    preview_every: int = setting(
        100,
        "Steps between sample grids. Early ones come at steps 0, 1, 2, 4, 8, ... besides.",
        label="preview every",
        group="Training",
        scale="log",
        marks=(10, 20, 50, 100, 200, 500, 1000),
        ge=1,
        le=100_000,
    )
    checkpoint_seconds: float = setting(
        30.0,
        "Seconds between checkpoints: what a crash costs. Longer for large networks, so that saving stays below 2 %.",
        label="checkpoint every (s)",
        group="Training",
        ge=1.0,
        le=3600.0,
    )
    keep_epochs: int = setting(
        0,
        "Keep a checkpoint each this many epochs, to fork the run from (0: only the last one).",
        label="keep a checkpoint every (epochs)",
        group="Training",
        ge=0,
        le=10_000,
    )
    evaluate_every: int = setting(
        200,
        "Steps between evaluations of 1,000 samples, such as the FID (0: none while it trains).",
        label="evaluate every",
        group="Training",
        ge=0,
        le=1_000_000,
    )
    evaluate_share: float = setting(
        0.05,
        "Share of the training time that these evaluations may take: those beyond it are left out (1: none is).",
        label="time for evaluations",
        group="Training",
        scale="linear",
        ge=0.0,
        le=1.0,
    )
    final_samples: int = setting(
        10_000,
        "Samples that are measured when the run is finished (0: none). 10,000 is usual; fewer give a higher FID.",
        label="samples measured at the end",
        group="Training",
        ge=0,
        le=50_000,
    )
