"""The table of Compare: what it is given to show."""

from __future__ import annotations

from typing import Any

import pytest

from gancore.store.records import Status
from tests.app.evaluations import evaluation, full, plant
from ui.frontend import plots

Shown = dict[str, Any]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What the table was given last."""
    last: Shown = {}

    def show(data: Shown, *, key: str) -> None:  # noqa: ARG001
        last.clear()
        last.update(data)

    monkeypatch.setattr(plots, "results", show)
    return last


def compare(open_page, *runs):
    app = open_page("compare", runs=",".join(run.id for run in runs))
    assert not app.exception
    return app


def column(shown: Shown, path: str) -> dict[str, tuple[str, bool]]:
    return {row["name"]: (row["cells"][path]["text"], row["cells"][path]["changed"]) for row in shown["rows"]}


def test_only_what_differs_and_the_odd_one_marked(open_page, finished, shown):
    runs = [finished("a"), finished("b"), finished("c", {"model.ngf": 64})]
    compare(open_page, *runs)
    assert [setting["key"] for setting in shown["settings"]] == ["model.ngf"]
    assert column(shown, "model.ngf") == {"a": ("32", False), "b": ("32", False), "c": ("64", True)}


def test_of_evenly_spread_values_none_is_marked(open_page, finished, shown):
    compare(open_page, *(finished(str(ngf), {"model.ngf": ngf}) for ngf in (8, 16, 32, 64)))
    assert not any(changed for _, changed in column(shown, "model.ngf").values())


def test_states_forks_and_live_changes_are_said(open_page, finished, stopped, shown):
    parent, fork = finished("parent"), finished("fork", {"model.ngf": 64})
    fork.edit_meta(parent=parent.id, parent_step=500)
    steered = stopped("steered")
    steered.steer({"optim.lr_d": 1e-3})
    steered.record_change(steered.changes()[0], 7)
    compare(open_page, parent, fork, steered)
    notes = {row["name"]: row["notes"] for row in shown["rows"]}
    assert notes["parent"] == []
    assert notes["fork"] == ["forked from parent at step 500"]
    assert notes["steered"] == ["stopped, step 12", "lr_d 1e-3 from step 7"]


def test_values_say_when_and_how_they_were_measured(open_page, finished, shown):
    one = plant(finished("one"), [evaluation(200, {"fid": 9.0}), full(1050, {"fid": 5.0})])
    other = plant(finished("other", {"seed": 1}), [full(1050, {"fid": 6.0}, extractor="inception-v3")])
    compare(open_page, one, other)
    fids = [row["values"]["fid"] for row in shown["rows"]]
    assert [each["value"] for each in fids[0]["line"]] == [9.0]
    assert [each["end"]["value"] for each in fids] == [5.0, 6.0]
    ways = [shown["ways"][each["end"]["way"]] for each in fids]
    assert "mnist-cnn-v1" in ways[0]
    assert "inception-v3" in ways[1]
    assert shown["view"] == "end"
    assert shown["steps"] == [200]


def test_runs_that_are_all_the_same_are_said_to_be(open_page, finished, shown):
    app = compare(open_page, finished("a"), finished("b"))
    assert any("so they are identical" in caption.value for caption in app.caption)
    assert shown["settings"] == []


def test_values_on_the_way_come_first_while_runs_train(open_page, finished, shown):
    runs = [plant(finished(name), [evaluation(200)]) for name in "ab"]
    for run in runs:
        run.write_status(Status(state="paused", step=300, total_steps=1050, attempt=1))
    compare(open_page, *runs)
    assert shown["view"] == "last"
    assert shown["rows"][0]["notes"] == ["paused, step 300"]
