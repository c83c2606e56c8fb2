"""The names that a script's code uses, and the imports that it needs for them."""

from __future__ import annotations

import ast

_MODULES = {
    "argparse": "",
    "csv": "",
    "hashlib": "",
    "math": "",
    "deepcopy": "copy",
    "count": "itertools",
    "Path": "pathlib",
    "median": "statistics",
    "torch": "",
    "nn": "torch",
    "parametrize": "torch.nn.utils",
    "get_total_norm": "torch.nn.utils",
    **dict.fromkeys(
        (
            "avg_pool2d",
            "binary_cross_entropy",
            "binary_cross_entropy_with_logits",
            "cross_entropy",
            "embedding",
            "interpolate",
            "logsigmoid",
            "normalize",
            "one_hot",
            "pad",
            "relu",
            "softplus",
        ),
        "torch.nn.functional",
    ),
    **dict.fromkeys(("CIFAR10", "FashionMNIST", "KMNIST", "MNIST"), "torchvision.datasets"),
    "resize": "torchvision.transforms.functional",
    "pil_to_tensor": "torchvision.transforms.functional",
    "save_image": "torchvision.utils",
    "np": "numpy",
    "Image": "PIL",
    "ImageOps": "PIL",
    "skeletonize": "skimage.morphology",
    "distance_transform_edt": "scipy.ndimage",
    "load_digits": "sklearn.datasets",
    "fetch_olivetti_faces": "sklearn.datasets",
}
_STANDARD = ("argparse", "copy", "csv", "hashlib", "itertools", "math", "pathlib", "statistics")


def used(code: str) -> set[str]:
    """The names in `code`."""
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def imports(code: str) -> str:
    """Import statements for the names in `code`, those of the standard library first."""
    found = used(code)
    known = [name for name in _MODULES if name in found]
    whole = {name for name in known if not _MODULES[name]}
    parts: dict[str, list[str]] = {}
    for name in known:
        if _MODULES[name]:
            parts.setdefault(_MODULES[name], []).append(name)
    standard: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for module in sorted(whole, key=str.lower):
        (standard if module in _STANDARD else others).append((module, f"import {module}"))
    if "numpy" in parts:
        del parts["numpy"]
        others.append(("numpy", "import numpy as np"))
    plain = {True: sorted(standard), False: sorted(others)}
    for module in sorted(parts, key=str.lower):
        statement = f"from {module} import {', '.join(sorted(parts[module], key=_as_sorted))}"
        plain[module.split(".")[0] in _STANDARD].append((module, statement))
    return "\n\n".join("\n".join(line for _, line in plain[first]) for first in (True, False))


def _as_sorted(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
