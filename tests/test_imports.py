"""What may be imported only where it is used, and that nobody touches torch's global random numbers.

Who may import whom is checked by import-linter: its contracts stand in pyproject.toml.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gancore"

WITHOUT_TORCH = (
    *("files", "machine", "text", "config", "store", "store.evaluations", "experiments", "health"),
    *("evaluation.measures", "training.events", "executors.executor", "executors.loading", "executors.measuring"),
    *("executors.drawing", "exploring.asking", "pictures.film"),
    *("cli.main", "sweeps.sweeps", "export.report", "export.verdicts_page"),
)
PLAIN = "gancore.bench.plain"  # the plain loop that people write, global random numbers and all
LAZY = {
    *("torchvision", "mlxtend", "sklearn", "skimage", "torch_fidelity", "safetensors"),
    *("ray", "tensorboard", "onnx"),
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that an import statement names, with what `from package import module` takes from it."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative imports are not used here"
        assert node.module is not None
        yield node.module
        yield from (name for alias in node.names if (name := f"{node.module}.{alias.name}") in SOURCES)


@pytest.mark.parametrize("module", [name for name in SOURCES if name != PLAIN])
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    at_the_top = {name.partition(".")[0] for node in SOURCES[module].body for name in imported(node)}
    assert not at_the_top & LAZY


def test_what_pages_need_to_list_runs_does_not_load_torch() -> None:
    names = ", ".join(f"gancore.{name}" for name in WITHOUT_TORCH)
    heavy = ("torch", "torchvision", "mlxtend", "streamlit", "ray")
    program = f"import sys, {names}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_no_page_waits_for_what_takes_long_to_import() -> None:
    modules = "[each.name for each in pkgutil.walk_packages(ui.__path__, 'ui.') if each.name != 'ui.main']"
    heavy = ("torch", "sklearn", "optuna", "ray", "matplotlib", "scipy.special", "scipy.stats")
    program = f"import importlib, pkgutil, sys, ui; [*map(importlib.import_module, {modules})]; "
    program += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# torch's functions and methods that draw from the global generator unless they are given another one.
DRAWS = """rand randn randint randperm rand_like randn_like randint_like normal bernoulli multinomial poisson
    normal_ uniform_ bernoulli_ random_ exponential_ geometric_ cauchy_ log_normal_
    kaiming_uniform_ kaiming_normal_ xavier_uniform_ xavier_normal_ trunc_normal_ orthogonal_ sparse_"""
GLOBAL = """manual_seed manual_seed_all seed seed_all initial_seed get_rng_state set_rng_state fork_rng
    default_generator dropout Dropout Dropout2d AlphaDropout shuffle"""


def global_draws(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        text = ast.unparse(node)
        if text.startswith("torch.Generator()."):
            continue
        if node.attr in GLOBAL.split() and text.startswith(
            ("torch.", "nn.", "np.", "numpy.", "random.", "functional.")
        ):
            yield text
        if text.startswith(("np.random", "numpy.random", "random.")):
            yield text
    for node in ast.walk(tree):
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if named and node.func.attr in DRAWS.split() and "generator" not in {word.arg for word in node.keywords}:
            yield ast.unparse(node)


@pytest.mark.parametrize("module", [name for name in SOURCES if name != PLAIN])
def test_nothing_draws_from_a_global_generator(module: str) -> None:
    assert list(global_draws(SOURCES[module])) == []


@pytest.mark.parametrize(
    "code",
    [
        "torch.manual_seed(1)",
        "torch.cuda.manual_seed_all(1)",
        "torch.randn(3)",
        "weight.normal_(0, 1)",
        "nn.init.xavier_uniform_(w)",
        "nn.Dropout(0.5)",
        "torch.get_rng_state()",
        "np.random.rand(3)",
        "np.random.seed",
    ],
)
def test_the_check_for_global_draws_finds_them(code: str) -> None:
    assert list(global_draws(ast.parse(code)))


def test_the_check_for_global_draws_lets_explicit_generators_pass() -> None:
    code = "torch.randn(3, generator=g); w.normal_(0, 1, generator=g); torch.Generator().manual_seed(3)"
    assert list(global_draws(ast.parse(code))) == []


@pytest.mark.parametrize("module", [name for name in SOURCES if not name.startswith("gancore.config.kinds")])
def test_nobody_asks_for_a_certain_kind_of_networks(module: str) -> None:
    """What depends on the kind is declared with it, so that a new one is known everywhere."""
    for node in ast.walk(SOURCES[module]):
        if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("model.kind"):
            assert ast.unparse(node.comparators[0]).endswith("model.kind"), ast.unparse(node)
