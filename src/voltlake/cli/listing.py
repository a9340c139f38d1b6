"""`voltlake files|projects|cells|tests|steps|cycles|findings`: look at what the lake holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape

from voltlake.cli.options import (
    Cells,
    Json,
    LakeFolder,
    Limit,
    Severities,
    TableFormat,
    TableFormatOption,
)  # fmt: skip
from voltlake.cli.output import console, print_frame, print_json
from voltlake.cli.read import certificate_table, print_findings
from voltlake.cli.workspaces import opened

__all__ = ["COMMANDS", "tests_app"]

_DEFAULT_LIMIT = 40


def _form(form: TableFormat, *, json: bool) -> TableFormat:
    return TableFormat.JSON if json else form


def _rows(limit: int | None, form: TableFormat) -> int | None:
    """Return the limit: people get a page, machines everything."""
    return _DEFAULT_LIMIT if limit is None and form is TableFormat.TABLE else limit


def files(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="stored, failed or quarantined; give it again for more."),
    ] = None,
    lake: LakeFolder = None,
    form: TableFormatOption = TableFormat.TABLE,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List the ledger: every file ever ingested, what became of it, and why."""
    from voltlake.services import explore

    frame = explore.files(opened(lake), states=state)
    chosen = _form(form, json=json)
    shown = (
        "name", "state", "reader", "rows", "cell_name", "test_id", "error_code",
        "error_message", "remedy",
    )  # fmt: skip
    print_frame(frame, chosen, title="Files", limit=_rows(limit, chosen), columns=shown)


def projects(
    lake: LakeFolder = None, form: TableFormatOption = TableFormat.TABLE, json: Json = False
) -> None:
    """List the projects and how much each holds."""
    from voltlake.services import explore

    print_frame(explore.projects(opened(lake)), _form(form, json=json), title="Projects")


def cells(
    text: Annotated[str, typer.Argument(help="Only cells that contain this text.")] = "",
    lake: LakeFolder = None,
    form: TableFormatOption = TableFormat.TABLE,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List the cells with their newest capacity, retention and findings."""
    from voltlake.services import explore

    frame = explore.cells(opened(lake), text=text)
    chosen = _form(form, json=json)
    shown = (
        "cell_name", "project_name", "chemistry", "nominal_capacity_ah", "tests", "cycles",
        "last_discharge_capacity_ah", "discharge_capacity_retention", "findings_critical",
        "findings_warning",
    )  # fmt: skip
    print_frame(frame, chosen, title="Cells", limit=_rows(limit, chosen), columns=shown)


def cycles(
    cell: Cells = None,
    lake: LakeFolder = None,
    form: TableFormatOption = TableFormat.TABLE,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List cycles: capacities, efficiencies, voltages, temperatures, resistance."""
    from voltlake.services import explore

    frame = explore.cycles(opened(lake), cell or None)
    chosen = _form(form, json=json)
    shown = (
        "cell_name", "test_id", "cycle_index", "charge_capacity_ah", "discharge_capacity_ah",
        "coulombic_efficiency", "energy_efficiency", "discharge_capacity_retention",
        "dc_internal_resistance_ohm", "temperature_max_celsius", "duration_second",
    )  # fmt: skip
    print_frame(frame, chosen, title="Cycles", limit=_rows(limit, chosen), columns=shown)


def steps(
    cell: Annotated[str, typer.Argument(help="The cell's name.")],
    lake: LakeFolder = None,
    form: TableFormatOption = TableFormat.TABLE,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List the steps of a cell: kind, control, voltages, currents, capacities."""
    from voltlake.services import explore

    frame = explore.steps_of_cell(opened(lake), cell)
    chosen = _form(form, json=json)
    shown = (
        "test_id", "step_count", "step_id", "step_type", "control", "cycle_index",
        "duration_second",
        "voltage_start_volt", "voltage_end_volt", "current_mean_ampere", "charge_capacity_ah",
        "discharge_capacity_ah", "capacity_source",
    )  # fmt: skip
    print_frame(
        frame, chosen, title=f"Steps of {escape(cell)}", limit=_rows(limit, chosen), columns=shown
    )


def findings(
    cell: Cells = None,
    severity: Annotated[
        list[Severities] | None, typer.Option("--severity", help="Only these severities.")
    ] = None,
    lake: LakeFolder = None,
    form: TableFormatOption = TableFormat.TABLE,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List every doubt about the data, with its rows and what to do."""
    from voltlake.services import explore

    frame = explore.findings(
        opened(lake),
        cell_names=cell or None,
        severities=[each.value for each in severity or []] or None,
    )
    chosen = _form(form, json=json)
    shown = (
        "cell_name",
        "test_id",
        "severity",
        "code",
        "message",
        "row_first",
        "row_last",
        "remedy",
    )
    print_frame(frame, chosen, title="Findings", limit=_rows(limit, chosen), columns=shown)


tests_app = typer.Typer(
    help="List tests, or show one with its certificate.", invoke_without_command=True
)


@tests_app.callback()
def tests(
    context: typer.Context,
    cell: Cells = None,
    lake: LakeFolder = None,
    form: TableFormatOption = TableFormat.TABLE,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List the tests: one row per run of a cell."""
    from voltlake.services import explore

    if context.invoked_subcommand is not None:
        return
    frame = explore.tests(opened(lake), cell_names=cell or None)
    chosen = _form(form, json=json)
    shown = (
        "test_id", "cell_name", "reader", "rows", "steps", "cycles", "start_time",
        "duration_second", "findings_critical", "findings_warning",
    )  # fmt: skip
    print_frame(frame, chosen, title="Tests", limit=_rows(limit, chosen), columns=shown)


@tests_app.command("show")
def show(
    test_id: Annotated[
        int, typer.Argument(help="The test's number, as `voltlake tests` lists it.")
    ],
    lake: LakeFolder = None,
    json: Json = False,
) -> None:
    """Show one test: where it comes from, its certificate and its findings."""
    from voltlake.services import explore

    workspace = opened(lake)
    details = explore.test(workspace, test_id)
    certificate = explore.certificate(workspace, test_id).as_dicts()
    doubts = explore.findings(workspace, test_ids=[test_id]).to_dicts()
    if json:
        print_json(details | {"certificate": certificate, "findings": doubts})
        return
    for name, value in details.items():
        if value is not None:
            console.print(f"{name.replace('_', ' '):<24} {value}", highlight=False, markup=False)
    console.print()
    console.print(certificate_table(certificate))
    print_findings(doubts)


COMMANDS: dict[str, Callable[..., None]] = {
    "files": files,
    "projects": projects,
    "cells": cells,
    "steps": steps,
    "cycles": cycles,
    "findings": findings,
}
