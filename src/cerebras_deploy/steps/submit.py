"""The one call that changes something. It is not idempotent, and the API has no idempotency key.

A call that surely did not arrive is sent again. One that may have arrived is looked for on the endpoint, and sent again
only when it surely did not.
"""

from http import HTTPStatus

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.operation import Operation
from cerebras_deploy.decide.entries import in_flight
from cerebras_deploy.decide.lost_call import LostCall
from cerebras_deploy.errors import CallError, Fate, Interrupted, Stop, refused
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.accept import accept
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.insist import insist
from cerebras_deploy.steps.look import Look
from cerebras_deploy.steps.search import look_once_more, search
from cerebras_deploy.text import sentence

LEAST_LEFT = 5.0  # seconds; no deploy call starts with less time left
SENDS = 3  # of calls that may have arrived
CONFLICTS = {HTTPStatus.CONFLICT, HTTPStatus.LOCKED}  # answers about another deployment, or about ours
CONFLICT_STANDS = 30.0  # seconds; until then a conflict may be about a rollout that has just ended


class Submission:
    """Sends the deploy call, and finds out whether it arrived. One object serves all deploy calls of a rollout."""

    _listed_before: frozenset[str]  # IDs of all deployments that were seen before the latest call

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lost = 0  # calls that may have arrived
        self._turned_away = 0  # calls in a row that surely did not arrive
        self._latest_error: CallError | None = None  # of the latest call, unless that may have arrived
        self._conflict_since: float | None = None  # when the first one came, of those with nothing in flight

    def send(self, look: Look) -> bool:
        """Make the call. Return whether it arrived; if not, the caller looks, and calls this again.

        Raises a `Stop`: timed out if too little time is left, refused, or unreachable if it stays unknown whether the
        call arrived, or if three calls were lost.
        """
        context, wanted = self._context, look.version.model
        sent = context.patience.clock.now()
        self._listed_before = context.facts.evidence.ids
        try:
            operation = insist(context.patience, lambda: self._call(wanted))
            accept(context, operation, wanted, self._listed_before)
        except CallError as error:
            return self._arrived_despite(error, look, sent)
        except Interrupted as stop:
            if stop.sent:
                look_once_more(context, self._note_lost(look))
            raise
        return True

    def _call(self, wanted: ModelName) -> Operation:
        context = self._context
        if context.patience.left < LEAST_LEFT:
            raise Stop(self._too_late())
        context.facts.deploy_call.sent(context.time.elapsed)
        try:
            return context.api.deploy(context.inputs.endpoint, wanted, context.patience.call_bound)
        except CallError as error:
            self._latest_error = error
            raise

    def _too_late(self) -> End:
        reason = f"less than {LEAST_LEFT:.0f} s were left for the deploy request"
        if self._latest_error is None:
            return End(Result.TIMED_OUT, reason, "set a longer `timeout`")
        return End(
            Result.TIMED_OUT, f"{reason}, which has failed before: {self._latest_error}", self._latest_error.hint
        )

    def _arrived_despite(self, error: CallError, look: Look, sent: float) -> bool:
        if error.fate in {Fate.UNSENT, Fate.THROTTLED}:
            self._turned_away += 1
            self._context.patience.back_off(error, sent, attempt=self._turned_away)
            return False
        if error.status in CONFLICTS:
            return self._find_in_conflict(error, self._lost_call(look))
        if error.fate is Fate.DENIED:
            raise refused(str(error), error.hint) from error
        self._lost += 1
        self._turned_away, self._latest_error = 0, None
        return self._find_lost(error, self._note_lost(look))

    def _find_in_conflict(self, error: CallError, call: LostCall) -> bool:
        """Look what a conflict is about, and return whether it is a deployment of ours.

        What else is in flight is for the next plan. If nothing is, the call is sent again for a while, but not before a
        deployment of ours would be listed.
        """
        context = self._context
        context.journal.say(f"{sentence(error.reason)} Checking what blocks the deployment.")
        self._conflict_since = call.since if self._conflict_since is None else self._conflict_since
        found = "Found deployment {} of this version, which wasn't listed before."
        endpoint = search(context, call, found, is_over=lambda endpoint: bool(in_flight(endpoint.deployed_models)))
        if endpoint is None:
            return True
        if in_flight(endpoint.deployed_models):
            self._conflict_since = None
        if self._conflict_since is not None and call.since - self._conflict_since >= CONFLICT_STANDS:
            raise refused(str(error), error.hint or "check what the endpoint is doing, then re-run the step") from error
        return False

    def _note_lost(self, look: Look) -> LostCall:
        self._context.facts.deploy_call.lost()
        return self._lost_call(look)

    def _lost_call(self, look: Look) -> LostCall:
        now, facts = self._context.patience.clock.now(), self._context.facts
        return LostCall(look.version.model, facts.asked, look.endpoint, self._listed_before, now)

    def _find_lost(self, error: CallError, call: LostCall) -> bool:
        """Look for a call that may have arrived, and return whether it did."""
        context = self._context
        context.journal.say(f"{sentence(error.reason)} Checking whether the deployment was created.")
        if search(context, call, "The deploy request was accepted: deployment {} is new on the endpoint.") is None:
            return True
        if call.something_changed or self._lost >= SENDS:
            raise Stop(End(Result.UNREACHABLE, str(error), error.hint)) from error
        context.journal.say(
            f"The deploy request wasn't accepted: {call.reads} reads show nothing new. Sending it again. "
            "If the API lists only completed deployments, this may be a second deployment of the same version."
        )
        context.facts.deploy_call.not_accepted()
        return False
