"""The application: routes, and around them who may ask, what is logged, what is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from voltlake._version import __version__
from voltlake.api import documentation
from voltlake.api.access import AccessLog, Metrics
from voltlake.api.conditional import EntityTags
from voltlake.api.dependencies import Api
from voltlake.api.problems import ProblemRoute
from voltlake.api.routes import (
    cells,
    certificates,
    charts,
    cycles,
    files,
    findings,
    health,
    projects,
    samples,
    steps,
    tests,
)
from voltlake.api.security import LOOPBACK_HOSTS, SameHostOnly, SecurityHeaders
from voltlake.charts.render import Renderer
from voltlake.errors import NotFound
from voltlake.services import explore
from voltlake.services.workspace import Workspace

__all__ = ["create_app"]

_PREFIX = "/api/v1"
_MOST_BODY_BYTES = 1 << 20
"""No route of the API takes a body; a route that takes files sets its own limit."""

_ALREADY_DENSE = ("application/octet-stream", "application/pdf", "application/vnd.apache.parquet")

_nowhere = APIRouter(include_in_schema=False, route_class=ProblemRoute)


@_nowhere.get("/api/{path:path}")
def nowhere(path: str) -> None:
    """Answer addresses under ``/api`` that mean nothing."""
    raise NotFound(
        f"there is nothing at /api/{path[:80]}", remedy="The addresses are described at /api/docs"
    )


def create_app(workspace: Workspace, *, allowed_hosts: Iterable[str] = ()) -> FastAPI:
    """Return the application of the API of a lake.

    Parameters
    ----------
    workspace
        The lake. It stays open as long as the application; who opened it closes it.
    allowed_hosts
        Names beyond those of loopback that the server answers to.
    """
    api = Api(workspace, Renderer(), Metrics())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(api.renderer.close)

    app = FastAPI(
        title="Voltlake",
        summary="Battery test data: cells, tests, cycles, samples, findings and charts.",
        version=__version__,
        openapi_url=documentation.OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        max_body_size=_MOST_BODY_BYTES,
        middleware=_around(api, (*LOOPBACK_HOSTS, *allowed_hosts)),
    )
    app.state.api = api
    nouns = (projects, cells, tests, certificates, steps, cycles, samples, findings, files, charts)
    for noun in nouns:
        app.include_router(noun.router, prefix=_PREFIX)
    app.include_router(health.router)
    app.include_router(documentation.router)
    app.include_router(_nowhere)
    return app


def _around(api: Api, hosts: Iterable[str]) -> list[Middleware]:
    """Return what every request passes through, from the outside in."""
    return [
        Middleware(AccessLog, metrics=api.metrics),
        Middleware(SecurityHeaders),
        Middleware(SameHostOnly, hosts=hosts),
        Middleware(
            GZipMiddleware,
            minimum_size=1000,
            compresslevel=4,
            exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *_ALREADY_DENSE),
        ),
        Middleware(
            EntityTags, prefix=f"{_PREFIX}/", version=lambda: explore.data_version(api.workspace)
        ),
    ]
