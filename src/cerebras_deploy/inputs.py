"""What the workflow asked for: the inputs of action.yml, checked before anything is sent.

How each is read by itself: `input_readers.py`. The runner passes each declared input as `INPUT_<NAME>`, upper case,
dashes kept, empty when unset (actions/runner Handler.cs, ActionRunner.cs); `required` is not enforced there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cerebras_deploy.errors import invalid_input
from cerebras_deploy.input_key import WHY_EMPTY
from cerebras_deploy.input_names import misspelled
from cerebras_deploy.input_readers import FALSE, READERS, TRUE, ModelRef
from cerebras_deploy.text import listed, plain

if TYPE_CHECKING:
    from cerebras_deploy.api.status import Status

SECRETS = ("api-key", "inference-api-key")
_KEYS = [name.replace("-", "_") for name in SECRETS]
_REQUIRED = ("api-key", "endpoint")
_ASKS = ("smoke-test-prompt", "smoke-test-file")


def parse_inputs(environ: Mapping[str, str], in_file: Sequence[str] = ()) -> "Inputs":
    """Read the inputs from the container's environment. `in_file` has the mistakes in the file of `smoke-test-file`.

    Raises a `Stop` for invalid input, with a line for every mistake: the input's name, its value, what is accepted.
    """
    given = {name: _readable(environ.get(f"INPUT_{name.upper()}", "")) for name in READERS}
    read: dict[str, Any] = {}
    problems = []
    for name, text in given.items():
        try:
            if text:
                read[name.replace("-", "_")] = READERS[name](text)
            elif name in _REQUIRED:
                problems.append(f"`{name}` is required but empty." + (f" {WHY_EMPTY}" if name in SECRETS else ""))
        except ValueError as error:
            problems.append(_problem(name, text, str(error)))
    problems += [*misspelled(environ, READERS), *_conflicts(given), *in_file]
    if problems:
        raise invalid_input(*problems)
    return Inputs(**read)


def _readable(value: str) -> str:
    """Return a variable's value, trimmed; bytes that are no UTF-8 arrive as surrogates, and become U+FFFD."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()


def _problem(name: str, text: str, accepted: str) -> str:
    if name in SECRETS:
        return f"`{name}` {accepted}"  # what came is a secret, however malformed
    came = re.sub(r"//[^/]*@", "//***@", text)  # a password has no place in the log
    return f"`{name}`: expected {accepted}, got `{plain(came, 80)}`."


def _conflicts(given: Mapping[str, str]) -> Iterator[str]:
    """Find what single inputs cannot tell: combinations that contradict each other."""
    model, alias, deployment_id = given["model"], given["alias"], given["deployment-id"]
    version = model.split("/")[5] if model.count("/") == 5 else ""  # noqa: PLR2004 - orgs/o/models/a/versions/v
    if not model and not deployment_id:
        yield "`model` is required but empty. Only a step with `deployment-id` needs none."
    if model and not version and not alias and not deployment_id:
        yield "No version: set `alias`, or add `/versions/<version>` to `model`."
    if version and alias and version != alias:
        yield (
            f"`alias` (`{plain(alias, 80)}`) conflicts with the version in `model` (`{plain(version, 80)}`). "
            "Set one of them."
        )
    after = [name for name in ("deployment-id", *_ASKS, "promote-aliases") if given[name]]
    after += ["on-failure: rollback"] if given["on-failure"] == "rollback" else []
    if given["wait"] in FALSE and after:
        yield f"`wait: false` can't be combined with {_listed(after)}. Remove one or the other."
    if given["operation"] == "rollback" and given["on-failure"] == "rollback":
        yield "`operation: rollback` can't be combined with `on-failure: rollback`. Remove one of them."
    yield from _smoke_test_conflicts(given)


def _smoke_test_conflicts(given: Mapping[str, str]) -> Iterator[str]:
    one = ("smoke-test-prompt", "smoke-test-contains", "smoke-test-expect", "smoke-test-max-latency")
    if given["smoke-test-file"] and (both := [name for name in one if given[name]]):
        yield f"`smoke-test-file` can't be combined with {_listed(both)}. Remove one or the other."
    for name in one[1:]:
        if given[name] and not given["smoke-test-prompt"] and not given["smoke-test-file"]:
            yield f"`{name}` needs a question. Set `smoke-test-prompt`, or remove `{name}`."
    if given["smoke-test-contains"] and given["smoke-test-expect"]:
        yield "`smoke-test-contains` can't be combined with `smoke-test-expect`. Remove one of them."
    asks = next((name for name in _ASKS if given[name]), "")
    if asks and not given["inference-api-key"] and given["dry-run"] not in TRUE:
        yield f"`inference-api-key` is required by `{asks}` but empty. {WHY_EMPTY}"


def _listed(names: list[str]) -> str:
    return listed([f"`{name}`" for name in names], "and")


class Inputs(NamedTuple):
    """The inputs, typed; durations in seconds. An input that was left empty has its default."""

    api_key: str
    endpoint: str
    model: ModelRef | None = None
    alias: str = ""
    operation: Literal["deploy", "rollback"] = "deploy"
    deployment_id: str = ""
    wait: bool = True
    timeout: float = 3600.0
    poll_interval: float = 5.0
    if_current: Literal["skip", "deploy"] = "skip"
    if_busy: Literal["wait", "queue", "fail"] = "wait"
    dry_run: bool = False
    smoke_test_prompt: str = ""
    smoke_test_contains: str = ""
    smoke_test_expect: str = ""
    smoke_test_max_latency: float | None = None
    smoke_test_file: str = ""
    smoke_test_warm_up: float = 60.0
    inference_api_key: str = ""
    on_failure: Literal["keep", "rollback"] = "keep"
    promote_aliases: tuple[str, ...] = ()
    status_words: "Mapping[str, Status]" = MappingProxyType({})
    trace: str = ""
    base_url: str = "https://api.cerebras.ai"
    summary: bool = True

    def __repr__(self) -> str:
        """Return it without its keys."""
        shown = [f"{name}={value!r}" for name, value in self._asdict().items() if name not in _KEYS]
        return f"Inputs({', '.join(shown)})"

    @property
    def has_smoke_test(self) -> bool:
        """Whether the endpoint is to be asked anything after the rollout."""
        return bool(self.smoke_test_prompt or self.smoke_test_file)

    @property
    def version_ref(self) -> str:
        """The version asked for, as text: an alias or an integer; empty when following without one."""
        return (self.model.version if self.model else "") or self.alias
