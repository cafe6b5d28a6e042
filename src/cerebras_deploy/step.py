"""The step after its first read was sent: everything up to outputs, summary, annotation and exit code."""

import gc
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random
from typing import TYPE_CHECKING

from cerebras_deploy.api.http import Http
from cerebras_deploy.api.management import Api
from cerebras_deploy.api.message import Ask
from cerebras_deploy.api.status import StatusWords
from cerebras_deploy.clock import Clock, Stopwatch
from cerebras_deploy.decide.conclusion import conclude
from cerebras_deploy.decide.evidence import Evidence
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.giving_up import Deadline
from cerebras_deploy.decide.schedule import Outage, Pace
from cerebras_deploy.errors import end_of
from cerebras_deploy.input_warnings import warnings_of
from cerebras_deploy.inputs import Inputs
from cerebras_deploy.patience import Patience
from cerebras_deploy.result import End
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.deploy import deploy
from cerebras_deploy.steps.matcher import Matcher
from cerebras_deploy.steps.smoke_test import question_of
from cerebras_deploy.tell.journal import Journal
from cerebras_deploy.tell.outputs import annotation, final_outputs
from cerebras_deploy.tell.report import report
from cerebras_deploy.tell.runner import Runner
from cerebras_deploy.tell.steps_table import Asked
from cerebras_deploy.tell.summary import NOT_ASKED, render_summary, shortened

if TYPE_CHECKING:
    from cerebras_deploy.api.trace_file import OpenFile
    from cerebras_deploy.decide.suite import Suite


class Step:
    """One step. `started` is when it began, on the clock."""

    def __init__(  # noqa: PLR0913 - wires everything
        self, endpoint: str, *, clock: Clock, runner: Runner, rng: Random, http: Http, started: float
    ) -> None:
        self._runner, self._rng, self._http = runner, rng, http
        self._time = Stopwatch(clock, started)
        self._facts = Facts(endpoint=endpoint)
        self._journal = Journal(self._time, runner)

    def run(
        self,
        inputs: Inputs | Exception,
        ask: Ask,
        trace: "OpenFile | None" = None,
        suite: "Suite | None" = None,
    ) -> int:
        """Run the step to its end, tell that, and return the exit code.

        `inputs` may be what ended the step before it began. `ask` sends requests; see `api.early`. `trace` is the
        file of that input, and `suite` has the questions of `smoke-test-file`.
        """
        gc.set_threshold(700)  # all is imported: from here on there is garbage
        try:
            with self._traced(ask, trace) as sending:
                end = end_of(lambda: self._deploy(inputs, sending, suite))
            if isinstance(inputs, Inputs):
                question = suite.cases[0] if suite else question_of(inputs)
                self._tell(end, Asked(question, inputs.promote_aliases), summary=inputs.summary)
            else:
                self._tell(end, NOT_ASKED, summary=True)
        except Exception as error:  # noqa: BLE001 - a bug of this action: it is told, and the step fails
            self._tell_bug(error)
            return 1
        return 0 if end.result.is_success and not self._runner.has_lost_outputs else 1

    @contextmanager
    def _traced(self, ask: Ask, file: "OpenFile | None") -> Iterator[Ask]:
        """Record what is sent inside the block, if there is a file for it."""
        if file is None:
            yield ask
            return
        from cerebras_deploy.api.trace import Trace  # noqa: PLC0415 - few runs have one

        self._runner.line(
            "Trace: the file gets all API traffic. It contains prompts and answers, and GitHub masks nothing in it."
        )
        trace = Trace(file, ask, self._runner.redact, self._time.clock.unix_time)
        try:
            yield trace.send
        finally:
            if trace.failure:
                self._runner.annotate("warning", "Trace cut off", f"The trace is incomplete: {trace.failure}.")
            if not trace.close():
                self._runner.annotate("warning", "Trace deleted", "The trace contained a key, so its file was deleted.")

    def _deploy(self, inputs: Inputs | Exception, ask: Ask, suite: "Suite | None") -> End:
        if isinstance(inputs, Exception):
            raise inputs
        clock, runner, journal = self._time.clock, self._runner, self._journal
        for warning in warnings_of(inputs):
            journal.warn_once(*warning)
        asked = "" if inputs.deployment_id else inputs.version_ref
        self._facts = Facts(
            inputs.endpoint,
            asked,
            timeout=inputs.timeout,
            rollback_wanted=inputs.on_failure == "rollback",
            deploys_again=inputs.if_current == "deploy",
            evidence=Evidence(StatusWords(inputs.status_words)),
        )
        keys = inputs.api_key, inputs.inference_api_key
        api = Api(inputs.base_url, *keys, ask=ask, redact=runner.redact, observe=journal.called)
        patience = Patience(
            clock,
            self._rng,
            journal,
            Pace(inputs.poll_interval),
            Deadline(self._time.started + inputs.timeout),
            Outage(),
            first_read_sent=self._time.started,
        )
        with closing(self._http), closing(Matcher()) as matcher:
            return deploy(Context(inputs, api, patience, self._time, journal, runner, self._facts, matcher, suite))

    def _tell(self, end: End, asked: Asked, *, summary: bool) -> None:
        runner, facts = self._runner, self._facts
        facts.finished(self._time.elapsed)
        outcome = conclude(end, facts).mapped(runner.redact)  # before Markdown stands between the pieces of a key
        outputs, page = final_outputs(facts, outcome), render_summary(facts, outcome, self._journal.timeline, asked)
        runner.write_outputs(outputs)
        told = report(facts, outputs, self._journal.timeline, runner.clean)
        runner.write_documents({"report": told, "summary-markdown": shortened(page)})
        if summary:
            runner.write_summary(page)
        level, title, lines = annotation(outcome, facts)
        runner.annotate(level, title, *lines, last=True)

    def _tell_bug(self, error: Exception) -> None:
        runner, deployment_id = self._runner, self._facts.deployment_id
        goes_on = f" Deployment {deployment_id} continues." if deployment_id else ""
        runner.group("Traceback")
        for line in "".join(traceback.format_exception(error)).splitlines():
            runner.line(f"  {line}")
        runner.end_group()
        text = f"{type(error).__name__}: {error}.{goes_on} Please report it."
        runner.annotate("error", "Bug in the action", text, last=True)
        runner.write_outputs({"result": "", "message": "Report this bug with the traceback in the job log."})
