"""One run of the step against a random truth in a random presentation, and what must hold in any.

The truth is what really happens to the rollout. The presentation is how the API tells it: in which fields, words and
forms, by servers that lag behind or not, and with calls that fail. No presentation claims that a rollout is done before
it is. A run is its seed: `python tools/shape_matrix.py SEED` plays it again and prints its log.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from random import Random
from typing import Any

import httpx

from helpers.forged import ENDPOINT, MODEL, OLD, OURS, call_of
from helpers.stage import Played, Stage

TIMEOUT = 1200.0  # seconds
NEXT = "33333333-3333-4333-8333-333333333333"
BACK = "44444444-4444-4444-8444-444444444444"

Words = Callable[[str], str]
PUBLISHED = {"done": "complete", "error": "failed"}
WORDS: dict[str, Words] = {
    "published": lambda word: PUBLISHED.get(word, word),
    "the reply's": lambda word: word,
    "prefixed": lambda word: f"ROLLOUT_STATE_{word.upper()}",
    "of a class": lambda word: f"DeploymentState.{word}",
    "titles": lambda word: word.replace("_", " ").title(),
    "joined": lambda word: word.title().replace("_", ""),
    "unknown at the end": lambda word: {"done": "serving"}.get(word, word),
}
TIMES: dict[str, Callable[[float], Any]] = {
    "seconds": int,
    "a float": float,
    "milliseconds": lambda seconds: int(seconds * 1000),
    "digits": lambda seconds: str(int(seconds)),
    "ISO 8601": lambda seconds: datetime.fromtimestamp(seconds, UTC).isoformat(),
    "none": lambda _: None,
}
IDS: dict[str, Words] = {"plain": str, "upper case": str.upper, "a path": lambda id_: f"deployments/{id_}"}
FIELDS = ("state", "rollout_status", "status", "rollout.status", "state beside active", "complete beside it")
BESIDE = ("nothing", "a copied word", "copied counts", "counts", "counts that end at 7 of 8")
REPLIES = ("full", "an operation's name", "no name", "done at once", "error at once", "the name alone")
JUNK = ("none", "text", "no id", "no model", "history")
LAGS = ((0.0,), (0.0,), (5.0,), (0.0, 5.0), (0.0, 30.0), (0.0, 5.0, 30.0))


@dataclass(frozen=True)
class Truth:
    """What happens: `changes` of ours, by seconds since the deploy call; `overtaken`: when version 3 is done."""

    kind: str
    changes: tuple[tuple[float, str], ...]
    overtaken: float | None = None

    def state(self, age: float) -> str:
        """Ours' status."""
        return [word for since, word in self.changes if since <= age][-1]


@dataclass(frozen=True)
class Presentation:
    """How it is told."""

    words: str
    field: str
    beside: str
    times: str
    ids: str
    reply: str
    junk: str
    lags: tuple[float, ...]
    tells_updated: bool
    only_newest: bool

    @property
    def is_understood(self) -> bool:
        """Whether the action promises the right result."""
        hides = self.only_newest or self.times == "none"
        return self.words != "unknown at the end" and not hides


def draw(seed: int) -> tuple[Truth, Presentation, Random]:
    """Draw a run."""
    rng = Random(seed)
    begin, end = rng.choice([0.0, 5.0, 15.0]), rng.uniform(20, 300)
    way = ((0.0, "not_started"), (begin, "in_progress"))
    passing = rng.uniform(1, 20)
    kinds: dict[str, Truth] = {
        "done": Truth("done", (*way, (end, "done"))),
        "error": Truth("error", (*way, (end, "error"))),
        "recovers": Truth("recovers", (*way, (end, "error"), (end + passing, "in_progress"), (end + 60, "done"))),
        "rolled back": Truth("rolled back", (*way, (end, "rolling_back"), (end + 40, "rolled_back"))),
        "cancelled": Truth("cancelled", (*way, (end, "cancelled"))),
        "overtaken": Truth("overtaken", way, end),
    }
    truth = kinds[rng.choice(["done", "done", *kinds])]
    presentation = Presentation(
        words=rng.choice([*WORDS]),
        field=rng.choice(FIELDS),
        beside=rng.choice(BESIDE),
        times=rng.choice([*["seconds"] * 3, *TIMES]),
        ids=rng.choice([*IDS]),
        reply=rng.choice(REPLIES),
        junk=rng.choice(JUNK),
        lags=rng.choice(LAGS),
        tells_updated=rng.random() < 0.8,
        only_newest=rng.random() < 0.1,
    )
    return truth, presentation, rng


@dataclass
class Api(httpx.BaseTransport):
    """Tells the truth, as it is presented."""

    stage: Stage
    truth: Truth
    shown: Presentation
    rng: Random
    faults: float
    deployed: list[tuple[float, str]] = field(default_factory=list)  # when, and of which version
    lost: int = 0

    def __post_init__(self) -> None:
        """Begin an hour after version 1 was deployed."""
        self.began = self.stage.clock.now()
        self.stage.transport = self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or fail."""
        sent = type("Sent", (), {"method": request.method.encode()})
        request.extensions["trace"]("http11.send_request_headers.started", {"request": sent})
        self.stage.clock.sleep(0.2)
        call = call_of(request)
        if self.rng.random() < self.faults * (4 if call == "deploy" else 1):
            return self._failed(call, request)
        return self._answer(self._said(call, request))

    def _failed(self, call: str, request: httpx.Request) -> httpx.Response:
        how = self.rng.choice(["503", "429", "half", "lost"])
        if call == "deploy" and how in {"lost", "half"}:
            self.lost += 1
            self._said(call, request)
        if how == "lost":
            raise httpx.ReadError("[Errno 104] Connection reset by peer")
        return httpx.Response(200, content=b'{"name": ') if how == "half" else httpx.Response(int(how))

    def _answer(self, said: Any) -> httpx.Response:
        date = {"date": formatdate(self.stage.clock.now(), usegmt=True)}
        return httpx.Response(200, headers=date, content=json.dumps(said).encode())

    def _said(self, call: str, request: httpx.Request) -> Any:
        match call:
            case "deploy":
                return self._deploy(json.loads(request.content)["model"].rpartition("/")[2])
            case "endpoint":
                return self._status(self.stage.clock.now() - self.rng.choice(self.shown.lags))
            case "version":
                ref = request.url.path.rpartition("/")[2]
                number = "2" if ref == "production" else ref
                return {"name": MODEL.format(number), "done": True, "response": {"sync_status": "done"}}
            case _:
                return {}

    def _deploy(self, version: str) -> Any:
        self.deployed.append((self.stage.clock.now(), version))
        id_ = OURS if len(self.deployed) == 1 else BACK
        hint = {"done at once": "done", "error at once": "error"}.get(self.shown.reply, "not_started")
        response: dict[str, Any] = {"deployment_id": id_, "endpoint_id": ENDPOINT, "rollout_status": hint}
        response |= {"version_id": int(version)} if version.isdigit() else {}
        match self.shown.reply:
            case "an operation's name":
                return {"name": f"operations/{id_}", "response": response}
            case "no name":
                return {"response": response}
            case "the name alone":
                return {"name": id_}
            case _:
                return {"name": id_, "response": response}

    def _status(self, now: float) -> Any:
        """Return the endpoint as it was at that time."""
        listed = [self._entry(OLD, "1", self.began - 7200, "done", 1e9)]
        moments = [self.began - 7200]
        for n, (at, version) in enumerate(self.deployed):
            if at > now:
                continue
            age, first = now - at, n == 0
            state = self.truth.state(age) if first else ("done" if age > 40 else "in_progress")
            listed.append(self._entry(OURS if first else BACK, version, at, state, age))
            moments += [at, *(at + since for since, _ in self.truth.changes if first and since <= age)]
        if self.deployed and self.truth.overtaken is not None:
            since = now - self.deployed[0][0] - self.truth.overtaken
            if since > -10:
                listed.append(
                    self._entry(NEXT, "3", now - since - 10, "done" if since >= 0 else "in_progress", since + 10)
                )
                moments += [now - since - 10, *([now - since] if since >= 0 else [])]
        whole: dict[str, Any] = {"name": ENDPOINT, "model_arch_id": "gpt-oss-120b", "managing_org_name": "my-org"}
        whole |= {"updated": int(max(moments) * 1000) / 1000} if self.shown.tells_updated else {}
        return whole | {"deployed_models": [*(listed[-1:] if self.shown.only_newest else listed), *self._junk()]}

    def _entry(self, id_: str, version: str, created: float, state: str, age: float) -> Any:
        shown, word = self.shown, WORDS[self.shown.words](state)
        entry: dict[str, Any] = {"id": IDS[shown.ids](id_), "model": MODEL.format(version)}
        entry["created"] = TIMES[shown.times](created)
        match shown.field:
            case "rollout.status":
                entry["rollout"] = {"status": word}
            case "complete beside it":  # `state` is the submission's, which is over at once
                entry |= {"state": "complete", "rollout_status": word}
            case "state beside active":
                entry |= {"state": "active", "rollout_status": word}
            case name:
                entry[name] = word
        return entry | self._beside(state, age)

    def _beside(self, state: str, age: float) -> dict[str, Any]:
        counts: dict[str, Any] = {"rollout_replicas_updated": 0, "rollout_total_replicas": 8}
        moving = 8 if state == "done" else min(int(age / 20), 7) if state != "not_started" else 0
        match self.shown.beside:
            case "a copied word" if self.shown.field in {"state", "status", "rollout.status"}:
                return {"rollout_status": "not_started"}
            case "copied counts":
                return counts
            case "counts":
                return counts | {"rollout_replicas_updated": moving}
            case "counts that end at 7 of 8":
                return counts | {"rollout_replicas_updated": min(moving, 7)}
            case _:
                return {}

    def _junk(self) -> list[Any]:
        old = TIMES[self.shown.times](self.began - 9e6)
        match self.shown.junk:
            case "text":
                return ["gone"]
            case "no id":
                return [{"model": MODEL.format("1"), "created": old}]
            case "no model":
                return [{"id": "x", "model": None, "created": old, "state": "failed"}]
            case "history":
                return [self._entry(f"e{n}", "1", self.began - 9e6 + n, "done", 1e9) for n in range(30)]
            case _:
                return []


RESULTS = {
    "done": {"succeeded"},
    "error": {"failed"},
    "recovers": {"succeeded"},
    "rolled back": {"rolled-back"},
    "cancelled": {"cancelled", "superseded"},
    "overtaken": {"superseded"},
}


class Run:
    """A seed, played."""

    def __init__(self, seed: int) -> None:
        self.truth, self.shown, rng = draw(seed)
        self.inputs = {"timeout": "20m", "poll-interval": rng.choice(["1s", "5s", "15s"])}
        self.inputs |= {"on-failure": "rollback"} if rng.random() < 0.3 else {}
        self.api = Api(Stage(seed=seed), self.truth, self.shown, rng, rng.choice([0.0, 0.0, 0.05, 0.15]))
        self.played: Played = self.api.stage.play(self.inputs)

    def violations(self) -> Iterator[str]:
        """Give what does not hold."""
        result, deployed = self.played.result, [version for _, version in self.api.deployed]
        now = self.api.stage.clock.now()
        ended = self.truth.state(now - self.api.deployed[0][0]) if deployed else ""
        if result in {"succeeded", "unchanged"} and (ended != "done" or self.truth.kind == "overtaken"):
            yield f"false success: ours is {ended}"
        late_and_lost = self.api.lost and (max(self.shown.lags) >= 20 or self.shown.only_newest)  # a stated limit
        ours, backs = deployed.count("2") + deployed.count("production"), deployed.count("1")
        if ours > 1 and not late_and_lost:
            yield f"{ours} deployments"
        if backs > (self.truth.kind == "error" and "on-failure" in self.inputs) + self.api.lost:
            yield f"a rollback of {self.truth.kind}"
        if self.played.seconds > 2 * TIMEOUT + 5 if backs else self.played.seconds > TIMEOUT + 5:
            yield f"late: {self.played.seconds:.0f} s"
        if self._is_understood and not self.api.faults and result not in RESULTS[self.truth.kind]:
            yield f"{result} for {self.truth.kind}"

    @property
    def _is_understood(self) -> bool:
        """Whether the right result is promised: of another deployment that is done when first seen, words decide."""
        contradicts = self.shown.beside in {"a copied word", "copied counts", "counts that end at 7 of 8"}
        overtaken = self.truth.kind == "overtaken" and contradicts
        lags = self.shown.reply == "error at once" and max(self.shown.lags) >= 20  # so long unlisted, the reply counts
        return self.shown.is_understood and not overtaken and not lags


def play(seed: int) -> tuple[int, str, str, list[str]]:
    """Play a seed: return it, the truth, the result, and what does not hold."""
    run = Run(seed)
    return seed, run.truth.kind, run.played.result, list(run.violations())


if __name__ == "__main__":
    run = Run(int(sys.argv[1]))
    print(run.truth, run.shown, run.inputs, run.played.text, *run.violations(), sep="\n")
