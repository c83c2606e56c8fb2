"""A dashboard in use for hours: trainings and a browser's actions in a loop, and whether anything grows or fails.

`python -m tests.soak --hours 2` writes docs/soak.json and draws docs/soak.png from it.
"""
