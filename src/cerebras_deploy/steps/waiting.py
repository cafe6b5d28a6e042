"""What is waited for before a deployment: another look, weights, another rollout, or an earlier attempt's."""

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.status import Unknown
from cerebras_deploy.api.version import Version
from cerebras_deploy.decide.entries import deployment_of
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.rollout import CONFIRMED
from cerebras_deploy.errors import refused
from cerebras_deploy.steps.context import Context
from cerebras_deploy.tell.timeline import Change
from cerebras_deploy.text import sentence

UNKNOWN_WAIT = 600.0  # seconds without a change, for which another version in an unknown word is waited for
RERUN_LOOKS, RERUN_SECONDS = 5, 20.0  # before the first deploy call of a re-run


class Agreement:
    """What successive looks have found. One alone may come from a server of the API that lags behind."""

    _since: float  # when it was found first

    def __init__(self) -> None:
        self._found: object = None

    def stands(self, found: object, at: float) -> bool:
        """Note what a look has found, and return whether all looks for at least 2 s have found the same.

        `at` is when the look was made, as `Patience.answered_time`.
        """
        if found != self._found:
            self._found, self._since = found, at
        return at - self._since >= CONFIRMED


class Waiting:
    """Says what is waited for, and bounds what could last for ever. Times are on the clock, in seconds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._began = context.patience.clock.now()
        self._looks = 0
        self._unknown: tuple[object, float] | None = None  # what is waited for, and since when it is like that

    def looked(self) -> None:
        """Count a look at the endpoint."""
        self._looks += 1

    def is_too_early(self) -> bool:
        """Whether this is a re-run, and the earlier attempt's deployment may not be listed yet."""
        waited = self._context.patience.clock.now() - self._began
        if not self._context.runner.is_rerun or (self._looks >= RERUN_LOOKS and waited >= RERUN_SECONDS):
            return False
        if self._context.journal.first("re-run"):
            text = f"This is a re-run. Looking for a deployment of the earlier attempt for {RERUN_SECONDS:.0f} s first."
            self._context.journal.say(text)
        return True

    def for_weights(self, version: Version) -> None:
        """Say that the version's weights are waited for."""
        word = version.sync_status or "not reported by the API"
        self._show("weights", f"waiting for the weights of version {version.model.version} to sync: {word}")

    def for_rollout(self, entry: DeployedModel) -> None:
        """Say that another rollout is waited for.

        Raises a `Stop`: refused if it is in a word that nobody knows, and nothing has changed for ten minutes.
        """
        self._bound(entry)
        self._show("another rollout", f"waiting for {deployment_of(entry)}: {Progress.of_entry(entry)}")

    def _show(self, label: str, what: str) -> None:
        self._context.facts.wait_for(what)
        self._context.show(Change(what, "Before", label))

    def _bound(self, entry: DeployedModel) -> None:
        if not isinstance(entry.status, Unknown):
            self._unknown = None
            return
        context, word = self._context, entry.status.word
        now = context.patience.clock.now()
        told = f"{deployment_of(entry)} is {Progress.of_entry(entry)}"
        context.journal.warn_once(
            "Unrecognized rollout state", f"{sentence(told)} {context.teach(entry)}", about=f"word {word}"
        )
        shown = (entry.id, entry.words, entry.rollout_replicas_updated, entry.rollout_total_replicas)
        since = self._unknown[1] if self._unknown and self._unknown[0] == shown else now
        self._unknown = (shown, since)
        if now - since >= UNKNOWN_WAIT:
            hint = (
                f"set `status-words: {word}=…` to the status that it means, or set `if-busy: queue` to deploy at once"
            )
            raise refused(f"{told}, and nothing has changed for {UNKNOWN_WAIT / 60:.0f} minutes", hint)
