"""`python -m tests.classroom --sessions 30`: a class at work on one server, and how long its pages take.

Each student signs in as a browser does, opens pages over a websocket in Streamlit's own protocol, and has drawn again
what a page draws again by itself. Meanwhile runs of two of them train, followed by their streams.
What a browser does with what it gets is left out: that falls on thirty other machines.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from statistics import median

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from gancore.experiments import EXPERIMENTS
from gancore.store import Run, RunStore
from tests.browser.serving import serve
from ui.classroom.people import identity_of

CODE = "swan-4821"
PAGES = ("home", "train", "experiments", "runs", "compare", "explore", "learn", "me")
THINK = 8.0  # seconds that a student looks at a page
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN)
PATIENCE = 60.0  # seconds


class _Stays(urllib.request.HTTPRedirectHandler):
    """Answers with a redirect as it is, for what stands in its headers."""

    def redirect_request(self, *_args: object) -> None:
        return None


@dataclass
class Student:
    """One browser, without what it draws."""

    url: str
    name: str
    waits: dict[str, list[float]] = field(default_factory=dict)  # seconds, by page
    problems: list[str] = field(default_factory=list)
    cookie: str = ""
    _fragments: dict[str, tuple[float, float]] = field(default_factory=dict)  # seconds between, and when next
    _hash: str = ""

    def sign_in(self) -> None:
        """As the form does."""
        form = {"code": CODE, "name": self.name, "pin": "secret-1"}
        request = urllib.request.Request(f"{self.url}/class/sign-in", urllib.parse.urlencode(form).encode())
        try:
            urllib.request.build_opener(_Stays).open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as answer:
            if answer.code != 303:
                raise
            cookies = SimpleCookie(answer.headers["set-cookie"])
            self.cookie = "; ".join(f"{name}={each.value}" for name, each in cookies.items())

    def work(self, until: float) -> None:
        """Look at one page after another."""
        address = f"ws{self.url.removeprefix('http')}/_stcore/stream"
        headers = {"Cookie": self.cookie}
        try:
            with connect(address, additional_headers=headers, origin=self.url, max_size=None) as socket:  # type: ignore[arg-type]
                for page in itertools.cycle(PAGES):
                    if time.monotonic() >= until:
                        return
                    self.waits.setdefault(page, []).append(self._open(socket, page))
                    self._look(socket, min(time.monotonic() + THINK, until))
        except (ConnectionClosed, OSError, TimeoutError) as problem:
            self.problems.append(f"{self.name}: {problem!r}")

    def follow(self, run: Run, done: threading.Event) -> None:
        """Have the stream of a run open, as a tab has that shows it."""
        request = urllib.request.Request(f"{self.url}/live/{run.id}/stream", headers={"Cookie": self.cookie})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
                while not done.is_set() and stream.readline():
                    pass
        except OSError as problem:
            self.problems.append(f"{self.name}'s stream: {problem!r}")

    def _open(self, socket: ClientConnection, page: str) -> float:
        """Seconds until a page is drawn."""
        self._fragments.clear()
        began = time.monotonic()
        self._send(socket, page="" if page == "home" else page)
        while not self._receive(socket, began + PATIENCE):
            pass
        return time.monotonic() - began

    def _look(self, socket: ClientConnection, until: float) -> None:
        """Have drawn again what a page draws again by itself."""
        while (now := time.monotonic()) < until:
            for fragment, (every, due) in list(self._fragments.items()):
                if due <= now:
                    self._fragments[fragment] = every, now + every
                    self._send(socket, fragment=fragment)
            with suppress(TimeoutError):
                self._receive(socket, min(until, now + 0.2))

    def _send(self, socket: ClientConnection, page: str = "", fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        if fragment:
            state.fragment_id, state.is_auto_rerun, state.page_script_hash = fragment, True, self._hash
        else:
            state.page_name = page
        state.context_info.url = f"{self.url}/{page}"
        socket.send(message.SerializeToString())

    def _receive(self, socket: ClientConnection, until: float) -> bool:
        """Take one message; whether a pass is over with it. Raises `TimeoutError`."""
        found = socket.recv(max(until - time.monotonic(), 0.0))
        message = ForwardMsg.FromString(found if isinstance(found, bytes) else found.encode())
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._hash = message.new_session.page_script_hash
        elif kind == "auto_rerun":
            every = message.auto_rerun.interval
            self._fragments[message.auto_rerun.fragment_id] = every, time.monotonic() + every
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.problems.append(f"{self.name}: {message.delta.new_element.exception.message}")
        return kind == "script_finished" and message.script_finished in FINISHED


@contextmanager
def classroom(folder: Path) -> Iterator[str]:
    """A server with a class; gives its address."""
    (folder / "class.toml").write_text(f'code = "{CODE}"\njobs = 2\nfolder = "{folder / "class"}"\n')
    os.environ["GANCORE_CLASSROOM"] = str(folder / "class.toml")
    with serve(folder) as app:
        yield app.url


def start_training(folder: Path, students: Sequence[Student]) -> list[Run]:
    """A long run of each of them, which waits in the queue."""
    runs = []
    for student in students:
        store = RunStore(folder / "class" / "students" / identity_of(student.name) / "runs")
        config = EXPERIMENTS["quickstart"].base.replace({"train.epochs": 1_000})
        runs.append(store.create(config, name=f"of {student.name}", threads=1, queued_at=time.time()))
    return runs


def main() -> None:
    """Print how long each page took, and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--training", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, classroom(Path(name)) as url:
        students = [Student(url, f"Student {number}") for number in range(asked.sessions)]
        for student in students:
            student.sign_in()
        runs = start_training(Path(name), students[: asked.training])
        until = time.monotonic() + asked.seconds
        done = threading.Event()
        for student, run in zip(students, runs, strict=False):
            threading.Thread(target=student.follow, args=(run, done), daemon=True).start()
        threads = [threading.Thread(target=student.work, args=(until,)) for student in students]
        for number, thread in enumerate(threads):
            thread.start()
            time.sleep(THINK / len(threads) if number else 0)  # nobody clicks in step with everybody
        for thread in threads:
            thread.join()
        done.set()
        report(students, [run.status.step for run in runs])
        for run in runs:
            run.command("stop")


def report(students: Sequence[Student], steps: Sequence[int]) -> None:
    """A line for each page, and one for all."""
    print(f"{len(students)} sessions; steps trained meanwhile: {steps}; load {os.getloadavg()[0]:.1f}")
    for page in (*PAGES, "all"):
        waits = sorted(
            wait for student in students for known, found in student.waits.items() for wait in found
            if page in (known, "all")
        )  # fmt: skip
        if waits:
            p95 = waits[int(0.95 * (len(waits) - 1))]
            print(
                f"{page:12} {len(waits):5} times  median {median(waits):.2f} s  p95 {p95:.2f} s  max {waits[-1]:.2f} s"
            )
    problems = [problem for student in students for problem in student.problems]
    print("\n".join(problems) or "No error.")


if __name__ == "__main__":
    main()
