"""How to look, in whole runs: the version that was asked for."""

from typing import Any

import pytest

from helpers.forged import ENDPOINT, MODEL, Forged
from helpers.forged import stage as forged_stage
from helpers.stage import Stage

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
        assert f"asked for {asked}, the API answered for {name}" in played.outputs["message"]

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
        assert f"{ENDPOINT} does not say which organisation manages it" in refused.outputs["message"]
        assert "give `model` as `orgs/<org>/models/<arch>`" in refused.outputs["message"]

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
