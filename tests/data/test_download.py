from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gancore.data import DataUnavailable, download
from gancore.data.download import Archive, Damaged, Source, retrieve
from tests.data.serving import serving

CONTENT = os.urandom(300_000)
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()

Body = Callable[[BaseHTTPRequestHandler], None]


def whole(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(CONTENT)


@contextmanager
def answering(body: Body, length: int | None = len(CONTENT)) -> Iterator[str]:
    """A server that answers every request in this way; without a length it ends when the connection does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            with suppress(OSError):  # whoever asked has gone
                body(self)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as address:
        yield f"{address}file"


def archive(*addresses: str, checksum: str = MD5, most: int = 10**6) -> Archive:
    return Archive(addresses, checksum, "raw/file", most)


@pytest.mark.parametrize("checksum", [MD5, SHA256], ids=["MD5", "SHA-256"])
def test_an_archive_arrives_whole(tmp_path: Path, checksum: str) -> None:
    with answering(whole) as address:
        assert retrieve(archive(address, checksum=checksum), tmp_path) == tmp_path / "raw" / "file"
    assert (tmp_path / "raw" / "file").read_bytes() == CONTENT


def half(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(CONTENT[: len(CONTENT) // 2])
    request.wfile.flush()


def test_a_connection_that_is_cut_is_no_archive(tmp_path: Path) -> None:
    for length in (len(CONTENT), None):
        with answering(half, length) as address, pytest.raises((Damaged, OSError, HTTPException)):
            retrieve(archive(address), tmp_path)


def test_what_has_another_checksum_is_no_archive(tmp_path: Path) -> None:
    with answering(lambda request: request.wfile.write(CONTENT[:-1] + b"x")) as address, pytest.raises(Damaged):
        retrieve(archive(address), tmp_path)


def test_a_server_that_falls_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    over = threading.Event()

    def silent(request: BaseHTTPRequestHandler) -> None:
        half(request)
        over.wait(60)

    with answering(silent) as address:
        with pytest.raises(TimeoutError):
            retrieve(archive(address), tmp_path)
        over.set()


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with socket.socket() as listening:  # it accepts connections, and that is all
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with pytest.raises(OSError, match="timed out"):
            retrieve(archive(f"http://127.0.0.1:{listening.getsockname()[1]}/file"), tmp_path)


def test_a_server_that_sends_next_to_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte every ten seconds, which no time-out of a connection notices."""
    now = 0.0

    def read(_: int) -> bytes:
        nonlocal now
        now += 10.0
        return b"x"

    monkeypatch.setattr(download.time, "monotonic", lambda: now)
    with pytest.raises(TimeoutError):
        list(download._chunks(read, 10**6))
    assert now < 100


def test_a_slow_server_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now, chunks = 0.0, [bytes(20_000)] * 50

    def read(_: int) -> bytes:
        nonlocal now
        now += 10.0
        return chunks.pop() if chunks else b""

    monkeypatch.setattr(download.time, "monotonic", lambda: now)
    assert sum(len(chunk) for chunk in download._chunks(read, 10**6)) == 10**6


def test_a_server_that_never_ends_is_given_up(tmp_path: Path) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        while True:
            request.wfile.write(bytes(2**16))

    with answering(endless, None) as address, pytest.raises(Damaged):
        retrieve(archive(address), tmp_path)
    assert (tmp_path / "raw" / "file").stat().st_size <= 10**6


def test_another_mirror_is_tried(tmp_path: Path) -> None:
    with answering(half) as cut, answering(whole) as good:
        retrieve(archive("http://127.0.0.1:1/file", cut, good), tmp_path)
        assert (tmp_path / "raw" / "file").read_bytes() == CONTENT
        with pytest.raises(OSError, match="refused"):
            retrieve(archive(cut, "http://127.0.0.1:1/file"), tmp_path)


def test_two_downloads_at_once_change_nothing_for_the_process(tmp_path: Path) -> None:
    """The second begins before the first ends and ends after it."""
    asked, go_on = [threading.Event(), threading.Event()], [threading.Event(), threading.Event()]
    seen: list[float | None] = []

    def held(place: int, request: BaseHTTPRequestHandler) -> None:
        asked[place].set()
        assert go_on[place].wait(60)
        whole(request)

    with answering(partial(held, 0)) as first, answering(partial(held, 1)) as second:
        threads = []
        for place, address in enumerate((first, second)):

            def fetch(place: int = place, address: str = address) -> None:
                with download.explained("data"):
                    retrieve(archive(address), tmp_path / str(place))

            threads.append(threading.Thread(target=fetch))
            threads[place].start()
            assert asked[place].wait(60)
            seen.append(socket.getdefaulttimeout())
        for place, thread in enumerate(threads):
            go_on[place].set()
            thread.join()
            seen.append(socket.getdefaulttimeout())
    assert seen == [None] * 4
    assert [(tmp_path / str(place) / "raw" / "file").read_bytes() for place in (0, 1)] == [CONTENT] * 2


# --- a data set -----------------------------------------------------------------------------------------------------


class Plain(Source):
    """A data set that is one file, and needs no unpacking."""

    def archives(self) -> list[Archive]:
        return [archive(self.torchvision_name)]  # which is the address here

    def unpack(self, folder: Path) -> None:
        assert (folder / "raw" / "file").read_bytes() == CONTENT


CHECKS = {"file": lambda path: path.is_file() and path.read_bytes() == CONTENT}


def fetch(address: str, root: Path) -> None:
    download.fetch("plain", Plain(address, "raw", 1), root, CHECKS, {"file"})


def test_who_comes_while_another_downloads_waits_and_downloads_nothing(tmp_path: Path) -> None:
    asked, go_on, requests = threading.Event(), threading.Event(), []

    def held(request: BaseHTTPRequestHandler) -> None:
        requests.append(request.path)
        asked.set()
        assert go_on.wait(60)
        whole(request)

    with answering(held) as address:
        threads = [threading.Thread(target=fetch, args=(address, tmp_path)) for _ in range(3)]
        threads[0].start()
        assert asked.wait(60)
        for thread in threads[1:]:
            thread.start()
        go_on.set()
        for thread in threads:
            thread.join()
    assert len(requests) == 1
    assert (tmp_path / "raw" / "file").read_bytes() == CONTENT


def test_half_a_download_never_counts_and_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    left = tmp_path / ".download-plain-killed" / "raw"
    left.mkdir(parents=True)
    (left / "file").write_bytes(CONTENT)
    for failing in (half, lambda request: request.wfile.write(bytes(len(CONTENT)))):
        with answering(failing) as address, pytest.raises(DataUnavailable, match=r"download.*\.$"):
            fetch(address, tmp_path)
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".plain.lock"]
    assert not left.exists()


def test_damage_is_told_from_a_missing_network(tmp_path: Path) -> None:
    damaged = pytest.raises(DataUnavailable, match=r"^The download of plain is damaged: try again later\.$")
    with answering(lambda request: request.wfile.write(bytes(len(CONTENT)))) as address, damaged:
        fetch(address, tmp_path)
    with pytest.raises(DataUnavailable, match=r"could not be downloaded: connect to the internet once.*mnist-5k"):
        fetch("http://127.0.0.1:1/file", tmp_path)
