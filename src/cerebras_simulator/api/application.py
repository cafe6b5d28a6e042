"""The Management API's calls, as FastAPI routes, and the application with all routes there are.

Paths, operation ids and replies are the published ones. Errors are not published; here they are documented.
"""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Security
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp

from cerebras_simulator.api import bodies, control, errors, inference, schemas
from cerebras_simulator.api.flat import FlatError, check_key
from cerebras_simulator.api.front import Front
from cerebras_simulator.api.shapes import SHAPES
from cerebras_simulator.page import overview
from cerebras_simulator.world.inventory import ARCHITECTURE, ORG, endpoint_name
from cerebras_simulator.world.refusals import Refusal
from cerebras_simulator.world.rollouts import VersionName
from cerebras_simulator.world.state import World

bearer = HTTPBearer(scheme_name="BearerAuth", description="A management key.", auto_error=False)


async def authenticated(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
) -> World:
    """Let the holder of the management key in, and hand over the world."""
    world: World = request.state.world
    check_key(credentials, world.key)
    return world


Authenticated = Annotated[World, Security(authenticated)]
EndpointId = Annotated[
    str,
    Path(
        description="The endpoint, as inference requests name it in `model`.",
        examples=[endpoint_name(ARCHITECTURE)],
    ),
]
Org = Annotated[str, Path(description="The organization's name.", examples=[ORG])]
Architecture = Annotated[str, Path(description="The model architecture.", examples=[ARCHITECTURE])]
VersionRef = Annotated[str, Path(description="Integer id or alias.", examples=["production", "1"])]


async def version_name(org_name: Org, model_arch_id: Architecture, version_id: VersionRef) -> VersionName:
    """Put a version's name together from its path."""
    return VersionName(org_name, model_arch_id, version_id)


_TEXT = {"text/plain": {"schema": {"type": "string"}}}
ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": FlatError, "description": "The key is wrong."},
    403: {
        "model": schemas.Detail,
        "content": _TEXT,
        "description": "No key; or, as text, a User-Agent that is refused.",
    },
    404: {"model": schemas.Detail, "description": "No such endpoint, architecture or version."},
    422: {"model": schemas.FieldErrors, "description": "The request is malformed."},
}
DEPLOY_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": schemas.Detail, "description": "The version is of another architecture; or no JSON came."},
    409: {"model": schemas.Detail, "description": "The version's weights are not ready."},
}
ALIAS_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": schemas.Detail, "description": "No JSON came."},
    409: {"model": schemas.Detail, "description": "Another version has the alias."},
}

router = APIRouter(prefix="/management/v1", responses=ERRORS)


@router.post(
    "/endpoints/{endpoint_id}:deployModel",
    summary="Deploy a model version to an endpoint",
    responses=DEPLOY_ERRORS,
    response_model_exclude_unset=True,
)
async def deploy_model_to_endpoint_route(
    world: Authenticated, endpoint_id: EndpointId, body: schemas.EndpointDeployModelRequest, request: Request
) -> schemas.EndpointDeployResponse:
    """Queue a deployment and say its id. Not idempotent: each call that is accepted makes another one."""
    standing = world.deploy(endpoint_id, VersionName.parse(body.model))
    request.state.record.changed = True
    return bodies.deploy_response(world.endpoint(endpoint_id), standing)


@router.get("/endpoints/{endpoint_id}", summary="Read an endpoint's status", response_model=schemas.EndpointStatus)
async def get_endpoint_status_route(world: Authenticated, endpoint_id: EndpointId) -> Response:
    """Show the endpoint with its deployments: the only way to follow a rollout."""
    status = bodies.endpoint_status(world, world.endpoint(endpoint_id)).model_dump(mode="json", exclude_unset=True)
    _, shaped = SHAPES[world.shape]
    return JSONResponse(shaped(status))


@router.get("/orgs/{org_name}/endpoints", summary="List endpoints")
async def list_endpoints_route(world: Authenticated, org_name: Org) -> schemas.EndpointList:
    """List the endpoints that the organization manages."""
    if org_name != ORG:
        raise Refusal(404, f"Organization {org_name!r} not found")
    return bodies.endpoint_list(world)


@router.get("/orgs/{org_name}/models", summary="List model architectures")
async def get_model_archs_by_org_route(world: Authenticated, org_name: Org) -> schemas.ModelArchitectureList:
    """List the architectures that the organization may use."""
    if org_name != ORG:
        raise Refusal(404, f"Organization {org_name!r} not found")
    return schemas.ModelArchitectureList(model_architectures=world.registry.architectures)


@router.get("/orgs/{org_name}/models/{model_arch_id}/versions", summary="List model versions")
async def get_all_model_versions_route(
    world: Authenticated, org_name: Org, model_arch_id: Architecture
) -> schemas.ModelVersionList:
    """List all versions of an architecture."""
    versions = world.registry.versions(org_name, model_arch_id)
    return schemas.ModelVersionList(
        model_versions=[bodies.model_version(world, model_arch_id, version) for version in versions]
    )


@router.get("/orgs/{org_name}/models/{model_arch_id}/versions/{version_id}", summary="Read a model version")
async def get_model_version_status_route(
    world: Authenticated, name: Annotated[VersionName, Depends(version_name)]
) -> schemas.ModelVersion:
    """Show a version, asked for by integer or alias: its reply names it by the integer."""
    version = world.registry.version(name)
    return bodies.model_version(world, name.architecture, version)


@router.patch(
    "/orgs/{org_name}/models/{model_arch_id}/versions/{version_id}",
    summary="Replace a model version's aliases",
    responses=ALIAS_ERRORS,
)
async def update_model_version_aliases_route(
    world: Authenticated,
    name: Annotated[VersionName, Depends(version_name)],
    body: schemas.ModelVersionAliasesRequest,
    request: Request,
) -> schemas.ModelVersionAliases:
    """Have these aliases point to the version, and no others; one that another version has is refused."""
    change = world.registry.set_aliases(name, body.version_aliases)
    request.state.record.changed = change.before != change.after
    return bodies.version_aliases(change)


@cache
def api() -> FastAPI:
    """Give the API itself, built once: each request has its world in its state, from `Front`."""
    app = FastAPI(
        title="Endpoint Management Orchestrator API",
        version="1.0.0",
        openapi_url="/_simulator/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    routers = (router, inference.router, control.router, overview.router)
    for one in routers:
        app.include_router(one)
    app.router.default = PlainTextResponse("", 404)  # a path that is not routed: no body, seen live
    errors.register(app, [*app.routes, *(route for one in routers for route in one.routes)])
    return app


def create_app(world: World) -> ASGIApp:
    """Give the ASGI application that shows this world to callers in process; faults are up to their transport."""
    return Front(api(), world)
