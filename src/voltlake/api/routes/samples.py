"""Samples of a test: pages of rows as JSON, whole tests as files, windows for a screen."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
import polars as pl
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from voltlake.api.dependencies import CurrentWorkspace, TestId, listed
from voltlake.api.payloads import ColumnsPayload, columns
from voltlake.api.problems import ProblemRoute
from voltlake.api.tables import TableFormat, download, json_answer
from voltlake.canonical.columns import column
from voltlake.services import explore
from voltlake.services import series as series_of
from voltlake.services.workspace import Workspace

router = APIRouter(prefix="/tests", tags=["samples"], route_class=ProblemRoute)

_ROWS_PER_JSON = 100_000
_ROWS_PER_BATCH = 250_000
_MOST_POINTS = 20_000


class SampleQuery(BaseModel):
    """Which samples."""

    model_config = ConfigDict(extra="forbid")

    columns: str | None = Field(None, max_length=4_000, description="names: voltage_volt,…")
    cycle: list[int] = Field([], description="number of a cycle; may be given several times")
    first_row: int = Field(0, ge=0, description="rows count from 0, in the chosen cycles")
    row_count: int | None = Field(None, ge=1, description="at most so many rows")

    def names(self) -> list[str] | None:
        """Return the wanted columns; raise ``NotFound`` for one that no test can have."""
        names = listed(self.columns)
        return [column(name).notation for name in names] or None


@router.get("/{test_id}/samples", responses={200: {"model": ColumnsPayload}})
def samples(
    test_id: TestId,
    workspace: CurrentWorkspace,
    query: Annotated[SampleQuery, Query()],
) -> Response:
    """Return rows as JSON, column by column: at most 100,000 at once, 10,000 if not said."""
    count = min(query.row_count or 10_000, _ROWS_PER_JSON)
    frame = series_of.samples(
        workspace,
        test_id,
        columns=query.names(),
        cycles=query.cycle or None,
        first_row=query.first_row,
        row_count=count,
    )
    total = None if query.cycle else explore.test(workspace, test_id).get("rows")
    return json_answer(columns(frame, query.first_row, total))


@router.get("/{test_id}/samples.{file_format}", response_class=Response)
def samples_file(
    test_id: TestId,
    file_format: TableFormat,
    workspace: CurrentWorkspace,
    query: Annotated[SampleQuery, Query()],
) -> Response:
    """Return rows, all unless said otherwise, as a file: csv, parquet or arrow."""
    if file_format == "json":
        return samples(test_id, workspace, query)
    batches = _batches(workspace, test_id, query)
    return download(batches, file_format, f"test_{test_id}_samples")


def _batches(workspace: Workspace, test_id: int, query: SampleQuery) -> Iterator[pl.DataFrame]:
    """Read the rows piece by piece; at least one piece, perhaps without rows."""
    row, end = query.first_row, None
    if query.row_count is not None:
        end = row + query.row_count
    while True:
        count = _ROWS_PER_BATCH if end is None else min(_ROWS_PER_BATCH, end - row)
        batch = series_of.samples(
            workspace,
            test_id,
            columns=query.names(),
            cycles=query.cycle or None,
            first_row=row,
            row_count=count,
        )
        if batch.height or row == query.first_row:
            yield batch
        row += batch.height
        if batch.height < count or row == end:
            return


class WindowQuery(BaseModel):
    """Which part of a test, and for how wide a screen."""

    model_config = ConfigDict(extra="forbid")

    columns: str = Field("voltage_volt,current_ampere", max_length=2_000)
    start_second: float | None = Field(None, allow_inf_nan=False)
    end_second: float | None = Field(None, allow_inf_nan=False)
    points: int = Field(2000, ge=2, le=_MOST_POINTS, description="two for each pixel column")


@router.get(
    "/{test_id}/window",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def window(
    test_id: TestId, workspace: CurrentWorkspace, query: Annotated[WindowQuery, Query()]
) -> Response:
    """Return series thinned to the extremes of each pixel column, as binary arrays.

    Little endian: an int64 with the length of the head; the head, JSON padded with blanks to
    a multiple of 8: ``source`` (overview or rows), ``start_second``, ``end_second`` and
    ``series`` as pairs of column and number of points; then the float64 times [s] of each
    series, then the float32 values of each. NaN is unknown.
    """
    found = series_of.window(
        workspace,
        test_id,
        columns=[column(name).notation for name in listed(query.columns)],
        start_second=query.start_second,
        end_second=query.end_second,
        points=query.points,
    )
    series = [(name, times, values) for name, (times, values) in found.series.items()]
    head = to_json(
        {
            "source": found.source,
            "start_second": found.start_second,
            "end_second": found.end_second,
            "series": [[name, len(times)] for name, times, _ in series],
        },
        inf_nan_mode="null",
    )
    head += b" " * (-len(head) % 8)
    arrays = [*(_bytes(times, "<f8") for _, times, _ in series),
              *(_bytes(values, "<f4") for _, _, values in series)]  # fmt: skip
    content = struct.pack("<q", len(head)) + head + b"".join(arrays)
    return Response(content, media_type="application/octet-stream")


def _bytes(numbers: Sequence[float] | np.ndarray, kind: str) -> bytes:
    return np.asarray(numbers, dtype=kind).tobytes()
