"""The process: environment, signals, the first request. `python -I -u -m cerebras_deploy`; in the image `bundle.py`."""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from cerebras_deploy.exchange import Connect, Exchange, Request, open_client
from cerebras_deploy.inputs import SECRETS, Inputs, parse_inputs
from cerebras_deploy.names import endpoint_path
from cerebras_deploy.report import first_outputs
from cerebras_deploy.runner import Runner
from cerebras_deploy.schedule import call_bound
from cerebras_deploy.watch import Clock, SystemClock

if TYPE_CHECKING:
    from cerebras_deploy.step import Step


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
    """Run the step on what is given, and return its exit code: 0 is green.

    Every run begins with a look at the endpoint. So that is sent first, and while it is on its way there is time to
    import all the rest, pydantic above all.
    """
    started = clock.now()
    runner.mask([environ.get(f"INPUT_{name.upper()}", "") for name in SECRETS])
    _drop_useless_cas(environ, runner)
    endpoint = environ.get("INPUT_ENDPOINT", "").strip()
    exchange = Exchange(bounded=clock.call, redact=runner.redact, connect=connect)
    inputs: Inputs | Exception
    try:
        inputs = parse_inputs(environ)
        runner.outputs(first_outputs(endpoint))
        look = Request("GET", inputs.base_url + endpoint_path(inputs.endpoint), inputs.api_key)
        exchange.ask_ahead(look, call_bound(inputs.timeout), meanwhile=_rest)
    except Exception as error:  # noqa: BLE001 - the step tells it
        inputs = error
    step = _rest()(endpoint, clock=clock, runner=runner, rng=rng, exchange=exchange, started=started)
    return step.conclude(inputs)


def _rest() -> "type[Step]":
    from cerebras_deploy.step import Step  # noqa: PLC0415 - that is the point

    return Step


def _drop_useless_cas(environ: MutableMapping[str, str], runner: Runner) -> None:
    """Go on without a CA bundle that is on the runner's host, but not in this container, and without empty settings.

    To OpenSSL, which reads these itself, an empty one is not the same as none.
    """
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if environ.get(name) == "":
            del environ[name]
    bundle = environ.get("SSL_CERT_FILE", "")
    if bundle and not Path(bundle).exists():
        del environ["SSL_CERT_FILE"]
        runner.annotate("warning", "SSL_CERT_FILE ignored", f"{bundle} does not exist in the action's container")


if __name__ == "__main__":
    sys.exit(main())
