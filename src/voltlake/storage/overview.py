"""Draws millions of samples from a few: a small table of extremes beside the samples.

The overview keeps, for every 500 rows, the smallest and the largest value of each drawn
column and when they occurred. A window of a long test is drawn from it; only where the
samples are so sparse that 500 rows cover several pixels are the samples themselves read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.streams import TableStream
from voltlake.numerics.downsample import block_extremes, min_max_between
from voltlake.storage.parquet import (
    ROWS_PER_GROUP,
    WrittenTable,
    metadata_of,
    read_table,
    rows_of,
    scan_table,
    write_table,
)

__all__ = [
    "BLOCK_ROWS",
    "RAW_ROWS",
    "Envelope",
    "drawn_columns",
    "envelope",
    "window",
    "write_overview",
]

Floats = NDArray[np.float64]

BLOCK_ROWS = 500
RAW_ROWS = 200_000
"""Windows of up to so many rows are drawn from the samples themselves."""

_BATCH_ROWS = 262 * BLOCK_ROWS
_MAX_RANGES = 32
_SNAP = 0.25
_SORTED = "rows_sorted_by_time"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The picture of a window.

    Attributes
    ----------
    edges_second
        Borders of the pixel columns. Inside the window a border may be moved by up to a
        quarter of a pixel, to fall between two blocks of rows.
    lines
        Per column: times and values in order, at most two points per pixel column: the
        smallest and the largest of the rows between its borders, exactly.
    from_overview
        Whether the overview was used, or only the samples.
    """

    edges_second: Floats
    lines: dict[str, tuple[Floats, Floats]]
    from_overview: bool


def drawn_columns(schema: pl.Schema) -> list[str]:
    """Return which columns an overview keeps: voltage, current, and every temperature."""
    main = [name for name in ("voltage_volt", "current_ampere") if name in schema]
    return main + [name for name in schema if name.endswith("_celsius")]


def write_overview(
    samples: TableStream, path: Path, *, time: str = "test_time_second"
) -> WrittenTable:
    """Write the overview of a table of samples to ``path``.

    One row per 500 samples (the last may have fewer): ``row_first``, ``time_first_second``,
    ``time_last_second``, and for each drawn column ``<column>_min``, ``…_min_time_second``,
    ``…_max``, ``…_max_time_second``; null where a block has no value.
    """
    columns = drawn_columns(samples.schema)
    blocks = list(_overview_blocks(samples, time, columns))
    frame = pl.concat(blocks) if blocks else _blocks_of(0, _no_rows(time, columns), time, columns)
    first, last = frame["time_first_second"], frame["time_last_second"]
    ordered = bool(frame["ordered"].all()) and bool((first[1:] >= last[:-1]).all())
    return write_table(
        TableStream.of(frame.drop("ordered")), path, metadata={_SORTED: str(ordered).lower()}
    )


def _no_rows(time: str, columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys([time, *columns], pl.Float64()))


def _overview_blocks(samples: TableStream, time: str, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Iterate over the overview of pieces that are whole numbers of blocks."""
    waiting = _no_rows(time, columns)
    row = 0
    for batch in samples.batches([time, *columns]):
        waiting = pl.concat([waiting, batch.cast(pl.Float64)])
        whole = waiting.height - waiting.height % BLOCK_ROWS
        if whole >= _BATCH_ROWS:
            yield _blocks_of(row, waiting.head(whole), time, columns)
            waiting, row = waiting.slice(whole), row + whole
    if waiting.height:
        yield _blocks_of(row, waiting, time, columns)


def _blocks_of(row: int, rows: pl.DataFrame, time: str, columns: list[str]) -> pl.DataFrame:
    moments = _doubles(rows[time])
    firsts = np.arange(0, moments.size, BLOCK_ROWS)
    ends = np.minimum(firsts + BLOCK_ROWS, moments.size)
    # A comparison with NaN is false: rows without time count as out of order.
    rising = np.concatenate(([True], moments[1:] >= moments[:-1]))[: moments.size]
    made: dict[str, object] = {
        "row_first": row + firsts,
        "time_first_second": moments[firsts],
        "time_last_second": moments[ends - 1],
        "ordered": [bool(rising[first:end].all()) for first, end in zip(firsts, ends, strict=True)],
    }
    for name in columns:
        values = _doubles(rows[name])
        lows, highs = block_extremes(values, BLOCK_ROWS)
        for word, places in (("min", lows), ("max", highs)):
            made[f"{name}_{word}"] = _picked(values, places)
            made[f"{name}_{word}_time_second"] = _picked(moments, places)
    return pl.DataFrame(made, schema_overrides={"ordered": pl.Boolean()})


def _picked(values: Floats, places: NDArray[np.int64]) -> pl.Series:
    """Return ``values[places]``, null where the place is -1."""
    if values.size == 0:
        return pl.Series(dtype=pl.Float64)
    picked = pl.DataFrame({"value": values[places], "place": places})
    return picked.select(pl.when(pl.col("place") >= 0).then("value")).to_series()


def _doubles(values: pl.Series) -> Floats:
    return values.cast(pl.Float64).to_numpy()


def window(
    samples_path: Path,
    overview_path: Path | None,
    columns: Sequence[str],
    start_second: float,
    end_second: float,
    points: int,
    *,
    time: str = "test_time_second",
) -> dict[str, tuple[Floats, Floats]]:
    """Return the lines of :func:`envelope`: column → (times, values)."""
    return envelope(
        samples_path, overview_path, columns, start_second, end_second, points, time=time
    ).lines


def envelope(
    samples_path: Path,
    overview_path: Path | None,
    columns: Sequence[str],
    start_second: float,
    end_second: float,
    points: int,
    *,
    time: str = "test_time_second",
) -> Envelope:
    """Draw ``columns`` between two times with at most about ``points`` points each.

    Two points per pixel column, its minimum and its maximum, whatever the number of rows.
    Columns that the overview does not keep, and tests whose time runs backwards somewhere,
    are drawn from the samples.
    """
    edges = np.linspace(start_second, end_second, max(points // 2, 1) + 1)
    blocks = _blocks_in(overview_path, columns, start_second, end_second)
    if blocks is None:
        lines = _lines_of_all(samples_path, time, columns, edges)
        return Envelope(edges, lines, from_overview=False)
    if blocks.height * BLOCK_ROWS <= RAW_ROWS:
        rows = _rows_at(samples_path, time, columns, _span(blocks["row_first"].to_numpy()))
        lines = {name: _line(rows[time], rows[name], edges) for name in columns}
        return Envelope(edges, lines, from_overview=False)
    edges, split = _snapped(blocks, edges)
    raw = _rows_of_blocks(samples_path, blocks["row_first"].to_numpy()[split], time, columns)
    lines = {
        name: min_max_between(*_candidates(blocks.filter(~split), raw, time, name), edges)
        for name in columns
    }
    return Envelope(edges, lines, from_overview=True)


def _blocks_in(
    overview_path: Path | None, columns: Sequence[str], start_second: float, end_second: float
) -> pl.DataFrame | None:
    """Return the overview's blocks that touch the window; ``None`` if it is of no use."""
    if overview_path is None or metadata_of(overview_path).get(_SORTED) != "true":
        return None
    wanted = ["row_first", "time_first_second", "time_last_second"]
    for name in columns:
        for word in ("min", "max"):
            wanted += [f"{name}_{word}", f"{name}_{word}_time_second"]
    if not set(wanted) <= set(read_table(overview_path, rows=(0, 0)).columns):
        return None
    blocks = read_table(overview_path, wanted)
    return blocks.filter(
        pl.col("time_last_second") >= start_second, pl.col("time_first_second") <= end_second
    )


def _snapped(blocks: pl.DataFrame, edges: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Move edges out of blocks where that is nearly free; mark the blocks still cut by one."""
    first = blocks["time_first_second"].to_numpy()
    last = blocks["time_last_second"].to_numpy()
    moved = edges.copy()
    pixel = edges[1] - edges[0]
    inner = np.arange(1, edges.size - 1)
    # The block that holds the edge: the last that begins before it.
    block = np.clip(np.searchsorted(first, edges[inner], side="left") - 1, 0, first.size - 1)
    narrow = (last[block] - first[block] <= _SNAP * pixel) & (block > 0)
    gap = narrow & (last[np.maximum(block - 1, 0)] < first[block])
    cut = last[block] >= edges[inner]
    moved[inner[gap & cut]] = first[block[gap & cut]]
    # A block is cut if its first and last row fall into different columns, or outside.
    begin = np.searchsorted(moved, first, side="right")
    end = np.searchsorted(moved, last, side="right")
    return moved, (begin != end) | (first < moved[0]) | (last >= moved[-1])


def _span(firsts: NDArray[np.int64]) -> tuple[int, int]:
    """Return offset and length of the rows from the first to the last of some blocks."""
    if firsts.size == 0:
        return 0, 0
    return int(firsts[0]), int(firsts[-1] - firsts[0]) + BLOCK_ROWS


def _rows_of_blocks(
    path: Path, firsts: NDArray[np.int64], time: str, columns: Sequence[str]
) -> pl.DataFrame:
    """Read the rows of the blocks that begin at ``firsts``, neighbours together."""
    breaks = np.flatnonzero(np.diff(firsts) > ROWS_PER_GROUP) + 1
    ranges = np.split(firsts, breaks)
    if len(ranges) > _MAX_RANGES:
        ranges = np.array_split(firsts, _MAX_RANGES)
    rows_in_all = rows_of(path)
    parts = [_rows_at(path, time, columns, (0, 0))]
    for part in ranges:
        offset, length = _span(part)
        rows = _rows_at(path, time, columns, (offset, length))
        inside = (part[:, None] - offset + np.arange(BLOCK_ROWS)).ravel()
        parts.append(rows[inside[inside < rows_in_all - offset]])
    return pl.concat(parts)


def _rows_at(path: Path, time: str, columns: Sequence[str], rows: tuple[int, int]) -> pl.DataFrame:
    return read_table(path, list(dict.fromkeys([time, *columns])), rows)


def _lines_of_all(
    path: Path, time: str, columns: Sequence[str], edges: Floats
) -> dict[str, tuple[Floats, Floats]]:
    """Draw a whole table in any order of time, a batch at a time; rows without time are left out.

    The extremes of a pixel column are among the extremes of its parts.
    """
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in columns}
    for batch in scan_table(path).batches(list(dict.fromkeys([time, *columns]))):
        rows = batch.drop_nulls(time).sort(time, maintain_order=True)
        for name in columns:
            moments, values = _line(rows[time], rows[name], edges)
            parts[name].append(pl.DataFrame({"time": moments, "value": values}))
    empty = pl.DataFrame(schema={"time": pl.Float64(), "value": pl.Float64()})
    lines = {}
    for name in columns:
        joined = pl.concat([empty, *parts[name]]).sort("time", maintain_order=True)
        lines[name] = _line(joined["time"], joined["value"], edges)
    return lines


def _line(moments: pl.Series, values: pl.Series, edges: Floats) -> tuple[Floats, Floats]:
    return min_max_between(_doubles(moments), _doubles(values), edges)


def _candidates(
    blocks: pl.DataFrame, raw: pl.DataFrame, time: str, name: str
) -> tuple[Floats, Floats]:
    """Return the extremes of whole blocks and the rows of cut ones, by time."""
    pairs = [(f"{name}_{word}_time_second", f"{name}_{word}") for word in ("min", "max")]
    moments = [*(_doubles(blocks[at]) for at, _ in pairs), _doubles(raw[time])]
    values = [*(_doubles(blocks[of]) for _, of in pairs), _doubles(raw[name])]
    joined, found = np.concatenate(moments), np.concatenate(values)
    known = ~np.isnan(joined)
    order = np.argsort(joined[known], kind="stable")
    return joined[known][order], found[known][order]
