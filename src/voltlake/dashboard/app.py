"""The dashboard joins an application: pages, and the files that they load."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response

from voltlake.dashboard.pages import cell, cells, files, series
from voltlake.dashboard.rendering import CurrentDashboard, Dashboard
from voltlake.services.workspace import Workspace

__all__ = ["add_dashboard"]

_YEAR_SECOND = 31_536_000

static_router = APIRouter(include_in_schema=False)


def add_dashboard(app: FastAPI, workspace: Workspace) -> None:
    """Add the pages of a lake to ``app``: ``/``, ``/cells/…``, ``/tests/…``, ``/files``.

    Charts and series are fetched by the browser from ``/api/v1`` of the same application.
    """
    app.state.dashboard = Dashboard.of(workspace)
    for router in (static_router, cells.router, cell.router, series.router, files.router):
        app.include_router(router)


@static_router.get("/assets/{version}/{name:path}")
def asset(version: str, name: str, request: Request, dashboard: CurrentDashboard) -> Response:
    """Serve a static file; for ever where the address carries the present version."""
    found = dashboard.assets.files.get(name)
    if found is None:
        return Response(status_code=404)
    current = version == dashboard.assets.version
    headers = {
        "Cache-Control": f"public, max-age={_YEAR_SECOND}, immutable" if current else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if "br" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "br"
        return Response(found.compressed, media_type=found.content_type, headers=headers)
    return Response(found.plain, media_type=found.content_type, headers=headers)


@static_router.get("/favicon.ico")
def favicon(dashboard: CurrentDashboard) -> Response:
    """Answer browsers that ask for the icon without reading the page."""
    found = dashboard.assets.files["images/voltlake.svg"]
    return Response(found.plain, media_type=found.content_type)
