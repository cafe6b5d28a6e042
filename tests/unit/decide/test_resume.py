"""How to go on with a deployment that was left behind: what is said is true in that situation."""

from cerebras_deploy.api.status import NO_WORD, Status, Unknown
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.resume import keep_waiting, resume
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from helpers import make
from helpers.known import UUID, following
from helpers.stage import HELLO, Stage

WAIT = f"set `deployment-id: {UUID}` to keep waiting"
TEACH = "`status-words: live=…` to the status that it means, and "


def test_one_that_is_done_goes_on_from_there() -> None:
    again = "re-run the step to continue from there, without another deployment"

    assert [resume(following(Progress(status))) for status in (Status.DONE, Status.IN_PROGRESS)] == [again, WAIT]


def test_where_a_re_run_would_deploy_again_none_is_advised() -> None:
    there = Stage("healthy", faults=["chat:*=401"], latency=0.1)
    refused = there.play(HELLO | {"if-current": "deploy"})
    id_ = refused.outputs["deployment-id"]
    there.world.faults.clear()
    there.world.faults.add("chat:*=html")

    unanswered = there.play(HELLO | {"model": "", "alias": "", "deployment-id": id_})
    redone = there.play(HELLO | {"if-current": "deploy"})

    assert f"Set `deployment-id: {id_}` to continue from there, without another deployment." in refused.told
    assert (unanswered.outputs["deployment-id"], unanswered.outputs["changed"]) == (id_, "false")
    assert "\nNext: Re-run the step to ask again.\n" in unanswered.told
    assert f"\nNext: Set `deployment-id: {redone.outputs['deployment-id']}` to ask again.\n" in redone.told


def test_a_word_that_is_not_known_is_taught_first_and_a_missing_one_cannot_be() -> None:
    assert keep_waiting(following(Progress(Unknown("live")))) == f"set {TEACH}{WAIT.removeprefix('set ')}"
    assert keep_waiting(following(Progress(NO_WORD))) == WAIT


def test_one_that_the_workflow_names_is_not_named_again() -> None:
    facts = Facts(endpoint=make.ENDPOINT)
    facts.attached(Track(Target(UUID, by_id=True)), 0)
    unlisted = keep_waiting(facts)
    facts.saw_endpoint(make.endpoint(f"{UUID} 2 live 20"), 1)

    assert unlisted == "re-run the step to keep waiting"
    assert keep_waiting(facts) == f"set {TEACH}re-run the step to keep waiting"


def test_a_rollbacks_is_of_another_version_and_not_to_be_rolled_back_itself() -> None:
    replacing = following()
    replacing.replaces(make.entry("bad 3 complete 5"), make.version())
    instead = f"`deployment-id: {UUID}` in place of `model` and `alias` to keep waiting"

    assert keep_waiting(following(), is_back=True) == f"set {instead}"
    assert keep_waiting(replacing) == f"set `operation: deploy` and {instead}"


def test_the_word_is_told_as_it_came_so_that_a_key_in_it_can_be_blanked() -> None:
    assert "`status-words: Bearer csk-4f9A=…`" in keep_waiting(following(Progress(Unknown("Bearer csk-4f9A"))))
