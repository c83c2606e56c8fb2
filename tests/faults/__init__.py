"""Faults, tried for real: each module one kind, each fault a function that tries it and says what came of it.

`python -m tests.faults` tries all of them and prints a table; tests/faults/test_faults.py tries each in brief.
"""
