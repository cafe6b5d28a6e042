"""How to look, in whole runs: the version that was asked for."""

from typing import Any

import pytest

from helpers import presented
from helpers.forged import ENDPOINT, MODEL, Forged, Reply, version
from helpers.forged import stage as forged_stage
from helpers.stage import EPOCH, Played, Stage

ANEW = "77777777-7777-4777-8777-777777777777"
ORG = "orgs/my-org/models/gpt-oss-120b"


class TestTheVersionThatWasAskedFor:
    @pytest.mark.parametrize(
        ("name", "inputs"),
        [
            (f"{ORG}/versions/3", {"alias": "2"}),
            ("orgs/my-org/models/llama-3.3-70b/versions/2", {}),
            ("orgs/others/models/gpt-oss-120b/versions/2", {}),
            ("orgs/others/models/gpt-oss-120b/versions/2", {"alias": "2"}),
        ],
        ids=["another integer", "another architecture", "another organization", "another organization by integer"],
    )
    def test_a_reply_about_another_one_is_refused_and_nothing_is_deployed(
        self, name: str, inputs: dict[str, str]
    ) -> None:
        played = Stage(faults=[f"version:1=set;field=name;to={name}"]).play(inputs)

        assert (played.result, played.deploy_calls) == ("refused", 0)
        asked = f"{ORG}/versions/{inputs.get('alias', 'production')}"
        assert f"asked for {asked}, the API answered for {name}" in played.told

    def test_its_organization_is_that_of_the_model_before_that_of_the_endpoint(self) -> None:
        api = Forged(lambda call, _, whole: whole | {"managing_org_name": "others"} if call == "endpoint" else whole)

        forged_stage(api).play()

        paths = {request.url.path for request in api.requests if "/versions/" in request.url.path}
        assert paths == {f"/management/v1/{MODEL.format('production')}"}

    @pytest.mark.parametrize("org", [None, "", "a/b", "."])
    def test_an_endpoint_that_does_not_say_its_organization_needs_it_in_the_model(self, org: str | None) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            return whole | {"managing_org_name": org} if call == "endpoint" else whole

        refused = forged_stage(Forged(edit)).play({"model": "gpt-oss-120b"})
        named = forged_stage(Forged(edit)).play({"model": ORG})

        assert (refused.result, named.result) == ("refused", "succeeded")
        assert f"{ENDPOINT} doesn't say which organization manages it" in refused.told
        assert "Next: Set `model` to `orgs/<org>/models/<arch>`." in refused.told

    def test_without_one_in_the_model_it_is_the_endpoints(self) -> None:
        assert forged_stage(Forged()).play({"model": "gpt-oss-120b"}).result == "succeeded"

    def test_the_alias_is_resolved_once_and_its_integer_is_kept(self) -> None:
        def edit(call: str, number: int, whole: Any) -> Any:
            if call == "version" and number:
                return whole | {"name": MODEL.format("2" if api.requests[-1].url.path.endswith("/2") else "3")}
            if call == "version":
                return whole | {"done": False, "response": whole["response"] | {"sync_status": "in_progress"}}
            return whole

        api = Forged(edit)

        played = forged_stage(api).play()

        assert (played.result, played.outputs["version-id"]) == ("succeeded", "2")


def falsified(which: str, *said: Any) -> Forged:
    """An API whose first replies of one kind are these."""

    def edit(call: str, number: int, whole: Any) -> Any:
        return said[number] if call == which and number < len(said) else whole

    return Forged(edit)


NO = Reply(403, body=b'{"message": "No"}')
GONE = Reply(404, body=b'{"detail": "Not Found"}')
BUSY = Reply(503)
NO_INTEGER = version("production", ["production"])


class TestAReplyThatRepeatsTheAlias:
    TITLE = "Version ID unknown"

    def play(self, *lists: Any) -> tuple[Played, set[str]]:
        def edit(call: str, number: int, whole: Any) -> Any:
            if call == "versions" and number < len(lists):
                return lists[number]
            if call == "deploy":
                return whole | {"name": ANEW, "response": {}}
            is_by_alias = call == "version" and api.requests[-1].url.path.endswith("production")
            return NO_INTEGER if is_by_alias else whole

        api = Forged(edit, begun=True, states=("complete",))
        played = forged_stage(api).play({"wait": "false"})
        return played, {one.title for one in played.log.annotations}

    def test_the_list_of_versions_tells_its_integer(self) -> None:
        played, titles = self.play()

        assert (played.result, played.outputs["version-id"]) == ("unchanged", "2")
        assert self.TITLE not in titles

    @pytest.mark.parametrize(
        "listed",
        [
            BUSY,
            NO,
            {"model_versions": []},
            {"model_versions": [version("1", ["production"]), version("2", ["production"])]},
        ],
        ids=["no answer", "a no", "none", "two"],
    )
    def test_if_that_does_not_it_is_compared_with_nothing(self, listed: Any) -> None:
        played, titles = self.play(*([listed] * 9))

        assert self.TITLE in titles
        assert played.outputs["changed"] == "true"


class TestAVersionThatIsNotThere:
    def test_the_hint_names_ten_with_their_aliases(self) -> None:
        silent = version("1", [])
        del silent["response"]["version_aliases"]
        many = [silent, version("2", ["stable", "lts"]), *(version(str(number), []) for number in range(3, 60))]
        api = Forged(lambda call, _, whole: {"model_versions": many} if call == "versions" else whole)

        played = forged_stage(api).play({"alias": "free"})

        assert (played.result, api.calls["version"]) == ("refused", 1)
        assert "Versions of gpt-oss-120b: 1 (no alias), 2 (stable, lts), 3 (no al" in played.told
        assert "10 (no alias)" in played.told
        assert "11 (no alias)" not in played.told

    def test_of_none_that_is_said(self) -> None:
        api = Forged(lambda call, _, whole: {"model_versions": []} if call == "versions" else whole)

        assert "Versions of gpt-oss-120b: none" in forged_stage(api).play({"alias": "free"}).told

    def test_if_the_list_cannot_be_read_the_no_is_the_answer_once_it_stands(self) -> None:
        api = Forged(lambda call, _, whole: NO if call == "versions" else whole)

        played = forged_stage(api).play({"alias": "free"})

        assert (played.result, api.calls["deploy"]) == ("refused", 0)
        assert 3 <= api.calls["version"] < 9

    @pytest.mark.parametrize("alias", ["production", "2"])
    def test_if_the_list_has_it_its_own_call_has_slipped(self, alias: str) -> None:
        alone = {"model_versions": [version("2", ["production"])]}
        api = Forged(lambda call, n, whole: {"version": [GONE, whole][min(n, 1)], "versions": alone}.get(call, whole))

        played = forged_stage(api).play({"alias": alias})

        assert (played.result, played.outputs["version-id"]) == ("succeeded", "2")


@pytest.mark.parametrize("slip", [NO, BUSY])
def test_the_key_has_worked_for_the_endpoint_so_that_a_no_for_the_version_may_be_a_slip(slip: Reply) -> None:
    api = falsified("version", slip)

    assert forged_stage(api).play().result == "succeeded"
    assert api.calls["versions"] == 0


@pytest.mark.parametrize(("word", "is_told"), [("thawing", True), ("done", False)])
def test_a_word_for_the_weights_that_nobody_knows_is_told_and_left_to_the_deploy_call(
    word: str, *, is_told: bool
) -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "version":
            return whole | {"done": False, "response": whole["response"] | {"sync_status": word}}
        return whole

    played = forged_stage(Forged(edit)).play()

    assert played.result == "succeeded"
    assert (f" are in unrecognized state `{word}`. The deploy request decides." in played.text) == is_told


def test_the_plan_heeds_what_is_to_be_done_about_a_version_that_is_live_and_an_endpoint_that_is_busy() -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        return whole | {"name": ANEW, "response": {}} if call == "deploy" else whole

    live, busy = Forged(edit, begun=True, states=("complete",)), Forged(begun=True, states=("in_progress",))

    again = forged_stage(live).play({"if-current": "deploy", "wait": "false"})
    failed = forged_stage(busy).play({"if-busy": "fail", "alias": "1"})

    assert (again.outputs["changed"], again.outputs["plan"]) == ("true", "deploy")
    assert (failed.result, failed.outputs["plan"], busy.calls["deploy"]) == ("refused", "refuse", 0)


class TestTheVersionThatIsDeployedAgain:
    ANOTHER = (MODEL.format("2"), MODEL.format("3"), "orgs/my-org/models/llama-3.3-70b/versions/1")

    def there(self, name: str, times: int) -> presented.Api:
        """Version 2 is live, and that many reads of version 1 are answered with another name."""
        reads: list[str] = []

        def said(reply: dict[str, Any], ref: str) -> Any:
            reads.extend([ref] * (ref == "1"))
            return reply | {"name": name} if ref == "1" and len(reads) <= times else reply

        return presented.api(version=said, more=lambda _: [presented.entry("2", "complete", 1800, EPOCH)])

    @pytest.mark.parametrize("another", ANOTHER)
    def test_a_reply_about_another_one_is_a_read_that_failed(self, another: str) -> None:
        there, slipped = self.there(another, 999), self.there(another, 2)

        played = there.play(operation="rollback")

        assert (played.result, there.deployed_versions) == ("unreachable", [])
        assert f"asked for {MODEL.format('1')}, the API answered for {another}" in played.told
        assert "\nNext: Report this to Cerebras" in played.told
        assert (slipped.play(operation="rollback").result, slipped.deployed_versions) == ("succeeded", ["1"])

    @pytest.mark.parametrize("name", [MODEL.format("stable"), "orgs/org-8f2/models/gpt-oss-120b/versions/1"])
    def test_a_reply_with_another_name_of_it_changes_nothing(self, name: str) -> None:
        there = self.there(name, 999)

        played = there.play(operation="rollback")

        assert (played.result, there.deployed_versions) == ("succeeded", ["1"])
        assert played.outputs["model"] == MODEL.format("1")

    @pytest.mark.parametrize("another", ANOTHER)
    def test_none_is_rolled_back_to_another_one(self, another: str) -> None:
        there = presented.api(
            version=lambda reply, ref: reply | {"name": another} if ref == "1" else reply,
            ours=lambda age: {"state": "in_progress" if age < 30 else "error"},
        )

        played = there.play(on_failure="rollback")

        assert (played.result, played.outputs["rollback"], there.deployed_versions) == ("failed", "failed", ["2"])
