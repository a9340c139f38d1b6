"""Samples out of a lake: whole tests, single cycles, or a span as a screen shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.columns import column
from voltlake.catalogue.models import Series
from voltlake.errors import InvalidRequest, NotFound
from voltlake.services import explore
from voltlake.services.explore import check_number, no_such_test
from voltlake.services.workspace import Workspace
from voltlake.storage.layout import raw_key
from voltlake.storage.overview import envelope
from voltlake.storage.parquet import read_table, scan_table

__all__ = [
    "Window", "chart_samples", "cycle_numbers", "raw_file", "samples", "samples_file",
    "samples_of_cell", "window",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """A span of a test as a screen shows it.

    ``source`` is ``"rows"`` where every row of the span was looked at, ``"overview"`` where
    the stored minima and maxima were; ``series`` holds time [s] and value by column.
    """

    source: str
    start_second: float
    end_second: float
    series: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


def samples(
    workspace: Workspace,
    test_id: int,
    *,
    columns: Sequence[str] | None = None,
    cycles: Sequence[int] | None = None,
    first_row: int | None = None,
    row_count: int | None = None,
) -> pl.DataFrame:
    """Return samples of a test, in order of time.

    ``columns`` are sample columns (``NotFound`` for unknown ones; a known one that the test
    lacks is left out), ``cycles`` are values of ``cycle_index``; ``first_row`` and
    ``row_count`` cut a slice. Empty where the test holds no samples.
    """
    series = _series(workspace, test_id, "samples")
    if series is None:
        return pl.DataFrame()
    path = workspace.objects.path(series.object_key)
    wanted = _columns_at_hand(path, columns)
    if cycles is not None:
        return _rows_of_cycles(workspace, test_id, path, wanted, cycles)
    if first_row is None and row_count is None:
        return read_table(path, wanted)
    start = first_row or 0
    count = series.rows - start if row_count is None else row_count
    return read_table(path, wanted, (start, max(0, min(count, series.rows - start))))


def _series(workspace: Workspace, test_id: int, stage: str) -> Series | None:
    check_number(test_id)
    with workspace.catalogue.reading() as unit:
        if unit.tests.get(test_id) is None:
            raise no_such_test(test_id)
        return unit.series.of(test_id, stage)


def _columns_at_hand(path: Path, columns: Sequence[str] | None) -> list[str] | None:
    if columns is None:
        return None
    held = scan_table(path).schema
    return [name for name in columns if column(name) and name in held]


def _rows_of_cycles(
    workspace: Workspace,
    test_id: int,
    path: Path,
    columns: list[str] | None,
    wanted: Sequence[int],
) -> pl.DataFrame:
    """Read only the row ranges of the wanted cycles, as the cycle table knows them."""
    with workspace.catalogue.reading() as unit:
        table = unit.cycles.table(
            test_ids=[test_id], columns=["cycle_index", "row_first", "row_last"]
        )
    ranges = table.filter(pl.col("cycle_index").is_in(list(wanted))).sort("row_first")
    parts = [
        read_table(path, columns, (first, last - first + 1))
        for first, last in ranges.select("row_first", "row_last").iter_rows()
    ]
    return pl.concat(parts) if parts else read_table(path, columns, (0, 0))


def samples_of_cell(
    workspace: Workspace,
    cell_name: str,
    *,
    cycles: Sequence[int] | None = None,
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Return the samples of all tests of a cell in order of time, with ``test_id``.

    Columns that only some tests have are null in the others.
    """
    parts = []
    for test_id in explore.tests(workspace, cell_names=[cell_name])["test_id"]:
        part = samples(workspace, test_id, columns=columns, cycles=cycles)
        if part.width:
            parts.append(part.select(pl.lit(test_id).alias("test_id"), pl.all()))
    return pl.concat(parts, how="diagonal") if parts else pl.DataFrame()


def samples_file(workspace: Workspace, test_id: int) -> Path | None:
    """Return where the Parquet file of a test's samples lies; ``None`` without samples."""
    series = _series(workspace, test_id, "samples")
    return None if series is None else workspace.objects.path(series.object_key)


def raw_file(workspace: Workspace, sha256: str) -> Path:
    """Return where the content of an ingested file lies; ``NotFound`` if it is not kept."""
    with workspace.catalogue.reading() as unit:
        if unit.files.by_sha256(sha256) is None or not workspace.objects.exists(raw_key(sha256)):
            raise NotFound("the lake keeps no such file", remedy="`voltlake files` lists them")
    return workspace.objects.path(raw_key(sha256))


def cycle_numbers(workspace: Workspace, test_id: int) -> list[int]:
    """Return the cycle numbers of a test, sorted; the vendor's own where there are no samples."""
    check_number(test_id)
    with workspace.catalogue.reading() as unit:
        numbers = unit.cycles.table(test_ids=[test_id], columns=["cycle_index"])["cycle_index"]
    reported = _series(workspace, test_id, "reported_cycles")
    if numbers.is_empty() and reported is not None:
        path = workspace.objects.path(reported.object_key)
        numbers = read_table(path, ["cycle_index"])["cycle_index"]
    return [int(number) for number in numbers.drop_nulls().unique().sort()]


def chart_samples(
    workspace: Workspace, test_id: int, columns: Sequence[str], cycles: Sequence[int]
) -> pl.DataFrame:
    """Return what a chart of curves is made of: samples, or the vendor's own curves."""
    curves = _series(workspace, test_id, "curves")
    if _series(workspace, test_id, "samples") is not None or curves is None:
        return samples(workspace, test_id, columns=columns, cycles=cycles)
    table = read_table(workspace.objects.path(curves.object_key))
    return table.filter(pl.col("cycle_index").is_in(list(cycles)))


def window(
    workspace: Workspace,
    test_id: int,
    *,
    columns: Sequence[str],
    start_second: float | None = None,
    end_second: float | None = None,
    points: int = 2000,
) -> Window:
    """Return a span of a test as minima and maxima, about ``points`` values a column.

    Nothing that a person could see is lost: per pixel column the lowest and the highest
    value are kept. Columns that the test lacks are left out.
    """
    sample_series = _series(workspace, test_id, "samples")
    overview_series = _series(workspace, test_id, "overview")
    if sample_series is None or overview_series is None:
        return Window("rows", 0.0, 0.0, {})
    if start_second is not None and end_second is not None and not start_second < end_second:
        raise InvalidRequest("the window ends before it begins")
    path = workspace.objects.path(sample_series.object_key)
    overview_path = workspace.objects.path(overview_series.object_key)
    begin, end = _span_second(overview_path)
    begin = begin if start_second is None else start_second
    end = end if end_second is None else end_second
    shown = envelope(path, overview_path, _columns_at_hand(path, columns) or [], begin, end, points)
    return Window("overview" if shown.from_overview else "rows", begin, end, shown.lines)


def _span_second(overview_path: Path) -> tuple[float, float]:
    """Return the first and the last test time; (0, 0) where no row has a time."""
    ends = read_table(overview_path, ["time_first_second", "time_last_second"])
    first, last = ends["time_first_second"].min(), ends["time_last_second"].max()
    if not isinstance(first, float) or not isinstance(last, float):
        return 0.0, 0.0
    return first, last
