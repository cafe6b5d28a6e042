"""An endpoint that is asked many questions: what each version answers, and when it was asked."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from helpers.presented import Api
from helpers.stage import Played, Stage

WARM: dict[str, Any] = {"smoke_test_warm_up": "0s"}  # no question is asked but those that are measured


class Said(NamedTuple):
    """An answer that takes so many seconds."""

    text: str = "yes"
    seconds: float = 0.5
    tokens: int | None = 50
    ended: str = "stop"


class Question(NamedTuple):
    """A question that came: of which version, what, and from when to when (seconds on the clock)."""

    version: str
    prompt: str
    sent: float
    answered: float


# Is told the prompt, how often it was asked of this version before, and the version.
Answer = Callable[[str, int, str], Said | httpx.Response | Exception]


def yes(_prompt: str, _times: int, _version: str) -> Said:
    """Answer well."""
    return Said()


@dataclass
class Endpoint(Api):
    """Answers questions as it is told to. `live`: version 2 has been live for long, and nothing is to be deployed."""

    answer: Answer = yes
    live: bool = True
    questions: list[Question] = field(default_factory=list)
    times: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.live:
            self.old = lambda old: old | {"model": old["model"].replace("versions/1", "versions/2")}

    def _chat(self, request: httpx.Request) -> Any:
        prompt = json.loads(request.content)["messages"][-1]["content"]
        rolled_out = self.live or (self.deployed and self.stage.clock.now() >= self.deployed[0] + 60)
        version = "2" if rolled_out else "1"
        sent, said = self.stage.clock.now(), self.answer(prompt, self.times[version, prompt], version)
        self.times[version, prompt] += 1
        if isinstance(said, Said):
            self.stage.clock.sleep(said.seconds)
        self.questions.append(Question(version, prompt, sent, self.stage.clock.now()))
        if not isinstance(said, Said):
            return said
        return {
            "choices": [{"message": {"content": said.text}, "finish_reason": said.ended}],
            "usage": {"completion_tokens": said.tokens},
        }

    def ask(self, suite: str, cases: int = 8, **inputs: str) -> Played:
        """Run the step with a file of so many cases, `q0` to `q7`, which are to be answered with yes."""
        many = "".join(f'[[case]]\nprompt = "q{number}"\ncontains = "yes"\n' for number in range(cases))
        self.stage.files = {"suite.toml": suite + "\n" + many}
        return self.play(smoke_test_file="suite.toml", inference_api_key="inference-key-1", **inputs)

    def asked_of(self, version: str) -> list[str]:
        """What was asked of a version, in the order of time."""
        ordered = sorted(self.questions, key=lambda one: one.sent)
        return [one.prompt for one in ordered if one.version == version]

    @property
    def most_at_a_time(self) -> int:
        """How many questions were out at the same time, at most."""
        return max(sum(one.sent <= other.sent < one.answered for one in self.questions) for other in self.questions)


def verdicts(played: Played) -> list[str]:
    """The verdicts of the cases, in the order of the file."""
    cases = json.loads(played.outputs["report"])["smoke_test_cases"]
    return [case["verdict"] for case in sorted(cases, key=lambda case: case["number"])]


def reasons(played: Played) -> set[str]:
    """Why cases did not pass."""
    return {case.get("reason", "") for case in json.loads(played.outputs["report"])["smoke_test_cases"]} - {""}


def endpoint(answer: Answer = yes, *, live: bool = True, **more: Any) -> Endpoint:
    """Return an endpoint at the beginning."""
    return Endpoint(Stage(**more), answer=answer, live=live)
