"""Training an extractor: `python -m gancore.extractors.training mnist-cnn-v1` writes and tests its weights.

A release ships what this printed last; training it again needs another name, for values must keep their meaning.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from gancore import rng
from gancore.data.batches import to_range
from gancore.data.idx import load_idx
from gancore.data.roots import data_root
from gancore.extractors.classifier import WEIGHTS, Classifier
from gancore.models.init import default
from gancore.schedules import SCHEDULES

BATCH = 128
RATE = 2e-3
SHIFT = 2  # pixels that an image is moved at random, so that place counts little


@dataclass(frozen=True)
class Recipe:
    """What an extractor learns from."""

    dataset: str
    epochs: int
    mirrored: bool  # whether a mirrored image is of the same class


RECIPES = {
    "mnist-cnn-v1": Recipe("mnist", epochs=10, mirrored=False),
    "fashion-cnn-v1": Recipe("fashion-mnist", epochs=12, mirrored=True),
}


def train(recipe: Recipe, seed: int = 0) -> Classifier:
    """A classifier of the whole training set, by Adam with a cosine schedule. Raises `DataUnavailable`."""
    pixels, labels = load_idx(recipe.dataset, "train", data_root())
    with torch.device("meta"):
        network = Classifier()
    network.to_empty(device="cpu")
    default(network, rng.generator(seed, "extractor/init"))
    network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    batches = len(pixels) // BATCH
    for epoch in range(recipe.epochs):
        begin, total = time.perf_counter(), 0.0
        order = torch.randperm(len(pixels), generator=rng.generator(seed, "extractor/order", epoch))
        source = rng.generator(seed, "extractor/augment", epoch)
        for batch in range(batches):
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            for group in optimizer.param_groups:
                group["lr"] = RATE * SCHEDULES["cosine"]((epoch + batch / batches) / recipe.epochs, 0.01)
            images = augmented(to_range(pixels[chosen, None], "-1..1"), source, mirrored=recipe.mirrored)
            loss = cross_entropy(network(images.contiguous(memory_format=torch.channels_last)), labels[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}: loss {total / batches:.4f}, {time.perf_counter() - begin:.0f} s", flush=True)
    return network.eval().requires_grad_(False)


def augmented(images: Tensor, source: torch.Generator, *, mirrored: bool) -> Tensor:
    """Images (N, 1, 28, 28) in [-1, 1], each moved at random, and mirrored half of the time where that is allowed."""
    count, _, height, width = images.shape
    shift = torch.randint(2 * SHIFT + 1, (2, count, 1), generator=source)
    rows, columns = (shift[i] + torch.arange(size) for i, size in enumerate((height, width)))
    if mirrored:
        columns = torch.where(torch.rand(count, 1, generator=source) < 0.5, columns, columns.flip(1))
    framed = pad(images, (SHIFT,) * 4, value=-1.0)[:, 0]
    return framed[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]][:, None]


def accuracy(network: Classifier, dataset: str, split: str = "test") -> float:
    """The share of a split that the network classifies correctly."""
    pixels, labels = load_idx(dataset, split, data_root())
    with torch.no_grad():
        parts = [network(to_range(part[:, None], "-1..1")).argmax(1) for part in torch.split(pixels, 1000)]
    return float((torch.cat(parts) == labels).float().mean())


def save(network: Classifier, path: Path, facts: dict[str, str]) -> None:
    """The weights, with facts for whoever opens the file."""
    from safetensors.torch import save_file

    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    path.parent.mkdir(exist_ok=True)
    save_file(weights, path, metadata=facts)


def main() -> None:
    """Train one and write it beside the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder to write to")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.name]
    network = train(recipe)
    reached = accuracy(network, recipe.dataset)
    facts = {"test_accuracy": f"{reached:.4f}", "dataset": recipe.dataset, "epochs": str(recipe.epochs), "seed": "0"}
    save(network, arguments.out / f"{arguments.name}.safetensors", facts | {"torch": torch.__version__})
    print(f"{arguments.name}: {100 * reached:.2f} % of the test images")


if __name__ == "__main__":
    main()
