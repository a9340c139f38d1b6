"""From a template and its values to a response: one look, one security policy, errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import brotli
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

from voltlake._version import __version__
from voltlake.charts.theme import DARK, DASHES, LIGHT, Theme
from voltlake.dashboard import formats
from voltlake.dashboard.assets import Assets
from voltlake.dashboard.state import MAX_SELECTED
from voltlake.errors import InvalidRequest, NotFound, VoltlakeError
from voltlake.services.workspace import Workspace

__all__ = ["CurrentDashboard", "Dashboard", "PageRoute"]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
_WORTH_COMPRESSING = 1_000
_STATUS = {NotFound.slug: 404, InvalidRequest.slug: 400}


def _path_part(text: str) -> str:
    """Quote a name so that it is one part of a path, slashes included."""
    return quote(text, safe="")


def _palette(theme: Theme) -> dict[str, object]:
    """Return what the browser needs to draw lines in the colours of the exported pictures."""
    return {"cells": theme.cells, "cycles": theme.cycles, "dashes": DASHES}


def _environment(assets: Assets) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {}  # panes keep their order
    environment.filters.update(formats.FILTERS, path_part=_path_part)
    environment.globals.update(
        asset=assets.url,
        version=__version__,
        max_selected=MAX_SELECTED,
        palette={theme.name: _palette(theme) for theme in (LIGHT, DARK)},
    )
    return environment


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What every page needs: the lake, the files it loads, and its templates."""

    workspace: Workspace
    assets: Assets
    templates: Environment

    @classmethod
    def of(cls, workspace: Workspace) -> Dashboard:
        """Read the static files and the templates once."""
        assets = Assets.read()
        return cls(workspace, assets, _environment(assets))

    def page(
        self, request: Request, template: str, values: dict[str, Any], status: int = 200
    ) -> Response:
        """Render a page, or a part of one, with the headers that every answer carries."""
        content = self.templates.get_template(template).render(values).encode()
        headers = dict(_HEADERS)
        takes_brotli = "br" in request.headers.get("accept-encoding", "")
        if takes_brotli and len(content) > _WORTH_COMPRESSING:
            content = brotli.compress(content, quality=4)
            headers["Content-Encoding"] = "br"
        return HTMLResponse(content, status, headers)

    def problem(self, request: Request, error: VoltlakeError) -> Response:
        """Show an error as a page: what is wrong, and what a person can do."""
        status = _STATUS.get(error.slug, 500)
        return self.page(request, "problem.html", {"active": "", "error": error}, status)


def dashboard_of(request: Request) -> Dashboard:
    """Return the dashboard that ``add_dashboard`` put on the application."""
    dashboard: Dashboard = request.app.state.dashboard
    return dashboard


CurrentDashboard = Annotated[Dashboard, Depends(dashboard_of)]


class PageRoute(APIRoute):
    """A route whose errors become pages, not the API's JSON problems."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route so that a deliberate error is shown to the person who asked."""
        answer = super().get_route_handler()

        async def page_or_problem(request: Request) -> Response:
            try:
                return await answer(request)
            except VoltlakeError as error:
                return dashboard_of(request).problem(request, error)

        return page_or_problem
