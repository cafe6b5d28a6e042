"""The one call that changes something. It is not idempotent, and the API knows no idempotency key.

A call that surely did not arrive is sent again. One that perhaps arrived is looked for on the endpoint, and sent
again only when it can be said that it is not there.
"""

from dataclasses import dataclass

from cerebras_deploy.errors import CallError, Fate, Interrupted, Refused, TimedOut, Unreachable
from cerebras_deploy.names import ModelName
from cerebras_deploy.plan import in_flight, newest_first
from cerebras_deploy.rollout import Progress, Target, Track
from cerebras_deploy.run import Run, Sight
from cerebras_deploy.wire import DeployedModel, Endpoint, Operation

LEAST_LEFT = 10.0  # seconds; no deploy call starts later
SENDS = 3  # of calls that perhaps arrived
DOUBT_SECONDS, DOUBT_READS = 20.0, 5  # an accepted deployment is listed by then, or this is a stated limit
LAST_LOOK = 0.7  # seconds, for a read after an interrupt


@dataclass
class Doubt:
    """A call that perhaps arrived: why, since when, what was there before, and what reads have shown since."""

    error: CallError
    since: float
    before: Endpoint
    reads: int = 0
    stirred: bool = False

    def ours(self, endpoint: Endpoint, wanted: ModelName, asked: str) -> DeployedModel | None:
        """Return the deployment of the wanted version that was not there before the call."""
        known = {entry.id for entry in self.before.deployed_models}
        new = [entry for entry in newest_first(endpoint.deployed_models) if entry.id not in known]
        forms = {str(wanted), str(wanted._replace(version=asked or wanted.version))}
        return next((entry for entry in new if entry.model in forms), None)

    def read(self, endpoint: Endpoint, wanted: ModelName) -> None:
        """Note a read that does not show it: whether anything else has changed meanwhile."""
        known = {entry.id for entry in self.before.deployed_models}
        new = any(entry.id not in known for entry in endpoint.deployed_models)
        flying = bool(in_flight(endpoint.deployed_models, wanted))
        self.reads += 1
        self.stirred = new or flying or endpoint.updated != self.before.updated

    def lasts(self, now: float) -> bool:
        """Whether it is too early to say that it did not arrive."""
        return now - self.since < DOUBT_SECONDS or self.reads < DOUBT_READS


class Submission:
    """Sends the deploy call, and settles whether it arrived."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sends = 0
        self._unsent = 0
        self._unsent_since: float | None = None

    def send(self, sight: Sight) -> Track | None:
        """Make the call. None: it surely did not arrive, or is surely not there; look again, and send again.

        Raises `Unreachable` when a call that perhaps arrived can neither be found nor excluded.
        """
        run, wanted = self._run, sight.version.model
        if run.watch.left < LEAST_LEFT:
            raise TimedOut(f"less than {LEAST_LEFT:.0f} s are left, too little for the deploy call", "raise `timeout`")
        before = run.watch.clock.now()
        run.facts.began = run.journal.elapsed if run.facts.began is None else run.facts.began
        try:
            operation = run.api.deploy(run.inputs.endpoint, wanted, run.watch.bound)
        except CallError as error:
            if error.fate in {Fate.UNSENT, Fate.THROTTLED}:
                self._try_later(error, before)
                return None
            return self._reconcile(error, sight)
        except Interrupted as stop:
            if stop.sent:
                self._last_look(Doubt(CallError(Fate.UNKNOWN, "interrupted"), before, sight.endpoint), wanted)
            raise
        return self._accepted(operation, sight)

    def _try_later(self, error: CallError, before: float) -> None:
        watch = self._run.watch
        self._unsent += 1
        self._unsent_since = before if self._unsent_since is None else self._unsent_since
        since = watch.clock.now() - self._unsent_since
        watch.bear(error, since)
        watch.back_off(error, self._unsent, since)

    def _reconcile(self, error: CallError, sight: Sight) -> Track | None:
        """Look for a call that perhaps arrived. None: it did not."""
        run, wanted = self._run, sight.version.model
        if error.fate is Fate.DENIED and error.status != 409:  # noqa: PLR2004 - conflict: perhaps with ourselves
            raise Refused(str(error), error.hint) from error
        self._sends += 1
        self._unsent, self._unsent_since = 0, None
        doubt = Doubt(error, run.watch.clock.now(), sight.endpoint)
        run.facts.in_doubt = run.watch.eager = True
        run.journal.say(f"{error.reason}; the deploy call may have arrived: looking for it on the endpoint")
        for endpoint in run.watch.snapshots(run.read_endpoint):
            if entry := doubt.ours(endpoint, wanted, run.inputs.version_ref):
                run.journal.say(f"the deploy call did arrive: deployment {entry.id} is listed, and was not before")
                return self._adopted(entry, doubt)
            doubt.read(endpoint, wanted)
            if not doubt.lasts(run.watch.clock.now()):
                break
        if doubt.stirred or self._sends >= SENDS:
            raise Unreachable(f"the deploy call got no readable answer ({error})", error.hint)
        run.journal.say(f"the deploy call did not arrive: {doubt.reads} reads show nothing new; sending it again")
        run.facts.in_doubt = run.watch.eager = False
        return None

    def _adopted(self, entry: DeployedModel, doubt: Doubt) -> Track:
        self._run.facts.in_doubt = self._run.watch.eager = False
        older = frozenset(known.id for known in doubt.before.deployed_models)
        self._run.facts.deployment_id = entry.id
        self._run.facts.progress = progress = Progress.of_entry(entry)
        self._run.publish()
        return Track(Target(entry.id, entry.created, older), seen=True).reached(progress)

    def _accepted(self, operation: Operation, sight: Sight) -> Track:
        run, reply = self._run, operation.response
        progress = Progress.of_reply(reply)
        run.facts.deployment_id, run.facts.progress = operation.name, progress
        run.publish()
        if wrong := _mismatch(operation, run.inputs.endpoint, sight.version.model):
            raise Refused(f"the API answered for {wrong}", "report this to Cerebras; check what the endpoint serves")
        said = f"accepted as deployment {operation.name}, {progress}"
        if reply and reply.max_unavailable_replicas is not None:
            said += f" (max. unavailable replicas: {reply.max_unavailable_replicas})"
        run.journal.state(run.state(progress), run.watch.left, said=said)
        older = frozenset(entry.id for entry in sight.endpoint.deployed_models)
        return Track(Target(operation.name, reply.created if reply else None, older)).reached(progress)

    def _last_look(self, doubt: Doubt, wanted: ModelName) -> None:
        """Try to learn the id of a deployment whose reply an interrupt cut off."""
        run = self._run
        run.facts.in_doubt = True
        try:
            endpoint = run.api.endpoint(run.inputs.endpoint, LAST_LOOK)
        except CallError:
            return
        if entry := doubt.ours(endpoint, wanted, run.inputs.version_ref):
            self._adopted(entry, doubt)


def _mismatch(operation: Operation, endpoint: str, wanted: ModelName) -> str:
    """Say how the reply differs from what was asked for; empty if it does not."""
    reply = operation.response
    if reply is None:
        return ""
    asked = {"endpoint": endpoint, "architecture": wanted.architecture, "version": wanted.version}
    version = None if reply.version_id is None else str(reply.version_id)
    came = {"endpoint": reply.endpoint_id, "architecture": reply.model_arch_id, "version": version}
    wrong = [key for key in asked if came[key] not in (None, asked[key])]
    return ", ".join(f"{key} {came[key]} (asked for {asked[key]})" for key in wrong)
