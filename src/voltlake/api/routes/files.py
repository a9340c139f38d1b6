"""Files: every file that was offered and what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from voltlake.api.dependencies import CurrentWorkspace
from voltlake.api.payloads import FilePayload, Page, Paging, page
from voltlake.api.problems import ProblemRoute
from voltlake.services import explore

router = APIRouter(prefix="/files", tags=["files"], route_class=ProblemRoute)


class FileQuery(Paging):
    """Which files."""

    state: list[str] = Field([])


@router.get("")
def files(workspace: CurrentWorkspace, query: Annotated[FileQuery, Query()]) -> Page[FilePayload]:
    """List the files, all or those in some states."""
    return page(explore.files(workspace, states=query.state or None), FilePayload, query)
