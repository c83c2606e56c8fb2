"""Streamlit, with a catalogue whose quick scale takes seconds: `python -m tests.browser.small_catalogue run ...`.

Claims and arms keep their names; the networks behind them are tiny, so what comes of them says nothing of the reports.
"""

from __future__ import annotations

from dataclasses import replace

from streamlit.web.cli import main

from gancore.experiments import EXPERIMENTS

SECONDS = {
    "data.name": "mnist-5k",
    "data.limit": 256,
    "model.ngf": 2,
    "train.batch_size": 16,
    "train.steps": 12,
    "train.preview_every": 4,
    "train.evaluate_every": 4,
    "train.final_samples": 256,
}


def shrink() -> None:
    """Make the quick scale of a question small."""
    widths = {"ndf 32": 2, "ndf 64": 4, "ndf 128": 8}
    EXPERIMENTS["dcgan-ndf"] = replace(
        EXPERIMENTS["dcgan-ndf"],
        quick=SECONDS,
        quick_arms={arm: {"model.ndf": width} for arm, width in widths.items()},
        full_only=frozenset({"ndf 256"}),
    )


if __name__ == "__main__":
    shrink()
    main()
