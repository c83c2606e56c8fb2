from __future__ import annotations

import pytest

from gancore.text import counted, describe_bytes, describe_duration, describe_rate, describe_value


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (80, "1 min 20 s"),
        (3599.7, "1 h"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (360_000, "100 h"),
    ],
)
def test_a_duration_is_rounded_to_what_matters(seconds: float, text: str) -> None:
    assert describe_duration(seconds) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [(5e-4, "5e-4"), (2e-6, "2e-6"), (1.25e-3, "1.25e-3"), (0.01, "0.01"), (0.1, "0.1"), (1.0, "1"), (0.0, "0")],
)
def test_a_rate_is_short_and_exact(rate: float, text: str) -> None:
    assert describe_rate(rate) == text
    assert float(text) == rate


@pytest.mark.parametrize(("count", "text"), [(8e8, "0.8 GB"), (4.5e8, "450 MB"), (2.25e9, "2.2 GB"), (0, "0 MB")])
def test_bytes_are_shown_in_the_unit_that_fits(count: float, text: str) -> None:
    assert describe_bytes(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "all"),
        (True, "yes"),
        (False, "no"),
        (5e-4, "5e-4"),
        ((256, 128), "256 · 128"),
        ([3], "3"),
        (9_999, "9999"),
        (60_000, "60,000"),
        ("dcgan", "dcgan"),
    ],
)
def test_a_value_reads_as_people_write_it(value: object, text: str) -> None:
    assert describe_value(value) == text


def test_things_are_counted_in_words() -> None:
    assert [counted(count, "run") for count in (0, 1, 2_000)] == ["0 runs", "1 run", "2,000 runs"]
