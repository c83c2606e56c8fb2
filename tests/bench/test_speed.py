"""What was measured of steps stands in tables that say what it holds for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from gancore.bench import batched, speed
from gancore.bench.batched import Found, Sweeping, Way
from gancore.bench.limit import ALL_PARTS, Result

FP32 = Result(
    what="DCGAN",
    batch_size=64,
    precision="fp32",
    operations=6e9,
    images=1_280.0,
    plain=1_000.0,
    speed_up=1.28,
    limit=2e11,
    share=0.6,
    parts=dict.fromkeys(ALL_PARTS, 1 / len(ALL_PARTS)),
    memory=450e6,
)
ABOUT = {
    "machine": {"processor": "A CPU 3000", "cores": 2},
    "threads": 2,
    "versions": {"torch": "2.9"},
    "day": "2026-11-28",
    "load": 0.1,
    "rounds": 5,
}

TOGETHER = Found(
    [Way("one after another", 1, (0.09,)), Way("one after another", 2, (0.045,)), Way("one", 1, (0.015,))],
    True,
    [Sweeping("one after another", 455.2, 360.6), Sweeping("as one", 87.9, 101.4)],
)


def test_the_page_has_a_row_for_each_case_and_says_what_it_holds_for() -> None:
    page = "\n".join(speed.speed_page(ABOUT, [FP32], TOGETHER))
    assert "| DCGAN | 64 | fp32 | 1,280 | 1,000 | 1.28 | 120 | 200 | 60% | 450 MB |" in page
    assert f"| DCGAN | 64 | fp32 | {' | '.join(['17%'] * 6)} |" in page
    assert "Measured on 2026-11-28: A CPU 3000, 2 threads, torch 2.9; medians of 5 rounds." in page
    assert "no rows of bf16" in page
    assert "| one | 1 | 15.0 | 6.0 x | 3.0 x |" in page
    assert "| as one | 88 | 101 |" in page
    assert "bit for bit, the curves and weights that it has alone" in page.replace("\n", " ")
    assert "| as one | 88 | 101 |" in page
    assert "busy" not in page
    assert max(map(len, page.splitlines())) <= 120


def test_a_busy_machine_is_owned_up_to() -> None:
    page = "\n".join(speed.speed_page(ABOUT | {"load": 7.0}, [FP32], TOGETHER))
    assert "The machine was busy with something else (load 7.0 on 2 cores)" in page


def test_rows_of_bf16_need_no_excuse() -> None:
    half = Result(**{**FP32.__dict__, "precision": "bf16", "memory": None})
    page = "\n".join(speed.speed_page(ABOUT, [FP32, half], TOGETHER))
    assert "no rows of bf16" not in page
    assert "| DCGAN | 64 | bf16 | 1,280 | 1,000 | 1.28 | 120 | 200 | 60% |  |" in page


def test_what_was_asked_for_is_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed, "measure", lambda *_: [FP32])
    monkeypatch.setattr(batched, "find", lambda *_: TOGETHER)
    figures, page = tmp_path / "figures.json", tmp_path / "speed.md"
    speed.run_benchmarks(0.1, 1, Console(width=160), json=figures, page=page)
    printed = capsys.readouterr().out
    assert "1,280" in printed
    assert "between them" in printed
    found = json.loads(figures.read_text())
    assert found["results"][0]["share"] == 0.6
    assert found["threads"] > 0
    assert page.read_text().startswith("# What a step costs\n")
