"""Known vulnerabilities of the versions in constraints.txt: `make audit`.

pip-audit asks PyPI. Where nothing can be asked it passes over every package and says that none is vulnerable: that is
told apart here, and is no failure, so that checks run without a connection.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMAND = (
    *("pip-audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
)

PATIENCE = 120.0  # seconds


def judge(found: dict[str, Any]) -> tuple[str, bool]:
    """What pip-audit found, in words, and whether a package has to be replaced."""
    packages = found["dependencies"]
    audited = [each for each in packages if "skip_reason" not in each]
    wrong = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for each in audited
        for vulnerability in each["vulns"]
    ]
    if wrong:
        return "\n".join(wrong), True
    if not audited:
        return "Not audited: no package could be asked for. Is there a connection to PyPI?", False
    passed_over = len(packages) - len(audited)
    return f"No known vulnerability. Packages audited: {len(audited)}; passed over: {passed_over}.", False


def main() -> int:
    try:
        done = subprocess.run(COMMAND, stdout=subprocess.PIPE, text=True, check=False, timeout=PATIENCE)
        found = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # pip-audit waits for nobody, or failed itself and said why
        print("Not audited.")
        return 0
    words, is_bad = judge(found)
    print(words)
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
