"""How long a run trains, and what it writes down."""

from __future__ import annotations

from typing import Literal

from gancore.config.setting import Part, setting


class TrainConfig(Part):
    """How long, in which portions, on what, and what is written down on the way."""

    epochs: int = setting(
        15,
        "Passes over the training images. Report 002 compares 5, 30 and 100 on the full MNIST.",
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
        "Length of the run in iterations, overriding the epochs (empty: as the epochs say).",
        label="steps",
        group="Training",
        empty="from epochs",
        ge=1,
        le=100_000_000,
    )
    batch_size: int = setting(
        64,
        "Images per update. Small batches give noisy gradients; 12 in report 002, 128 in its hand-out.",
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
        "Where to train. auto: CUDA or Apple's MPS if available, otherwise the CPU.",
        label="device",
        group="Training",
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32",
        "fp32 is exact and reproducible. bf16 halves memory traffic on hardware that supports it.",
        label="precision",
        group="Training",
    )
    preview_every: int = setting(
        100,
        "Steps between sample grids. There are early ones, too, at steps 0, 1, 2, 4, 8, ...",
        label="preview every",
        group="Training",
        scale="log",
        marks=(10, 20, 50, 100, 200, 500, 1000),
        ge=1,
        le=100_000,
    )
    checkpoint_seconds: float = setting(
        30.0,
        "Seconds between checkpoints: the most that a crash costs. Raise it for large networks, so that saving stays "
        "below 2 % of the time.",
        label="checkpoint every (s)",
        group="Training",
        ge=1.0,
        le=3600.0,
    )
    keep_epochs: int = setting(
        0,
        "Keep a checkpoint every this many epochs besides, whatever room they take (0: none).",
        label="keep a checkpoint every (epochs)",
        group="Training",
        ge=0,
        le=10_000,
    )
    keep_mb: int = setting(
        64,
        "Megabytes for checkpoints to fork the run from: at steps 100, 200, 500, 1,000 and so on, and before each live "
        "change. When they need more, the oldest go (0: none).",
        label="room for kept checkpoints (MB)",
        group="Training",
        ge=0,
        le=1_000_000,
    )
    evaluate_every: int = setting(
        200,
        "Steps between evaluations of 1,000 samples, such as the FID (0: none during training).",
        label="evaluate every",
        group="Training",
        ge=0,
        le=1_000_000,
    )
    evaluate_share: float = setting(
        0.05,
        "Share of the training time that these evaluations may take; those beyond it are skipped (1: none is).",
        label="time for evaluations",
        group="Training",
        scale="linear",
        ge=0.0,
        le=1.0,
    )
    final_samples: int = setting(
        10_000,
        "Samples evaluated when the run has finished (0: none). 10,000 is usual; fewer give a higher FID.",
        label="samples evaluated at the end",
        group="Training",
        ge=0,
        le=50_000,
    )
