"""The page at `/`: what goes on in the simulator, for people. No script, nothing from elsewhere, no key."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi import Request as HttpRequest
from fastapi.responses import HTMLResponse

from cerebras_simulator.api.control import PAGE
from cerebras_simulator.page.markup import Markup, element, table
from cerebras_simulator.page.panels import DATE, clock, endpoint_panel, scenario_name
from cerebras_simulator.world.inventory import ARCHITECTURE, Endpoint, endpoint_name
from cerebras_simulator.world.state import Request, World

TITLE: Final = "Cerebras Management API simulator"
STYLE: Final = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
HEAD: Final = element(
    "head",
    Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
    Markup('<meta http-equiv="refresh" content="2">'),
    element("title", TITLE),
    element("style", Markup(STYLE)),
)
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "cache-control": "no-store",
}
#: How many requests are shown, and how much of a path.
REQUESTS, LENGTH = 20, 120

router = APIRouter(include_in_schema=False)


@router.get(PAGE)
async def show(request: HttpRequest) -> HTMLResponse:
    """Show the page."""
    return HTMLResponse(page(request.state.world), headers=HEADERS)


def page(world: World) -> str:
    """Give the page as it is now; to look at it begins no scenario."""
    shown = {endpoint_name(ARCHITECTURE), *world.endpoints, *world.begun}
    endpoints = world.inventory.endpoints.values()
    body = element(
        "body",
        element("header", element("h1", TITLE), element("p", _summary(world))),
        *(endpoint_panel(world, one) for one in endpoints if one.name in shown),
        _section("Faults in force", _faults(world.faults.rules)),
        _section("Requests (newest first)", _requests(world.requests)),
        _section("Model versions", _versions(world, {one.architecture for one in endpoints if one.name in shown})),
        _section("Endpoints not requested yet", _others(one for one in endpoints if one.name not in shown)),
    )
    return f"<!DOCTYPE html>\n{element('html', HEAD, body, lang='en')}\n"


def _section(heading: str, content: Markup) -> Markup:
    return element("section", element("h2", heading), content)


def _summary(world: World) -> str:
    speed = "" if world.speed == 1 else f", {world.speed:g}x speed"
    return f"{clock(world.now(), DATE)} UTC{speed}; {len(world.requests)} requests since {clock(world.started)}"


def _faults(rules: list[str]) -> Markup:
    if not rules:
        return element("p", "None. Every request gets its normal reply.")
    return element("ul", *(element("li", element("code", rule)) for rule in rules))


def _requests(requests: list[Request]) -> Markup:
    if not requests:
        return element("p", "None yet.")
    rows = [_request(one) for one in requests[: -REQUESTS - 1 : -1]]
    return table(["time", "call", "status", ""], rows)


def _request(request: Request) -> list[object]:
    path = request.path if len(request.path) <= LENGTH else request.path[:LENGTH] + "…"
    changed = "changed" if request.changed else ""
    late = f"{request.delay:g} s late" if request.delay >= 1 else ""
    return [
        clock(request.time),
        element("code", f"{request.method} {path}"),
        element("span", request.status or "no reply", class_=f"answer-{request.status // 100}"),
        ", ".join(note for note in (changed, late) if note),
    ]


def _versions(world: World, architectures: set[str]) -> Markup:
    rows: list[list[object]] = [
        [
            element("code", f"{architecture}/versions/{version.number}"),
            ", ".join(version.aliases) or "none",
            world.registry.sync_status(architecture, version),
            version.suffix or "none",
        ]
        for architecture in sorted(architectures)
        for version in world.registry.known(architecture)
    ]
    found = table(["version", "aliases", "weights", "fingerprint suffix"], rows)
    changes = [
        element(
            "li",
            f"{clock(one.time)} {one.architecture}/versions/{one.version}: {_list(one.before)} → {_list(one.after)}",
        )
        for one in reversed(world.alias_changes[-REQUESTS:])
    ]
    return element("div", found, *([element("h3", "Alias changes"), element("ul", *changes)] if changes else []))


def _list(aliases: tuple[str, ...]) -> str:
    return ", ".join(aliases) or "none"


def _others(endpoints: Iterable[Endpoint]) -> Markup:
    rows: list[list[object]] = [
        [element("code", one.name), f"{scenario_name(one.scenario)}: {one.scenario.about}"] for one in endpoints
    ]
    return table(["endpoint", "scenario"], rows)
