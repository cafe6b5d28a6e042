"""An endpoint whose version is live, and whose answers are free to choose."""

from typing import Any

from helpers.forged import Forged, Reply
from helpers.forged import stage as forged_stage
from helpers.stage import Played

ASK = {"smoke-test-prompt": "Say hello.", "smoke-test-expect": "(?i)hello", "inference-api-key": "sim-inference-key"}


class Chat:
    """An API on which version 2 is live; `reply` makes the answer of each number (from 1), and it may take a while."""

    def __init__(self, *replies: Any, seconds: tuple[float, ...] = ()) -> None:
        self._replies, self._seconds = replies, seconds
        self.api = Forged(self._edit, begun=True, states=("complete",))
        self.stage = forged_stage(self.api)

    def play(self, **inputs: str) -> Played:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return self.stage.play({"timeout": "10m"} | ASK | {"smoke-test-expect": "pong"} | given)

    def _edit(self, call: str, number: int, whole: Any) -> Any:
        if call != "chat":
            return whole | {"response": {"version_aliases": [], "sync_status": "done"}} if call == "version" else whole
        if number < len(self._seconds):
            self.stage.clock.sleep(self._seconds[number])
        reply = self._replies[min(number, len(self._replies) - 1)] if self._replies else whole
        return reply if isinstance(reply, Reply | Exception) else whole | reply
