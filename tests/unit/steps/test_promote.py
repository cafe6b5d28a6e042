"""Promotion, in whole runs: an alias is where the step says that it is, and no other alias is touched."""

import json
from typing import Any

import pytest

from helpers import presented
from helpers.forged import MODEL, OURS, Forged, Reply, entry
from helpers.forged import stage as forged_stage
from helpers.stage import EPOCH, Played, Stage, VirtualClock, play

STABLE = {"promote-aliases": "stable"}


def aliases(played: Played) -> dict[int, tuple[str, ...]]:
    return {one.number: one.aliases for one in played.world.registry.known("gpt-oss-120b")}


class Aliases:
    """An API on which version 2 is live, that holds the aliases of two versions; `edit` may falsify its replies."""

    def __init__(self) -> None:
        self.held: dict[str, list[str]] = {"1": ["stable", "lts"], "2": ["production"]}
        self.patches: list[tuple[str, list[str]]] = []
        self.reads: list[str] = []
        self.api = Forged(self._edit, begun=True, states=("complete",))

    def play(self, **inputs: str) -> Played:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return forged_stage(self.api).play({"timeout": "10m"} | STABLE | given)

    def read(self, version: str) -> Any:
        """What a read of that version says."""
        details = {"version_aliases": self.held[version], "sync_status": "done"}
        return {"name": MODEL.format(version), "done": True, "response": details}

    def patched(self, version: str, wanted: list[str]) -> Any:
        """Take over the list, and say so."""
        self.held[version] = wanted
        return {"version_aliases": wanted}

    def _edit(self, call: str, _: int, whole: Any) -> Any:
        request = self.api.requests[-1]
        ref = request.url.path.rpartition("/")[2]
        if call == "aliases":
            wanted = json.loads(request.content)["version_aliases"]
            self.patches.append((ref, wanted))
            return self.patched(ref, wanted)
        if call == "version":
            holder = ref if ref in self.held else next((v for v, held in self.held.items() if ref in held), "")
            self.reads.append(ref)
            return self.read(holder) if holder else Reply(404, body=b'{"detail": "Not Found"}')
        return whole


class TestMoving:
    def test_one_call_takes_it_away_and_one_gives_it_and_no_other_alias_is_lost(self) -> None:
        api = Aliases()

        played = api.play()

        assert played.result == "unchanged"
        assert api.patches == [("1", ["lts"]), ("2", ["production", "stable"])]
        assert "alias stable: version 1 → version 2" in played.outputs["message"]

    def test_several_are_moved_in_their_order_and_each_is_told(self) -> None:
        api = Aliases()

        played = api.play(promote_aliases="lts,stable,production,canary")

        assert api.held == {"1": [], "2": ["production", "lts", "stable", "canary"]}
        for line in ("lts: version 1 → version 2", "production: version 2 held it already", "canary: free → version 2"):
            assert f"alias {line}" in played.text
            assert f"alias {line}" in played.outputs["message"]


class TestAFreeAlias:
    def test_it_is_an_answer_and_no_outage(self) -> None:
        played = Stage("live", latency=16.0).play({"promote-aliases": "canary"})

        assert played.result == "unchanged"
        assert "alias canary: free → version 2" in played.text
        assert "answers again" not in played.text
        assert "0 of them failed" in played.summary

    def test_one_that_cannot_be_set_fails_the_step_and_is_told(self) -> None:
        played = Stage("live", faults=["aliases:1-=403"]).play({"promote-aliases": "canary"})

        assert (played.result, played.exit_code) == ("promotion-failed", 1)
        assert "alias canary was free, and is not set: " in played.outputs["message"]
        assert '{"version_aliases": ["production", "v2", "canary"]}' in played.outputs["message"]
        assert "free → version 2" not in played.text

    @pytest.mark.parametrize("status", ["401", "403", "422"])
    def test_a_read_that_is_refused_does_not_mean_that_it_is_free(self, status: str) -> None:
        played = Stage("live", faults=[f"version:3-={status}"]).play(STABLE)

        assert played.result == "promotion-failed"
        assert f"alias stable was not moved: version stable of gpt-oss-120b: HTTP {status}" in played.outputs["message"]
        assert {request.method for request in played.world.requests} == {"GET"}


class TestAReplyThatShowsAnotherList:
    def test_the_call_is_repeated_until_the_list_is_the_wanted_one(self) -> None:
        class Forgetful(Aliases):
            def patched(self, version: str, wanted: list[str]) -> Any:
                if version == "2" and len(self.patches) < 4:
                    return {"version_aliases": self.held["2"]}
                return super().patched(version, wanted)

        api = Forgetful()

        assert api.play().result == "unchanged"
        assert api.held == {"1": ["lts"], "2": ["production", "stable"]}
        assert [version for version, _ in api.patches] == ["1", "2", "2", "2"]

    def test_if_it_never_is_the_alias_is_put_back(self) -> None:
        class Deaf(Aliases):
            def patched(self, version: str, wanted: list[str]) -> Any:
                return {"version_aliases": ["production"]} if version == "2" else super().patched(version, wanted)

        api = Deaf()

        played = api.play()

        assert played.result == "promotion-failed"
        assert api.held["1"] == ["lts", "stable"]
        reason = "the aliases of version 2 are production after the call"
        assert f"alias stable is back at version 1, which held it before: {reason}" in played.outputs["message"]

    def test_an_empty_list_is_told_as_none(self) -> None:
        class Empty(Aliases):
            def patched(self, version: str, wanted: list[str]) -> Any:
                return {"version_aliases": []} if version == "2" else super().patched(version, wanted)

        assert "the aliases of version 2 are none after the call" in Empty().play().outputs["message"]


class TestAListThatIsNotTold:
    @pytest.mark.parametrize("version", ["1", "2"])
    def test_before_the_move_nothing_is_written(self, version: str) -> None:
        class Silent(Aliases):
            def read(self, of: str) -> Any:
                whole = super().read(of)
                return whole | {"response": {"sync_status": "done"}} if of == version else whole

        api = Silent()

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [])
        assert f"the API does not tell the aliases of version {version}" in played.outputs["message"]

    def test_between_the_halves_it_is_not_replaced_by_an_empty_one(self) -> None:
        class Amnesic(Aliases):
            def read(self, of: str) -> Any:
                whole = super().read(of)
                return whole | {"response": {"sync_status": "done"}} if self.patches else whole

            def patched(self, version: str, wanted: list[str]) -> Any:
                return Reply(503) if version == "2" else super().patched(version, wanted)

        api = Amnesic()

        played = api.play()

        assert played.result == "promotion-failed"
        assert api.patches == [("1", ["lts"]), ("2", ["production", "stable"])]
        assert "alias stable may point nowhere (version 1 held it before)" in played.outputs["message"]
        assert "the API does not tell the aliases of version 1" in played.outputs["message"]


class TestAVersionThatIsNotKnown:
    def test_one_that_is_gone_gets_no_alias(self) -> None:
        class Gone(Aliases):
            def read(self, of: str) -> Any:
                return Reply(404, body=b'{"detail": "Not Found"}') if of == "2" and self.reads[2:] else super().read(of)

        api = Gone()

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [])
        assert "alias stable was not moved: version 2 is gone" in played.outputs["message"]

    @pytest.mark.parametrize(("wanted", "result"), [("", "succeeded"), ("stable", "promotion-failed")])
    def test_followed_by_id_with_a_model_that_is_no_name_only_promotion_fails(self, wanted: str, result: str) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            nameless = entry(OURS, "2", "complete", 2) | {"model": "weights.bin"}
            return whole | {"deployed_models": [nameless]} if call == "endpoint" else whole

        api = Forged(edit)
        by_id = {"model": "", "alias": "", "deployment-id": OURS, "promote-aliases": wanted}

        played = forged_stage(api).play(by_id)

        assert (played.result, api.calls["aliases"]) == (result, 0)
        assert ("is not known by its integer" in played.outputs["message"]) == (result == "promotion-failed")


class TestTimeLimits:
    @pytest.mark.parametrize(("half", "least", "most"), [("1", 20, 40), ("2", 20, 60)])
    def test_either_half_is_tried_for_20_s(self, half: str, least: float, most: float) -> None:
        class Down(Aliases):
            def patched(self, version: str, wanted: list[str]) -> Any:
                down = version == half and wanted != ["lts", "stable"]
                return Reply(503) if down else super().patched(version, wanted)

        api = Down()

        played = api.play()

        assert played.result == "promotion-failed"
        assert least <= played.seconds < most
        assert "stable" in api.held["1"]

    def test_it_is_put_back_even_if_the_deadline_has_passed(self) -> None:
        class Down(Aliases):
            def patched(self, version: str, wanted: list[str]) -> Any:
                return Reply(503) if version == "2" else super().patched(version, wanted)

        api = Down()

        played = api.play(timeout="10s")

        assert (played.result, api.held["1"]) == ("promotion-failed", ["lts", "stable"])

    def test_putting_it_back_is_tried_for_a_minute_and_then_both_reasons_are_told(self) -> None:
        class Down(Aliases):
            def patched(self, version: str, wanted: list[str]) -> Any:
                if (version, wanted) == ("1", ["lts"]):
                    return super().patched(version, wanted)
                return Reply(503 if version == "2" else 502)

        played = Down().play()

        assert 80 <= played.seconds < 100
        reasons = "aliases of version 2: HTTP 503 Service Unavailable; then aliases of version 1: HTTP 502 Bad Gateway"
        assert f"alias stable may point nowhere (version 1 held it before): {reasons}" in played.outputs["message"]
        assert 'versions/2 with {"version_aliases": ["production", "stable"]}' in played.outputs["message"]


class TestCanceled:
    def test_before_an_alias_moves_it_says_what_was_cut_off(self) -> None:
        there = Stage("live", clock=VirtualClock(interrupt_at=EPOCH + 6.5), latency=1.0)

        played = there.play(STABLE)

        assert played.result == "interrupted"
        assert "the job was cancelled while moving alias stable: deployment" in played.outputs["message"]
        assert aliases(played)[1] == ("stable",)

    @pytest.mark.parametrize(
        "faults", [("aliases:2-=503",), ("aliases:1-=read-timeout",)], ids=["second half", "first half"]
    )
    def test_in_either_half_it_says_that_the_alias_may_point_nowhere_and_how_to_repair_it(
        self, faults: tuple[str, ...]
    ) -> None:
        there = Stage("live", faults=faults, latency=0.1, clock=VirtualClock(interrupt_at=EPOCH + 4))

        played = there.play(STABLE)

        assert played.result == "interrupted"
        assert "alias stable may point nowhere (version 1 held it before)" in played.outputs["message"]
        repair = f'to repair the alias, send `PATCH /management/v1/{MODEL.format(2)} with {{"version_aliases": '
        assert repair in played.outputs["message"]

    def test_while_it_is_put_back_it_says_so_as_well(self) -> None:
        there = Stage("live", faults=["aliases:2-=503"], latency=0.1, clock=VirtualClock(interrupt_at=EPOCH + 40))

        played = there.play(STABLE)

        assert played.result == "interrupted"
        reason = "aliases of version 2: HTTP 503 Service Unavailable: deployment"
        told = (
            f"while putting alias stable back, and alias stable may point nowhere (version 1 held it before): {reason}"
        )
        assert told in played.outputs["message"]


@pytest.mark.parametrize("calls", ["2-5", "2-6", "2-7"])
def test_putting_it_back_is_tried_as_often_however_often_the_move_was_turned_away(calls: str) -> None:
    played = Stage("live", faults=[f"aliases:{calls}=429"], latency=0.3).play({"poll-interval": "5s"} | STABLE)

    assert aliases(played)[1] == ("stable",) or aliases(played)[2][-1] == "stable"
    assert played.seconds < 87  # 20 s for the half that fails, 60 s for putting it back, and the calls themselves


def test_a_key_that_is_refused_in_mid_move_puts_the_alias_back_at_once() -> None:
    class Revoked(Aliases):
        def patched(self, version: str, wanted: list[str]) -> Any:
            return Reply(403) if version == "2" else super().patched(version, wanted)

    api = Revoked()

    played = api.play()

    assert (played.result, api.held["1"]) == ("promotion-failed", ["lts", "stable"])
    assert played.seconds < 5


def test_an_alias_stays_when_another_version_has_taken_the_endpoint_meanwhile() -> None:
    done: list[float] = []

    def more(age: float | None) -> list[dict[str, Any]]:
        done.extend([age] if age is not None and age >= 60 else [])
        return [presented.entry("3", "complete", -70, EPOCH)] if len(done) > 1 else []

    there = presented.api(more=more)

    played = there.play(promote_aliases="stable")

    assert played.result == "superseded"
    assert "serves version 3" in played.outputs["message"]


def test_nothing_is_taken_from_a_holder_that_is_not_known_by_its_integer() -> None:
    def by_alias(reply: dict[str, Any], ref: str) -> dict[str, Any]:
        return reply | {"name": MODEL.format(ref)} if ref == "stable" else reply

    played = presented.api(version=by_alias).play(promote_aliases="stable")

    assert played.result == "promotion-failed"
    assert "does not tell the integer of the version that is named stable" in played.outputs["message"]


class TestPromotion:
    def test_aliases_move_and_no_other_is_touched(self) -> None:
        played = play("live", {"promote-aliases": "stable, canary\nv2"})

        assert played.result == "unchanged"
        assert aliases(played) == {1: (), 2: ("production", "v2", "stable", "canary"), 3: ("candidate",)}

    def test_what_is_there_already_needs_no_call(self) -> None:
        played = play("live", {"promote-aliases": "production"})

        assert played.result == "unchanged"
        assert {request.method for request in played.world.requests} == {"GET"}

    @pytest.mark.parametrize("which", ["1", "2"])
    @pytest.mark.parametrize("fault", ["503", "503-after", "reset-before", "reset-after", "truncated", "429"])
    def test_either_half_is_repeated_safely(self, which: str, fault: str) -> None:
        played = play("live", {"promote-aliases": "stable"}, f"aliases:{which}={fault}")

        assert played.result == "unchanged"
        assert aliases(played) == {1: (), 2: ("production", "v2", "stable"), 3: ("candidate",)}

    def test_if_the_second_half_is_refused_the_first_is_undone(self) -> None:
        played = play("live", {"promote-aliases": "stable"}, "aliases:2=403")

        assert played.result == "promotion-failed"
        assert "alias stable is back at version 1" in played.outputs["message"]
        assert aliases(played) == {1: ("stable",), 2: ("production", "v2"), 3: ("candidate",)}

    def test_if_neither_half_can_be_completed_the_message_has_the_call_that_repairs_it(self) -> None:
        played = play("live", {"promote-aliases": "stable"}, "aliases:2-=503")

        assert played.result == "promotion-failed"
        assert 'versions/2 with {"version_aliases": ["production", "v2", "stable"]}' in played.outputs["message"]
        assert aliases(played)[1] == ()

    def test_a_list_that_is_not_told_is_not_replaced(self) -> None:
        played = play(
            "live", {"promote-aliases": "stable", "timeout": "1m"}, "version:2-=missing;field=version_aliases"
        )

        assert played.result == "promotion-failed"
        assert {request.method for request in played.world.requests} == {"GET"}

    def test_an_interrupt_between_the_halves_is_held_back(self) -> None:
        at = Stage("live", latency=1.0)
        at.clock.interrupt_at = EPOCH + 9.5  # seven calls and 2 s come before the second half

        played = at.play({"promote-aliases": "stable"})

        assert aliases(played)[2] == ("production", "v2", "stable")
        assert played.seconds < 16

    def test_an_interrupt_is_held_back_for_six_seconds_only(self) -> None:
        at = Stage("live", faults=["aliases:2-=503"], latency=0.1)
        at.clock.interrupt_at = EPOCH + 4

        played = at.play({"promote-aliases": "stable"})

        assert played.result == "interrupted"
        assert "alias stable may point nowhere" in played.outputs["message"]
        assert played.seconds < 10.8
