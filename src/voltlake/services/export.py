"""Writes what the lake holds as files that other programs read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from voltlake.canonical.bdf import write_bdf_csv, write_bdf_parquet
from voltlake.canonical.streams import TableStream
from voltlake.errors import InvalidRequest, NotFound
from voltlake.services import explore
from voltlake.services.charting import save_chart
from voltlake.services.series import samples_file
from voltlake.services.workspace import Workspace
from voltlake.storage.parquet import scan_table

__all__ = ["FORMATS", "export_cell", "export_selection", "write_samples"]

_LONGEST_NAME_BYTES = 120
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def export_selection(
    workspace: Workspace, selection: str, to: Path, *, formats: Sequence[str]
) -> list[Path]:
    """Export a cell, or every cell of a project; return the files in the order written.

    ``NotFound`` where neither a cell nor a project has that name.
    """
    table = explore.cells(workspace)
    chosen = table.filter(
        (pl.col("cell_name") == selection) | (pl.col("project_name") == selection)
    )
    if chosen.is_empty():
        raise NotFound(
            f"no cell and no project is called '{selection[:80]}'",
            remedy="`voltlake cells` and `voltlake projects` list them",
        )
    return [
        path
        for name in chosen["cell_name"]
        for path in export_cell(workspace, name, to, formats=formats)
    ]


def export_cell(
    workspace: Workspace, cell_name: str, to: Path, *, formats: Sequence[str] = ("csv",)
) -> list[Path]:
    """Write a cell below ``to/PROJECT/CELL/`` in each of ``formats``; return the files."""
    unknown = [each for each in formats if each not in FORMATS]
    if unknown:
        raise InvalidRequest(
            f"'{unknown[0]}' is no export format", remedy=f"Use {', '.join(FORMATS)}"
        )
    found = explore.cell(workspace, cell_name)
    folder = to / _safe(found["project_name"]) / _safe(cell_name)
    folder.mkdir(parents=True, exist_ok=True)
    return [path for each in formats for path in FORMATS[each](workspace, cell_name, folder)]


def _safe(name: str) -> str:
    """Return a name that is one path component on every system, and no other name's.

    A name that had to be changed gets a piece of its hash: ``A/1`` must not become ``A_1``.
    """
    kept = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name)
    kept = kept.strip(". ").encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore").strip(". ")
    if kept == name:
        return name
    return f"{kept or '_'}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _tables(workspace: Workspace, cell_name: str) -> dict[str, pl.DataFrame]:
    return {
        "cycles": explore.cycles(workspace, [cell_name]),
        "steps": explore.steps_of_cell(workspace, cell_name),
        "findings": explore.findings(workspace, cell_names=[cell_name]),
    }


def _csv(workspace: Workspace, cell_name: str, folder: Path) -> list[Path]:
    written = []
    for name, table in _tables(workspace, cell_name).items():
        path = folder / f"{_safe(cell_name)}_{name}.csv"
        guard_formulas(table).write_csv(path)
        written.append(path)
    return written + _samples(workspace, cell_name, folder, ".csv")


def _parquet(workspace: Workspace, cell_name: str, folder: Path) -> list[Path]:
    written = []
    for name, table in _tables(workspace, cell_name).items():
        path = folder / f"{_safe(cell_name)}_{name}.parquet"
        table.write_parquet(path)
        written.append(path)
    return written + _samples(workspace, cell_name, folder, ".parquet")


def _bdf(workspace: Workspace, cell_name: str, folder: Path) -> list[Path]:
    return _samples(workspace, cell_name, folder, ".bdf.csv")


def _samples(workspace: Workspace, cell_name: str, folder: Path, ending: str) -> list[Path]:
    written = []
    for test_id in explore.tests(workspace, cell_names=[cell_name])["test_id"]:
        source = samples_file(workspace, test_id)
        if source is not None:
            path = folder / f"{_safe(cell_name)}_test{test_id}{ending}"
            _write_stream(scan_table(source), path)
            written.append(path)
    return written


def _figures(ending: str) -> Callable[[Workspace, str, Path], list[Path]]:
    def draw(workspace: Workspace, cell_name: str, folder: Path) -> list[Path]:
        names = ("capacity-vs-cycle", "capacity-vs-voltage", "voltage-current-temperature-vs-time")
        return [
            save_chart(
                workspace,
                name,
                {"cells": cell_name},
                folder / f"{_safe(cell_name)}_{name}.{ending}",
            )
            for name in names
        ]

    return draw


FORMATS: dict[str, Callable[[Workspace, str, Path], list[Path]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "bdf": _bdf,
    "png": _figures("png"),
    "svg": _figures("svg"),
}
"""What can be exported: name → function that writes it and returns the files."""


def write_samples(samples: pl.DataFrame, target: Path) -> Path:
    """Write samples in the format that the name ends in: .parquet, .csv, .bdf.csv, .bdf.parquet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _write_stream(TableStream.of(samples), target)
    return target


def _write_stream(stream: TableStream, target: Path) -> None:
    name = target.name.lower()
    if name.endswith(".bdf.csv"):
        write_bdf_csv(stream, target)
    elif name.endswith(".bdf.parquet"):
        write_bdf_parquet(stream, target)
    elif name.endswith(".parquet"):
        pl.concat([batch.lazy() for batch in stream.batches()]).sink_parquet(target)
    elif name.endswith(".csv"):
        with target.open("wb") as out:
            for number, batch in enumerate(stream.batches()):
                guard_formulas(batch).write_csv(out, include_header=number == 0)
    else:
        raise InvalidRequest(
            f"'{target.name}' does not say in which format to write",
            remedy="End the name in .parquet, .csv, .bdf.csv or .bdf.parquet",
        )


def guard_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Only text cells are touched: a number such as -0.5 stays a number.
    """
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    risky = {
        name: pl.any_horizontal(pl.col(name).str.starts_with(start) for start in _FORMULA_STARTS)
        for name in texts
    }
    return table.with_columns(
        pl.when(test).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, test in risky.items()
    )
