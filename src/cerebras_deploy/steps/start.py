"""Looks until the plan can be carried out, and starts the rollout, or finds that there is none to start."""

from typing import assert_never

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.status import Unknown
from cerebras_deploy.decide.entries import deployment_of, doubts, live, serves, unknown_and_old
from cerebras_deploy.decide.plan import Attach, Deploy, NotPossible, Unchanged, WaitFirst
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.schedule import Rhythm
from cerebras_deploy.errors import refused
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.follow import attach
from cerebras_deploy.steps.inference import try_key
from cerebras_deploy.steps.look import Look, look_at, plan_for
from cerebras_deploy.steps.submit import Submission
from cerebras_deploy.steps.waiting import Agreement, Waiting
from cerebras_deploy.text import capitalized, sentence


def start(context: Context) -> None:
    """Look until the plan can be carried out, then do so. After it, the facts have the deployment."""
    starting = _Starting(context)
    look = context.patience.read(lambda: look_at(context))
    try_key(context)
    while not starting.carried_out(look):
        look = context.patience.read_next(lambda: look_at(context), starting.rhythm)


class _Starting:
    """What successive looks have shown, as far as the next one depends on it. Times are on the clock, in seconds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._submission, self._waiting = Submission(context), Waiting(context)
        self._agreement = Agreement()
        self.rhythm = Rhythm.BASE  # of the next look

    def carried_out(self, look: Look) -> bool:
        """Carry the plan out, and return whether that was possible."""
        context, plan = self._context, plan_for(self._context, look)
        self._waiting.looked()
        _tell(context, look)
        self.rhythm = Rhythm.CONFIRM if isinstance(plan, Unchanged) else Rhythm.BASE
        stands = self._agreement.stands(plan.live.id if isinstance(plan, Unchanged) else "", context.facts.seen_at)
        match plan:
            case Unchanged(entry):
                if stands:
                    context.facts.found_live(entry)
                return stands
            case Attach(entry):
                attach(context, entry)
            case Deploy():
                return self._deployed(look)
            case WaitFirst(entry):
                self._wait_first(look, entry)
                return False
            case NotPossible(reason, hint):
                raise refused(reason, hint)
            case never:
                assert_never(never)
        return True

    def _deployed(self, look: Look) -> bool:
        """Send the deploy call, unless an earlier attempt's deployment may not be listed yet."""
        if self._waiting.is_too_early() or self._compared():
            self.rhythm = Rhythm.CONFIRM
            return False
        self._context.facts.wait_for("")
        return self._submission.send(look)

    def _compared(self) -> bool:
        """Ask the version that serves now, if the new one is to be compared. Return whether that took time."""
        suite, serving, facts = self._context.suite, self._context.facts.serving.entry, self._context.facts
        if suite is None or suite.max_slowdown is None:
            return False
        if serving is None:
            facts.nothing_to_compare()
            return False
        if facts.before_of == serving.id:
            return False
        from cerebras_deploy.steps.suite import ask_all_before  # noqa: PLC0415 - few runs compare

        ask_all_before(self._context, suite, serving.id)
        return True

    def _wait_first(self, look: Look, entry: DeployedModel | None) -> None:
        if entry:
            self._waiting.for_rollout(entry)
        else:
            self._waiting.for_weights(look.version)


def _tell(context: Context, look: Look) -> None:
    """Say once what is to be done, and what the log's reader might wonder about."""
    facts, entries = context.facts, look.endpoint.deployed_models
    context.journal.heading(f"Deploy {facts.what} to {facts.endpoint}. Serving now: {facts.serving.text}.")
    for entry in unknown_and_old(entries):
        word = entry.status.word if isinstance(entry.status, Unknown) else ""
        state = sentence(f"{deployment_of(entry)} is {Progress.of_entry(entry)}")
        text = f"{state} It doesn't block this rollout. {context.teach(entry)}"
        context.journal.warn_once("Unrecognized rollout state", text, about=f"word {word}")
    now = live(entries)
    if now and serves(now, look.version.model) and (doubt := doubts(look.endpoint, now)):
        text = f"{capitalized(doubt)}, so {facts.what} doesn't count as live already."
        if context.journal.first(text):
            context.journal.say(text)
