"""Saved comparisons: a file in the store that several people may change, and that may come from anywhere."""

import threading

import pytest

from gancore.store.views import FILE, MOST, Views

ADDRESS = {"runs": "a,b", "axis": "epoch"}


@pytest.fixture
def views(tmp_path, monkeypatch) -> Views:
    times = iter(range(1, 10_000))
    monkeypatch.setattr("gancore.store.views.time.time", lambda: float(next(times)))
    return Views(tmp_path / "runs")


def names(views: Views) -> list[str]:
    return [view.name for view in views.list()]


def test_there_are_none_at_first(views):
    assert names(views) == []
    assert views.delete("nothing") is None


def test_a_view_comes_back_as_it_was_saved(views):
    views.save("  my\n view ", ADDRESS)
    (found,) = views.list()
    assert (found.name, found.address) == ("my view", ADDRESS)


def test_a_name_is_there_once_the_newest_first(views):
    for name, axis in (("a", "step"), ("b", "step"), ("a", "time")):
        views.save(name, {"axis": axis})
    assert names(views) == ["a", "b"]
    assert views.list()[0].address == {"axis": "time"}


def test_a_deleted_view_can_be_brought_back(views):
    views.save("a", ADDRESS)
    views.save("b", ADDRESS)
    deleted = views.delete("a")
    assert names(views) == ["b"]
    views.put(deleted)
    assert names(views) == ["b", "a"]


def test_a_view_needs_a_name(views):
    with pytest.raises(ValueError, match="a name"):
        views.save(" ", ADDRESS)


def test_the_oldest_goes_once_there_are_too_many(views):
    for number in range(MOST + 1):
        views.save(f"view {number}", {})
    assert len(views.list()) == MOST
    assert "view 0" not in names(views)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"views": {"name": "a"}}',
        b'{"views": [{"name": ""}, 3, null, {"name": 7}, {"name": "a", "address": {"runs": 1}}]}',
        b'{"views": [{"name": "a", "created": -1}, {"name": "b", "address": {"runs": "%s"}}]}' % (b"x" * 30_000),
    ],
)
def test_what_makes_no_sense_is_left_out(views, tmp_path, content):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / FILE).write_bytes(content)
    assert names(views) == []
    views.save("good", ADDRESS)
    assert names(views) == ["good"]


def test_nobody_who_saves_at_once_loses_anything(views):
    views.save("first", {})
    threads = [threading.Thread(target=views.save, args=(f"view {number}", {})) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(views.list()) == 9
