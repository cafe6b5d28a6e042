"""Peak memory of the action, in KiB: `python tools/memory.py HOURS` plays a rollout of as many hours, alone.

Without the simulator, so that what is measured is the action's own.
"""

import contextlib
import io
import json
import os
import re
import sys
from pathlib import Path
from random import Random

import httpx

from cerebras_deploy.__main__ import act
from cerebras_deploy.tell.runner import Runner
from helpers.virtual import EPOCH, VirtualClock

OURS = "00000000-0000-4000-8000-000000000002"
NAME = "orgs/my-org/models/gpt-oss-120b/versions/"


def reply(body: object) -> httpx.Response:
    """Return a reply as from a socket: not read yet."""
    return httpx.Response(200, stream=httpx.ByteStream(json.dumps(body).encode()))


class Api:
    """Just enough of the API: one rollout, replica by replica."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._started: float | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "POST":
            self._started = self._clock.now()
            return reply({"name": OURS, "done": False})
        if "/versions/" in request.url.path:
            return reply({"name": NAME + "2", "done": True, "response": {"sync_status": "done"}})
        return reply({"model_arch_id": "gpt-oss-120b", "deployed_models": list(self._entries())})

    def _entries(self) -> list[dict[str, object]]:
        old = {"id": "1", "model": NAME + "1", "created": EPOCH - 1000, "state": "complete"}
        if self._started is None:
            return [old]
        share = (self._clock.now() - self._started) / self._seconds
        state = "complete" if share >= 1 else "in_progress"
        ours = {"id": OURS, "model": NAME + "2", "created": self._started, "state": state}
        return [old, ours | {"rollout_replicas_updated": min(int(share * 1000), 1000), "rollout_total_replicas": 1000}]


def main(hours: float) -> None:
    """Play it, and print the peak."""
    clock = VirtualClock()
    given = {"api-key": "k" * 20, "endpoint": "e", "model": "orgs/my-org/models/gpt-oss-120b", "alias": "production"}
    os.environ.update({f"INPUT_{name.upper()}": value for name, value in (given | {"timeout": "168h"}).items()})
    transport = httpx.MockTransport(Api(clock, hours * 3600))
    with contextlib.redirect_stdout(io.StringIO()) as log:
        code = act(os.environ, clock, Runner({}), rng=Random(0), connect=lambda _: httpx.Client(transport=transport))
    if code or "::notice title=Deployed%3A e::" not in log.getvalue():
        sys.exit("the rollout did not succeed")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    print(re.search(r"VmHWM:\s+(\d+) kB", status)[1])  # type: ignore[index]  # getrusage counts the parent's, too


if __name__ == "__main__":
    main(float(sys.argv[1]))
