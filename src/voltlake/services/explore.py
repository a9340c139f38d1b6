"""Questions about a lake: what the faces show, as polars tables and plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from voltlake.canonical.certificate import Certificate
from voltlake.catalogue.unit import Unit
from voltlake.errors import NotFound
from voltlake.services.workspace import Workspace

__all__ = [
    "all_steps", "cell", "cells", "certificate", "check_number", "cycles", "data_version",
    "files", "findings", "no_such_test", "projects", "steps", "steps_of_cell", "test", "tests",
]  # fmt: skip

_LARGEST_ID = 2**31 - 1
_SEVERITIES = ("critical", "warning", "info")


def projects(workspace: Workspace) -> pl.DataFrame:
    """Return ``project_name, cells, tests, created``, one row per project, by name."""
    with workspace.catalogue.reading() as unit:
        table, held = unit.projects.table(), unit.tests.table()
    counts = held.group_by("project_name").agg(pl.len().cast(pl.Int64).alias("tests"))
    return (
        table.join(counts, on="project_name", how="left", maintain_order="left")
        .with_columns(pl.col("tests").fill_null(0))
        .select("project_name", pl.col("cell_number").alias("cells"), "tests", "created")
    )


def cells(
    workspace: Workspace,
    *,
    filters: Mapping[str, Sequence[str]] | None = None,
    text: str = "",
    sort: str = "cell_name",
    descending: bool = False,
) -> pl.DataFrame:
    """Return one row per cell with its newest numbers.

    Parameters
    ----------
    filters
        Column → accepted values, compared as text; all must match.
    text
        Every word of it must occur in some column of the row, in any case.
    sort
        A column of the table; ``NotFound`` for any other. Nulls come last.

    Returns
    -------
    ``cell_name``, ``project_name``, what is known of the cell, ``tests``, ``rows``,
    ``cycles``, ``last_discharge_capacity_ah``, ``discharge_capacity_retention``, the
    number of findings by severity (``findings_critical`` …) and ``last_test_at``.
    """
    with workspace.catalogue.reading() as unit:
        table = unit.cells.table()
        newest = _newest_cycles(unit)
        doubts = _findings_by_cell(unit)
    table = (
        table.rename(
            {"test_number": "tests", "sample_count": "rows", "cycle_count": "cycles",
             "end_time": "last_test_at"}
        )
        .drop("start_time")
        .join(newest, on="cell_name", how="left", maintain_order="left")
        .join(doubts, on="cell_name", how="left", maintain_order="left")
        .with_columns(pl.col("^findings_.*$").fill_null(0))
    )  # fmt: skip
    table = table.select(*_CELL_COLUMNS_FIRST, pl.exclude(*_CELL_COLUMNS_FIRST, "cell_id"))
    for name, wanted in (filters or {}).items():
        _known_column(table, name)
        if wanted:
            table = table.filter(pl.col(name).cast(pl.String).is_in(list(wanted)))
    return _containing(table, text).sort(
        _known_column(table, sort), "cell_name", descending=[descending, False],
        nulls_last=True, maintain_order=True,
    )  # fmt: skip


_CELL_COLUMNS_FIRST = (
    "cell_name", "project_name", "chemistry", "form_factor", "design_name", "experiment_group",
    "nominal_capacity_ah", "tests", "rows", "cycles", "last_discharge_capacity_ah",
    "discharge_capacity_retention", "findings_critical", "findings_warning", "findings_info",
    "last_test_at",
)  # fmt: skip


def _known_column(table: pl.DataFrame, name: str) -> str:
    if name in table.columns:
        return name
    near = get_close_matches(name, table.columns, n=1)
    raise NotFound(
        f"cells have no column '{name[:80]}'", remedy=f"Did you mean '{near[0]}'?" if near else None
    )


def _containing(table: pl.DataFrame, text: str) -> pl.DataFrame:
    words = text.lower().split()
    if not words:
        return table
    row = pl.concat_str(
        pl.all().cast(pl.String).str.to_lowercase(), separator="\n", ignore_nulls=True
    )
    return table.filter(*(row.str.contains(word, literal=True) for word in words))


def _newest_cycles(unit: Unit) -> pl.DataFrame:
    """Return each cell's last complete discharge, by the order of its tests and cycles."""
    wanted = ("discharge_capacity_ah", "discharge_capacity_retention", "coulombic_efficiency")
    table = unit.cycles.table(columns=wanted)
    last = (
        pl.col(name).filter(pl.col("coulombic_efficiency").is_not_null()).last()
        for name in wanted[:2]
    )
    return table.group_by("cell_name", maintain_order=True).agg(*last).rename(
        {"discharge_capacity_ah": "last_discharge_capacity_ah"}
    )  # fmt: skip


def _findings_by_cell(unit: Unit) -> pl.DataFrame:
    counts = (
        (pl.col("severity") == severity).sum().cast(pl.Int64).alias(f"findings_{severity}")
        for severity in _SEVERITIES
    )
    return unit.findings.table().group_by("cell_name").agg(*counts)


def cell(workspace: Workspace, cell_name: str) -> dict[str, Any]:
    """Return what is known of a cell; ``NotFound`` names the nearest one."""
    table = cells(workspace)
    found = table.filter(pl.col("cell_name") == cell_name)
    if found.is_empty():
        raise _no_cell(cell_name, table["cell_name"].to_list())
    return found.row(0, named=True)


def _no_cell(cell_name: str, known: Sequence[str]) -> NotFound:
    near = get_close_matches(cell_name, known, n=3)
    names = ", ".join(f"'{name}'" for name in near)
    return NotFound(
        f"no cell is called '{cell_name[:80]}'",
        remedy=f"Did you mean {names}?" if near else "`voltlake cells` lists them",
    )


def tests(workspace: Workspace, *, cell_names: Sequence[str] | None = None) -> pl.DataFrame:
    """Return one row per test, by cell and time.

    ``test_id``, ``cell_name``, ``project_name``, ``test_name``, ``reader``, ``rows``,
    ``steps``, ``cycles``, ``start_time``, ``duration_second``, then what else is known, and
    the number of findings by severity.
    """
    with workspace.catalogue.reading() as unit:
        _check_cells(unit, cell_names)
        table = unit.tests.table(cell_names)
        sources = unit.files.table()
        doubts = unit.findings.table(cell_names=cell_names)
    readers = sources.filter(pl.col("role") == "primary", pl.col("state") == "stored").select(
        "test_id", "reader", pl.col("name").alias("file_name")
    )
    counts = doubts.group_by("test_id").agg(
        (pl.col("severity") == severity).sum().cast(pl.Int64).alias(f"findings_{severity}")
        for severity in _SEVERITIES
    )
    first = ("test_id", "cell_name", "project_name", "test_name", "reader", "rows", "steps",
             "cycles", "start_time", "duration_second")  # fmt: skip
    return (
        table.rename({"sample_count": "rows", "step_count": "steps", "cycle_count": "cycles"})
        .join(
            readers.unique("test_id", keep="last"), on="test_id", how="left", maintain_order="left"
        )
        .join(counts, on="test_id", how="left", maintain_order="left")
        .with_columns(pl.col("^findings_.*$").fill_null(0))
        .select(*first, pl.exclude(*first))
    )


def _check_cells(unit: Unit, cell_names: Sequence[str] | None) -> None:
    if cell_names is None:
        return
    known = unit.cells.names()
    for name in cell_names:
        if name not in known:
            raise _no_cell(name, known)


def test(workspace: Workspace, test_id: int) -> dict[str, Any]:
    """Return what is known of a test; ``NotFound`` where there is none."""
    found = tests(workspace).filter(pl.col("test_id") == test_id)
    if found.is_empty():
        raise no_such_test(test_id)
    return found.row(0, named=True)


def no_such_test(test_id: int) -> NotFound:
    """Return the error that says that there is no such test."""
    return NotFound(f"there is no test {test_id}", remedy="`voltlake tests` lists them")


def check_number(test_id: int) -> None:
    """Raise ``NotFound`` for what no database could take as the number of a test."""
    if not 0 < test_id <= _LARGEST_ID:
        raise no_such_test(test_id)


def certificate(workspace: Workspace, test_id: int) -> Certificate:
    """Return the certificate of a test."""
    check_number(test_id)
    with workspace.catalogue.reading() as unit:
        found = unit.certificates.get(test_id)
    if found is None:
        raise no_such_test(test_id)
    return found


def findings(
    workspace: Workspace,
    *,
    cell_names: Sequence[str] | None = None,
    test_ids: Sequence[int] | None = None,
    severities: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Return findings, the worst first within each test."""
    for test_id in test_ids or ():
        check_number(test_id)
    with workspace.catalogue.reading() as unit:
        _check_cells(unit, cell_names)
        table = unit.findings.table(cell_names=cell_names, test_ids=test_ids, severities=severities)
    rank = pl.col("severity").replace_strict(
        list(_SEVERITIES), list(range(len(_SEVERITIES))), return_dtype=pl.Int64
    )
    return table.sort("cell_name", "test_id", rank, maintain_order=True)


def steps(workspace: Workspace, test_id: int) -> pl.DataFrame:
    """Return the steps of a test (``STEPS_SCHEMA``), by time."""
    check_number(test_id)
    with workspace.catalogue.reading() as unit:
        return unit.steps.table(test_ids=[test_id]).drop("cell_name", "test_id")


def all_steps(workspace: Workspace) -> pl.DataFrame:
    """Return the steps of all tests, with ``cell_name`` and ``test_id``."""
    with workspace.catalogue.reading() as unit:
        return unit.steps.table()


def steps_of_cell(workspace: Workspace, cell_name: str) -> pl.DataFrame:
    """Return the steps of all tests of a cell, with ``test_id``."""
    with workspace.catalogue.reading() as unit:
        _check_cells(unit, [cell_name])
        return unit.steps.table(cell_names=[cell_name])


def cycles(
    workspace: Workspace,
    cell_names: Sequence[str] | None = None,
    *,
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Return cycles with ``cell_name`` and ``test_id``, by cell, test and cycle."""
    with workspace.catalogue.reading() as unit:
        _check_cells(unit, cell_names)
        return unit.cycles.table(cell_names=cell_names, columns=columns)


def files(workspace: Workspace, *, states: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the ledger: one row per content that was ever offered, newest last.

    ``name, state, reader, rows, error_code, error_message, remedy, place, sha256,
    ingested_at, cell_name, test_id, path_seen`` and the rest of the row.
    """
    with workspace.catalogue.reading() as unit:
        table = unit.files.table(states)
        sizes = unit.tests.table().select("test_id", pl.col("sample_count").alias("rows"))
    first = ("name", "state", "reader", "rows", "cell_name", "test_id", "error_code",
             "error_message", "remedy", "place")  # fmt: skip
    return (
        table.rename({"error_remedy": "remedy", "error_place": "place", "ingested": "ingested_at"})
        .join(sizes, on="test_id", how="left", maintain_order="left")
        .select(*first, pl.exclude(*first))
    )


def data_version(workspace: Workspace) -> str:
    """Return a text that changes with every test, file or finding that is committed."""
    with workspace.catalogue.reading() as unit:
        return unit.version()
