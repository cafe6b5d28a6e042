"""Many steps at once, on one virtual clock, behind one rate limit: each is the whole action, in a thread of its own.

Only one thread runs at a time: that of the step whose time is the earliest. So a run repeats under its seeds.
"""

import contextlib
import heapq
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import httpx

from helpers.stage import Played, Stage
from helpers.virtual import EPOCH, PATIENCE, VirtualClock

Turned = Literal["429", "503"]
# That of nginx' `limit_req`.
PAGE = """<html>
<head><title>503 Service Temporarily Unavailable</title></head>
<body>
<center><h1>503 Service Temporarily Unavailable</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


@dataclass
class Bucket:
    """A token bucket for `rate` requests a minute; a tenth of them may come at once. Nothing passes in the `outage`.

    `turned` is what it says to the rest: 429, or 503 with a page, as limiters in front of an API do. `times` are those
    of all requests, in unix seconds, and `passed` counts those that were let through.
    """

    rate: float
    turned: Turned = "429"
    outage: tuple[float, float] = (0.0, 0.0)
    times: list[float] = field(default_factory=list)
    passed: int = 0

    def __post_init__(self) -> None:
        self._tokens, self._at = self.rate / 10, EPOCH

    def takes(self, now: float) -> bool:
        """Take a token, if there is one."""
        self.times.append(now)
        self._tokens = min(self.rate / 10, self._tokens + (now - self._at) * self.rate / 60)
        self._at = now
        if self._tokens < 1 or self.outage[0] <= now < self.outage[1]:
            return False
        self._tokens -= 1
        self.passed += 1
        return True

    def reply(self, now: float) -> httpx.Response:
        """Turn a request away; in the outage there is nobody to do so."""
        if self.outage[0] <= now < self.outage[1]:
            raise httpx.ConnectError("[Errno 111] Connection refused")
        if self.turned == "429":
            return httpx.Response(429, json={"detail": "too many requests"})
        return httpx.Response(503, html=PAGE)


@dataclass
class Limited(httpx.BaseTransport):
    """The network of one step, behind the limit. A request that is turned away takes as long as any other."""

    inner: httpx.BaseTransport
    bucket: Bucket
    clock: VirtualClock
    latency: float

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on, if the limit lets it."""
        if self.bucket.takes(self.clock.now()):
            return self.inner.handle_request(request)
        self.clock.sleep(self.latency)
        return self.bucket.reply(self.clock.now())


class Turns:
    """Lets steps take turns, by their own time. What a process has only one of, each step has as if it were alone."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._idle = threading.Event()
        self._number = 0

    def park(self, until: float) -> None:
        """Let the others run up to that time."""
        before, stdout = dict(os.environ), sys.stdout
        turn = threading.Event()
        self._add(until, turn)
        self._idle.set()
        assert turn.wait(PATIENCE * 100)
        os.environ.clear()
        os.environ.update(before)
        sys.stdout = stdout

    def play(self, steps: Sequence[Callable[[], None]]) -> None:
        """Run all to their ends."""
        threads = [threading.Thread(target=self._run, args=(step,), daemon=True) for step in steps]
        with _alone():
            for thread in threads:
                self._hand_over(thread.start)
            while self._waiting:
                self._hand_over(heapq.heappop(self._waiting)[2].set)

    def _add(self, until: float, turn: threading.Event) -> None:
        self._number += 1
        heapq.heappush(self._waiting, (until, self._number, turn))

    def _hand_over(self, go: Callable[[], None]) -> None:
        self._idle.clear()
        go()
        assert self._idle.wait(PATIENCE)

    def _run(self, step: Callable[[], None]) -> None:
        self.park(EPOCH)
        try:
            step()
        finally:
            self._idle.set()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    before, stdout = dict(os.environ), sys.stdout
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.stdout = stdout


@dataclass
class SharedClock(VirtualClock):
    """A clock whose time passes only when no other step's is earlier."""

    turns: Turns = field(default_factory=Turns)

    def sleep(self, seconds: float) -> None:
        """Let time pass, here and for the others."""
        super().sleep(seconds)
        self.turns.park(self.time)


Begin = Callable[[int, SharedClock], tuple[Stage, dict[str, str]]]


def fleet(size: int, begin: Begin, bucket: Bucket, latency: float) -> list[Played]:
    """Play as many steps at once behind one limit; `begin` gives each its stage and its inputs."""
    turns, played = Turns(), list[Played]()

    def step(number: int) -> None:
        clock = SharedClock(turns=turns)
        stage, inputs = begin(number, clock)
        stage.transport = Limited(stage.transport, bucket, clock, latency)
        played.append(stage.play(inputs))

    turns.play([partial(step, number) for number in range(size)])
    assert len(played) == size
    return played
