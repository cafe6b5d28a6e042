"""Routes for whoever runs the simulator: outside the API's name space, without a key, not in its OpenAPI."""

from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request

from cerebras_simulator.world.rollouts import Standing
from cerebras_simulator.world.state import World

PREFIX: Final = "/_simulator"
PAGE: Final = "/"


def concerns(path: str) -> bool:
    """Tell whether a path is for whoever runs the simulator: no request there is recorded, or meets a fault."""
    return path == PAGE or path.startswith(PREFIX)


router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the simulator listens."""
    return {"status": "ok"}


@router.get("/requests")
async def requests(request: Request) -> list[dict[str, Any]]:
    """Tell every request that came, oldest first."""
    world: World = request.state.world
    return [asdict(one) for one in world.requests]


@router.get("/deployments")
async def deployments(request: Request) -> list[dict[str, Any]]:
    """Tell every deployment accepted, with its rollout's status now."""
    world: World = request.state.world
    return [_deployment(world.standing(one.id)) for one in world.deployments]


@router.get("/aliases")
async def aliases(request: Request) -> list[dict[str, Any]]:
    """Tell every change of aliases, oldest first."""
    world: World = request.state.world
    return [asdict(one) for one in world.alias_changes]


@router.get("/faults")
async def faults(request: Request) -> list[str]:
    """Tell the rules by which requests meet faults."""
    world: World = request.state.world
    return world.faults.rules


@router.post("/faults")
async def add_faults(request: Request, rules: list[str]) -> list[str]:
    """Add rules, written as on the command line; they count from now on."""
    world: World = request.state.world
    try:
        world.faults.add(*rules)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error
    return world.faults.rules


@router.delete("/faults")
async def clear_faults(request: Request) -> list[str]:
    """Forget all rules."""
    world: World = request.state.world
    world.faults.clear()
    return world.faults.rules


def _deployment(standing: Standing) -> dict[str, Any]:
    deployment = standing.deployment
    return {
        "id": deployment.id,
        "endpoint": deployment.endpoint,
        "model": deployment.model,
        "reference": deployment.reference,
        "created": deployment.created,
        "by": deployment.by,
        "status": standing.moment.status,
        "replicas": standing.moment.replicas,
        "updated": standing.updated,
    }
