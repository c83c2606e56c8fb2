"""What the reports claim, as data: a module a report, and what a claim is in `claim`."""

from __future__ import annotations

from gancore.experiments.claims.claim import Claim
from gancore.experiments.claims.report_002 import REPORT_002

_CLAIMS = (*REPORT_002,)

CLAIMS: dict[str, Claim] = {claim.id: claim for claim in _CLAIMS}
