"""What the reports repeat of theory, and questions of our own."""

from __future__ import annotations

from gancore.experiments.claims.claim import Claim

BEYOND: tuple[Claim, ...] = ()
