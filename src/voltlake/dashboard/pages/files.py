"""The ledger: every file that was ever offered, what became of it, and what to do."""

from __future__ import annotations

import polars as pl
from fastapi import APIRouter, Request, Response

from voltlake.dashboard.rendering import CurrentDashboard, PageRoute
from voltlake.dashboard.state import FILE_STATES, FilesState
from voltlake.services import explore

router = APIRouter(route_class=PageRoute, include_in_schema=False)

STATE_MEANINGS = {
    "stored": "read, checked and kept",
    "unchanged": "the same content was already here",
    "grown": "a longer version of a file that was here",
    "failed": "the surroundings were at fault; it is tried again",
    "quarantined": "needs a person; it is not tried again by itself",
}


@router.get("/files")
def files_page(request: Request, dashboard: CurrentDashboard) -> Response:
    """Show the whole page."""
    state = FilesState.parse(request.query_params)
    everything = explore.files(dashboard.workspace)
    shown = everything.filter(pl.col("state").is_in(state.states)) if state.states else everything
    counts = dict(everything.group_by("state").len().iter_rows())
    values = {
        "active": "files",
        "state": state,
        "total": everything.height,
        "matching": shown.height,
        "counts": {name: counts[name] for name in FILE_STATES if name in counts},
        "meanings": STATE_MEANINGS,
        "rows": shown.head(state.rows).to_dicts(),
    }
    return dashboard.page(request, "files.html", values)
