"""Promotion, in whole runs: an alias is where the step says that it is, and no other alias is touched."""

from typing import Any

import pytest

from helpers import presented
from helpers.aliases import CURL, Aliases
from helpers.forged import MODEL, OURS, Forged, Reply, call_of, entry
from helpers.forged import stage as forged_stage
from helpers.stage import EPOCH, Played, Stage, VirtualClock, play

STABLE = {"promote-aliases": "stable"}


def aliases(played: Played) -> dict[int, tuple[str, ...]]:
    return {one.number: one.aliases for one in played.world.registry.known("gpt-oss-120b")}


class TestMoving:
    def test_one_call_takes_it_away_and_one_gives_it_and_no_other_alias_is_lost(self) -> None:
        api = Aliases()

        played = api.play()

        assert played.result == "unchanged"
        assert api.patches == [("1", ["lts"]), ("2", ["production", "stable"])]
        assert "\nAliases: stable: version 1 → version 2\n" in played.told

    def test_a_list_of_all_versions_is_read_just_before_each_call_and_after_it(self) -> None:
        api = Aliases()

        api.play()

        calls = [call_of(request) for request in api.api.requests]
        assert calls[-5:] == ["versions", "aliases", "versions", "aliases", "versions"]

    def test_it_is_told_before_the_first_call(self) -> None:
        class Silent(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                raise RuntimeError(f"killed at {number} {wanted}")

        assert "Moving alias stable from version 1 to version 2." in Silent().play().text
        assert "Moving alias canary from unassigned to version 2." in Silent().play(promote_aliases="canary").text

    def test_several_are_moved_in_their_order_and_each_is_told(self) -> None:
        api = Aliases()

        played = api.play(promote_aliases="lts,stable,production,canary")

        assert api.held == {"1": [], "2": ["production", "lts", "stable", "canary"], "3": ["candidate"]}
        moved = ["lts: version 1 → version 2", "stable: version 1 → version 2"]
        moved += ["production: already on version 2", "canary: unassigned → version 2"]
        for line in moved:
            assert f"Alias {line}.\n" in played.text
        assert f"\nAliases: {', '.join(moved)}\n" in played.told

    def test_if_one_of_several_fails_it_says_what_became_of_the_others(self) -> None:
        class Down(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                no = Reply(403, body=b'{"message": "No"}')
                return no if "stable" not in wanted and number == "1" else super().patched(number, wanted)

        played = Down().play(promote_aliases="lts,stable,canary,candidate")

        assert played.result == "promotion-failed"
        assert (
            "alias stable is still on version 1, which held it before. Moving it failed: aliases of version 1: HTTP 403"
            in played.text
        )
        assert "; not tried: canary, candidate\nAliases: lts: version 1 → version 2\n" in played.told
        assert "\nNext: Check that the private preview is enabled for the key's organization, and " in played.told

    def test_a_bug_between_the_halves_leaves_the_alias_where_it_was(self) -> None:
        class Strange(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if number == "2":
                    raise RuntimeError("not thought of")
                return super().patched(number, wanted)

        api = Strange()

        played = api.play()

        assert (played.result, api.held["1"]) == ("promotion-failed", ["lts", "stable"])
        assert "alias stable is back on version 1, which held it before. Moving it failed: bug in the action: " in (
            played.told
        )
        assert "RuntimeError: not thought of" in played.told

    def test_a_bug_that_is_in_the_way_back_too_is_told_with_what_repairs_it(self) -> None:
        class Strange(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if self.patches[:-1]:
                    raise RuntimeError("not thought of")
                return super().patched(number, wanted)

        played = Strange().play()

        assert played.result == "promotion-failed"
        assert "alias stable may be unassigned (version 1 held it before). Moving it failed: bug in" in played.told
        assert ". Putting it back failed: bug in the action: RuntimeError: not thought of" in played.told
        assert CURL in played.told


class TestAFreeAlias:
    def test_it_is_an_answer_and_no_outage(self) -> None:
        played = Stage("live", latency=9.0).play({"promote-aliases": "canary"})

        assert played.result == "unchanged"
        assert "Alias canary: unassigned → version 2.\n" in played.text
        assert "answering again" not in played.text
        assert "0 of them failed" in played.summary

    def test_one_that_cannot_be_set_fails_the_step_and_is_told(self) -> None:
        played = Stage("live", faults=["aliases:1-=403"]).play({"promote-aliases": "canary"})

        assert (played.result, played.exit_code) == ("promotion-failed", 1)
        assert (
            "alias canary may be unassigned (no version was listed with it before). Moving it failed: " in played.told
        )
        assert f"""{CURL}'{{"version_aliases": ["production", "v2", "canary"]}}'""" in played.told
        assert "free → version 2" not in played.text
        assert played.told.startswith("Deployed, but alias canary may be unassigned: ")

    @pytest.mark.parametrize("status", ["401", "403", "404", "422"])
    def test_a_list_that_is_refused_does_not_mean_that_it_is_free(self, status: str) -> None:
        played = Stage("live", faults=[f"versions:*={status}"]).play(STABLE)

        assert played.result == "promotion-failed"
        assert f"alias stable was not moved: versions of gpt-oss-120b: HTTP {status}" in played.told
        assert {request.method for request in played.world.requests} == {"GET"}


@pytest.mark.parametrize(("wanted", "result"), [("", "succeeded"), ("stable", "promotion-failed")])
def test_followed_by_id_with_a_model_that_is_no_name_only_promotion_fails(wanted: str, result: str) -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        nameless = entry(OURS, "2", "complete", 2) | {"model": "weights.bin"}
        return whole | {"deployed_models": [nameless]} if call == "endpoint" else whole

    api = Forged(edit)
    by_id = {"model": "", "alias": "", "deployment-id": OURS, "promote-aliases": wanted}

    played = forged_stage(api).play(by_id)

    assert (played.result, api.calls["aliases"]) == (result, 0)
    assert ("Reason: the integer ID of the deployed version is unknown\n" in played.told) == (
        result == "promotion-failed"
    )


@pytest.mark.parametrize("holder", ["2", "3"], ids=["that is where it was", "that has moved since"])
def test_followed_by_id_and_listed_by_an_alias_nothing_is_promoted(holder: str) -> None:
    class Named(Aliases):
        def __init__(self) -> None:
            super().__init__()
            usual = self.api.edit

            def edit(call: str, number: int, whole: Any) -> Any:
                said: Any = usual(call, number, whole)
                by_alias = entry(OURS, "2", "complete", 2) | {"model": MODEL.format("production")}
                return said | {"deployed_models": [by_alias]} if call == "endpoint" else said

            self.api.edit = edit

    api = Named()
    api.held |= {"2": [], "3": []}
    api.held[holder] = ["production"]
    held = dict(api.held)

    played = api.play(model="", alias="", deployment_id=OURS)

    assert (played.result, api.patches, api.held) == ("promotion-failed", [], held)
    assert "Reason: the integer ID of the deployed version is unknown\n" in played.told


class TestTimeLimits:
    @pytest.mark.parametrize(("half", "least", "most"), [("1", 20, 40), ("2", 20, 60)])
    def test_either_half_is_tried_for_20_s(self, half: str, least: float, most: float) -> None:
        class Down(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                down = number == half and wanted != ["lts", "stable"]
                return Reply(503) if down else super().patched(number, wanted)

        api = Down()

        played = api.play()

        assert played.result == "promotion-failed"
        assert least <= played.seconds < most
        assert "stable" in api.held["1"]

    @pytest.mark.parametrize(("timeout", "result"), [("29s", "promotion-failed"), ("33s", "unchanged")])
    def test_a_move_starts_with_30_s_left_only(self, timeout: str, result: str) -> None:
        api = Aliases()

        played = api.play(timeout=timeout)

        assert (played.result, len(api.patches)) == (result, 2 if result == "unchanged" else 0)
        if result == "promotion-failed":
            told = (
                "alias stable was not moved, it is at version 1: a move takes up to 30s, and the timeout is reached in"
            )
            assert told in played.told
            assert "Next: Set a longer `timeout`, and re-run the step." in played.told

    def test_what_needs_no_move_needs_no_time(self) -> None:
        assert Aliases().play(timeout="10s", promote_aliases="production").result == "unchanged"

    def test_stopped_by_the_deadline_it_is_promotion_that_failed(self) -> None:
        class Away(Aliases):
            def listed(self) -> Any:
                return Reply(503)

        played = Away().play(timeout="40s")

        assert played.result == "promotion-failed"
        assert "Reason: alias stable was not moved before the timeout: the last read failed: " in played.told
        assert "Next: Set a longer `timeout`" in played.told

    @pytest.mark.parametrize(("well_after", "end"), [(45.0, "is back on version 1"), (200.0, "may be unassigned")])
    def test_it_is_put_back_past_the_deadline_for_a_minute_at_most(self, well_after: float, end: str) -> None:
        class Down(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                now = self.stage.clock.now() - EPOCH
                down = now < 12 if number == "1" and wanted == ["lts"] else number == "2" or now < well_after
                return Reply(503) if down else super().patched(number, wanted)

        played = Down().play(timeout="33s")

        assert played.result == "promotion-failed"
        assert f"alias stable {end}" in played.told
        assert played.seconds < 33 + 60 + 5

    def test_the_first_half_is_not_tried_past_the_deadline(self) -> None:
        class Down(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                is_well = wanted == ["lts"] and self.stage.clock.now() - EPOCH >= 20
                return super().patched(number, wanted) if is_well else Reply(503)

        assert Down().play(timeout="33s").seconds < 33 + 60 + 5

    def test_putting_it_back_is_tried_for_a_minute_and_then_both_reasons_are_told(self) -> None:
        class Down(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if (number, wanted) == ("1", ["lts"]):
                    return super().patched(number, wanted)
                return Reply(503 if number == "2" else 502)

        played = Down().play()

        assert 80 <= played.seconds < 100
        failed = "aliases of version {}: HTTP {}"
        why = f"{failed.format(2, '503 Service Unavailable')}. Putting it back failed: "
        why += failed.format(1, "502 Bad Gateway")
        assert f"alias stable may be unassigned (version 1 held it before). Moving it failed: {why}" in played.told
        assert f"""{CURL}'{{"version_aliases": ["production", "stable"]}}'""" in played.told


class TestCanceled:
    def test_before_an_alias_moves_it_says_what_was_cut_off(self) -> None:
        there = Stage("live", clock=VirtualClock(interrupt_at=EPOCH + 6.5), latency=1.0)

        played = there.play(STABLE)

        assert played.result == "interrupted"
        assert "Reason: the step was moving alias stable\n" in played.told
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
        assert "alias stable may be unassigned (version 1 held it before)" in played.told
        repair = f"""Next: Run this command to set the aliases of version 2: `{CURL}'{{"version_aliases": ["""
        assert repair in played.told

    def test_while_it_is_put_back_it_says_so_as_well(self) -> None:
        there = Stage("live", faults=["aliases:2-=503"], latency=0.1, clock=VirtualClock(interrupt_at=EPOCH + 40))

        played = there.play(STABLE)

        assert played.result == "interrupted"
        reason = "aliases of version 2: HTTP 503 Service Unavailable\n"
        where = "alias stable may be unassigned (version 1 held it before)"
        assert (
            f"\nReason: the step was putting alias stable back, and {where}. Moving it failed: {reason}" in played.told
        )


@pytest.mark.parametrize("calls", ["2-5", "2-6", "2-7"])
def test_putting_it_back_is_tried_as_often_however_often_the_move_was_turned_away(calls: str) -> None:
    played = Stage("live", faults=[f"aliases:{calls}=429"], latency=0.3).play({"poll-interval": "5s"} | STABLE)

    assert aliases(played)[1] == ("stable",) or aliases(played)[2][-1] == "stable"
    assert played.seconds < 87  # 20 s for the half that fails, 60 s for putting it back, and the calls themselves


def test_a_key_that_is_refused_in_mid_move_puts_the_alias_back_at_once() -> None:
    class Revoked(Aliases):
        def patched(self, number: str, wanted: list[str]) -> Any:
            return Reply(403) if number == "2" else super().patched(number, wanted)

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
    assert "\nServing now: version 3.\n" in played.told


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
        assert "alias stable is back on version 1" in played.told
        assert aliases(played) == {1: ("stable",), 2: ("production", "v2"), 3: ("candidate",)}

    def test_if_neither_half_can_be_completed_the_message_has_the_call_that_repairs_it(self) -> None:
        played = play("live", {"promote-aliases": "stable"}, "aliases:2-=503")

        assert played.result == "promotion-failed"
        assert f"""{CURL}'{{"version_aliases": ["production", "v2", "stable"]}}'`""" in played.told
        assert aliases(played)[1] == ()

    def test_a_list_that_is_not_told_is_not_replaced(self) -> None:
        played = play(
            "live", {"promote-aliases": "stable", "timeout": "1m"}, "versions:*=missing;field=version_aliases"
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
        assert "alias stable may be unassigned" in played.told
        assert played.seconds < 10.8
