"""How what goes wrong with a request is answered, in either API's style."""

from collections.abc import Awaitable, Callable, Iterable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route

from cerebras_simulator.api import inference
from cerebras_simulator.api.flat import FlatRefusal
from cerebras_simulator.world.refusals import Refusal

Handler = Callable[[Request, Exception], Awaitable[Response]]


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101  # for the type checker: registered for this type only
    return JSONResponse({"detail": refusal.detail}, refusal.status)


async def _refused_flatly(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, FlatRefusal)  # noqa: S101  # as in _refused
    return JSONResponse(refusal.error.model_dump(), refusal.status)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # as in _refused
    if request.url.path in {inference.CHAT_PATH, inference.MODELS_PATH}:
        return JSONResponse(inference.malformed(error.errors()[0]).model_dump(), 400)
    mistakes = [{key: mistake[key] for key in ("loc", "msg", "type")} for mistake in error.errors()]
    return JSONResponse({"detail": mistakes}, 422)


def _not_allowed(routes: list[Route]) -> Handler:
    """Name all methods of a path: the framework names those of the first route that has the path."""

    async def handler(request: Request, _: Exception) -> Response:
        paths = [route.path for route in routes if route.matches(request.scope)[0] is Match.PARTIAL]
        methods = {method for route in routes if route.path in paths[:1] for method in route.methods or ()}
        return JSONResponse({"detail": "Method Not Allowed"}, 405, headers={"allow": ", ".join(sorted(methods))})

    return handler


def register(app: FastAPI, routes: Iterable[BaseRoute]) -> None:
    """Have an application with these routes answer so."""
    app.add_exception_handler(405, _not_allowed([route for route in routes if isinstance(route, Route)]))
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(FlatRefusal, _refused_flatly)
    app.add_exception_handler(RequestValidationError, _malformed)
