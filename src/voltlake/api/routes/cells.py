"""Cells: search, filter, one by its name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from voltlake.api.dependencies import CurrentWorkspace
from voltlake.api.payloads import CellPayload, Page, Paging, page
from voltlake.api.problems import ProblemRoute
from voltlake.api.tables import json_answer
from voltlake.services import explore

router = APIRouter(prefix="/cells", tags=["cells"], route_class=ProblemRoute)

_FILTERS = (
    "project_name",
    "chemistry",
    "form_factor",
    "design_name",
    "experiment_group",
    "configuration",
    "manufacturer",
)


class CellQuery(Paging):
    """Which cells, in which order. A filter may be given several times: any of its values."""

    text: str = Field("", max_length=200, description="part of a cell's name or metadata")
    sort: str = Field("cell_name", max_length=80, description="a column; '-' before it: reverse")
    project_name: list[str] = Field([])
    chemistry: list[str] = Field([])
    form_factor: list[str] = Field([])
    design_name: list[str] = Field([])
    experiment_group: list[str] = Field([])
    configuration: list[str] = Field([])
    manufacturer: list[str] = Field([])

    def filters(self) -> dict[str, list[str]]:
        """Return the filters that are set, by column."""
        chosen: dict[str, list[str]] = {name: getattr(self, name) for name in _FILTERS}
        return {name: values for name, values in chosen.items() if values}


@router.get("")
def cells(workspace: CurrentWorkspace, query: Annotated[CellQuery, Query()]) -> Page[CellPayload]:
    """List the cells that match."""
    found = explore.cells(
        workspace,
        filters=query.filters(),
        text=query.text,
        sort=query.sort.removeprefix("-"),
        descending=query.sort.startswith("-"),
    )
    return page(found, CellPayload, query)


@router.get("/{cell_name:path}")
def cell(cell_name: str, workspace: CurrentWorkspace) -> Response:
    """Return one cell with its metadata and its tests."""
    found: dict[str, Any] = explore.cell(workspace, cell_name)
    return json_answer(found)
