"""A run by address while it trains: its stream, what polling gets, and its curves."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from tests.app.evaluations import evaluation
from tests.loops import play
from ui import state
from ui.server import feeds, live, routes
from ui.server.feeds import Feed, Known, Position, Reader

Event = tuple[str, dict[str, Any], str]  # kind, data, id


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("GANCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(state, "active_runs", list)
    monkeypatch.setattr(feeds, "PERIOD", 0.01)
    return RunStore(tmp_path / "runs")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=routes.routes(), middleware=routes.middleware()), "http://localhost")


@pytest.fixture
def run(runs: RunStore) -> Run:
    return runs.create(RunConfig(), name="followed")


@contextmanager
def training(run: Run, through: int = 10, *, killed: bool = False) -> Iterator[ScalarWriter]:
    """A run that somebody trains, with so many rows; one who is `killed` leaves the curves as they are."""
    with run.lock():
        run.write_status(Status(state="running", step=through, total_steps=1_000))
        writer = ScalarWriter(run.path / "scalars.arrow")
        add(writer, 1, through)
        try:
            yield writer
        finally:
            if not killed:
                writer.close()


def add(writer: ScalarWriter, first: int, last: int) -> None:
    steps = np.arange(first, last + 1)
    writer.append({"step": steps, "epoch": steps / 5, "time": steps / 10, "loss_d": steps / 2, "loss_g": 1 / steps})


def finish(run: Run) -> None:
    run.write_status(run.status.model_copy(update={"state": "finished"}))


def numbers(packed: dict[str, str]) -> list[float]:
    return list(np.frombuffer(base64.b64decode(packed["bdata"]), f"<{packed['dtype']}"))


def parse(text: str) -> list[Event]:
    """The events of a stream, without comments."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"]), lines.get("id", "")))
    return found


class Listener:
    """One who follows a feed, event by event."""

    def __init__(self, feed: Feed, position: Position | None = None) -> None:
        self._pieces: AsyncGenerator[bytes] = feed.follow(position)
        self._waiting: list[Event] = []

    async def next(self, kind: str) -> Event:
        """The next event of a kind."""
        async with asyncio.timeout(30):
            while True:
                while self._waiting:
                    if (event := self._waiting.pop(0))[0] == kind:
                        return event
                self._waiting = parse((await anext(self._pieces)).decode())

    async def close(self) -> None:
        await self._pieces.aclose()


def test_new_rows_come_as_they_are_written(run: Run) -> None:
    async def scenario(writer: ScalarWriter) -> None:
        listener = Listener(Feed(run))
        _, status, _ = await listener.next("status")
        assert (status["state"], status["step"], status["total"]) == ("running", 10, 1_000)
        add(writer, 11, 13)
        kind, rows, identity = await listener.next("rows")
        assert kind == "rows"
        assert rows["after"] == 10
        assert numbers(rows["step"]) == [11, 12, 13]
        assert numbers(rows["columns"]["loss_d"]) == [5.5, 6.0, 6.5]
        assert identity.startswith("13-")
        _, status, _ = await listener.next("status")
        assert "step 13/1,000" in status["line"]
        await listener.close()

    with training(run) as writer:
        play(scenario(writer))


def test_numbers_are_told_and_an_evaluation_is_no_reason_to_draw_the_page_anew(run: Run) -> None:
    with training(run):
        reader = Reader(run)
        before = reader.look().status
        run.write_status(run.status.model_copy(update={"scalars": {"loss_d": 0.61234, "loss_g": 1.9}}))
        run.add_evaluation(evaluation(1_050, {"fid": 5.6123}))
        status = reader.look().status
    assert [(each["label"], each["text"], each["note"], each["role"]) for each in status["numbers"]] == [
        ("FID", "5.61", "at step 1,050", ""),
        ("D loss", "0.612", "", "d"),
        ("G loss", "1.9", "", "g"),
    ]
    assert status["evaluations"] != before["evaluations"]
    assert status["changes"] == before["changes"]
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "000100.pt").touch()
    assert reader.look().status["changes"] != before["changes"]  # from which it can be forked now


def test_rows_between_reading_and_sending_come_once(run: Run) -> None:
    """Written while a look is on its way to those who follow: the next look has them, from where the last one ended."""

    async def scenario(writer: ScalarWriter) -> None:
        reader = Reader(run)
        first = reader.look()
        add(writer, 11, 12)
        _, known = first.news(Known(Position(8)))
        messages, _ = reader.look().news(known)
        assert [numbers(each.data["step"]) for each in messages if each.kind == "rows"] == [[11, 12]]

    with training(run) as writer:
        play(scenario(writer))


def test_many_who_follow_share_one_reader_and_each_gets_every_row(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = []

    class Counted(Reader):
        def __init__(self, run: Run) -> None:
            readers.append(self)
            super().__init__(run)

    monkeypatch.setattr(feeds, "Reader", Counted)

    async def scenario(writer: ScalarWriter) -> None:
        feed = Feed(run)
        listeners = [Listener(feed) for _ in range(20)]
        for each in listeners:
            await each.next("status")
        for step in range(11, 15):
            add(writer, step, step)
        for each in listeners:
            got: list[float] = []
            while not got or got[-1] < 14:
                got += numbers((await each.next("rows"))[1]["step"])
            assert got == [11, 12, 13, 14]
        assert feed.followers == 20
        for each in listeners:
            await each.close()
        assert feed.followers == 0

    with training(run) as writer:
        play(scenario(writer))
    assert len(readers) == 1


def test_nothing_is_left_when_the_last_one_goes(run: Run) -> None:
    async def scenario() -> None:
        feed = Feed(run)
        first, second = Listener(feed), Listener(feed)
        await first.next("status")
        await second.next("status")
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert f"feed of {run.id}" in names
        await first.close()
        add_later = feed.followers
        await second.close()
        await asyncio.sleep(0)
        assert add_later == 1
        assert f"feed of {run.id}" not in {task.get_name() for task in asyncio.all_tasks() if not task.cancelling()}

    with training(run):
        play(scenario())


def test_a_run_that_goes_back_says_so(run: Run) -> None:
    async def scenario(writer: ScalarWriter) -> None:
        listener = Listener(Feed(run))
        await listener.next("status")
        writer.abandon()
        again = ScalarWriter(run.path / "scalars.arrow", keep_through=4)
        add(again, 5, 12)  # further than it was before anybody looks
        _, _, identity = await listener.next("reset")
        assert identity.startswith(("4-", "12-"))
        add(again, 13, 13)
        got: list[float] = []
        while 13 not in got:
            got += numbers((await listener.next("rows"))[1]["step"])
        assert got in ([13], list(range(5, 14)))
        await listener.close()
        again.close()

    with training(run, killed=True) as writer:
        play(scenario(writer))


def test_a_stream_is_resumed_after_the_last_event(run: Run, client: TestClient) -> None:
    with training(run):
        position = client.get(f"/live/{run.id}/news").json()["position"]
    finish(run)
    step, generation = position.split("-")
    assert step == "10"
    # The end of training compacts the file, so the rows may have changed: it must be fetched again.
    assert "reset" in kinds(client.get(f"/live/{run.id}/stream", headers={"Last-Event-ID": position}).text)
    plain = parse(client.get(f"/live/{run.id}/stream", headers={"Last-Event-ID": "7"}).text)
    (rows,) = [data for kind, data, _ in plain if kind == "rows"]
    assert (rows["after"], numbers(rows["step"])) == (7, [8, 9, 10])
    assert generation


def kinds(text: str) -> list[str]:
    return [kind for kind, _, _ in parse(text)]


def test_a_step_that_is_there_no_more_is_a_reset_also_without_a_generation(run: Run, client: TestClient) -> None:
    with training(run, through=10):
        pass
    finish(run)
    assert "reset" in kinds(client.get(f"/live/{run.id}/stream?after=50").text)


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40, "5-zz", "1e3", "../../x"])
def test_a_last_event_of_no_sense_is_as_if_there_were_none(run: Run, client: TestClient, after: str) -> None:
    with training(run):
        pass
    finish(run)
    found = kinds(client.get(f"/live/{run.id}/stream", headers={"Last-Event-ID": after}).text)
    assert found == ["status", "end"]


def test_the_stream_ends_with_the_run_and_proxies_do_not_hold_it_back(run: Run, client: TestClient) -> None:
    with training(run):
        pass
    finish(run)
    answer = client.get(f"/live/{run.id}/stream")
    assert parse(answer.text)[-1][:2] == ("end", {"state": "finished"})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["cache-control"] == "no-cache"
    assert "content-length" not in answer.headers


def test_pictures_are_told_by_address_each_once(run: Run, client: TestClient) -> None:
    (run.path / "samples").mkdir()

    def draw(step: int) -> None:
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(run.path / "samples" / f"{step:06d}.png")

    with training(run):
        draw(0)
        reader = Reader(run)
        messages, known = reader.look().news(Known(Position(10)))
        (frame,) = next(each.data["frames"] for each in messages if each.kind == "pictures")
        assert client.get("/" + frame["src"]).headers["content-type"] == "image/png"
        assert frame["caption"].startswith("step 0 ")
        draw(10)
        messages, known = reader.look().news(known)
        assert [[f["step"] for f in each.data["frames"]] for each in messages if each.kind == "pictures"] == [[10]]
        assert not reader.look().news(known)[0]


def test_whoever_is_far_behind_fetches_the_curves_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_ROWS", 5)
    with training(run):
        messages, _ = Reader(run).look().news(Known(Position(2)))
        assert messages[0].kind == "reset"


@pytest.mark.parametrize("what", ["stream", "news", "curves"])
@pytest.mark.parametrize("name", ["none", "..%2f", ".trash", "a%00b", "%2e%2e"])
def test_a_run_that_is_not_there(runs: RunStore, client: TestClient, name: str, what: str) -> None:
    assert not runs.list()
    assert client.get(f"/live/{name}/{what}").status_code == 404


def test_a_damaged_run_is_not_followed(run: Run, client: TestClient) -> None:
    (run.path / "config.json").write_text("{")
    assert client.get(f"/live/{run.id}/stream").status_code == 404


def test_more_than_a_server_bears_are_told_to_ask(
    run: Run, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_FOLLOWERS", 0)
    answer = client.get(f"/live/{run.id}/stream")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert client.get(f"/live/{run.id}/news").status_code == 200


def test_a_tab_that_closes_ends_its_stream(run: Run) -> None:
    """As a server tells it: `http.disconnect` while nothing is sent."""

    async def scenario() -> None:
        served = live.Live()
        (route,) = [each for each in routes.routes() if getattr(each, "path", "").endswith("/stream")]
        closed, sent = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            await closed.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if b"event: status" in message.get("body", b""):
                sent.set()

        scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"", "path_params": {"run": run.id}}
        request = live.Request(scope, receive)
        answering = asyncio.create_task((await served.stream(request))(scope, receive, send))
        async with asyncio.timeout(30):
            await sent.wait()
            assert served.followers == 1
            closed.set()
            await answering
        assert served.followers == 0
        assert route

    with training(run):
        play(scenario())


def test_a_folder_that_cannot_be_read_ends_the_stream(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("gone")

    monkeypatch.setattr(Reader, "look", fail)

    async def scenario() -> None:
        async with asyncio.timeout(30):
            assert [piece async for piece in Feed(run).follow(None)] == []

    play(scenario())


def test_curves_are_thinned_and_a_zoom_gets_all_of_its_range(run: Run, client: TestClient) -> None:
    with training(run, through=50_000):
        answer = client.get(f"/live/{run.id}/curves?columns=loss_d,nope").json()
        assert list(answer["curves"]) == ["loss_d"]
        assert (answer["step"], answer["rows"]) == (50_000, 50_000)
        assert len(numbers(answer["curves"]["loss_d"]["raw"]["x"])) <= 1_500
        part = client.get(f"/live/{run.id}/curves?columns=loss_d&from=100.5&to=200").json()
        assert numbers(part["curves"]["loss_d"]["raw"]["x"]) == list(range(100, 202))


@pytest.mark.parametrize("query", ["points=x", "points=1e9", "weight=1", "weight=nan", "from=a&to=2", "points=-1"])
def test_curves_of_no_sense_are_refused_in_a_sentence(run: Run, client: TestClient, query: str) -> None:
    answer = client.get(f"/live/{run.id}/curves?columns=loss_d&{query}")
    assert answer.status_code == 400
    assert answer.text.endswith(".")


def test_it_lies_below_the_path_of_the_pages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.get_option", lambda name: {"server.baseUrlPath": "lab"}[name])
    client = TestClient(Starlette(routes=routes.routes()))
    assert client.get(f"/lab/{live.address(run)}news").status_code == 200
