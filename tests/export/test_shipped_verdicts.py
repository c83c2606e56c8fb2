"""docs/verdicts.md is what its program writes of the runs that ship with the project."""

from __future__ import annotations

from gancore.export.verdicts_page import verdicts_page
from gancore.sweeps.reference import PROJECT, reference_store


def test_the_page_is_what_the_shipped_runs_say() -> None:
    page = verdicts_page(reference_store())
    assert (PROJECT / "docs" / "verdicts.md").read_text(encoding="utf-8") == page.text
    shipped = {path.name for path in (PROJECT / "docs" / "verdicts").glob("*.png")}
    assert shipped == {name.rpartition("/")[2] for name in page.pictures}  # their bytes hang on Pillow's version
