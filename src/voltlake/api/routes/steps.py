"""Steps of a test."""

from __future__ import annotations

from fastapi import APIRouter, Response

from voltlake.api.dependencies import CurrentWorkspace, TestId
from voltlake.api.payloads import ColumnsPayload, columns
from voltlake.api.problems import ProblemRoute
from voltlake.api.tables import TableFormat, download, json_answer
from voltlake.services import explore

router = APIRouter(prefix="/tests", tags=["steps"], route_class=ProblemRoute)


@router.get("/{test_id}/steps", responses={200: {"model": ColumnsPayload}})
def steps(test_id: TestId, workspace: CurrentWorkspace, format: TableFormat = "json") -> Response:
    """Return the steps of a test in the order in which they ran."""
    frame = explore.steps(workspace, test_id)
    if format == "json":
        return json_answer(columns(frame, total=frame.height))
    return download(iter([frame]), format, f"test_{test_id}_steps")
