"""What every step shares, in whole runs: reading the version that was asked for, and outputs that are written early."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import runner
from helpers import presented
from helpers.forged import ENDPOINT, OURS, Forged, Reply
from helpers.forged import stage as forged_stage
from helpers.stage import EPOCH, Played, Stage

ORG = "orgs/my-org/models/gpt-oss-120b"
GONE = Reply(404, body=b'{"detail": "Not Found"}')


class TestAnEndpointThatIsNotThere:
    def test_the_hint_names_those_that_there_are(self) -> None:
        played = Stage().play({"endpoint": "my-org-gpt-oss-210b"})

        assert (
            "Next: Check the endpoint's name. Endpoints of my-org: my-org-gpt-oss-120b, my-org-llama-3.3-70b"
            in played.told
        )

    def test_if_they_cannot_be_read_the_hint_is_the_usual_one(self) -> None:
        played = Stage(faults=["endpoints:*=503"]).play({"endpoint": "my-org-gpt-oss-210b"})

        assert played.result == "refused"
        assert "Next: Check the spelling" in played.told

    def test_of_very_many_ten_are_named_and_of_none_that_is_said(self) -> None:
        def play(count: int) -> str:
            def edit(call: str, _: int, whole: Any) -> Any:
                if call == "endpoint":
                    return GONE
                return {"endpoints": [{"endpoint_id": f"e{n}"} for n in range(count)]} if call == "endpoints" else whole

            return forged_stage(Forged(edit)).play().told

        assert "Endpoints of my-org: e0, e1, e2, e3, e4, e5, e6, e7, e8, e9." in play(50)
        assert "e10" not in play(50)
        assert "Endpoints of my-org: none." in play(0)

    def test_any_other_refusal_looks_for_none(self) -> None:
        api = Forged(lambda call, _, whole: Reply(403, body=b'{"message": "No"}') if call == "endpoint" else whole)

        forged_stage(api).play()

        assert api.calls["endpoints"] == 0

    def test_without_an_organization_none_is_looked_for_and_the_hint_is_the_usual_one(self) -> None:
        api = Forged(lambda call, _, whole: GONE if call == "endpoint" else whole)

        played = forged_stage(api).play({"model": "gpt-oss-120b"})

        assert (played.result, len(api.requests)) == ("refused", 1)
        assert "Check the spelling" in played.told

    def test_without_a_model_none_is_looked_for(self) -> None:
        api = Forged(lambda call, _, whole: GONE if call == "endpoint" else whole)

        played = forged_stage(api).play({"model": "", "alias": "", "deployment-id": OURS})

        assert (played.result, len(api.requests)) == ("refused", 1)

    def test_one_that_has_been_seen_is_not_taken_for_a_new_one(self) -> None:
        api = Forged(lambda call, number, whole: GONE if call == "endpoint" and number == 1 else whole)

        played = forged_stage(api).play()

        assert (played.result, api.calls["endpoints"]) == ("succeeded", 0)
        assert "New endpoint" not in played.text


class TestANewEndpoint:
    """The API has no status of it yet, and lists it."""

    @pytest.mark.parametrize(
        ("listed", "result"),
        [("gpt-oss-120b", "succeeded"), (None, "succeeded"), ("llama-3.3-70b", "refused")],
        ids=["of the model's architecture", "of none that is told", "of another one"],
    )
    def test_it_serves_nothing_yet_and_has_the_listed_architecture_or_else_the_models(
        self, listed: str | None, result: str
    ) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            if call == "endpoint" and not api.calls["deploy"]:
                return GONE
            if call == "endpoint":
                del whole["deployed_models"][0]
            items = [{"endpoint_id": "other"}, {"endpoint_id": ENDPOINT, "model_arch_id": listed}]
            return {"endpoints": items} if call == "endpoints" else whole

        api = Forged(edit)

        played = forged_stage(api).play()

        assert played.result == result
        assert f"The API lists {ENDPOINT} but has no status for it. It counts as serving nothing yet." in played.text
        assert ("the endpoint runs architecture llama-3.3-70b" in played.text) == (result == "refused")

    def there(self, has_status: Callable[[float | None], bool], **more: Any) -> presented.Api:
        """Its status call is 404 unless `has_status` says otherwise of the seconds since the deploy call."""

        def said(whole: dict[str, Any], _: int) -> Any:
            age = made.stage.clock.now() - made.deployed[0] if made.deployed else None
            return whole if has_status(age) else httpx.Response(404, json={"detail": "Endpoint has no deployments"})

        made = presented.api(whole=said, old=lambda _: None, **more)
        return made

    def test_as_long_as_it_has_no_status_our_deployment_is_not_listed_yet(self) -> None:
        played = self.there(lambda age: age is not None and age > 22).play()

        assert (played.result, played.outputs["live-version-id"]) == ("succeeded", "2")
        titles = [one.title for one in played.log.annotations]
        assert (titles.count("New endpoint"), titles.count("Nothing listed")) == (1, 0)

    def test_if_it_never_has_one_our_deployment_is_never_listed(self) -> None:
        played = self.there(lambda _: False).play(timeout="5m")

        assert (played.result, played.outputs["changed"]) == ("timed-out", "true")
        assert "accepted, but never listed by the endpoint" in played.told

    def test_once_it_has_had_one_a_404_is_a_no(self) -> None:
        played = self.there(lambda age: age is not None and 10 < age < 20).play()

        assert played.result == "refused"
        assert "HTTP 404 Not Found: Endpoint has no deployments" in played.told

    def test_before_the_deploy_call_it_is_looked_at_as_often_as_needed(self) -> None:
        def syncing(reply: dict[str, Any], _: str) -> Any:
            word = "in_progress" if made.stage.clock.now() < EPOCH + 60 else "done"
            return reply | {"done": word == "done", "response": reply["response"] | {"sync_status": word}}

        made = self.there(lambda age: age is not None, version=syncing)

        assert made.play().result == "succeeded"
        assert made.deployed[0] >= EPOCH + 60

    def test_a_lost_call_is_looked_for_and_sent_again(self) -> None:
        made = self.there(
            lambda age: age is not None and age > 30,
            deploy=lambda reply, number: reply if number else httpx.Response(502),
        )

        assert (made.play().result, made.deployed_versions) == ("succeeded", ["2", "2"])


class TestAReplyThatLacksItsList:
    def play(self, *lacking: int) -> Played:
        def edit(call: str, number: int, whole: Any) -> Any:
            if call == "endpoint":
                del whole["deployed_models"][0]
            if call == "endpoint" and number in lacking:
                del whole["deployed_models"]
            return whole

        return forged_stage(Forged(edit, states=("in_progress",) * 9 + ("complete",))).play()

    def test_at_first_it_lists_nothing_yet(self) -> None:
        played = self.play(0)

        assert played.result == "succeeded"
        assert "Nothing listed" in {one.title for one in played.log.annotations}

    def test_after_a_good_one_it_is_a_read_that_failed(self) -> None:
        played = self.play(3, 4, 5, 6, 7, 8, 9)

        assert played.result == "succeeded"
        assert f"Endpoint {ENDPOINT}: the reply lacks `deployed_models`. Retrying for up to " in played.text
        assert "No longer listed" not in played.text
        assert "Nothing listed" not in played.text


def test_a_reply_that_is_older_than_one_before_is_not_used_and_that_is_said_once() -> None:
    def edit(call: str, number: int, whole: Any) -> Any:
        return whole | {"updated": 1 if number in {3, 5} else 9} if call == "endpoint" else whole

    played = forged_stage(Forged(edit, states=("in_progress",) * 7 + ("complete",))).play()

    assert played.result == "succeeded"
    assert played.text.count("Ignored an outdated reply for endpoint ") == 1


def test_what_is_counted_all_the_same_is_warned_of() -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "endpoint" and api.calls["deploy"]:
            whole["deployed_models"][-1]["rollout_status"] = "not_started"
        return whole

    api = Forged(edit, states=("queued", "in_progress", "complete"))

    played = forged_stage(api).play()

    assert played.result == "succeeded"
    assert "Contradictory status" in {one.title for one in played.log.annotations}


def test_a_word_that_nobody_knows_is_taught_by_the_first_of_its_entry() -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "endpoint" and api.calls["deploy"]:
            whole["deployed_models"][-1]["status"] = "odder"
        return whole

    api = Forged(edit, states=("odd", "odd", "complete"))

    assert "set `status-words: odd=done`" in forged_stage(api).play().text


def test_of_an_entry_in_such_a_word_500_characters_are_told() -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "endpoint" and api.calls["deploy"]:
            whole["deployed_models"][-1]["more"] = "x" * 900
        return whole

    api = Forged(edit, states=("odd", "complete"))

    shown = forged_stage(api).play().text.partition("The API's entry: ")[2].splitlines()[0]
    assert (shown[:5], len(shown)) == ('{"id"', 500)


def test_what_is_not_listed_yet_is_told_so() -> None:
    def edit(call: str, number: int, whole: Any) -> Any:
        if call == "endpoint" and number in {1, 2}:
            del whole["deployed_models"][1:]
        return whole

    played = forged_stage(Forged(edit, states=("in_progress",) * 4 + ("complete",))).play()

    assert "Not started (none), not yet listed by the endpoint\n" in played.text


def test_a_deployment_that_is_attached_to_is_listed() -> None:
    played = forged_stage(Forged(begun=True, states=("in_progress", "complete"))).play()

    assert f"Following deployment {OURS}, which already rolls out this version. " in played.text
    assert "not yet listed" not in (played.text + played.summary).lower()


class Watched:
    """A run whose output file is looked into whenever a request arrives."""

    def __init__(self, there: Stage) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self._there, self._transport = there, there.transport
        there.transport = _Hook(self._transport, self._note)

    def play(self, inputs: dict[str, str] | None = None) -> Played:
        return self._there.play(inputs)

    def at(self, method: str, path: str, number: int) -> dict[str, str]:
        """The outputs as they were when the request of that number (from 1) arrived."""
        return [seen for call, seen in self.seen if call.startswith(method) and call.endswith(path)][number - 1]

    def _note(self, request: httpx.Request) -> None:
        written = Path(os.environ["GITHUB_OUTPUT"]).read_bytes()
        self.seen.append((f"{request.method} {request.url.path}", dict(runner.read_outputs(written).values)))


class _Hook(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, hook: Callable[[httpx.Request], None]) -> None:
        self._inner, self._hook = inner, hook

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._hook(request)
        return self._inner.handle_request(request)


class TestOutputsAreWrittenBeforeAnyWait:
    """The job may be killed at any moment: out of memory, runner lost, 10 s after a cancel."""

    def test_before_the_first_request_they_are_pessimistic(self) -> None:
        run = Watched(Stage())
        run.play()

        first = run.at("GET", ENDPOINT, 1)
        assert (first["result"], first["deployment-id"], first["smoke-test"]) == ("interrupted", "", "skipped")

    def test_the_id_is_there_at_the_first_read_after_the_deploy_call(self) -> None:
        run = Watched(Stage())
        played = run.play()

        early = run.at("GET", ENDPOINT, 2)
        assert early["deployment-id"] == played.outputs["deployment-id"] != ""
        assert early["model"] == f"{ORG}/versions/2"
        assert early["previous-model"] == f"{ORG}/versions/1"
        assert early["status"] == "not_started"
        assert early["result"] == "interrupted"

    def test_the_id_of_a_call_whose_reply_was_lost_is_there_at_the_read_after_it_was_found(self) -> None:
        run = Watched(Stage(faults=["deploy:1=reset-after"]))
        played = run.play()

        assert run.at("GET", ENDPOINT, 3)["deployment-id"] == played.outputs["deployment-id"]

    def test_the_id_of_a_deployment_that_is_attached_to_is_there_at_the_next_read(self) -> None:
        run = Watched(Stage("busy-same"))
        played = run.play()

        assert run.at("GET", ENDPOINT, 2)["deployment-id"] == played.outputs["deployment-id"] != ""

    def test_the_id_that_the_workflow_gave_is_there_when_the_first_read_is_over(self) -> None:
        there = Stage()
        started = there.play({"wait": "false"}).outputs["deployment-id"]
        run = Watched(there)
        run.play({"model": "", "alias": "", "deployment-id": started})

        assert run.at("GET", ENDPOINT, 2)["deployment-id"] == started

    def test_the_status_is_there_as_soon_as_it_changes(self) -> None:
        run = Watched(Stage())
        run.play()

        seen = [outputs["status"] for _, outputs in run.seen]
        assert list(dict.fromkeys(seen)) == ["", "not_started", "in_progress"]

    def test_the_rollbacks_id_is_there_at_the_first_read_after_its_call_and_ours_stays(self) -> None:
        ask = {"smoke-test-prompt": "Hi", "smoke-test-expect": "hello", "inference-api-key": "sim-inference-key"}
        run = Watched(Stage("wrong-answer"))
        played = run.play(ask | {"on-failure": "rollback"})

        back = next(n for n, (_, seen) in enumerate(run.seen) if seen["rollback-deployment-id"])
        call, early = run.seen[back]
        assert run.seen[back - 1][0].endswith(":deployModel")
        assert call.startswith("GET")
        assert early["rollback-deployment-id"] == played.outputs["rollback-deployment-id"]
        assert early["deployment-id"] == played.outputs["deployment-id"]
        assert {seen["status"] for _, seen in run.seen[back:]} == {"done"}  # of ours, not of the rollback
        assert "section Rollout" in played.summary
        assert "section Rollback" in played.summary
