"""Streamlit's own files as browsers get them: compressed once, and what every page needs named in the first answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui import navigation
from ui.server import bundle
from ui.server.bundle import Bundle

LEFT = "left to Streamlit"
SCRIPT = next(name for name in sorted(bundle.names("js")) if name.startswith("index."))

Serve = Callable[..., TestClient]


@pytest.fixture
def serve() -> Serve:
    async def app(_request: object) -> PlainTextResponse:
        return PlainTextResponse(LEFT)

    def start(base: str = "") -> TestClient:
        middleware = [Middleware(Bundle, base, navigation.ADDRESSES)]
        return TestClient(Starlette(routes=[Route("/{path:path}", app)], middleware=middleware), "http://localhost")

    return start


@pytest.mark.parametrize("base", ["", "/gan"])
def test_scripts_are_sent_compressed_and_kept_for_good(serve: Serve, base: str) -> None:
    answer = serve(base).get(f"{base}/static/js/{SCRIPT}")
    assert answer.content == (bundle.STATIC / "static" / "js" / SCRIPT).read_bytes()
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content) / 2
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("asked", [{"accept-encoding": "identity"}, {"range": "bytes=0-9"}])
def test_who_asks_otherwise_is_left_to_streamlit(serve: Serve, asked: dict[str, str]) -> None:
    assert serve().get(f"/static/js/{SCRIPT}", headers=asked).text == LEFT


@pytest.mark.parametrize(
    "path",
    ["static/js/none.js", "static/js/..%2findex.html", f"static/css/{SCRIPT}", "static/index.html", "other", "train/"],
)
def test_what_it_does_not_know_is_left_to_streamlit(serve: Serve, path: str) -> None:
    assert serve().get(f"/{path}").text == LEFT


def test_what_browsers_are_told_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle.st, "get_option", lambda name: ["</script>"] if "Origins" in name else "</script>")
    bundle.page.cache_clear()
    try:
        told = re.search(r"\.\.\.(\{.*\}) \}", bundle.page())
        assert told is not None
        assert "<" not in told[1]
        assert json.loads(told[1])["HOST_CONFIG"]["allowedOrigins"] == ["</script>"]
    finally:
        bundle.page.cache_clear()


@pytest.mark.parametrize("address", navigation.ADDRESSES)
def test_pages_begin_as_streamlit_has_them_and_name_what_they_need(serve: Serve, address: str) -> None:
    answer = serve("/gan").get(f"/gan/{address}")
    assert answer.headers["cache-control"] == "no-cache"
    text, usual = answer.text, (bundle.STATIC / "index.html").read_text()
    named = re.findall(r'"\./static/js/([^"]+)"', text)
    assert set(re.findall(r'"\./static/js/([^"]+)"', usual)) < set(named)
    assert len(named) == len(set(named))
    assert set(named) <= bundle.names("js")
    for element in ("BidiComponent", "Html"):
        assert any(name.startswith(f"{element}.") for name in named)
    assert "window.__streamlit = { BACKEND_BASE_URL: " in text
    assert text[text.index("<body>") :] == usual[usual.index("<body>") :]


def test_a_streamlit_that_is_built_otherwise_is_left_alone(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<html><body>another</body></html>")
    monkeypatch.setattr(bundle, "STATIC", tmp_path)
    bundle.page.cache_clear()
    try:
        assert serve().get("/train").text == LEFT
    finally:
        bundle.page.cache_clear()
