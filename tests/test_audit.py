from __future__ import annotations

from typing import Any

from tests.audit import judge

SKIPPED = {"name": "torch", "skip_reason": "Dependency not found on PyPI and could not be audited: torch (2.0)"}


def package(*vulnerabilities: dict[str, Any]) -> dict[str, Any]:
    return {"name": "pillow", "version": "9.0.0", "vulns": list(vulnerabilities)}


def test_what_is_vulnerable_is_named_with_what_mends_it() -> None:
    found = [{"id": "CVE-1", "fix_versions": ["9.0.1", "9.1"]}, {"id": "CVE-2", "fix_versions": []}]
    words, is_bad = judge({"dependencies": [SKIPPED, package(*found)]})
    assert is_bad
    assert words == "pillow 9.0.0: CVE-1, mended in 9.0.1, 9.1\npillow 9.0.0: CVE-2, mended in no version yet"


def test_nothing_found_is_told_apart_from_nothing_asked() -> None:
    assert judge({"dependencies": [SKIPPED, package()]}) == (
        "No known vulnerability. Packages audited: 1; passed over: 1.",
        False,
    )
    words, is_bad = judge({"dependencies": [SKIPPED]})
    assert words.startswith("Not audited")
    assert not is_bad
