"""Cycles of cells."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from voltlake.api.dependencies import CurrentWorkspace, listed
from voltlake.api.payloads import ColumnsPayload, columns
from voltlake.api.problems import ProblemRoute
from voltlake.api.tables import TableFormat, download, json_answer
from voltlake.errors import InvalidRequest
from voltlake.services import explore

router = APIRouter(prefix="/cycles", tags=["cycles"], route_class=ProblemRoute)

Text = Annotated[str | None, Query(max_length=10_000)]


@router.get("", responses={200: {"model": ColumnsPayload}})
def cycles(
    workspace: CurrentWorkspace,
    cells: Text = None,
    columns_wanted: Annotated[str | None, Query(alias="columns", max_length=2_000)] = None,
    format: TableFormat = "json",
) -> Response:
    """Return the cycles of some cells (``cells=A,B``), all columns or those named."""
    cell_names = listed(cells)
    if not cell_names:
        raise InvalidRequest("no cell is named", remedy="Name the cells: cells=A,B")
    frame = explore.cycles(workspace, cell_names, columns=listed(columns_wanted) or None)
    if format == "json":
        return json_answer(columns(frame, total=frame.height))
    return download(iter([frame]), format, "cycles")
