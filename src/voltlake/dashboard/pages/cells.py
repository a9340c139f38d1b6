"""All cells: a table that filters, sorts and chooses what the fade chart shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import polars as pl
from fastapi import APIRouter, Request, Response

from voltlake.dashboard.quantities import FADE_QUANTITIES, fade_label
from voltlake.dashboard.rendering import CurrentDashboard, Dashboard, PageRoute
from voltlake.dashboard.state import CELL_FILTERS, CellsState
from voltlake.services import explore

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_SELECTED_AT_FIRST = 8
_COLUMNS = {
    "cell_name": "Cell",
    "cycles": "Cycles",
    "last_discharge_capacity_ah": "Last (Ah)",
    "discharge_capacity_retention": "Retention",
    "findings_critical": "Findings",
    "project_name": "Project",
    "experiment_group": "Group",
    "design_name": "Design",
    "chemistry": "Chemistry",
    "form_factor": "Form",
    "nominal_capacity_ah": "Nominal (Ah)",
    "tests": "Tests",
    "last_test_at": "Last test",
}
_ALWAYS_SHOWN = frozenset(
    {"cell_name", "cycles", "last_discharge_capacity_ah", "discharge_capacity_retention",
     "findings_critical"}
)  # fmt: skip
_FILTER_TITLES = {
    "project": "Project",
    "chemistry": "Chemistry",
    "form_factor": "Form factor",
    "design": "Design",
    "group": "Group",
}


@router.get("/")
def cells_page(request: Request, dashboard: CurrentDashboard) -> Response:
    """Show the whole page."""
    return dashboard.page(request, "cells.html", _values(request, dashboard))


@router.get("/parts/cells")
def cells_rows(request: Request, dashboard: CurrentDashboard) -> Response:
    """Show the table alone, for a changed filter, search or order."""
    return dashboard.page(request, "cells_rows.html", _values(request, dashboard))


def _values(request: Request, dashboard: Dashboard) -> dict[str, Any]:
    state = CellsState.parse(request.query_params)
    everything = explore.cells(dashboard.workspace)
    shown = explore.cells(
        dashboard.workspace,
        filters=state.column_filters(),
        text=state.text,
        sort=state.sort_column,
        descending=state.descending,
    )
    if state.selected is None:
        state = replace(state, selected=_first_choice(shown))
    known = set(everything["cell_name"])
    selected = tuple(name for name in state.selected or () if name in known)
    return {
        "active": "cells",
        "state": replace(state, selected=selected),
        "missing": [name for name in state.selected or () if name not in known],
        "total": everything.height,
        "matching": shown.height,
        "rows": shown.head(state.rows).to_dicts(),
        "columns": _shown_columns(everything),
        "filters": _filters(everything, state),
        "quantities": FADE_QUANTITIES,
        "y_label": fade_label(state.y, state.normalise),
        "chart_query": chart_query(selected, state.y, state.normalise),
    }


def chart_query(cell_names: tuple[str, ...], y: str, normalise: str) -> str:
    """Return the query of the fade chart, the same for the picture and for its data."""
    return urlencode([("cells", ",".join(cell_names)), ("y", y), ("normalise", normalise)])


def _first_choice(shown: pl.DataFrame) -> tuple[str, ...]:
    """Return the first cells with cycles, so that a fresh page is not an empty chart."""
    with_cycles = shown.filter(pl.col("cycles") > 0)
    return tuple(with_cycles["cell_name"].head(_SELECTED_AT_FIRST))


def _shown_columns(everything: pl.DataFrame) -> dict[str, str]:
    """Return the columns of the table: those that say something about at least one cell."""
    return {
        name: title
        for name, title in _COLUMNS.items()
        if name in _ALWAYS_SHOWN
        or (name in everything.columns and everything[name].null_count() < everything.height)
    }


def _filters(everything: pl.DataFrame, state: CellsState) -> list[dict[str, Any]]:
    """Return each filter that can separate cells: its values, how many cells, which are on."""
    filters = []
    for name, column in CELL_FILTERS.items():
        counts = (
            everything.filter(pl.col(column).is_not_null())
            .group_by(column)
            .len("cells")
            .sort(column)
        )
        chosen = state.filters.get(name, ())
        if counts.height > 1 or chosen:
            options = [(value, cells, value in chosen) for value, cells in counts.iter_rows()]
            title = _FILTER_TITLES[name]
            filters.append({"name": name, "title": title, "options": options, "on": len(chosen)})
    return filters
