"""What the server answers besides pages: pictures looked up in the store, the chart library, headers."""

from __future__ import annotations

import io
import os
import stat
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from ui.server import library, pictures, routes


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("GANCORE_RUNS", str(tmp_path / "runs"))
    return RunStore(tmp_path / "runs")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=routes.routes(), middleware=routes.middleware()), "http://localhost")


@pytest.fixture
def run(runs: RunStore) -> Run:
    made = runs.create(RunConfig(), name="drawn")
    (made.path / "samples").mkdir()
    draw(made, 500, 10)
    return made


def draw(run: Run, step: int, grey: int, side: int = 274) -> Path:
    path = run.path / "samples" / f"{step:06d}.png"
    Image.fromarray(np.full((side, side), grey, np.uint8)).save(path)
    return path


def test_a_picture_is_sent_as_it_is_and_kept_by_the_browser(run: Run, client: TestClient) -> None:
    answer = client.get(f"/{pictures.address(run, 500)}")
    assert answer.content == (run.path / "samples" / "000500.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]


def test_a_step_that_was_drawn_again_has_another_address(run: Run, client: TestClient) -> None:
    before = pictures.address(run, 500)
    path = draw(run, 500, 200)
    os.utime(path, ns=(1, 1))
    after = pictures.address(run, 500)
    assert after != before
    late = client.get(f"/{before}")  # a page that was drawn before
    assert late.content == path.read_bytes()
    assert "immutable" not in late.headers["cache-control"]
    assert "immutable" in client.get(f"/{after}").headers["cache-control"]


def test_thumbnails_are_small(run: Run, client: TestClient) -> None:
    answer = client.get(f"/{pictures.address(run, 500, small=True)}")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert max(image.size) == pictures.SMALL
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "drawn/500.png",
        "../500.png",
        "..%2f..%2f/500.png",
        "%2e%2e/500.png",
        "{id}/501.png",
        "{id}/-1.png",
        "{id}/..%2fsecret.png",
        "{id}/500.png/../../config.json",
        "{id}/99999999999999999999999999.png",
        ".trash/500.png",
        "a%00b/500.png",
    ],
)
def test_no_address_leaves_the_store(run: Run, client: TestClient, path: str) -> None:
    (run.path / "secret.png").write_bytes(b"secret")
    answer = client.get("/pictures/" + path.replace("{id}", run.id))
    assert answer.status_code in (400, 404)
    assert b"secret" not in answer.content


def test_only_plain_files_of_a_bearable_size_are_sent(
    run: Run, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    (run.path / "samples" / "000001.png").symlink_to(secret)
    os.mkfifo(run.path / "samples" / "000002.png")
    (run.path / "samples" / "000003.png").mkdir()
    for step in (1, 2, 3):
        assert pictures.address(run, step) is None
        assert client.get(f"/pictures/{run.id}/{step}.png").status_code == 404
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    assert client.get(f"/pictures/{run.id}/500.png").status_code == 404


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_thumbnail_of_what_is_no_picture_is_not_found(run: Run, client: TestClient, content: bytes) -> None:
    (run.path / "samples" / "000600.png").write_bytes(content)
    assert client.get(f"/pictures/{run.id}/600.png?small=1").status_code == 404


def test_a_huge_picture_gets_no_thumbnail(run: Run, client: TestClient) -> None:
    draw(run, 600, 0, side=9_000)
    assert client.get(f"/pictures/{run.id}/600.png?small=1").status_code == 404


def test_the_size_in_the_header_is_looked_at_before_a_picture_is_sent_or_decoded(
    run: Run, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = draw(run, 600, 0, side=10)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 9_000, 9_000)
    path.write_bytes(content)
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    assert client.get(f"/pictures/{run.id}/600.png").status_code == 404
    assert client.get(f"/pictures/{run.id}/600.png?small=1").status_code == 404


@pytest.mark.filterwarnings("default")  # Pillow warns of some that it reads
def test_garbled_pictures_have_a_thumbnail_or_none(run: Run, client: TestClient) -> None:
    path = draw(run, 600, 0, side=30)
    whole = path.read_bytes()
    data = whole.index(b"IDAT") - 4
    chunks = some.sampled_from(
        [b"", whole[data:], whole[data:-12], b"\0\0\0\4gAMA\0\0\0\0", b"\0\0\0\1tRNS\0", b"\0" * 9]
    )

    @settings(max_examples=100, derandomize=True, database=None, deadline=None)
    @given(some.integers(8, len(whole)), chunks, some.binary(max_size=4), some.integers(0, len(whole)))
    def holds(place: int, chunk: bytes, new: bytes, cut: int) -> None:
        content = whole[:place] + chunk + new + whole[place + cut :]
        path.write_bytes(content)
        for address in (f"/pictures/{run.id}/600.png", f"/pictures/{run.id}/600.png?small=1"):
            assert client.get(address).status_code in (200, 404)
        pictures._small.cache_clear()

    holds()


def test_every_answer_says_who_may_frame_it(run: Run, client: TestClient) -> None:
    for path in (f"/{pictures.address(run, 500)}", "/pictures/none/1.png", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]


FOREIGN = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def posts() -> list[str]:
    """An address of every route that takes more than questions."""
    found = [
        each
        for each in routes.routes()
        if {"POST", "PUT", "PATCH", "DELETE"} & (getattr(each, "methods", None) or set())
    ]
    return [getattr(each, "path", "").replace("{run}", "none").replace("{what}", "pictures") for each in found]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_nothing_is_changed_for_a_page_of_another_site(client: TestClient, headers: dict[str, str]) -> None:
    assert posts()
    for path in posts():
        answer = client.post(path, json={}, headers=headers)
        assert (answer.status_code, answer.text) == (403, "This comes from a page of another site.")
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://localhost"}, {"Origin": "https://proxy.example", "Sec-Fetch-Site": "same-origin"}],
)
def test_our_own_pages_and_programs_are_answered(client: TestClient, headers: dict[str, str]) -> None:
    for path in posts():
        assert client.post(path, json={}, headers=headers).status_code != 403


def test_the_chart_library_is_the_installed_one_compressed_and_kept(client: TestClient) -> None:
    packed = client.get(f"/{library.ADDRESS}", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < library.SOURCE.stat().st_size / 2
    plain = client.get(f"/{library.ADDRESS}", headers={"Accept-Encoding": "identity"})
    assert packed.content == plain.content == library.SOURCE.read_bytes()
    assert "immutable" in plain.headers["cache-control"]


def test_routes_lie_below_the_path_of_the_pages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.get_option", lambda name: {"server.baseUrlPath": "/lab/"}[name])
    client = TestClient(Starlette(routes=routes.routes()))
    assert client.get(f"/lab/{pictures.address(run, 500)}").status_code == 200


def test_serving_writes_nothing_into_the_installation(client: TestClient) -> None:
    project = Path(library.__file__).parents[2]
    before = {path: path.stat().st_mtime_ns for path in [project, *project.glob("ui/**/")]}
    import ui.frontend.components  # noqa: F401

    assert client.get(f"/{library.ADDRESS}").status_code == 200
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not (project / "static").exists()
    assert stat.S_ISREG(library.SOURCE.stat().st_mode)
