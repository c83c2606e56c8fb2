"""What the wheel holds: the library as `gancore`, and the dashboard with all that it needs as `gan_workbench`.

The dashboard's folder keeps its shape, so the same files run from a checkout and from an installation, and `ui` and
`pages`, names that others use as well, are not put beside all other packages. The rest stands in pyproject.toml.
"""

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

LIBRARY = find_packages(include=["gancore", "gancore.*"])
UI = [f"gan_workbench.{name}" for name in find_packages(include=["ui", "ui.*"])]


class BuildModules(build_py):
    """Takes of this folder's modules, which `gan_workbench` is made from, all but this one."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """As (package, module, file)."""
        return [found for found in super().find_package_modules(package, package_dir) if found[1] != "setup"]


setup(
    cmdclass={"build_py": BuildModules},
    packages=[*LIBRARY, *UI, "gan_workbench", "gan_workbench.pages"],
    package_dir={"gan_workbench": ".", "gan_workbench.pages": "pages", "gan_workbench.ui": "ui"},
    package_data={
        "": ["*.js", "*.css", "*.svg", "*.html", "*.json", "*.safetensors", "weights/*"],
        "gan_workbench": [".streamlit/config.toml", "docs/quickstart.png"],
    },
)
