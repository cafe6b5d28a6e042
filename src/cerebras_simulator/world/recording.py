"""A recorded rollout: the replies of a HAR file, and which of them is due. Pure, but for reading the file.

The action writes such files (its input `trace`); any HAR 1.2 file of the API's calls will do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TIMES = ("created", "updated")  # fields of replies that hold a time
MILLISECONDS = 1e11  # from here on a number is no time in seconds


@dataclass(frozen=True)
class Recorded:
    """One call: when its reply was there, in unix seconds, and that reply. `status` 0: there was none."""

    at: float
    method: str
    path: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def is_deploy(self) -> bool:
        """Whether it is the deploy call."""
        return self.method == "POST" and self.path.endswith(":deployModel")


def load(path: str) -> tuple[Recorded, ...]:
    """Read a HAR file. Raises a `ValueError` that says what is wrong with it."""
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))["log"]["entries"]
        calls = tuple(sorted((_recorded(entry) for entry in entries), key=lambda call: call.at))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no HAR file that can be read: {type(error).__name__}: {error}") from error
    if not calls:
        raise ValueError(f"{path} has no calls")
    return calls


def _recorded(entry: Mapping[str, Any]) -> Recorded:
    request, response = entry["request"], entry["response"]
    began = datetime.fromisoformat(entry["startedDateTime"])
    headers = tuple((header["name"].lower(), header["value"]) for header in response["headers"])
    return Recorded(
        at=began.timestamp() + float(entry["time"]) / 1000,
        method=request["method"],
        path=urlsplit(request["url"]).path,
        status=int(response["status"]),
        headers=headers,
        body=response["content"].get("text", ""),
    )


@dataclass
class Playback:
    """Plays recorded calls again, by method and path, from the first request on, `speed` times as fast.

    Time counts from the deploy call: what was recorded before it is played before one comes, the rest after it. The
    last reply of a call repeats.
    """

    calls: tuple[Recorded, ...]
    speed: float = 1.0
    _first: float | None = None  # when the first request came
    _deployed: float | None = None  # when the deploy call came
    _deploys: int = field(default=0)

    def __post_init__(self) -> None:
        """Find the deploy call."""
        deploys = [call for call in self.calls if call.is_deploy]
        self._origin = deploys[0].at if deploys else self.calls[0].at

    def reply(self, method: str, path: str, now: float) -> Recorded | None:
        """Return the reply that is due to a request at that unix time; None if no such call was recorded."""
        self._first = now if self._first is None else self._first
        same = [call for call in self.calls if (call.method, call.path) == (method, path)]
        if not same:
            return None
        if same[0].is_deploy:
            self._deployed = now if self._deployed is None else self._deployed
            self._deploys += 1
            return self._shifted(same[min(self._deploys, len(same)) - 1], now)
        return self._shifted(self._due(same, now), now)

    def _due(self, same: list[Recorded], now: float) -> Recorded:
        before = [call for call in same if call.at < self._origin]
        if self._deployed is None and before:
            played, start, since = before, self.calls[0].at, now - (self._first or now)
        else:
            later = [call for call in same if call.at >= self._origin]
            played, start = later or before, self._origin
            since = now - (self._deployed if self._deployed is not None else self._first or now)
        due = [call for call in played if call.at - start <= since * self.speed]
        return due[-1] if due else played[0]

    def _shifted(self, call: Recorded, now: float) -> Recorded:
        """Return the reply with its times as if it had been recorded now."""
        base = self._deployed if self._deployed is not None else now

        def moved(seconds: float) -> float:
            since = seconds - self._origin
            return base + (since / self.speed if since > 0 else since)

        headers = tuple((name, value) for name, value in call.headers if name not in {"date", "content-encoding"})
        return replace(call, headers=headers, body=_with_times(call.body, moved))

    def listed(self) -> list[str]:
        """Return the calls that there are."""
        return sorted({f"{call.method} {call.path}" for call in self.calls})


def _with_times(body: str, moved: Any) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_moved(document, moved))


def _moved(node: Any, moved: Any) -> Any:
    if isinstance(node, list):
        return [_moved(item, moved) for item in node]
    if isinstance(node, dict):
        return {key: _time(value, moved) if key in TIMES else _moved(value, moved) for key, value in node.items()}
    return node


def _time(value: Any, moved: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return value
        return datetime.fromtimestamp(moved(instant.timestamp()), UTC).isoformat()
    scale = 1000 if value >= MILLISECONDS else 1
    shifted = moved(value / scale) * scale
    return round(shifted) if isinstance(value, int) else shifted
