"""The fast way for blocks of plain rows: numbers scanned straight into columns.

Most cycler exports are plain: no quotes, no words among numbers, every row complete. Such a
block is scanned by :mod:`voltlake.numerics.number_text`; any other block is left to the
general parser, which alone decides what is odd.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from voltlake.numerics.number_text import INTEGER, NUMBER, SKIP, TEXT, ScannedText, scan_rows
from voltlake.readers.cells import in_unit
from voltlake.readers.column_map import Kind
from voltlake.readers.table_plan import PlannedColumn, TablePlan
from voltlake.readers.timestamps import Moments, parse_moments

__all__ = ["PlainBlock", "PlainScanner"]

BLOCK_BYTES = 4 * 1024**2
_LINE_BYTES = 65_536
_THREADS = 2
"""More would only wait for the conversion, and each holds a block."""


@dataclass(frozen=True, slots=True)
class PlainBlock:
    """A scanned block; the next one begins at byte ``end`` of the file.

    ``numbers`` are columns in canonical units by their notation, counts of a clock as
    printed; ``texts`` are words by position, null where the cell is blank; ``moments`` are
    the clock times among them, read.
    """

    end: int
    rows: int
    numbers: dict[str, pl.Series]
    texts: dict[int, pl.Series]
    moments: dict[int, Moments]


class PlainScanner:
    """Scans a file from its first row on, as far as it is plain.

    ``wanted`` are the planned columns that are needed; others are passed over.
    ``date_order`` is how clock times are written (``timestamps.MONTH_FIRST`` …). A block in
    which a ``required`` notation has an empty cell is not plain: the row may be no data.
    """

    def __init__(
        self,
        plan: TablePlan,
        wanted: tuple[PlannedColumn, ...],
        date_order: int,
        required: tuple[str, ...],
    ) -> None:
        self._plan = plan
        self._date_order = date_order
        self._required = [each.position for each in wanted if each.mapped.notation in required]
        self._columns = {each.position: each for each in wanted}
        kinds = [_kind_of(self._columns.get(place)) for place in range(plan.width)]
        self._kinds = [SKIP if kind is None else kind for kind in kinds]
        self._is_plain = (
            plan.head.encoding.is_utf8
            and plan.width > 1
            and not (plan.unit_columns or plan.null_words or None in kinds)
        )

    def blocks(self, path: Path) -> Iterator[PlainBlock]:
        """Scan the blocks in threads and yield them in order, up to the first odd one."""
        if not self._is_plain:
            return
        with (
            path.open("rb", buffering=0) as file,
            ThreadPoolExecutor(_THREADS, thread_name_prefix="voltlake-scan") as workers,
        ):
            ahead: deque[Future[PlainBlock | None]] = deque()
            for begin, end in _borders(file.fileno(), self._plan.head.first_byte):
                ahead.append(workers.submit(self._scan, file.fileno(), begin, end))
                if len(ahead) > _THREADS:
                    block = ahead.popleft().result()
                    if block is None:
                        break
                    yield block
            while ahead:
                block = ahead.popleft().result()
                if block is None:
                    break
                yield block

    def _scan(self, file: int, begin: int, end: int) -> PlainBlock | None:
        scanned = scan_rows(
            os.pread(file, end - begin, begin),
            self._kinds,
            delimiter=self._plan.head.delimiter,
            decimal=self._plan.decimal,
        )
        if scanned is None or any(scanned.missing.get(place) for place in self._required):
            return None
        return PlainBlock(
            end,
            scanned.rows,
            {
                self._columns[position].mapped.notation: self._numbers(scanned, position)
                for position in scanned.numbers
            },
            texts := {
                position: _text_series(scanned.rows, *buffers)
                for position, buffers in scanned.texts.items()
            },
            {
                position: parse_moments(
                    texts[position], order=self._date_order, buffers=scanned.texts[position]
                )
                for position in texts
                if self._columns[position].mapped.kind is Kind.MOMENT
            },
        )

    def _numbers(self, scanned: ScannedText, position: int) -> pl.Series:
        mapped = self._columns[position].mapped
        values = scanned.numbers[position]
        if mapped.unit is not None and mapped.kind is not Kind.MOMENT:
            values = in_unit(values, mapped.unit)
        series = _series(values)
        if scanned.missing[position]:
            series = series.fill_nan(None)
        return series.cast(pl.Int64) if mapped.kind is Kind.INTEGER else series


def _borders(file: int, first_byte: int) -> Iterator[tuple[int, int]]:
    """Cut a file after line ends, into pieces of about ``BLOCK_BYTES``.

    A line longer than ``_LINE_BYTES`` ends the cutting: such a file is not plain.
    """
    size = os.fstat(file).st_size
    begin = first_byte
    while begin < size:
        end = size
        if begin + BLOCK_BYTES < size:
            line_end = os.pread(file, _LINE_BYTES, begin + BLOCK_BYTES).find(b"\n")
            if line_end < 0:
                return
            end = begin + BLOCK_BYTES + line_end + 1
        yield begin, end
        begin = end


def _kind_of(column: PlannedColumn | None) -> int | None:
    """Return how to scan a column; ``None`` where only the general parser can."""
    if column is None:
        return SKIP
    kind = column.mapped.kind
    if column.wire == pl.String:
        return TEXT if kind in (Kind.TEXT, Kind.MOMENT) else None
    if kind in (Kind.NUMBER, Kind.MOMENT):
        return INTEGER if column.wire == pl.Int64 else NUMBER
    return INTEGER if kind is Kind.INTEGER and column.wire == pl.Int64 else None


def _series(values: NDArray[np.float64]) -> pl.Series:
    """Wrap an array without copying it."""
    wrapped = pl.from_arrow(pa.array(values, from_pandas=False))
    assert isinstance(wrapped, pl.Series)  # noqa: S101 - an array gives a series
    return wrapped


def _text_series(rows: int, content: NDArray[np.uint8], offsets: NDArray[np.int64]) -> pl.Series:
    if content.size == 0:
        return pl.repeat(None, rows, dtype=pl.String, eager=True)
    filled = offsets[1:] > offsets[:-1]
    valid = None if filled.all() else pa.py_buffer(np.packbits(filled, bitorder="little"))
    array = pa.LargeStringArray.from_buffers(
        rows, pa.py_buffer(offsets), pa.py_buffer(content), valid
    )
    series = pl.from_arrow(array)
    assert isinstance(series, pl.Series)  # noqa: S101 - an array gives a series
    return series
