"""What is measured: how soon a command sends its first request, what memory it takes, and how two of them compare."""

import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

CLEAN = {"PATH": os.environ["PATH"]}  # nothing else of this machine, such as a CA bundle, makes a difference


@dataclass(frozen=True)
class Start:
    """Seconds from a process' start to the first byte of its first request; its peak memory by then and at the end."""

    seconds: float
    memory: float
    peak: float


class Api:
    """A socket that notes when a request comes, and refuses it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(30)
        url = f"{'https' if tls else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"
        given = {"api-key": "k" * 20, "endpoint": "e", "model": "m", "alias": "production", "base-url": url}
        self.environment = {f"INPUT_{name.upper()}": value for name, value in given.items()}

    def start(self, *command: str, **variables: str) -> Start:
        """Run it to its end; the memory is that of the process itself."""
        began = time.perf_counter()
        process = subprocess.Popen(command, env=self.environment | CLEAN | variables, stdout=subprocess.DEVNULL)
        with self._accept() as connection:
            connection.recv(1)
            seconds = time.perf_counter() - began
            memory = _peak(process.pid)
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        peak = memory
        while process.poll() is None:
            peak = max(peak, _peak(process.pid))
        return Start(seconds, memory, peak)

    def _accept(self) -> socket.socket:
        connection, _ = self._socket.accept()
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection


def _peak(pid: int) -> float:
    """Return the peak memory of a process so far, in MiB; 0 once it is over."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else 0.0


def run(*command: str) -> float:
    """Run it to its end; returns how long that took."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of what ran in turns."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


@dataclass
class Sides:
    """What was measured of ours and of what stands beside it, in turns. The first of each only warms the caches."""

    ours: list[Start] = field(default_factory=list)
    theirs: list[Start] = field(default_factory=list)

    def row(self, what: str, theirs: str, figure: str, factor: float, unit: str) -> str:
        """Return the row of one figure, in `unit`s, of which `factor` make one of what was measured."""
        one, other = ([getattr(start, figure) for start in side[1:]] for side in (self.ours, self.theirs))
        mine, other_ones = (f"{factor * median(side):.0f} {unit}" for side in (one, other))
        return f"| {what} | {mine} | {theirs}: {other_ones} | {ratio(one, other):.2f} x |"
