"""Findings: doubts about data, each with its rows and its remedy."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from voltlake.api.dependencies import CurrentWorkspace, listed
from voltlake.api.payloads import FindingPayload, Page, Paging, page
from voltlake.api.problems import ProblemRoute
from voltlake.canonical.findings import Severity
from voltlake.services import explore

router = APIRouter(prefix="/findings", tags=["findings"], route_class=ProblemRoute)


class FindingQuery(Paging):
    """Which findings."""

    cells: str | None = Field(None, max_length=10_000, description="names of cells: A,B")
    test: list[int] = Field([], description="number of a test; may be given several times")
    severity: list[Severity] = Field([])


@router.get("")
def findings(
    workspace: CurrentWorkspace, query: Annotated[FindingQuery, Query()]
) -> Page[FindingPayload]:
    """List the findings, all or those of some cells, tests and severities."""
    found = explore.findings(
        workspace,
        cell_names=listed(query.cells) or None,
        test_ids=query.test or None,
        severities=[severity.value for severity in query.severity] or None,
    )
    return page(found, FindingPayload, query)
