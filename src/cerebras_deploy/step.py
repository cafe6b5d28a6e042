"""The step after its first read was sent: everything up to outputs, summary, annotation and exit code."""

import gc
import traceback
from contextlib import closing
from random import Random

from cerebras_deploy.client import Api
from cerebras_deploy.deploy import deploy
from cerebras_deploy.errors import InvalidInput
from cerebras_deploy.exchange import Exchange
from cerebras_deploy.inputs import Inputs
from cerebras_deploy.journal import Journal
from cerebras_deploy.report import annotation, outputs
from cerebras_deploy.run import Run
from cerebras_deploy.runner import Runner
from cerebras_deploy.settle import Facts, Outcome, settle
from cerebras_deploy.summary import summary
from cerebras_deploy.watch import Clock, Watch


class Step:
    """One step; `started` is when, on the clock."""

    def __init__(  # noqa: PLR0913 - wires everything
        self, endpoint: str, *, clock: Clock, runner: Runner, rng: Random, exchange: Exchange, started: float
    ) -> None:
        self._clock, self._runner, self._rng, self._exchange, self._started = clock, runner, rng, exchange, started
        self._facts = Facts(endpoint=endpoint)
        self._journal = Journal(clock, runner, started)

    def conclude(self, inputs: Inputs | Exception) -> int:
        """Go on to the end, tell it, and return the exit code: 0 is green."""
        gc.set_threshold(700)  # all is imported: from here on there is garbage
        runner, facts, journal = self._runner, self._facts, self._journal
        try:
            outcome, summarise = self._outcome(inputs)
            outcome = outcome.mapped(runner.redact)  # before Markdown stands between the pieces of a key
            runner.outputs(outputs(facts, outcome, journal.elapsed))
            if summarise:
                runner.summary(summary(facts, outcome, journal.timeline, journal.counts, journal.elapsed))
            level, title, lines = annotation(outcome, facts)
            runner.annotate(level, title, *lines, last=True)
        except OSError as error:
            runner.annotate("error", "Outputs cannot be written", f"GITHUB_OUTPUT: {error}", last=True)
            return 1
        except Exception as error:  # noqa: BLE001 - a bug of this action: it is told, and the step is red
            self._bug(error)
            return 1
        return 0 if outcome.result.green else 1

    def _outcome(self, inputs: Inputs | Exception) -> tuple[Outcome, bool]:
        """Return the outcome, and whether a summary is wanted."""
        if isinstance(inputs, InvalidInput):
            return settle(inputs, self._facts, 0.0), True
        if isinstance(inputs, Exception):
            raise inputs
        self._facts.asked = inputs.version_ref
        api = Api(
            inputs.base_url,
            inputs.api_key,
            inputs.inference_api_key,
            exchange=self._exchange,
            redact=self._runner.redact,
            observe=self._journal.called,
        )
        watch = Watch(self._clock, self._rng, self._journal, inputs.poll_interval, inputs.timeout, self._started)
        with closing(self._exchange):
            return deploy(Run(inputs, api, watch, self._journal, self._runner, self._facts)), inputs.summary

    def _bug(self, error: Exception) -> None:
        runner, deployment_id = self._runner, self._facts.deployment_id
        goes_on = f" Deployment {deployment_id} goes on." if deployment_id else ""
        runner.group("Traceback")
        for line in "".join(traceback.format_exception(error)).splitlines():
            runner.line(f"  {line}")
        runner.end_group()
        runner.annotate(
            "error",
            "Bug in the action",
            f"{type(error).__name__}: {error}.{goes_on} Please report it.",
            last=True,
        )
        runner.outputs({"result": "", "message": "the action has a bug; see the job log"})
