"""Looking until the plan can be carried out, in whole runs: what is waited for, how long, and what is told of it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helpers import presented
from helpers.forged import ENDPOINT, MODEL
from helpers.presented import HOUR, Api, Entry, entry
from helpers.stage import EPOCH, Played, Stage

WHAT = "gpt-oss-120b version 2 (alias production)"
AGAIN = {"GITHUB_RUN_ATTEMPT": "2"}  # the environment of a re-run
THIRD = "33333333-3333-4333-8333-333333333333"


def listing(script: Callable[[float], list[Entry]], **more: Any) -> Api:
    """An endpoint that lists version 1, live, and what the script says at those seconds; ours after its deploy call."""

    def others(_: float | None) -> list[Entry]:
        return script(there.stage.clock.now() - EPOCH)

    there = presented.api(more=others, **more)
    return there


def deployed_at(there: Api) -> float | None:
    """When the first deploy call was sent, in seconds of the run."""
    return there.deployed[0] - EPOCH if there.deployed else None


def live(age: float = HOUR / 2, digit: str = "2") -> Entry:
    """Version 2, live for so long."""
    return entry(digit, "complete", age, EPOCH, model=MODEL.format("2"))


CANCELLED = entry("3", "cancelled", 10, EPOCH)  # before its first replica


def heading(played: Played) -> str:
    return next(line for line in played.text.splitlines() if line.startswith("Deploy "))


class TestLiveAlready:
    """One look alone may come from a server that lags behind."""

    def test_two_looks_two_seconds_apart_have_to_agree(self) -> None:
        there = listing(lambda _: [live()])

        played = there.play(poll_interval="1m")

        assert (played.result, there.deployed_versions) == ("unchanged", [])
        assert there.reads == 2
        assert 2 <= played.seconds <= 15

    def test_looks_within_two_seconds_are_one(self) -> None:
        there = listing(lambda _: [live()])

        played = there.play(poll_interval="500ms")

        assert played.result == "unchanged"
        assert there.reads > 3
        assert 2 <= played.seconds < 3

    def test_what_one_look_alone_shows_live_is_deployed(self) -> None:
        there = listing(lambda now: [live()] if now == 0 else [])

        played = there.play()

        assert (played.result, there.deployed_versions) == ("succeeded", ["2"])

    @pytest.mark.parametrize(
        ("looks", "reads", "seconds"),
        [
            ([[live()], [live(), entry("3", "in_progress", 10, EPOCH)], [live(), CANCELLED]], 4, 5 + 30 + 5),
            ([[live()], [live(digit="4")]], 3, 5 + 5),
        ],
        ids=["another rollout is seen between them", "it is another deployment of that version"],
    )
    def test_looks_that_do_not_agree_count_for_nothing(
        self, looks: list[list[Entry]], reads: int, seconds: float
    ) -> None:
        there = listing(lambda _: looks[min(there.reads, len(looks) - 1)])

        played = there.play(poll_interval="30s")  # and five seconds while a second look is to agree with the first

        assert (played.result, there.deployed_versions, there.reads) == ("unchanged", [], reads)
        assert played.seconds == pytest.approx(seconds, rel=0.1)


class TestWaitingFirst:
    def test_the_deploy_call_is_sent_when_the_weights_are_there(self) -> None:
        stage = Stage("weights-syncing")

        played = stage.play()

        assert played.result == "succeeded"
        sent = next(request.time for request in stage.world.requests if request.method == "POST") - EPOCH
        assert 60 <= sent < 66
        for word in ("queued", "in_progress"):
            assert f"Waiting for the weights of version 2 to sync: {word}\n" in played.text
            assert f"| Before: `waiting for the weights of version 2 to sync: {word}` |" in played.summary
        assert "    section Before\n    weights :active, 2001-01-01 00:00:00, 6" in played.summary

    def test_a_re_run_looks_five_times_however_long_the_weights_take(self) -> None:
        stage = Stage("weights-syncing")

        stage.play({"timeout": "20m", "poll-interval": "1m"}, env=AGAIN)

        methods = [request.method for request in stage.world.requests if "/endpoints/" in request.path]
        assert methods.index("POST") >= 5

    def test_weights_without_a_word_are_waited_for_too(self) -> None:
        def version(whole: dict[str, Any], _: str) -> Any:
            is_there = there.stage.clock.now() >= EPOCH + 30
            return whole if is_there else whole | {"done": False, "response": {"version_aliases": []}}

        there = presented.api(version=version)

        assert "Waiting for the weights of version 2 to sync: not reported by the API\n" in there.play().text
        assert 30 <= (deployed_at(there) or 0) < 36

    def test_another_rollout_is_waited_for_however_long_it_takes_in_known_words(self) -> None:
        def script(now: float) -> list[Entry]:
            return [entry("3", "in_progress" if now < 700 else "complete", 10, EPOCH)]

        there = listing(script)

        played = there.play(timeout="1h")

        assert played.result == "succeeded"
        assert 700 <= (deployed_at(there) or 0) < 706
        assert f"Waiting for deployment {THIRD} (version 3): in progress\n" in played.text
        assert "    section Before\n    another rollout :active, 2001-01-01 00:00:00, 70" in played.summary

    def test_a_timeout_says_what_was_waited_for(self) -> None:
        there = listing(lambda _: [entry("3", "in_progress", 10, EPOCH)])

        told = there.play(timeout="2m").told

        assert told.startswith("Timed out, nothing deployed: ")
        assert f"\nReason: the step was waiting for deployment {THIRD} (version 3): in progress\n" in told

    def test_a_timeout_after_the_wait_does_not_say_so(self) -> None:
        rolling = [entry("3", "in_progress", 10, EPOCH)]
        throttled = {"deploy": lambda *_: httpx.Response(429), "ours": lambda _: None}
        there = listing(lambda now: rolling if now < 60 else [], **throttled)

        played = there.play(timeout="2m")

        assert (played.result, there.deployed_versions[:1]) == ("timed-out", ["2"])
        assert "waiting for" not in played.told


class TestAnUnknownWord:
    """It may mean a rollout or not: it is waited for, but not for ever."""

    WORD = "warming_up"

    def play(self, script: Callable[[float], Entry]) -> tuple[Api, Played]:
        there = listing(lambda now: [script(now)])
        return there, there.play(timeout="1h")

    def unknown(self, **more: Any) -> Entry:
        return entry("3", self.WORD, 10, EPOCH, **more)

    def test_after_ten_minutes_without_a_change_it_is_refused(self) -> None:
        there, played = self.play(lambda _: self.unknown())

        assert (played.result, there.deployed_versions) == ("refused", [])
        assert 600 <= played.seconds < 606
        assert played.told == (
            f"Not deployed: {ENDPOINT}\nNothing was deployed to {ENDPOINT}.\nServing now: unclear.\n"
            f"Reason: deployment {THIRD} (version 3) is in unrecognized state `warming_up`, "
            "and nothing has changed for 10 minutes\n"
            "Next: Set `status-words: warming_up=…` to the status that it means, "
            "or set `if-busy: queue` to deploy at once."
        )

    @pytest.mark.parametrize(
        "other",
        [
            {"state": "cooling_down"},
            {"rollout_replicas_updated": 1},
            {"rollout_total_replicas": 9},
            {"state": "queued"},
        ],
        ids=str,
    )
    def test_a_change_begins_the_ten_minutes_anew(self, other: Entry) -> None:
        counts = {"rollout_replicas_updated": 0, "rollout_total_replicas": 8}

        _, played = self.play(lambda now: self.unknown(**counts) | (other if 300 <= now < 306 else {}))

        assert played.result == "refused"
        assert 904 <= played.seconds < 912

    def test_if_the_rollout_ends_within_them_ours_is_deployed(self) -> None:
        there, played = self.play(lambda now: self.unknown() if now < 590 else entry("3", "cancelled", 10, EPOCH))

        assert played.result == "succeeded"
        assert 590 <= (deployed_at(there) or 0) < 596

    def test_the_warning_comes_once_and_says_how_to_teach_the_word(self) -> None:
        def script(now: float) -> Entry:
            return self.unknown(rollout_replicas_updated=min(int(now) // 100, 3), rollout_total_replicas=8)

        _, played = self.play(script)

        (warning,) = [one for one in played.log.annotations if one.level == "warning"]
        assert warning.title == "Unrecognized rollout state"
        assert warning.message.startswith(
            f"Deployment {THIRD} (version 3) is in unrecognized state `warming_up`, 0 of 8 replicas updated. "
            "If it means that the rollout is done, set `status-words: warming_up=done`. "
        )

    def test_one_that_is_old_blocks_nothing_and_is_named(self) -> None:
        there = listing(lambda _: [entry("3", self.WORD, HOUR + 10, EPOCH)])

        played = there.play()

        assert (played.result, deployed_at(there)) == ("succeeded", 0)
        (warning,) = [one.message for one in played.log.annotations if one.title == "Unrecognized rollout state"]
        assert warning.startswith(
            f"Deployment {THIRD} (version 3) is in unrecognized state `warming_up`. It doesn't block this rollout. "
            "If it means that"
        )

    @pytest.mark.parametrize("words", [("a", "b"), ("a", "a")], ids=["two words", "one word"])
    def test_of_several_that_are_old_each_word_is_named_once(self, words: tuple[str, str]) -> None:
        there = listing(lambda _: [entry(number, w, HOUR + 10, EPOCH) for number, w in zip("34", words, strict=True)])

        told = [one for one in there.play().log.annotations if one.title == "Unrecognized rollout state"]

        assert len(told) == len(set(words))


class TestARerun:
    """An earlier attempt may have made the deploy call, and its deployment may not be listed yet."""

    @pytest.mark.parametrize(("interval", "at_least", "at_most"), [("1s", 20, 21.2), ("5s", 20, 22.2), ("10m", 20, 26)])
    def test_it_looks_five_times_and_for_20_s_before_its_first_deploy_call(
        self, interval: str, at_least: float, at_most: float
    ) -> None:
        looked: list[int] = []

        def deploy(reply: Any, _: int) -> Any:
            looked.append(there.reads)
            return reply

        there = presented.api(deploy=deploy)

        played = there.stage.play({"timeout": "20m", "poll-interval": interval}, env=AGAIN)

        assert (played.result, there.deployed_versions) == ("succeeded", ["2"])
        assert at_least <= (deployed_at(there) or 0) <= at_most
        assert looked[0] >= 5
        assert (
            played.text.count("This is a re-run. Looking for a deployment of the earlier attempt for 20 s first.") == 1
        )

    def test_a_first_attempt_deploys_at_once(self) -> None:
        there = presented.api()

        played = there.play()

        assert deployed_at(there) == 0
        assert "re-run" not in played.text

    def test_one_that_has_waited_for_the_weights_has_looked_for_long_enough(self) -> None:
        stage = Stage("weights-syncing")

        played = stage.play(env=AGAIN)

        sent = next(request.time for request in stage.world.requests if request.method == "POST") - EPOCH
        assert 60 <= sent < 66
        assert "re-run" not in played.text


class TestWhatIsTold:
    def test_the_log_begins_with_what_is_to_be_done_and_what_the_endpoint_serves(self) -> None:
        played, first = Stage().play(), Stage("first-deployment").play()

        assert (played.result, first.result) == ("succeeded", "succeeded")
        assert heading(played) == f"Deploy {WHAT} to {ENDPOINT}. Serving now: version 1."
        assert heading(first) == f"Deploy {WHAT} to {ENDPOINT}. Serving now: no version."

    def test_why_a_version_is_not_taken_for_live_already_is_told_once(self) -> None:
        # It has replaced a replica, so that nobody knows what the endpoint serves.
        begun = entry("3", "cancelled", 10, EPOCH, rollout_replicas_updated=1)
        there = listing(lambda _: [live(), begun])

        played = there.stage.play({"timeout": "20m"}, env=AGAIN)

        assert (played.result, there.deployed_versions) == ("succeeded", ["2"])
        doubt = f"Deployment {THIRD} (version 3) may be newer, and may have changed the endpoint"
        assert played.text.count(f"{doubt}, so {WHAT} doesn't count as live already.\n") == 1

    def test_it_is_not_told_while_another_version_is_live(self) -> None:
        begun = entry("3", "cancelled", 10, EPOCH, rollout_replicas_updated=1)

        assert "count as live already" not in listing(lambda _: [begun]).play().text

    @pytest.mark.parametrize(
        ("scenario", "inputs", "reason", "hint"),
        [
            ("weights-failed", {}, "did not sync (failed)", "Next: Check the bucket and its policy"),
            ("busy", {"if-busy": "fail"}, "and `if-busy` is `fail`", "Next: Re-run the step when it has ended"),
        ],
    )
    def test_what_is_not_possible_is_refused_at_once_with_a_hint(
        self, scenario: str, inputs: dict[str, str], reason: str, hint: str
    ) -> None:
        played = Stage(scenario).play(inputs)

        assert (played.result, played.deploy_calls, played.seconds) == ("refused", 0, 0)
        assert reason in played.told
        assert hint in played.told


def test_a_rollout_of_this_version_is_attached_to_and_followed() -> None:
    def script(now: float) -> list[Entry]:
        return [entry("2", "in_progress" if now < 100 else "complete", 10, EPOCH)]

    there = listing(script)

    played = there.play()

    assert (played.result, there.deployed_versions) == ("succeeded", [])
    ours = script(0)[0]["id"]
    assert played.outputs["deployment-id"] == ours
    assert f"00:00  Following deployment {ours}, which already rolls out this version. In progress.\n" in played.text
    assert 100 <= played.seconds < 106


class TestAFirstReplyThatIsOldByItsOwnAge:
    """It is from ten minutes ago, while the endpoint has changed since."""

    def there(self, *, then: list[Entry], now: list[Entry], old_reads: int = 1) -> Api:
        def said(whole: dict[str, Any], number: int) -> Any:
            if number > old_reads:
                return whole | {"deployed_models": [*whole["deployed_models"], *now]}
            copy = whole | {"deployed_models": [*whole["deployed_models"], *then]}
            return httpx.Response(200, headers={"age": str(600 + 2 * number)}, json=copy)

        return presented.api(whole=said)

    def test_what_has_been_live_since_is_not_deployed_again(self) -> None:
        there = self.there(then=[], now=[live(500)])

        played = there.play()

        assert (played.result, there.deployed_versions) == ("unchanged", [])
        assert played.text.count(f"Ignored an outdated reply for endpoint {ENDPOINT}") == 1

    def test_what_was_rolling_out_then_refuses_nothing(self) -> None:
        there = self.there(then=[entry("3", "in_progress", 900, EPOCH)], now=[])

        assert (there.play(if_busy="fail").result, there.deployed_versions) == ("succeeded", ["2"])

    def test_nothing_is_replaced_by_it(self) -> None:
        there = self.there(then=[live(1800)], now=[live(1800), entry("3", "complete", 500, EPOCH)])

        assert (there.play(operation="rollback").result, there.deployed_versions) == ("unchanged", [])

    def test_a_dry_run_waits_for_another_one(self) -> None:
        there = self.there(then=[], now=[live(500)])

        assert there.play(dry_run="true").outputs["plan"] == "none"

    def test_if_all_are_as_old_the_first_deployment_is_made_after_20_s(self) -> None:
        there = self.there(then=[], now=[])
        there.whole = lambda whole, _: httpx.Response(200, headers={"age": "15"}, json=whole)

        assert there.play().result == "succeeded"
        assert 20 <= (deployed_at(there) or 0) < 30

    def test_if_it_is_always_the_same_copy_nothing_is_deployed(self) -> None:
        there = self.there(then=[], now=[], old_reads=9999)

        played = there.play(timeout="1m")

        assert (played.result, there.deployed_versions) == ("timed-out", [])
        assert "\nServing now: unknown.\n" in played.told
