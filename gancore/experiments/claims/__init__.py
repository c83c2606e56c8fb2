"""What the reports claim, as data: a module a report, and what a claim is in `claim`."""

from __future__ import annotations

from gancore.experiments.claims.beyond import BEYOND
from gancore.experiments.claims.claim import Claim
from gancore.experiments.claims.report_000 import REPORT_000
from gancore.experiments.claims.report_001 import REPORT_001
from gancore.experiments.claims.report_002 import REPORT_002
from gancore.experiments.claims.report_002_bonus import REPORT_002_BONUS
from gancore.experiments.claims.report_003 import REPORT_003
from gancore.experiments.claims.report_004 import REPORT_004

_CLAIMS = (*REPORT_002, *REPORT_002_BONUS, *REPORT_003, *REPORT_004, *REPORT_001, *REPORT_000, *BEYOND)

CLAIMS: dict[str, Claim] = {claim.id: claim for claim in _CLAIMS}
