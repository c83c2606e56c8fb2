"""Questions to a trained network by address: what is answered, and what is refused with a sentence."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from gancore.algorithms import build_algorithm
from gancore.exploring.asking import MOST_FILE
from gancore.sampling.samples import sample
from gancore.store import Run, RunStore
from gancore.store.checkpoints import Checkpoint
from tests.loops import play
from tests.miniatures import tiny
from ui.server import exploring, routes


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("GANCORE_RUNS", str(tmp_path / "runs"))
    return RunStore(tmp_path / "runs")


@pytest.fixture
def make(runs: RunStore) -> Callable[..., Run]:
    """A run with a checkpoint of networks as they begin."""

    def made(kind: str, changes: dict[str, Any] | None = None) -> Run:
        config = tiny(kind, changes)
        run = runs.create(config)
        Checkpoint(1, 8, 0.1, build_algorithm(config).state_dict()).save(run.path / "checkpoints" / "last.pt")
        return run

    return made


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes.routes(), middleware=routes.middleware()), "http://localhost") as client:
        yield client


def ask(client: TestClient, run: Run, what: str, **question: Any) -> Any:
    answer = client.post(f"/{exploring.address(run)}{what}", json=question)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def cut(sheet: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The tiles of a sheet, (N, H, W), as a browser cuts it up."""
    with Image.open(io.BytesIO(base64.b64decode(sheet["src"].partition(",")[2]))) as image:
        pixels = np.asarray(image.convert("L"))
    height, width, columns = sheet["height"], sheet["width"], sheet["columns"]
    places = [divmod(place, columns) for place in range(sheet["count"])]
    return np.stack([pixels[y * height : (y + 1) * height, x * width : (x + 1) * width] for y, x in places])


def png(side: int = 40) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.full((side, side), 200, np.uint8)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def test_pictures_are_the_samples_of_the_points(client: TestClient, make: Callable[..., Run]) -> None:
    run = make("dcgan")
    points = [{"seed": 3, "place": place} for place in range(40)]
    found = ask(client, run, "pictures", points=points)
    assert found["step"] == 1
    expected = ((sample(run, 64, seed=3)[:40, 0] + 1) * 127.5).round().byte().numpy()
    assert np.abs(cut(found["sheet"]).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("kind", ["dcgan", "cdcgan", "vae"])
def test_a_path_has_its_steps(kind: str, client: TestClient, make: Callable[..., Run]) -> None:
    stops = [{"seed": 1}, {"seed": 2}]
    found = ask(client, make(kind), "path", stops=stops, steps=20, way="straight")
    assert found["sheet"]["count"] == 21


def test_a_film_is_a_file_that_goes_back_the_same_way(client: TestClient, make: Callable[..., Run]) -> None:
    run = make("dcgan")
    answer = client.post(f"/explore/{run.id}/film", json={"stops": [{"seed": 1}, {"seed": 2}], "steps": 4})
    assert answer.headers["content-type"] == "image/gif"
    assert f'filename="{run.id}-step-1.gif"' in answer.headers["content-disposition"]
    with Image.open(io.BytesIO(answer.content)) as film:
        assert film.size == (256, 256)
        assert getattr(film, "n_frames", 1) <= 8


@pytest.mark.parametrize("method", ["sefa", "ganspace"])
def test_directions_are_named_with_their_shares(method: str, client: TestClient, make: Callable[..., Run]) -> None:
    found = ask(client, make("dcgan"), "directions", method=method)["directions"]
    assert [name for name, _ in found] == [f"{method}-{place}" for place in range(4)]  # as many as z has dimensions
    assert 0.5 < sum(share for _, share in found) < 1 + 1e-6


def test_an_image_is_judged_wherever_it_comes_from(client: TestClient, make: Callable[..., Run]) -> None:
    run = make("dcgan")
    for image in ({"point": {"seed": 1}}, {"split": "test", "index": 3}, {"split": "train"}, {"file": png()}):
        found = ask(client, run, "judge", image=image)
        assert 0 <= found["output"] <= 1
        assert found["map"].startswith("data:image/png;base64,")
        assert len(found["real"]) == len(found["fake"]) == 200


def test_the_nearest_training_images_are_found(client: TestClient, make: Callable[..., Run]) -> None:
    run = make("dcgan")
    found = ask(client, run, "nearest", image={"split": "train", "index": 5})
    for sense in ("pixels", "features"):
        assert found[sense]["places"][0] == 5
        assert found[sense]["distances"][0] == pytest.approx(0, abs=1e-3)
        assert found[sense]["searched"] == 43
        assert len(found[sense]["usual"]) == 200
    assert ask(client, run, "real", split="train", count=6)["total"] == 43


def test_a_vae_answers_with_its_plane_and_with_what_it_makes_of_an_image(
    client: TestClient, make: Callable[..., Run]
) -> None:
    run = make("vae")
    plane = ask(client, run, "plane")
    assert len(plane["places"]) == len(plane["labels"]) == 500
    found = ask(client, run, "reconstruct", image={"split": "test", "index": 7})
    assert found["place"] == pytest.approx(plane["places"][7], abs=2e-3)
    assert found["kl"] >= 0
    assert found["sheet"]["count"] == 2


def test_a_translator_answers_with_bold_versions(client: TestClient, make: Callable[..., Run]) -> None:
    found = ask(client, make("translator"), "bold", image={"file": png()}, count=5)
    assert found["sheet"]["count"] == 5
    assert len(found["thickness"]) == 6
    assert (cut(found["image"]) == 200).all()


def test_a_toy_answers_with_its_plane(client: TestClient, make: Callable[..., Run]) -> None:
    run = make("mlp", {"data.name": "ring", "model.g_output": "linear"})
    assert ask(client, run, "toy", seed=3)["picture"].startswith("data:image/png")


def test_networks_that_are_no_numbers_any_more_are_said_to_be(client: TestClient, runs: RunStore) -> None:
    config = tiny("dcgan")
    algorithm: Any = build_algorithm(config)
    for network in algorithm.networks.values():
        for parameter in network.parameters():
            parameter.data.fill_(float("nan"))
    run = runs.create(config)
    Checkpoint(1, 8, 0.1, algorithm.state_dict()).save(run.path / "checkpoints" / "last.pt")
    assert (cut(ask(client, run, "pictures", points=[{}])["sheet"]) == 0).all()
    assert ask(client, run, "judge", image={"split": "test"})["output"] is None
    for what, question in (("directions", {}), ("nearest", {"image": {"point": {}}})):
        answer = client.post(f"/explore/{run.id}/{what}", json=question)
        assert answer.status_code == 404
        assert "finite numbers" in answer.text


@pytest.mark.parametrize(
    ("what", "question", "status", "words"),
    [
        ("secrets", {}, 404, "cannot be asked"),
        ("pictures", {"points": []}, 422, "points"),
        ("pictures", {"points": [{"seed": -1}]}, 422, "points.0.seed"),
        ("pictures", {"points": [{}], "checkpoint": "000007"}, 404, "has no checkpoint"),
        ("pictures", {"points": [{}], "checkpoint": "../last"}, 404, "has no checkpoint"),
        ("pictures", {"points": [{"moves": {"z-9": 1}}]}, 404, "4 dimensions"),
        ("pictures", {"points": [{"plane": [0, 0]}]}, 404, "only a VAE"),
        ("plane", {}, 404, "only a VAE"),
        ("bold", {"image": {"file": "AAAA"}}, 422, "cannot be used"),
        ("judge", {"image": {"file": "?"}}, 422, "cannot be used"),
        ("judge", {"image": {"split": "test", "index": 10_000_000}}, 404, "only 500"),
        ("nearest", {"image": {"file": base64.b64encode(b"GIF89a" + b"x" * 50).decode()}}, 422, "not a readable image"),
    ],
)
def test_what_cannot_be_answered_gets_a_sentence(
    what: str, question: dict[str, Any], status: int, words: str, client: TestClient, make: Callable[..., Run]
) -> None:
    answer = client.post(f"/explore/{make('dcgan').id}/{what}", json=question)
    assert answer.status_code == status
    assert words.lower() in answer.text.lower()
    assert answer.text.endswith(".")
    assert "\n" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("run", ["none", "..%2fruns", ".trash", "a%00b"])
@pytest.mark.usefixtures("runs")
def test_a_run_that_is_not_there_cannot_be_asked(run: str, client: TestClient) -> None:
    assert client.post(f"/explore/{run}/pictures", json={"points": [{}]}).status_code in (400, 404)


def test_only_json_is_taken_and_not_too_much_of_it(client: TestClient, make: Callable[..., Run]) -> None:
    address = f"/explore/{make('dcgan').id}/pictures"
    assert client.post(address, content=b'{"points": [{}]}', headers={"content-type": "text/plain"}).status_code == 415
    headers = {"content-type": "application/json"}
    assert client.post(address, content=b"nonsense", headers=headers).status_code == 422
    answer = client.post(address, content=b" " * (exploring.MOST_BYTES + 1), headers=headers)
    assert answer.status_code == 413
    assert f"{MOST_FILE / 1e6:.0f} MB" in answer.text
    assert client.get(address).status_code == 405


def test_too_many_who_wait_are_sent_away(
    client: TestClient, make: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploring, "MOST_WAITING", 0)
    answer = client.post(f"/explore/{make('dcgan').id}/pictures", json={"points": [{}]})
    assert answer.status_code == 503
    assert "try again" in answer.text


class Asker:
    """Who asks, and has left by now or not."""

    def __init__(self, *, left: bool) -> None:
        self.left = left

    async def is_disconnected(self) -> bool:
        return self.left


def test_whoever_has_left_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exploring, "use_one_core", lambda: None)
    lane, done = exploring.Lane("test"), []

    async def scenario() -> None:
        gone = lane.do(lambda: done.append("gone"), Asker(left=True))  # type: ignore[arg-type, func-returns-value]
        here = lane.do(lambda: done.append("here"), Asker(left=False))  # type: ignore[arg-type, func-returns-value]
        with pytest.raises(exploring.Refused, match="Nobody waits"):
            await gone
        await here

    play(scenario())
    assert done == ["here"]


def test_a_question_that_breaks_off_is_no_error_of_the_server(make: Callable[..., Run]) -> None:
    names = {"run": make("dcgan").id, "what": "pictures"}
    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", b"application/json")],
        "path_params": names,
    }

    async def scenario() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        assert (await exploring.answer(Request(scope, receive))).status_code == 400

    play(scenario())


def test_what_fails_says_no_more_than_that(
    client: TestClient, make: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    from gancore.exploring import answers

    def fail(_explorer: object, _asked: object) -> dict[str, Any]:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(answers, "ANSWERS", {"pictures": fail})
    answer = client.post(f"/explore/{make('dcgan').id}/pictures", json={"points": [{}]})
    assert answer.status_code == 500
    assert "secret" not in answer.text
