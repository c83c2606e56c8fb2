"""A doctor for training: problems found in a run's curves and evaluations, and what to change. No torch here."""

from gancore.health.diagnosis import Finding, Judged, diagnose, examine, judged, observe

__all__ = ["Finding", "Judged", "diagnose", "examine", "judged", "observe"]
