"""What the page shows of an endpoint: what serves, and the deployments with all that has become of them."""

import time
from collections import Counter
from typing import Final

from cerebras_simulator.page.markup import Markup, element
from cerebras_simulator.world.inventory import Endpoint
from cerebras_simulator.world.rollouts import Deployment, Standing, StatusChange, history, replicas
from cerebras_simulator.world.scenarios import ALL_SCENARIOS, Scenario
from cerebras_simulator.world.state import World
from cerebras_simulator.world.timelines import REPLICAS, TERMINAL

DATE: Final = "%d %b %H:%M:%S"
#: How many deployments of an endpoint are shown.
DEPLOYMENTS: Final = 10
KNOWN: Final = TERMINAL | {"not_started", "in_progress", "rolling_back"}


def clock(now: float, form: str = "%H:%M:%S") -> str:
    """Say a time, in UTC."""
    return time.strftime(form, time.gmtime(now))


def span(seconds: float) -> str:
    """Say how long something takes: `7 s`, `3 min 22 s`, `2 h 05 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def scenario_name(scenario: Scenario) -> str:
    """Name a scenario, even if it is one of somebody's own."""
    return next((name for name, one in ALL_SCENARIOS.items() if one == scenario), "custom")


def endpoint_panel(world: World, endpoint: Endpoint) -> Markup:
    """Show an endpoint."""
    standings = world.standings(endpoint)
    listed = {one.deployment.id for one in world.listed(endpoint)}
    newest = standings[: -DEPLOYMENTS - 1 : -1]
    return element(
        "section",
        element("h2", element("code", endpoint.name)),
        element("p", element("b", scenario_name(endpoint.scenario)), f": {endpoint.scenario.about}"),
        _serving(standings),
        *(_deployment(world, one, listed=one.deployment.id in listed) for one in newest),
        _omitted(len(standings) - len(newest)),
        class_="endpoint",
    )


def _serving(standings: list[Standing]) -> Markup:
    running = replicas(standings)
    versions = Counter(one.version for one in running if one)
    shares = [f"version {version} on {count}" for version, count in versions.most_common()]
    squares = [
        element("i", one.version if one else "-", class_=f"version-{one.version if one else 0}") for one in running
    ]
    said = f"{' and '.join(shares)} of {REPLICAS} replicas" if shares else "nothing is served"
    return element("p", element("span", *squares, class_="replicas"), f" {said}")


def _deployment(world: World, standing: Standing, *, listed: bool) -> Markup:
    deployment = standing.deployment
    steps = history(standing, world.now(), world.speed)
    ends = [*(step.since for step in steps[1:]), world.now()]
    spans = [_step(step, end, standing if step is steps[-1] else None) for step, end in zip(steps, ends, strict=True)]
    said = f"version {deployment.version}{_origin(world, deployment)}{'' if listed else ', not listed by the API'} "
    return element(
        "article", element("p", said, element("code", deployment.id)), element("p", *spans, class_="timeline")
    )


def _origin(world: World, deployment: Deployment) -> str:
    if deployment.created < world.started:
        return " (initial)"
    if deployment.by == "scenario":
        return ", by somebody else"
    return "" if deployment.reference == str(deployment.version) else f", asked for as {deployment.reference}"


def _step(step: StatusChange, end: float, latest: Standing | None) -> Markup:
    """Show a stretch of a rollout, as wide as it is long; the latest says how far it has come."""
    over = latest is not None and step.status in TERMINAL
    took = f"since {clock(step.since, DATE)}" if over else span(end - step.since)
    return element(
        "span",
        element("b", step.status.replace("_", " ")),
        f" {latest.moment.replicas} of {REPLICAS}, {took}" if latest else f" {took}",
        class_=step.status if step.status in KNOWN else "unknown",
        style=f"flex-grow: {0 if over else max(end - step.since, 1):.0f}",
    )


def _omitted(count: int) -> Markup:
    return element("p", f"and {count} before") if count else Markup()
