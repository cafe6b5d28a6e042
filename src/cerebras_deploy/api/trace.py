"""The input `trace`: all API traffic in a HAR 1.2 file, without keys. It is whole at any moment, also after a kill.

One line of the file is one call. A new call overwrites the file's last bytes, which close the lists, and writes them
anew. HAR: w3c.github.io/web-performance/specs/HAR/Overview.html.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cerebras_deploy import __version__
from cerebras_deploy.api.message import Answer, Ask, Request
from cerebras_deploy.errors import CallError, Interrupted, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.text import Redactor, cleaned, plain

MOST = 20_000_000  # bytes of the file
FIRST, LAST = 100, 200  # calls that stay when it is full
BODY, STATUS_BODY = 64 * 1024, 1024 * 1024  # bytes of a body that are kept; of an endpoint's status
KEPT_HEADERS = frozenset(
    {"content-type", "content-encoding", "date", "age", "retry-after", "server", "via", "location"}
    | {"cf-ray", "request-id", "x-request-id", "x-correlation-id"}
)
_HEAD = b'{"log": {"version": "1.2", "creator": {"name": "cerebras-deploy-action", "version": "%s"}, "entries": [\n'
_TAIL = b"\n]}}\n"
INFERENCE = "/v1/chat/completions"


def open_file(path: str, workspace: str) -> int:
    """Create the file in the workspace, and return its descriptor.

    Missing folders are made, owned as the workspace is. Raises a `Stop` for invalid input if the file is there already,
    or if its path leads out of the workspace or over a link.
    """
    root = Path(workspace)
    whole = root / path
    try:
        parts = Path(os.path.normpath(whole)).relative_to(os.path.normpath(root)).parts
        if not parts or ".." in Path(path).parts:
            raise ValueError("it is not inside the workspace")  # noqa: TRY301 - as all that is wrong with it
        return _create(root, parts)
    except (OSError, ValueError) as error:
        why = "it is there already" if isinstance(error, FileExistsError) else str(error)
        reason = f"`trace` is `{plain(path, 80)}`, and cannot be written: {plain(why, 200)}"
        problem = f"{reason}; accepted: a new file inside the workspace, without a link on the way"
        raise Stop(End(Result.INVALID_INPUT, problem, problems=(problem,))) from error


def _create(root: Path, parts: Sequence[str]) -> int:
    owner = root.stat()
    folder = root
    for part in parts[:-1]:
        folder = folder / part
        if folder.is_symlink():
            raise ValueError(f"{part} is a link")
        if not folder.exists():
            folder.mkdir()
            os.chown(folder, owner.st_uid, owner.st_gid)
    file = os.open(folder / parts[-1], os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    os.fchown(file, owner.st_uid, owner.st_gid)
    return file


@dataclass
class Trace:
    """Records calls in an open file. `ask` sends them. `unix_time` is the wall clock, in seconds.

    A file that cannot be written to any more is left as it is: it never ends the step.
    """

    file: int
    ask: Ask
    redact: Redactor
    unix_time: Callable[[], float]
    failure: str = ""

    def __post_init__(self) -> None:
        """Write the empty list."""
        self._entries = 0
        self._write(0, _HEAD % __version__.encode() + _TAIL)

    def send(self, request: Request, within: float) -> Answer:
        """Send a request, and record what came of it."""
        began = self.unix_time()
        outcome: Answer | CallError | Interrupted | None = None
        try:
            outcome = self.ask(request, within)
        except (CallError, Interrupted) as error:
            outcome = error
            raise
        else:
            return outcome
        finally:
            if outcome is not None and not self.failure:
                began = min(began, self.unix_time() - outcome.seconds)
                self._add(json.dumps(entry(request, outcome, began, self.redact)).encode())

    def _add(self, line: bytes) -> None:
        size = os.fstat(self.file).st_size
        if size + len(line) > MOST:
            size = self._shorten()
        before = b",\n" if self._entries else b""
        self._entries += 1
        self._write(size - len(_TAIL), before + line + _TAIL)

    def _write(self, at: int, data: bytes) -> None:
        try:
            os.pwrite(self.file, data, at)
        except OSError as error:
            self.failure = plain(str(error), 200)

    def _shorten(self) -> int:
        """Drop what the answers of inference say, then the middle, and return the size."""
        lines = [line.rstrip(",") for line in self._read().splitlines()[1:-1]]
        lines = [json.dumps(without_bodies(one)) if INFERENCE in one else one for one in lines]
        if sum(map(len, lines)) > MOST // 2:
            lines = [*lines[:FIRST], *lines[FIRST:][-LAST:]]
        data = _HEAD % __version__.encode() + ",\n".join(lines).encode() + _TAIL
        self._write(0, data)
        os.ftruncate(self.file, len(data))
        return len(data)

    def _read(self) -> str:
        return os.pread(self.file, os.fstat(self.file).st_size, 0).decode()

    def close(self) -> bool:
        """Close the file, and return whether it is free of keys; if not, it is emptied."""
        text = self._read()
        is_clean = self.redact(text) == text
        if not is_clean:
            os.ftruncate(self.file, 0)
        os.close(self.file)
        return is_clean


def without_bodies(line: str) -> dict[str, Any]:
    """Return a recorded call without what was asked and answered."""
    recorded: dict[str, Any] = json.loads(line)
    for part in (recorded["request"].get("postData"), recorded["response"]["content"]):
        if part:
            part |= {"text": "", "_truncated": True}
    return recorded


def entry(
    request: Request, outcome: Answer | CallError | Interrupted, began: float, redact: Redactor
) -> dict[str, Any]:
    """Return one call as HAR has it; `began` is in unix seconds."""
    milliseconds = round(outcome.seconds * 1000, 3)
    return {
        "startedDateTime": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": _request(request, redact),
        "response": _response(request, outcome, redact),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def _request(request: Request, redact: Redactor) -> dict[str, Any]:
    url = redact(request.url)
    query = [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query)]
    body = None if request.body is None else json.dumps(request.body, ensure_ascii=False)
    posted = {} if body is None else {"postData": {"mimeType": "application/json", **_text(body, BODY, redact)}}
    about = {"method": request.method, "url": url, "httpVersion": "HTTP/1.1", "cookies": [], "headers": []}
    return about | {"queryString": query, "headersSize": -1, "bodySize": len((body or "").encode()), **posted}


def _response(request: Request, outcome: Answer | CallError | Interrupted, redact: Redactor) -> dict[str, Any]:
    about: dict[str, Any] = {"httpVersion": "HTTP/1.1", "cookies": [], "redirectURL": "", "headersSize": -1}
    if not isinstance(outcome, Answer):
        said = redact(str(outcome))
        content = {"size": 0, "mimeType": "x-unknown", "text": ""}
        return about | {
            "status": 0,
            "statusText": "",
            "headers": [],
            "content": content,
            "bodySize": -1,
            "_error": said,
        }
    limit = STATUS_BODY if request.method == "GET" and "/endpoints/" in request.url else BODY
    kind = redact(outcome.headers.get("content-type", "x-unknown"))
    text = _text(outcome.body.decode("utf-8", "replace"), limit, redact)
    phrase = HTTPStatus(outcome.status).phrase if outcome.status in set(HTTPStatus) else ""
    return about | {
        "status": outcome.status,
        "statusText": phrase,
        "headers": _headers(outcome.headers, redact),
        "content": {"size": len(outcome.body), "mimeType": kind, **text},
        "redirectURL": redact(outcome.headers.get("location", "")),
        "bodySize": len(outcome.body),
    }


def _headers(headers: Mapping[str, str], redact: Redactor) -> list[dict[str, str]]:
    kept = ((name.lower(), value) for name, value in headers.items() if name.lower() in KEPT_HEADERS)
    return [{"name": name, "value": redact(value)} for name, value in kept]


def _without_keys(text: str, redact: Redactor) -> str:
    """Return a body without keys; in JSON, escapes may stand between a key's letters."""
    try:
        shown = json.dumps(cleaned(json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return redact(text)
    return redact(text) if redact(shown) == shown else redact(shown)


def _text(text: str, limit: int, redact: Redactor) -> dict[str, Any]:
    clean = _without_keys(text, redact)  # before it is cut, since a part of a key would not be found
    return {"text": clean} if len(clean) <= limit else {"text": clean[:limit], "_truncated": True}
