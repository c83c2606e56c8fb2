from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from gancore.exploring import asking

POINT = {"seed": 3, "place": 5, "moves": {"sefa-0": 1, "z-12": -2.5}}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (asking.Pictures, {"points": [POINT, {}], "truncation": 0.5, "raw": True, "checkpoint": "000100"}),
        (asking.Pictures, {"points": [{"plane": [0.5, -1]}, {"encoded": 4}]}),
        (asking.Film, {"stops": [POINT, {"seed": 1, "label": 3}], "way": "straight", "kind": "mp4"}),
        (asking.About, {"image": {"split": "train", "index": 7}, "label": 2}),
        (asking.Bold, {"image": {"file": "aGVsbG8="}, "seed": 1, "count": 4}),
    ],
)
def test_what_a_page_asks_is_understood(kind: type[asking.Weights], said: dict[str, Any]) -> None:
    assert kind.model_validate_json(json.dumps(said))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (asking.Pictures, {"points": []}),
        (asking.Pictures, {"points": [{}] * 161}),
        (asking.Pictures, {"points": [{"seed": -1}]}),
        (asking.Pictures, {"points": [{"seed": 2**32}]}),
        (asking.Pictures, {"points": [{"seed": "3"}]}),
        (asking.Pictures, {"points": [{"place": 64}]}),
        (asking.Pictures, {"points": [{"moves": {"sefa-8": 1}}]}),
        (asking.Pictures, {"points": [{"moves": {"z-00": 1}}]}),
        (asking.Pictures, {"points": [{"moves": {"__class__": 1}}]}),
        (asking.Pictures, {"points": [{"moves": {"z-1": 1e9}}]}),
        (asking.Pictures, {"points": [{"moves": {f"z-{n}": 1 for n in range(25)}}]}),
        (asking.Pictures, {"points": [{"plane": [1]}]}),
        (asking.Pictures, {"points": [{}], "truncation": 0}),
        (asking.Pictures, {"points": [{}], "checkpoint": "x" * 21}),
        (asking.Pictures, {"points": [{}], "more": 1}),
        (asking.Path, {"stops": [{}]}),
        (asking.Path, {"stops": [{}] * 9}),
        (asking.Path, {"stops": [{}, {}], "steps": 61}),
        (asking.Path, {"stops": [{}, {}], "way": "crooked"}),
        (asking.Film, {"stops": [{}, {}], "kind": "exe"}),
        (asking.About, {"image": {}}),
        (asking.About, {"image": {"split": "test", "point": {}}}),
        (asking.About, {"image": {"split": "secret"}}),
        (asking.About, {"image": {"file": "x" * 6_000_000}}),
        (asking.Bold, {"image": {"split": "test"}, "count": 17}),
        (asking.Real, {"count": 1_000}),
    ],
)
def test_what_is_too_much_or_makes_no_sense_is_refused(kind: type[asking.Weights], said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate_json(json.dumps(said))


@pytest.mark.parametrize("text", ['{"points": [{"moves": {"z-1": NaN}}]}', '{"points": [{}], "truncation": Infinity}'])
def test_numbers_are_finite(text: str) -> None:
    with pytest.raises(ValidationError):
        asking.Pictures.model_validate_json(text)
