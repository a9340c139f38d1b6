"""What routes ask for: the lake, the renderer, a page of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from voltlake.api.access import Metrics
from voltlake.charts.render import Renderer
from voltlake.services.workspace import Workspace

__all__ = [
    "Api",
    "CurrentApi",
    "CurrentRenderer",
    "CurrentWorkspace",
    "TestId",
    "listed",
]


@dataclass(frozen=True, slots=True)
class Api:
    """What the API's routes share; ``create_app`` puts it on the application."""

    workspace: Workspace
    renderer: Renderer
    metrics: Metrics


def _api(request: Request) -> Api:
    api: Api = request.app.state.api
    return api


def _workspace(request: Request) -> Workspace:
    return _api(request).workspace


def _renderer(request: Request) -> Renderer:
    return _api(request).renderer


TestId = Annotated[int, Path(ge=1, le=2**63 - 1, description="number of a test")]
CurrentApi = Annotated[Api, Depends(_api)]
CurrentWorkspace = Annotated[Workspace, Depends(_workspace)]
CurrentRenderer = Annotated[Renderer, Depends(_renderer)]


def listed(*values: str | None) -> list[str]:
    """Return the distinct parts of comma-separated lists, in their order."""
    parts = [part.strip() for value in values if value for part in value.split(",")]
    return list(dict.fromkeys(part for part in parts if part))
