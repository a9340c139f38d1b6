"""The time series of a test: what was measured over time, at any zoom."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import polars as pl
from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from voltlake.charts.titles import axis_title, quantity_words
from voltlake.dashboard.rendering import CurrentDashboard, PageRoute
from voltlake.dashboard.state import SeriesState
from voltlake.errors import InvalidRequest, NotFound
from voltlake.services import explore
from voltlake.services import series as series_of
from voltlake.services.workspace import Workspace

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SERIES_FIRST = ("voltage_volt", "current_ampere")
_MOST_TEMPERATURES = 4
_PLACE = re.compile(r"(cycle|step)s?\s*#?\s*(\d{1,9})(?:\s*(?:-|–|to)\s*(\d{1,9}))?", re.IGNORECASE)
_NUMBER_COLUMN = {"cycle": "cycle_index", "step": "step_count"}


@router.get("/tests/{test_id}/series")
def series_page(test_id: int, request: Request, dashboard: CurrentDashboard) -> Response:
    """Show the page of a test's time series."""
    state = SeriesState.parse(request.query_params)
    workspace = dashboard.workspace
    test = explore.test(workspace, test_id)
    trouble = None
    if state.jump:
        try:
            start, end = extent_of(workspace, test, state.jump)
            state = replace(state, start_second=start, end_second=end)
        except (InvalidRequest, NotFound) as error:
            trouble = error
    measured = measured_columns(workspace, test_id)
    values = {
        "active": "cells",
        "state": state,
        "test": test,
        "trouble": trouble,
        "panes": {name: axis_title(name) for name in measured},
        "missing": not_measured(measured),
    }
    return dashboard.page(request, "series.html", values)


@router.get("/parts/tests/{test_id}/extent")
def extent(test_id: int, request: Request, dashboard: CurrentDashboard) -> Response:
    """Answer where a cycle or a step lies, for the jump box."""
    place = request.query_params.get("of", "")[:100]
    try:
        test = explore.test(dashboard.workspace, test_id)
        start, end = extent_of(dashboard.workspace, test, place)
    except (InvalidRequest, NotFound) as error:
        return JSONResponse({"message": error.message, "remedy": error.remedy}, 404)
    return JSONResponse({"start_second": start, "end_second": end})


def extent_of(workspace: Workspace, test: dict[str, Any], place: str) -> tuple[float, float]:
    """Return the first and the last second of ``cycle 12``, ``step 3`` or ``cycle 10-20``.

    Raises
    ------
    InvalidRequest
        The text names no cycle and no step.
    NotFound
        The test has no such cycle or step; what it has is named.
    """
    match = _PLACE.fullmatch(place.strip())
    if match is None:
        raise InvalidRequest(
            f"'{place}' names no cycle and no step",
            remedy="Write 'cycle 12', 'step 3', 'cycle 5-9'",
        )
    kind, first = match[1].lower(), int(match[2])
    last = int(match[3]) if match[3] else first
    table = _extents(workspace, test, kind)
    inside = table.filter(pl.col("number").is_between(first, last))
    start, end = inside["start"].min(), inside["end"].max()
    if start is None or end is None:
        raise NotFound(f"This test has no {kind} {match[2]}", remedy=_range_of(table, kind))
    return float(start), float(end)  # type: ignore[arg-type]


def _extents(workspace: Workspace, test: dict[str, Any], kind: str) -> pl.DataFrame:
    if kind == "step":
        table = explore.steps(workspace, test["test_id"])
    else:
        cycles = explore.cycles(workspace, [test["cell_name"]])
        table = cycles.filter(pl.col("test_id") == test["test_id"])
    start = pl.col("test_time_start_second")
    return table.select(
        number=pl.col(_NUMBER_COLUMN[kind]), start=start, end=start + pl.col("duration_second")
    ).drop_nulls()


def _range_of(table: pl.DataFrame, kind: str) -> str:
    if table.is_empty():
        return f"It has no {kind}s with a time"
    numbers = table["number"].sort().to_list()
    return f"It has {kind}s {numbers[0]} to {numbers[-1]}"


def measured_columns(workspace: Workspace, test_id: int) -> list[str]:
    """Return what the test holds over time: voltage, current, then every temperature."""
    held = series_of.samples(workspace, test_id, row_count=1).columns
    temperatures = [name for name in held if name.endswith("_celsius")]
    return [name for name in SERIES_FIRST if name in held] + temperatures[:_MOST_TEMPERATURES]


def not_measured(measured: list[str]) -> list[str]:
    """Return, in words, the quantities that one expects and that the test lacks."""
    words = [quantity_words(name) for name in SERIES_FIRST if name not in measured]
    if not any(name.endswith("_celsius") for name in measured):
        words.append("Temperature")
    return words
