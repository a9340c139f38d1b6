"""Projects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from voltlake.api.dependencies import CurrentWorkspace
from voltlake.api.payloads import Page, Paging, ProjectPayload, page
from voltlake.api.problems import ProblemRoute
from voltlake.services import explore

router = APIRouter(prefix="/projects", tags=["projects"], route_class=ProblemRoute)


@router.get("")
def projects(
    workspace: CurrentWorkspace, paging: Annotated[Paging, Query()]
) -> Page[ProjectPayload]:
    """List the projects by name."""
    return page(explore.projects(workspace), ProjectPayload, paging)
