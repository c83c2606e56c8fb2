"""The settings of the next run."""
