"""The one call that changes something. It is not idempotent, and the API has no idempotency key.

A call that surely did not arrive is sent again. One that may have arrived is looked for on the endpoint, and sent again
only when it surely did not.
"""

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.wire import DeployedModel, Operation
from cerebras_deploy.decide.lost_call import LostCall
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.rollout import Target, Track
from cerebras_deploy.errors import CallError, Fate, Interrupted, Stop, refused
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context, Look

LEAST_LEFT = 10.0  # seconds; no deploy call starts with less time left
SENDS = 3  # of calls that may have arrived
LAST_LOOK = 0.7  # seconds, for a read after an interrupt
CONFLICT = 409  # HTTP; perhaps with a call of ours that did arrive


class Submission:
    """Sends the deploy call, and finds out whether it arrived. One object serves all deploy calls of a rollout."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lost = 0  # calls that may have arrived
        self._turned_away = 0  # calls in a row that surely did not arrive
        self._latest_error: CallError | None = None  # of the latest such call

    def send(self, look: Look) -> bool:
        """Make the call. Return whether it arrived; if not, the caller looks, and calls this again.

        Raises a `Stop`: timed out if too little time is left, refused, or unreachable if it stays unknown whether the
        call arrived, or if three calls were lost.
        """
        context, wanted = self._context, look.version.model
        if context.patience.left < LEAST_LEFT:
            raise Stop(self._too_late())
        sent = context.patience.clock.now()
        context.facts.deploy_call_sent(context.time.elapsed)
        try:
            operation = context.api.deploy(context.inputs.endpoint, wanted, context.patience.call_bound)
        except CallError as error:
            return self._arrived_despite(error, look, sent)
        except Interrupted as stop:
            if stop.sent:
                self._look_once_more(self._note_lost(look))
            raise
        self._accepted(operation, look)
        return True

    def _too_late(self) -> End:
        reason = f"less than {LEAST_LEFT:.0f} s are left, too little for the deploy call"
        if self._latest_error is None:
            return End(Result.TIMED_OUT, reason, "raise `timeout`")
        return End(
            Result.TIMED_OUT, f"{reason}, which has failed before: {self._latest_error}", self._latest_error.hint
        )

    def _arrived_despite(self, error: CallError, look: Look, sent: float) -> bool:
        if error.fate in {Fate.UNSENT, Fate.THROTTLED}:
            self._turned_away += 1
            self._latest_error = error
            self._context.patience.back_off(error, sent, attempt=self._turned_away)
            return False
        if error.fate is Fate.DENIED and error.status != CONFLICT:
            raise refused(str(error), error.hint) from error
        self._lost += 1
        self._turned_away, self._latest_error = 0, None
        return self._find_lost(error, self._note_lost(look))

    def _note_lost(self, look: Look) -> LostCall:
        self._context.facts.deploy_call_lost()
        now = self._context.patience.clock.now()
        return LostCall(look.version.model, self._context.facts.asked, look.endpoint, now)

    def _find_lost(self, error: CallError, call: LostCall) -> bool:
        """Look for a call that may have arrived, and return whether it did."""
        context, patience = self._context, self._context.patience
        context.journal.say(f"{error.reason}; the deploy call may have arrived: looking for it on the endpoint")
        endpoint = patience.read(context.read_endpoint)
        while True:
            if entry := call.find(endpoint):
                context.journal.say(f"the deploy call did arrive: deployment {entry.id} is listed, and was not before")
                self._adopt(entry, call)
                return True
            call.read(endpoint)
            if not call.is_undecided(patience.clock.now()):
                break
            endpoint = patience.read_next(context.read_endpoint, poll_fast=True)
        if call.something_changed or self._lost >= SENDS:
            reason = f"the deploy call got no readable answer ({error})"
            raise Stop(End(Result.UNREACHABLE, reason, error.hint)) from error
        context.journal.say(f"the deploy call did not arrive: {call.reads} reads show nothing new; sending it again")
        context.facts.deploy_call_not_accepted()
        return False

    def _adopt(self, entry: DeployedModel, call: LostCall) -> None:
        """Take the entry for the deployment that came of the call."""
        track = Track(Target(entry.id, entry.created, call.listed_before), seen=True)
        self._context.facts.deployed(track.reached(Progress.of_entry(entry)))
        self._context.publish()

    def _accepted(self, operation: Operation, look: Look) -> None:
        context, reply = self._context, operation.response
        progress = Progress.of_reply(reply)
        listed_before = frozenset(entry.id for entry in look.endpoint.deployed_models)
        target = Target(operation.name, reply.created if reply else None, listed_before)
        context.facts.deployed(Track(target).reached(progress))
        context.publish()
        if wrong := _mismatch(operation, context.inputs.endpoint, look.version.model):
            raise refused(f"the API answered for {wrong}", "report this to Cerebras; check what the endpoint serves")
        line = f"accepted as deployment {operation.name}, {progress}"
        if reply and reply.max_unavailable_replicas is not None:
            line += f" (max. unavailable replicas: {reply.max_unavailable_replicas})"
        context.show_progress(progress, line=line)

    def _look_once_more(self, call: LostCall) -> None:
        """Try to learn the ID of a deployment whose reply an interrupt cut off."""
        try:
            endpoint = self._context.api.endpoint(self._context.inputs.endpoint, LAST_LOOK)
        except CallError:
            return
        if entry := call.find(endpoint):
            self._adopt(entry, call)


def _mismatch(operation: Operation, endpoint: str, wanted: ModelName) -> str:
    """Say how the reply differs from what was asked for; empty if it does not."""
    reply = operation.response
    if reply is None:
        return ""
    asked = {"endpoint": endpoint, "architecture": wanted.architecture, "version": wanted.version}
    version = None if reply.version_id is None else str(reply.version_id)
    got = {"endpoint": reply.endpoint_id, "architecture": reply.model_arch_id, "version": version}
    wrong = [key for key in asked if got[key] not in (None, asked[key])]
    return ", ".join(f"{key} {got[key]} (asked for {asked[key]})" for key in wrong)
