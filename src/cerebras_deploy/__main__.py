"""The process: environment, signals, exit code. Run as `python -I -u -m cerebras_deploy`."""

import gc
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextlib import closing
from pathlib import Path
from random import Random

from cerebras_deploy.client import Api, Connect, open_client
from cerebras_deploy.deploy import deploy
from cerebras_deploy.errors import InvalidInput
from cerebras_deploy.inputs import SECRETS, parse_inputs
from cerebras_deploy.journal import Journal
from cerebras_deploy.report import annotation, outputs
from cerebras_deploy.run import Run
from cerebras_deploy.runner import Runner
from cerebras_deploy.settle import Facts, Outcome, settle
from cerebras_deploy.summary import summary
from cerebras_deploy.watch import Clock, SystemClock, Watch


def main() -> int:
    """Run the step in this process, and return its exit code."""
    clock = SystemClock()
    clock.install()
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]
    runner = Runner(os.environ)
    return act(os.environ, clock, runner, rng=Random())  # noqa: S311 - jitter


def act(
    environ: MutableMapping[str, str],
    clock: Clock,
    runner: Runner,
    *,
    rng: Random,
    connect: Connect = open_client,
) -> int:
    """Run the step on what is given, and return its exit code: 0 is green."""
    gc.set_threshold(700)  # all is imported: from here on there is garbage
    runner.mask([environ.get(f"INPUT_{name.upper()}", "") for name in SECRETS])
    _drop_missing_bundle(environ, runner)
    facts = Facts(endpoint=environ.get("INPUT_ENDPOINT", "").strip())
    journal = Journal(clock, runner)
    try:
        outcome, summarise = _conclude(environ, clock, runner, facts, journal, rng=rng, connect=connect)
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
        _bug(runner, facts, error)
        return 1
    return 0 if outcome.result.green else 1


def _drop_missing_bundle(environ: MutableMapping[str, str], runner: Runner) -> None:
    """Go on without a CA bundle that is on the runner's host, but not in this container."""
    bundle = environ.get("SSL_CERT_FILE", "")
    if bundle and not Path(bundle).exists():
        del environ["SSL_CERT_FILE"]
        runner.annotate("warning", "SSL_CERT_FILE ignored", f"{bundle} does not exist in the action's container")


def _conclude(  # noqa: PLR0913 - wires everything
    environ: Mapping[str, str],
    clock: Clock,
    runner: Runner,
    facts: Facts,
    journal: Journal,
    *,
    rng: Random,
    connect: Connect,
) -> tuple[Outcome, bool]:
    """Return the outcome, and whether a summary is wanted."""
    try:
        inputs = parse_inputs(environ)
    except InvalidInput as stop:
        return settle(stop, facts, 0.0), True
    facts.asked = inputs.version_ref
    api = Api(
        inputs.base_url,
        inputs.api_key.get_secret_value(),
        inputs.inference_api_key.get_secret_value() if inputs.inference_api_key else "",
        bounded=clock.call,
        redact=runner.redact,
        connect=connect,
        observe=journal.called,
    )
    watch = Watch(clock, rng, journal, inputs.poll_interval, inputs.timeout)
    with closing(api):
        return deploy(Run(inputs, api, watch, journal, runner, facts)), inputs.summary


def _bug(runner: Runner, facts: Facts, error: Exception) -> None:
    goes_on = f" Deployment {facts.deployment_id} goes on." if facts.deployment_id else ""
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


if __name__ == "__main__":
    sys.exit(main())
