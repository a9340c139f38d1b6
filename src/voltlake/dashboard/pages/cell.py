"""One cell: what it is, how it fades, and how its tests are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl
from fastapi import APIRouter, Request, Response

from voltlake.canonical.certificate import Verdict
from voltlake.dashboard.quantities import FADE_QUANTITIES
from voltlake.dashboard.rendering import CurrentDashboard, PageRoute
from voltlake.dashboard.state import CellState
from voltlake.services import explore
from voltlake.services.workspace import Workspace

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_OPEN_TESTS = 3
"""Tests whose certificate is part of the page; those after are fetched when opened."""

_CHOSEN_CYCLES = 6
_METADATA = {
    "project_name": "Project",
    "experiment_group": "Group",
    "design_name": "Design",
    "chemistry": "Chemistry",
    "form_factor": "Form factor",
    "configuration": "Configuration",
    "layer_types": "Layers",
    "nominal_capacity_ah": "Nominal capacity (Ah)",
    "nominal_voltage_volt": "Nominal voltage (V)",
    "active_mass_gram": "Active mass (g)",
    "electrode_area_square_centimetre": "Electrode area (cm²)",
    "manufacturer": "Manufacturer",
    "serial_number": "Serial number",
    "barcode": "Barcode",
    "notes": "Notes",
}
_SEVERITIES = ("critical", "warning", "info")


@router.get("/cells/{cell_name:path}")
def cell_page(cell_name: str, request: Request, dashboard: CurrentDashboard) -> Response:
    """Show the page of a cell."""
    state = CellState.parse(request.query_params)
    workspace = dashboard.workspace
    cell = explore.cell(workspace, cell_name)
    tests = explore.tests(workspace, cell_names=[cell_name]).to_dicts()
    cycles = explore.cycles(workspace, [cell_name])
    for position, test in enumerate(tests):
        if position < _OPEN_TESTS:
            test["evidence"] = evidence_of(workspace, test["test_id"])
    curve_test = _curve_test(tests, state.test_id)
    numbers = _cycle_numbers(cycles, curve_test)
    values = {
        "active": "cells",
        "state": state,
        "cell": cell,
        "cell_name": cell_name,
        "metadata": _known(cell),
        "tests": tests,
        "key": _key_numbers(cycles),
        "curve_test": curve_test,
        "cycle_numbers": numbers,
        "chosen_cycles": state.cycles or _spread(numbers),
        "quantities": FADE_QUANTITIES,
    }
    return dashboard.page(request, "cell.html", values)


@router.get("/parts/tests/{test_id}/evidence")
def test_evidence(test_id: int, request: Request, dashboard: CurrentDashboard) -> Response:
    """Show the certificate and the findings of one test."""
    evidence = evidence_of(dashboard.workspace, test_id)
    values = {"evidence": evidence, "unfold": True}
    return dashboard.page(request, "test_evidence.html", values)


def evidence_of(workspace: Workspace, test_id: int) -> dict[str, Any]:
    """Return the certificate's entries and the findings, the gravest first."""
    findings = explore.findings(workspace, test_ids=[test_id]).to_dicts()
    findings.sort(key=lambda finding: _SEVERITIES.index(finding["severity"]))
    entries = explore.certificate(workspace, test_id).entries
    counts = Counter(entry.verdict for entry in entries)
    return {
        "certificate": entries,
        "verdicts": {verdict: counts[verdict] for verdict in Verdict if counts[verdict]},
        "findings": findings,
    }


def _known(cell: Mapping[str, Any]) -> dict[str, object]:
    """Return what is known of the cell, in the order of reading, with its titles."""
    return {
        title: cell[name] for name, title in _METADATA.items() if cell.get(name) not in (None, "")
    }


def _last(cycles: pl.DataFrame, column: str) -> float | None:
    measured = cycles[column].drop_nulls()
    return measured[-1] if len(measured) else None


def _key_numbers(cycles: pl.DataFrame) -> dict[str, float | int | None]:
    """Return the last measured value of each number that one asks for first."""
    columns = (
        "discharge_capacity_ah",
        "discharge_capacity_retention",
        "coulombic_efficiency",
        "energy_efficiency",
        "dc_internal_resistance_ohm",
    )
    return {"cycles": cycles.height, **{name: _last(cycles, name) for name in columns}}


def _curve_test(tests: list[dict[str, Any]], asked: int | None) -> int | None:
    """Return the test whose curves are drawn: the one asked for, else the newest with cycles."""
    with_cycles = [test["test_id"] for test in tests if test["cycles"]]
    if asked in with_cycles:
        return asked
    return with_cycles[-1] if with_cycles else None


def _cycle_numbers(cycles: pl.DataFrame, test_id: int | None) -> list[int]:
    of_test = cycles.filter(pl.col("test_id").eq_missing(pl.lit(test_id, pl.Int64)))
    return sorted(set(of_test["cycle_index"].drop_nulls()))


def _spread(cycle_numbers: list[int]) -> tuple[int, ...]:
    """Return a few cycles from the first to the last, evenly apart."""
    last = len(cycle_numbers) - 1
    if last < _CHOSEN_CYCLES:
        return tuple(cycle_numbers)
    places = (round(i * last / (_CHOSEN_CYCLES - 1)) for i in range(_CHOSEN_CYCLES))
    return tuple(cycle_numbers[place] for place in places)
