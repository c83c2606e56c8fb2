"""A Ray cluster: one that is there already, by its address, or one of this machine alone for as long as it is needed.

Ray is an optional extra, so it is imported here and where tasks are handed over, and nowhere at the top of a module.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

REACH_SECONDS = 5.0  # in which a cluster must answer
OBJECT_STORE = 100 * 2**20  # bytes of a local one: nothing but paths goes through it


class NoCluster(RuntimeError):
    """There is no cluster that could train; the message is one sentence."""


@dataclass(frozen=True)
class Machine:
    """What one machine of the cluster lends, in all."""

    cpus: float
    gpus: float


class Connection:
    """Being connected to a cluster; a process that is connected already stays with the one that it has."""

    def __init__(self, address: str | None = None) -> None:
        """`address` is `HOST:PORT`, `ray://HOST:PORT`, or `auto` for the one that this machine belongs to; None begins
        one of this machine, which ends with the connection. Raises `NoCluster`."""
        self.ray = _import_ray(local=address is None)
        if address is not None:
            _check_reach(address)
        self._is_ours = not self.ray.is_initialized()
        if self._is_ours:
            _connect(self.ray, address)

    def machines(self) -> Sequence[Machine]:
        """The machines that belong to the cluster now. Raises `NoCluster`."""
        try:
            found = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        except (self.ray.exceptions.RayError, ConnectionError) as problem:
            raise NoCluster(f"the cluster does not answer any more: {_first_line(problem)}") from None
        return [Machine(float(each.get("CPU", 0)), float(each.get("GPU", 0))) for each in found]

    def close(self) -> None:
        """Leave the cluster; one of this machine alone ends."""
        if self._is_ours:
            self._is_ours = False
            with _same_handlers():
                self.ray.shutdown()


def _import_ray(local: bool) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    if local and "ray" not in sys.modules:  # it listens on this machine's own address alone, as it does on macOS
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise NoCluster('ray is not installed: pip install "ray>=2.60,<3"') from None
    return ray


def _connect(ray: Any, address: str | None) -> None:
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        options |= {"address": "local", "include_dashboard": False, "object_store_memory": OBJECT_STORE}
        options |= {"_node_ip_address": "127.0.0.1"}
    else:
        options |= {"address": address}
    try:
        with _same_handlers():
            ray.init(**options)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as problem:
        where = "on this machine" if address is None else f"at {address}"
        raise NoCluster(f"there is no Ray cluster {where} to train on: {_first_line(problem)}") from None


def _check_reach(address: str) -> None:
    """Ray itself goes on trying for minutes where nobody answers."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise NoCluster(f"{address!r} is no address of a Ray cluster: give HOST:PORT, as `ray start --head` prints it")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()
    except (OSError, OverflowError) as problem:
        raise NoCluster(f"no Ray cluster answers at {address}: {_first_line(problem)}") from None


@contextmanager
def _same_handlers() -> Iterator[None]:
    """Ray takes SIGTERM for itself; whoever calls us has said what it means."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _first_line(problem: Exception) -> str:
    return (next(iter(str(problem).splitlines()), "") or type(problem).__name__).rstrip(".")
