"""What is written and what is not, in whole runs: somebody else writes too, and the API may not say enough."""

from typing import Any

import pytest

from helpers.aliases import CURL, Aliases
from helpers.forged import MODEL, Reply, version


class TestSomebodyElse:
    """Another writer changes aliases between two of our calls."""

    def test_an_alias_that_is_added_to_ours_before_a_call_is_repeated_is_kept(self) -> None:
        class Busy(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if number == "2" and len(self.patches) == 2:
                    self.held["2"].append("canary")
                    return Reply(503)
                return super().patched(number, wanted)

        api = Busy()

        assert api.play().result == "unchanged"
        assert api.held["2"] == ["production", "canary", "stable"]

    def test_an_alias_that_is_added_to_the_holder_before_a_call_is_repeated_is_kept(self) -> None:
        class Busy(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if len(self.patches) == 1:
                    self.held["1"].append("canary")
                    return Reply(503)
                return super().patched(number, wanted)

        api = Busy()

        assert api.play().result == "unchanged"
        assert api.held["1"] == ["lts", "canary"]

    def test_an_alias_that_is_added_between_the_halves_is_kept(self) -> None:
        class Busy(Aliases):
            def listed(self) -> Any:
                if self.lists == 2:
                    self.held["2"].append("canary")
                return super().listed()

        api = Busy()

        assert api.play().result == "unchanged"
        assert api.held["2"] == ["production", "canary", "stable"]

    def test_another_step_that_moves_it_to_ours_first_leaves_nothing_to_do(self) -> None:
        class Twin(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                said = super().patched(number, wanted)
                self.held["2"] = ["production", "stable"]
                return said

        api = Twin()

        played = api.play()

        assert (played.result, [number for number, _ in api.patches]) == ("unchanged", ["1"])
        assert "Alias stable: version 1 → version 2.\n" in played.text

    def test_a_refusal_is_no_failure_if_another_step_has_moved_it_to_ours_first(self) -> None:
        class Twin(Aliases):
            def patched(self, *_: Any) -> Any:
                self.held |= {"1": ["lts"], "2": ["production", "stable"]}
                return Reply(409)

        api = Twin()

        assert (api.play().result, api.patches) == ("unchanged", [("1", ["lts"])])

    def test_a_conflict_is_no_answer_even_if_what_explained_it_has_passed(self) -> None:
        class Brief(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                return Reply(409) if len(self.patches) == 1 else super().patched(number, wanted)

        api = Brief()

        assert api.play().result == "unchanged"
        assert api.patches == [("1", ["lts"]), ("1", ["lts"]), ("2", ["production", "stable"])]

    @pytest.mark.parametrize("status", [400, 422])
    def test_any_other_refusal_is_no_answer_if_the_list_has_changed_and_counts_if_it_has_not(self, status: int) -> None:
        class Busy(Aliases):
            is_changed = True

            def patched(self, number: str, wanted: list[str]) -> Any:
                if number == "2" and len(self.patches) == 2:
                    self.held["2"] += ["canary"] if self.is_changed else []
                    return Reply(status)
                return super().patched(number, wanted)

        busy, quiet = Busy(), Busy()
        quiet.is_changed = False

        assert busy.play().result == "unchanged"
        assert busy.held["2"] == ["production", "canary", "stable"]
        assert quiet.play().result == "promotion-failed"
        assert quiet.patches[1:] == [("2", ["production", "stable"]), ("1", ["lts", "stable"])]

    @pytest.mark.parametrize("after", [1, 2], ids=["before our second call", "as our second call is sent"])
    def test_a_third_version_that_is_given_it_meanwhile_keeps_it(self, after: int) -> None:
        class Rival(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                early = super().patched(number, wanted) if after == 1 else None
                if len(self.patches) == after:
                    self.held["3"] = ["candidate", "stable"]
                return early or super().patched(number, wanted)

        api = Rival()

        played = api.play()

        assert played.result == "promotion-failed"
        assert api.held == {"1": ["lts"], "2": ["production"], "3": ["candidate", "stable"]}
        told = (
            "Reason: alias stable was moved to version 3 by someone else\n"
            "Next: Check with whoever moved it, or re-run the step to move it to version 2."
        )
        assert told in played.told
        assert played.seconds < 5
        assert api.lists == after + 1  # what was seen is not looked up again

    def test_a_third_version_that_is_given_it_before_the_first_call_is_repeated_keeps_it(self) -> None:
        class Rival(Aliases):
            def patched(self, *_: Any) -> Any:
                self.held |= {"1": ["lts"], "3": ["candidate", "stable"]}
                return Reply(503)

        api = Rival()

        assert api.play().result == "promotion-failed"
        assert api.patches == [("1", ["lts"])]
        assert api.held["3"] == ["candidate", "stable"]

    def test_it_is_not_taken_a_second_time_from_the_version_that_it_was_put_back_to(self) -> None:
        class Stubborn(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                said = super().patched(number, wanted)
                self.held["1"] = ["lts", "stable"]
                return said

        api = Stubborn()

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [("1", ["lts"])])
        reason = "the version list shows alias stable on version 1 again"
        assert f"alias stable is back on version 1, which held it before. Moving it failed: {reason}" in played.told
        assert played.seconds >= 20

    def test_nor_if_the_reply_that_it_was_taken_was_lost(self) -> None:
        class Stubborn(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if number == "1":
                    super().patched(number, wanted)
                    return Reply(503)
                self.held["1"] = ["lts", "stable"]
                return {"version_aliases": wanted}

        api = Stubborn()

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [("1", ["lts"]), ("2", ["production", "stable"])])
        assert "the version list shows alias stable on version 1 again" in played.told

    def test_a_server_that_lags_behind_for_some_seconds_is_waited_for(self) -> None:
        class Lagging(Aliases):
            def listed(self) -> Any:
                said = super().listed()
                if self.lists in {2, 3}:
                    said["model_versions"][0] = version("1", ["stable", "lts"])
                return said

        api = Lagging()

        assert api.play().result == "unchanged"
        assert api.patches == [("1", ["lts"]), ("2", ["production", "stable"])]

    def test_one_that_is_taken_from_ours_after_all_is_told(self) -> None:
        class Rival(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                said = super().patched(number, wanted)
                if number == "2":
                    self.held |= {"2": ["production"], "3": ["candidate", "stable"]}
                return said

        api = Rival()

        played = api.play()

        assert played.result == "promotion-failed"
        assert "alias stable was moved to version 3 by someone else" in played.told

    def test_while_it_is_put_back_a_third_version_keeps_it_and_ours_is_a_success(self) -> None:
        class Late(Aliases):
            to = "3"

            def patched(self, number: str, wanted: list[str]) -> Any:
                if number == "2":
                    return Reply(503)
                if wanted == ["lts", "stable"]:
                    self.held[self.to] = [*self.held[self.to], "stable"]
                return super().patched(number, wanted)

        third, ours = Late(), Late()
        ours.to = "2"

        assert third.play().result == "promotion-failed"
        assert third.held["3"] == ["candidate", "stable"]
        assert ours.play().result == "unchanged"
        assert ours.held == {"1": ["lts"], "2": ["production", "stable"], "3": ["candidate"]}

    def test_while_it_is_put_back_a_third_version_may_get_it_just_after_our_call(self) -> None:
        class Rival(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if number == "2":
                    return Reply(503)
                said = super().patched(number, wanted)
                if "stable" in wanted:
                    self.held |= {"1": ["lts"], "3": ["candidate", "stable"]}
                return said

        api = Rival()

        played = api.play()

        assert played.result == "promotion-failed"
        assert api.held == {"1": ["lts"], "2": ["production"], "3": ["candidate", "stable"]}
        assert "Reason: alias stable was moved to version 3 by someone else\n" in played.told


class TestAReplyThatShowsAnotherList:
    def test_the_call_is_repeated_until_the_list_is_the_wanted_one(self) -> None:
        class Forgetful(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                if number == "2" and len(self.patches) < 4:
                    return {"version_aliases": self.held["2"]}
                return super().patched(number, wanted)

        api = Forgetful()

        assert api.play().result == "unchanged"
        assert api.held["2"] == ["production", "stable"]
        assert [number for number, _ in api.patches] == ["1", "2", "2", "2"]

    def test_if_it_never_is_the_alias_is_put_back(self) -> None:
        class Deaf(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                return {"version_aliases": ["production"]} if number == "2" else super().patched(number, wanted)

        api = Deaf()

        played = api.play()

        assert played.result == "promotion-failed"
        assert api.held["1"] == ["lts", "stable"]
        reason = "the aliases of version 2 are production after the request"
        assert f"alias stable is back on version 1, which held it before. Moving it failed: {reason}" in played.told
        assert "\nNext: Re-run the step.\n" in played.told

    def test_an_empty_list_is_told_as_none(self) -> None:
        class Empty(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                return {"version_aliases": []} if number == "2" else super().patched(number, wanted)

        assert "the aliases of version 2 are none after the request" in Empty().play().told

    def test_a_reply_that_is_right_is_not_enough_if_the_list_does_not_show_it(self) -> None:
        class Untrue(Aliases):
            def patched(self, number: str, wanted: list[str]) -> Any:
                return {"version_aliases": wanted} if number == "2" else super().patched(number, wanted)

        api = Untrue()

        played = api.play()

        assert (played.result, api.held["1"]) == ("promotion-failed", ["lts", "stable"])
        assert "the version list shows alias stable where it was before the request" in played.told


def untold(number: str) -> dict[str, Any]:
    return version(number, []) | {"response": {"sync_status": "done"}}


class TestAListThatIsNotClear:
    @pytest.mark.parametrize("number", ["1", "2"])
    def test_before_the_move_nothing_is_written(self, number: str) -> None:
        class Silent(Aliases):
            def listed(self) -> Any:
                whole = super().listed()
                whole["model_versions"][int(number) - 1] = untold(number)
                return whole

        api = Silent()

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [])
        told = f"alias stable was not moved: the version list does not tell the aliases of version {number}"
        assert f"\nReason: {told}\nNext: Re-run the step.\n" in played.told
        assert 20 <= played.seconds < 30

    @pytest.mark.parametrize("until", [2, 5])
    def test_it_is_read_again_and_the_first_clear_one_counts(self, until: int) -> None:
        class Unsure(Aliases):
            def listed(self) -> Any:
                whole = super().listed()
                if self.lists < until:
                    whole["model_versions"][0] = untold("1")
                return whole

        api = Unsure()

        assert api.play().result == "unchanged"
        assert api.patches == [("1", ["lts"]), ("2", ["production", "stable"])]

    def test_between_the_halves_it_is_not_replaced_by_an_empty_one(self) -> None:
        class Amnesic(Aliases):
            def listed(self) -> Any:
                whole = super().listed()
                if self.patches:
                    whole["model_versions"][:2] = [untold("1"), untold("2")]
                return whole

        api = Amnesic()

        played = api.play()

        assert played.result == "promotion-failed"
        assert api.patches == [("1", ["lts"])]
        assert "alias stable may be unassigned (version 1 held it before)" in played.told
        assert "the version list does not tell the aliases of version 1" in played.told
        assert f"""{CURL}'{{"version_aliases": ["production", "stable"]}}'""" in played.told

    def test_an_alias_at_two_versions_is_taken_from_neither(self) -> None:
        api = Aliases()
        api.held["3"].append("stable")

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [])
        assert "the version list has alias stable at versions 1 and 3 at once" in played.told

    def test_a_list_without_ours_gives_it_nothing(self) -> None:
        class Gone(Aliases):
            def listed(self) -> Any:
                return {"model_versions": super().listed()["model_versions"][:1]}

        api = Gone()

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [])
        assert "the version list does not tell the aliases of version 2" in played.told

    def test_nothing_is_taken_from_a_holder_that_is_not_known_by_its_integer(self) -> None:
        class Named(Aliases):
            def listed(self) -> Any:
                whole = super().listed()
                whole["model_versions"][0]["name"] = MODEL.format("stable")
                return whole

        api = Named()

        played = api.play()

        assert (played.result, api.patches) == ("promotion-failed", [])
        assert "the version list does not tell the integer of version stable" in played.told
