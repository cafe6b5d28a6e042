"""What the API says, by its reference (`tests/wire`) and beyond it: private preview, so anything may come."""

import json
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from cerebras_deploy.api.endpoint import Endpoint, Endpoints
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.operation import Operation
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.api.version import Version, Weights
from helpers import make
from helpers.any_json import ANY_JSON
from helpers.repository import WIRE

REPLIES: dict[str, type[BaseModel]] = {
    "endpoint-status": Endpoint,
    "endpoint-list": Endpoints,
    "deploy-reply": Operation,
    "deploy-reply-full": Operation,
    "deploy-reply-null": Operation,
    "version-status": Version,
}
UUID = "550e8400-e29b-41d4-a716-446655440000"


def document(name: str) -> Any:
    return json.loads((WIRE / f"{name}.json").read_text())


class TestTheReferencesExamples:
    def test_endpoint_status(self) -> None:
        endpoint = Endpoint.model_validate(document("endpoint-status"))

        (entry,) = endpoint.deployed_models
        assert endpoint.model_arch_id == "llama-3.3-70b"
        assert endpoint.managing_org_name == "my-org"
        assert endpoint.updated == 1736700000
        assert entry.id == UUID
        assert entry.name == ModelName("my-org", "llama-3.3-70b", "1")
        assert entry.created == 1736700000
        assert entry.status is Status.DONE

    def test_deploy_reply(self) -> None:
        operation = Operation.model_validate(document("deploy-reply"))

        assert operation.name == UUID
        assert operation.response is not None
        assert operation.response.endpoint_id == make.ENDPOINT
        assert operation.response.model_arch_id == make.ARCHITECTURE
        assert operation.response.version_id == 1
        assert operation.response.created == 1736700000
        assert operation.response.rollout_status is Status.NOT_STARTED
        assert operation.response.max_unavailable_replicas is None

    def test_deploy_reply_with_everything(self) -> None:
        reply = Operation.model_validate(document("deploy-reply-full")).response

        assert reply is not None
        assert reply.rollout_status is Status.ERROR
        assert reply.max_unavailable_replicas == 1
        assert (reply.rollout_replicas_updated, reply.rollout_total_replicas) == (3, 8)
        assert reply.rollout_error_message == "replica 4 of 8 was not ready within 30 s"

    def test_deploy_reply_with_nothing(self) -> None:
        assert Operation.model_validate(document("deploy-reply-null")).response is None

    def test_version_status(self) -> None:
        version = Version.model_validate(document("version-status"))

        assert version.model == make.name("1")
        assert version.weights is Weights.READY
        assert version.response is not None
        assert version.response.system_fingerprint_suffix == "my-custom-suffix"

    def test_versions_of_the_list_read_the_same(self) -> None:
        first, second = (Version.model_validate(one) for one in document("version-list")["model_versions"])

        assert (first.model, first.weights) == (make.name("1"), Weights.READY)
        assert (second.model, second.weights) == (make.name("2"), Weights.SYNCING)

    def test_endpoint_list(self) -> None:
        found = Endpoints.model_validate(document("endpoint-list")).endpoints

        assert [item.endpoint_id for item in found] == [make.ENDPOINT, "my-org-llama-3.3-70b"]

    @pytest.mark.parametrize("name", ["deploy-request", "deploy-request-by-alias"])
    def test_the_deploy_call_names_a_model_as_the_reference_does(self, name: str) -> None:
        text = document(name)["model"]

        assert str(ModelName.parse(text)) == text

    def test_every_word_of_the_deploy_replys_enum_is_known(self) -> None:
        schemas = document("deploy-model.openapi")["components"]["schemas"]

        assert [status.value for status in Status] == schemas["DeploymentRolloutStatus"]["enum"]


class TestLeniency:
    ENTRY: ClassVar[dict[str, Any]] = {"id": "ours", "model": str(make.name()), "created": 20, "state": "done"}

    @pytest.mark.parametrize("junk", [None, [], {}, "?", -1, 2.5], ids=repr)
    def test_figures_of_another_type_are_left_out(self, junk: object) -> None:
        figures = {"rollout_replicas_updated": junk, "rollout_total_replicas": junk, "rollout_error_message": [junk]}

        entry = Endpoint.model_validate(
            {"model_arch_id": "a", "deployed_models": [self.ENTRY | figures]}
        ).deployed_models[0]

        assert (entry.rollout_replicas_updated, entry.rollout_total_replicas, entry.rollout_error_message) == (
            None,
        ) * 3
        assert entry.status is Status.DONE

    @pytest.mark.parametrize("junk", [None, 7, [], {}], ids=repr)
    def test_the_endpoints_org_and_time_may_be_missing_or_junk(self, junk: object) -> None:
        endpoint = Endpoint.model_validate(
            {"model_arch_id": "a", "deployed_models": [], "managing_org_name": junk, "updated": [junk]}
        )

        assert (endpoint.managing_org_name, endpoint.updated) == (None, None)

    def test_fields_nobody_knows_are_ignored(self) -> None:
        whole = document("endpoint-status") | {"brand": {"new": [1]}}

        assert Endpoint.model_validate(whole) == Endpoint.model_validate(document("endpoint-status"))

    @pytest.mark.parametrize("state", [{}, {"state": None}, {"state": 7}])
    def test_an_entry_without_a_word_is_in_an_unknown_state(self, state: dict[str, object]) -> None:
        bare = {key: value for key, value in self.ENTRY.items() if key != "state"}

        endpoint = Endpoint.model_validate_json(json.dumps({"model_arch_id": "a", "deployed_models": [bare | state]}))

        assert isinstance(endpoint.deployed_models[0].status, Unknown)

    @pytest.mark.parametrize("state", [{}, {"state": None}])
    def test_the_deploy_replys_word_for_the_state_is_read_in_an_entry_too(self, state: dict[str, object]) -> None:
        bare = {key: value for key, value in self.ENTRY.items() if key != "state"}

        endpoint = Endpoint.model_validate(
            {"model_arch_id": "a", "deployed_models": [bare | state | {"rollout_status": "error"}]}
        )

        assert endpoint.deployed_models[0].status is Status.ERROR


class TestWhatTheGateDecidesByIsRequired:
    @pytest.mark.parametrize("body", [{}, {"deployed_models": []}, [], None, "ok"], ids=repr)
    def test_of_an_endpoint(self, body: object) -> None:
        with pytest.raises(ValidationError):
            Endpoint.model_validate(body)

    @pytest.mark.parametrize("name", [None, "", [], "x" * 201], ids=["null", "empty", "a list", "a page"])
    def test_of_a_deploy_reply(self, name: object) -> None:
        with pytest.raises(ValidationError):
            Operation.model_validate({"name": name, "done": True})


Place = tuple[str | int, ...]


def places(value: Any) -> list[Place]:
    """List the whole, and all that is in it."""
    match value:
        case dict():
            inner = list(value.items())
        case list():
            inner = list(enumerate(value))
        case _:
            inner = []
    return [(), *((key, *rest) for key, one in inner for rest in places(one))]


def changed(value: Any, place: Place, new: list[Any]) -> Any:
    """Put these in that place of the value: none, to leave it out, or one."""
    if not place:
        return new[0] if new else None
    copy, (key, *rest) = value.copy(), place
    if rest or new:
        copy[key] = changed(value[key], tuple(rest), new)
    else:
        del copy[key]
    return copy


def read(name: str, value: Any) -> BaseModel | None:
    try:
        return REPLIES[name].model_validate_json(json.dumps(value))
    except ValidationError:
        return None


@st.composite
def variants(draw: st.DrawFn, name: str) -> Any:
    """Draw the document with anything, or nothing, in one place that it needs or in up to three that it does not."""
    value, new = document(name), st.lists(ANY_JSON, max_size=1)
    needed = [place for place in places(value) if read(name, changed(value, place, [])) is None]
    others = [place for place in places(value) if place not in needed]
    if draw(st.sampled_from([True, True, False, False, False])):
        return changed(value, draw(st.sampled_from(needed)), draw(new))
    drawn = draw(st.lists(st.sampled_from(others), unique=True, max_size=3))
    for place in sorted(drawn, key=places(value).index, reverse=True):  # what is inside comes before what it is in
        value = changed(value, place, draw(new))
    return value


def assert_sound(name: str, value: Any) -> bool:
    """Check what is read of it, if anything is; return whether."""
    match read(name, value):
        case None:
            return False
        case Version() as version:
            assert version.weights in Weights
            assert version.sync_status.splitlines() in ([version.sync_status], [])
        case Endpoint() as endpoint:
            assert all(isinstance(entry.status, Status | Unknown) for entry in endpoint.deployed_models)
        case reply:
            assert isinstance(reply, Endpoints | Operation)
    return True


@pytest.mark.parametrize("name", REPLIES)
@given(data=st.data())
def test_any_json_is_read_or_is_a_validation_error(name: str, data: st.DataObject) -> None:
    assert_sound(name, data.draw(variants(name)))


@pytest.mark.parametrize("name", REPLIES)
def test_of_these_examples_half_are_read_and_a_quarter_is_not(name: str) -> None:
    sound: list[bool] = []

    @settings(max_examples=60, derandomize=True)
    @given(variants(name))
    def collect(value: Any) -> None:
        sound.append(assert_sound(name, value))

    collect()

    assert sound.count(True) * 2 >= len(sound) >= 60
    assert sound.count(False) * 4 >= len(sound)


@pytest.mark.parametrize("model", dict.fromkeys(REPLIES.values()), ids=lambda model: str(model.__name__))
@given(body=st.binary())
def test_any_bytes_are_a_validation_error(model: type[BaseModel], body: bytes) -> None:
    with pytest.raises(ValidationError):
        model.model_validate_json(body)
