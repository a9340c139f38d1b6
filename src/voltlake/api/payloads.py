"""The shapes of the API's JSON.

Rows of the catalogue carry further columns beyond those declared here: a client must
ignore what it does not know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from voltlake.api.tables import columns_of, rows_of

__all__ = [
    "CellPayload",
    "CertificatePayload",
    "ChartPayload",
    "ColumnsPayload",
    "FilePayload",
    "FindingPayload",
    "HealthPayload",
    "Page",
    "Paging",
    "ProjectPayload",
    "TestPayload",
    "columns",
    "page",
]

Item = TypeVar("Item", bound=BaseModel)
_MOST_ITEMS = 1000
_MOST_ROWS = 100_000


class Paging(BaseModel):
    """Which part of a list is wanted. An unknown parameter is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=_MOST_ITEMS, description="at most so many items")
    offset: int = Field(0, ge=0, le=10**9, description="leave out so many items first")


class _Row(BaseModel):
    model_config = ConfigDict(extra="allow")


class ProjectPayload(_Row):
    """A project: a name for cells that belong together."""

    project_name: str
    cells: int
    tests: int


class CellPayload(_Row):
    """A physical cell, with what its tests say in sum."""

    cell_name: str
    project_name: str | None = None
    chemistry: str | None = None
    tests: int | None = None
    cycles: int | None = None
    last_discharge_capacity_ah: float | None = None
    discharge_capacity_retention: float | None = Field(None, description="a ratio, 1 is new")
    findings_critical: int | None = None
    findings_warning: int | None = None
    last_test_at: datetime | None = None


class TestPayload(_Row):
    """One run of one cell."""

    __test__ = False  # pytest: this is no test class

    test_id: int
    cell_name: str
    test_name: str | None = None
    reader: str | None = None
    rows: int | None = None
    cycles: int | None = None
    start_time: datetime | None = None
    duration_second: float | None = None
    machine: str | None = None
    channel: str | None = None


class FindingPayload(_Row):
    """One doubt about data; rows count from 0 in the samples."""

    code: str
    severity: str
    message: str
    remedy: str | None = None
    column: str | None = None
    row_first: int | None = None
    row_last: int | None = None
    count: int | None = None


class FilePayload(_Row):
    """A file that was offered, and what became of it."""

    state: str


class CertificatePayload(BaseModel):
    """How each property of a test is known."""

    test_id: int
    entries: list[dict[str, Any]]


class ChartPayload(BaseModel):
    """A chart that can be asked for, with the JSON schema of its parameters."""

    name: str
    title: str
    description: str
    parameters: dict[str, Any]
    formats: list[str]


class HealthPayload(BaseModel):
    """Whether the service can answer."""

    status: str
    version: str


class Page(BaseModel, Generic[Item]):
    """A part of a list, and how long all of it is."""

    items: list[Item]
    total: int
    limit: int
    offset: int


class ColumnsPayload(BaseModel):
    """A part of a table, column by column; ``total`` rows are in all of it."""

    columns: dict[str, list[Any]]
    rows: int
    offset: int
    total: int | None


def page(frame: pl.DataFrame, item: type[Item], paging: Paging) -> Page[Item]:
    """Return the wanted part of a table as items."""
    part = frame.slice(paging.offset, paging.limit)
    return Page[item](  # type: ignore[valid-type]
        items=[item.model_validate(row) for row in rows_of(part)],
        total=frame.height,
        limit=paging.limit,
        offset=paging.offset,
    )


def columns(frame: pl.DataFrame, offset: int = 0, total: int | None = None) -> dict[str, Any]:
    """Return a table as :class:`ColumnsPayload` wants it, ready for JSON."""
    return {
        "columns": columns_of(frame),
        "rows": frame.height,
        "offset": offset,
        "total": total,
    }
