"""Numbers as people read them, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence


def describe_duration(seconds: float) -> str:
    """`45 s`, `1 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def describe_rate(value: float) -> str:
    """A learning rate: `5e-4`, `0.1`."""
    if abs(value) >= 0.01 or value == 0:
        return f"{value:g}"
    mantissa, exponent = f"{value:.6e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def describe_bytes(count: float) -> str:
    """`0.8 GB`, `450 MB`."""
    return f"{count / 1e9:.1f} GB" if count >= 5e8 else f"{count / 1e6:.0f} MB"


def describe_value(value: object) -> str:
    """A setting's value in a table or on a chip."""
    if value is None:
        return "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return describe_rate(value)
    if isinstance(value, tuple | list):
        return " · ".join(str(item) for item in value)
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)


def counted(count: int, noun: str) -> str:
    """`1 run`, `2,000 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def compact(value: float) -> str:
    """A number of a curve for people: `0.99`, `12.4`, `1,234`, `2e-7`, `3e9`."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 0.005:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent):+d}".replace("+", "")
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
