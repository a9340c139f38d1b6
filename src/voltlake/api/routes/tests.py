"""Tests: the runs of cells."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from voltlake.api.dependencies import CurrentWorkspace, TestId, listed
from voltlake.api.payloads import Page, Paging, TestPayload, page
from voltlake.api.problems import ProblemRoute
from voltlake.api.tables import json_answer
from voltlake.services import explore

router = APIRouter(prefix="/tests", tags=["tests"], route_class=ProblemRoute)


class TestQuery(Paging):
    """Which tests."""

    __test__ = False  # pytest: this is no test class

    cells: str | None = Field(None, max_length=10_000, description="names of cells: A,B")


@router.get("")
def tests(workspace: CurrentWorkspace, query: Annotated[TestQuery, Query()]) -> Page[TestPayload]:
    """List the tests, all or those of some cells."""
    cell_names = listed(query.cells) or None
    return page(explore.tests(workspace, cell_names=cell_names), TestPayload, query)


@router.get("/{test_id}")
def test(test_id: TestId, workspace: CurrentWorkspace) -> Response:
    """Return one test with its metadata."""
    return json_answer(explore.test(workspace, test_id))
