"""The rows of a planned text table, block by block, in canonical columns and units."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.findings import Finding, Severity
from voltlake.errors import ContradictoryContent, CorruptFile
from voltlake.readers.cells import (
    CellPlace,
    as_integers,
    as_numbers,
    blank_to_null,
    has_thousands,
    in_unit,
)
from voltlake.readers.clock_columns import ClockPlan, ClockReader
from voltlake.readers.column_map import Kind
from voltlake.readers.contract import ReadOptions, Source
from voltlake.readers.doubts import Doubts, Tally
from voltlake.readers.plain_blocks import PlainBlock, PlainScanner
from voltlake.readers.table_plan import PlannedColumn, TablePlan, text_frame
from voltlake.readers.text_blocks import text_blocks
from voltlake.readers.timestamps import parse_durations

__all__ = ["Finish", "TableRows", "as_it_is"]

Finish = Callable[[pl.DataFrame, Tally], pl.DataFrame]
"""A format's own step on a batch of canonical columns; must not look beyond the batch."""

_FOOTER_ROWS = 200


def as_it_is(batch: pl.DataFrame, _: Tally) -> pl.DataFrame:
    """The step of a format that has none of its own."""
    return batch


@dataclass(frozen=True, slots=True)
class TableRows:
    """Opens the rows of one file as often as asked."""

    source: Source
    plan: TablePlan
    clock: ClockPlan | None
    options: ReadOptions
    doubts: Doubts
    finish: Finish
    required: tuple[str, ...]

    def open(self, columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        """Yield batches of at most ``options.batch_rows`` rows, from the first row on."""
        for frame in self._blocks(_Pass(self, columns)):
            for batch in frame.iter_slices(self.options.batch_rows):
                yield batch if columns is None else batch.select(columns)

    def _blocks(self, walk: _Pass) -> Iterator[pl.DataFrame]:
        """Take the fast way as far as the rows are plain, and the general one from there on."""
        first_byte = self.plan.head.first_byte
        for plain in walk.scanner.blocks(self.source.path):
            yield walk.take_over(plain)
            first_byte = plain.end
        if first_byte == self.source.size:
            return
        blocks = text_blocks(self.source.path, self.plan.head.encoding, skip_bytes=first_byte)
        for block, parsed, is_last in _one_ahead(blocks, walk.parse):
            yield walk.read(block, parsed, is_last=is_last)


def _one_ahead(
    blocks: Iterator[tuple[bytes, bool]], parse: Callable[[bytes], pl.DataFrame | None]
) -> Iterator[tuple[bytes, pl.DataFrame | None, bool]]:
    """Parse each block in a thread while the one before is still being converted."""
    with ThreadPoolExecutor(1, thread_name_prefix="voltlake-parse") as worker:

        def take() -> tuple[bytes, pl.DataFrame | None, bool] | None:
            found = next(blocks, None)
            return (found[0], parse(found[0]), found[1]) if found is not None else None

        ahead = worker.submit(take)
        while (ready := ahead.result()) is not None:
            ahead = worker.submit(take)
            yield ready


class _Pass:
    """One walk over the rows: counts them, reads each block, notes what is odd."""

    def __init__(self, rows: TableRows, columns: Sequence[str] | None) -> None:
        self.rows = rows
        self.plan = rows.plan
        self.wanted = _wanted(rows, columns)
        order = rows.clock.order if rows.clock is not None else rows.plan.date_order
        self.scanner = PlainScanner(rows.plan, self.wanted, order, rows.required)
        self.tally = rows.doubts.tally()
        self.data_row = 1
        self.clock = (
            ClockReader(rows.clock, rows.options, self.tally) if rows.clock is not None else None
        )
        self.schema = pl.Schema(
            {str(place): pl.String() for place in range(self.plan.width)}
            | {str(each.position): each.wire for each in self.plan.columns}
        )
        self.needed = [
            str(each.position)
            for each in self.plan.columns
            if each.mapped.notation in rows.required
        ]

    def take_over(self, plain: PlainBlock) -> pl.DataFrame:
        """Return the rows of a scanned block in canonical columns."""
        columns: dict[str, pl.Series] = {}
        for each in self.wanted:
            mapped = each.mapped
            if mapped.kind is Kind.MOMENT:
                columns[mapped.notation] = self._moments(plain, each)
            elif mapped.kind is Kind.TEXT:
                columns[mapped.notation] = plain.texts[each.position]
            else:
                columns[mapped.notation] = plain.numbers[mapped.notation]
        frame = pl.DataFrame({name: series.alias(name) for name, series in columns.items()})
        finished = self.rows.finish(frame, self.tally)
        self.data_row += plain.rows
        self.tally.first_row += finished.height
        return finished

    def _moments(self, plain: PlainBlock, column: PlannedColumn) -> pl.Series:
        elapsed = plain.numbers.get("test_time_second")
        seconds = _nan_for_null(elapsed) if elapsed is not None else _unknown(plain.rows)
        assert self.clock is not None  # noqa: S101 - planned together
        counted = plain.numbers.get(column.mapped.notation)
        if counted is not None:
            return self.clock.read(counted, seconds, self._place(column))
        cells, moments = plain.texts[column.position], plain.moments[column.position]
        return self.clock.read(cells, seconds, self._place(column), moments)

    def read(self, block: bytes, parsed: pl.DataFrame | None, *, is_last: bool) -> pl.DataFrame:
        """Return the rows of a block in canonical columns; ``parsed`` is what ``parse`` made."""
        whole = self._without_partial_row(block) if is_last else block
        frame = parsed if whole is block else self.parse(whole)
        block = whole
        if frame is None:
            frame = self._parse_cells(block, is_last=is_last)
        if is_last:
            frame = self._without_footer(frame)
        count = frame.height
        frame = self._without_empty_rows(frame, is_last=is_last)
        self._note_short_rows(frame, block)
        converted = self._convert(frame)
        finished = self.rows.finish(converted, self.tally)
        self.data_row += count
        self.tally.first_row += finished.height
        return finished

    def _without_partial_row(self, block: bytes) -> bytes:
        """Cut a last row that the cycler had not finished: fewer cells and no line end."""
        if block.endswith(b"\n") or not block:
            return block
        start = block.rfind(b"\n") + 1
        line = block[start:].decode("utf-8", "replace")
        cells = next(csv.reader([line], delimiter=self.plan.head.delimiter), [])
        if len(cells) >= self.plan.width or not line.strip() or len(cells) < 2:
            return block
        self.rows.doubts.add(
            Finding(
                "TRUNCATED_LAST_ROW",
                Severity.WARNING,
                f"the last row ends after {len(cells)} of {self.plan.width} cells and was left "
                f"out: '{line[:80]}'",
                "Export the test again if it has ended",
            )
        )
        return block[:start]

    def parse(self, block: bytes) -> pl.DataFrame | None:
        """Read a block by the parser's own numbers; ``None`` where that fails."""
        names = self.plan.head.delimiter.join(self.schema).encode() + b"\n"
        try:
            return pl.read_csv(
                names + block if _first_row_is_short(block, self.plan) else block,
                has_header=_first_row_is_short(block, self.plan),
                separator=self.plan.head.delimiter,
                schema=self.schema,
                decimal_comma=self.plan.decimal == "," and self.plan.head.delimiter != ",",
                null_values=list(self.plan.null_words) or None,
                low_memory=True,
            )
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            return None

    def _parse_cells(self, block: bytes, *, is_last: bool) -> pl.DataFrame:
        self._refuse_long_rows(block)
        frame = text_frame(block, self.plan.width, self.plan.head.delimiter)
        if is_last:
            frame = self._without_footer(frame)
        return frame.with_columns(
            self._as_wire(frame[str(each.position)], each)
            for each in self.plan.columns
            if each.wire != pl.String
        )

    def _as_wire(self, texts: pl.Series, column: PlannedColumn) -> pl.Series:
        place = self._place(column)
        numbers = as_numbers(texts, self.plan.decimal, place)
        wanted = as_integers(numbers, place) if column.wire == pl.Int64 else numbers
        return wanted.alias(texts.name)

    def _refuse_long_rows(self, block: bytes) -> None:
        width = self.plan.width
        text = io.StringIO(block.decode("utf-8", "replace"), newline="")
        for offset, cells in enumerate(csv.reader(text, delimiter=self.plan.head.delimiter)):
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                raise CorruptFile(
                    f"the row has {len(cells)} cells, the header {width}",
                    file=self.rows.source.name,
                    row=self.data_row + offset,
                    remedy="Mend the row in a copy of the file, or export the test again",
                )

    def _without_footer(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Cut rows at the end of the file that hold no number in any required column."""
        tail = frame.tail(_FOOTER_ROWS)
        is_data = pl.Series(np.zeros(tail.height, np.bool_))
        for name in self.needed:
            texts = tail[name].cast(pl.String)
            plain = texts.str.replace(",", ".", literal=True).str.strip_chars()
            timed = ~pl.Series(parse_durations(plain)[1]) & blank_to_null(plain).is_not_null()
            is_data = is_data | plain.cast(pl.Float64, strict=False).is_not_null() | timed
        rows = is_data.arg_true()
        keep = int(rows[-1]) + 1 if rows.len() else 0
        footer = tail.slice(keep)
        lines = [
            " ".join(str(cell) for cell in row if cell is not None)
            for row in footer.rows()
            if any(cell is not None and str(cell).strip() for cell in row)
        ]
        if lines:
            self.rows.doubts.add(
                Finding(
                    "FOOTER_LINES",
                    Severity.INFO,
                    f"{len(lines)} lines after the data are no samples: '{lines[0][:80]}'",
                )
            )
        return frame.head(frame.height - footer.height)

    def _note_short_rows(self, frame: pl.DataFrame, block: bytes) -> None:
        """Note rows with fewer cells than the header: their last columns are unknown."""
        width, delimiter = self.plan.width, self.plan.head.delimiter
        last = frame[str(width - 1)]
        if width < 2 or last.null_count() == 0:
            return
        if b'"' not in block and block.count(delimiter.encode()) == (width - 1) * frame.height:
            return
        text = io.StringIO(block.decode("utf-8", "replace"), newline="")
        filled = (row for row in csv.reader(text, delimiter=delimiter) if any(map(str.strip, row)))
        short = [offset for offset, cells in enumerate(filled) if len(cells) < width]
        self.tally.note(
            "SHORT_ROWS",
            Severity.WARNING,
            f"{{count}} rows have fewer than {width} cells; their last columns are unknown",
            [each for each in short if each < frame.height],
            remedy="Export the test again",
        )

    def _without_empty_rows(self, frame: pl.DataFrame, *, is_last: bool) -> pl.DataFrame:
        """Leave out rows without a single cell; say so where they are not just the end."""
        if not self.needed or frame[self.needed[0]].null_count() == 0:
            return frame
        empty = frame.select(
            pl.all_horizontal(
                pl.col(pl.String).fill_null("").str.strip_chars() == "",
                pl.exclude(pl.String).is_null(),
            )
        ).to_series()
        if not empty.any():
            return frame
        filled = (~empty).arg_true()
        end = int(filled[-1]) + 1 if filled.len() else 0
        between = empty.arg_true().to_numpy()
        if not (is_last and bool((between >= end).all())):
            self.tally.note(
                "EMPTY_ROWS", Severity.INFO, "{count} rows without any cell were left out", between
            )
        return frame.filter(~empty)

    def _place(self, column: PlannedColumn) -> CellPlace:
        return CellPlace(self.rows.source.name, column.mapped.header, self.data_row)

    def _convert(self, frame: pl.DataFrame) -> pl.DataFrame:
        self._check_units_beside(frame)
        columns: dict[str, pl.Series] = {}
        moments: list[PlannedColumn] = []
        for each in self.plan.columns:
            if each.mapped.kind is Kind.MOMENT:
                moments.append(each)
                columns[each.mapped.notation] = pl.Series([], dtype=pl.Float64)
            else:
                columns[each.mapped.notation] = self._column(frame[str(each.position)], each)
        for each in moments:
            elapsed = columns.get("test_time_second")
            seconds = _nan_for_null(elapsed) if elapsed is not None else _unknown(frame.height)
            assert self.clock is not None  # noqa: S101 - planned together
            columns[each.mapped.notation] = self.clock.read(
                frame[str(each.position)], seconds, self._place(each)
            )
        return pl.DataFrame({name: series.alias(name) for name, series in columns.items()})

    def _column(self, cells: pl.Series, column: PlannedColumn) -> pl.Series:
        mapped, place = column.mapped, self._place(column)
        if mapped.kind is Kind.TEXT:
            stripped = cells.str.strip_chars()
            return stripped.set(stripped == "", None)
        if mapped.kind is Kind.DURATION:
            return self._durations(cells, place)
        numbers = cells
        if cells.dtype == pl.String:
            numbers = as_numbers(cells, self.plan.decimal, place)
            if has_thousands(cells.str.strip_chars(), self.plan.decimal):
                self.tally.note(
                    "THOUSANDS_SEPARATORS",
                    Severity.INFO,
                    "numbers are grouped by thousands",
                    [0],
                    column=mapped.notation,
                )
        if mapped.kind is Kind.INTEGER:
            return as_integers(numbers, place)
        return self._number(numbers.cast(pl.Float64), column)

    def _durations(self, cells: pl.Series, place: CellPlace) -> pl.Series:
        seconds, bad = parse_durations(cells)
        odd = np.flatnonzero(bad)
        for row in odd:
            if blank_to_null(cells.slice(int(row), 1))[0] is not None:
                raise place.unreadable(int(row), str(cells[int(row)]), "a duration")
        return pl.Series(seconds).fill_nan(None)

    def _number(self, numbers: pl.Series, column: PlannedColumn) -> pl.Series:
        mapped = column.mapped
        if not bool(numbers.is_finite().all()):
            endless = numbers.is_infinite().fill_null(value=False)
            self.tally.note(
                "NOT_FINITE",
                Severity.WARNING,
                f"{{count}} values of '{mapped.header}' are infinite and count as unknown",
                endless.arg_true(),
                column=mapped.notation,
            )
            numbers = numbers.fill_nan(None).set(endless, None)
        if mapped.unit is None or (mapped.unit.factor == 1 and mapped.unit.offset == 0):
            return numbers
        converted = pl.Series(in_unit(_nan_for_null(numbers), mapped.unit))
        return converted.fill_nan(None) if numbers.null_count() else converted

    def _check_units_beside(self, frame: pl.DataFrame) -> None:
        for position, text in self.plan.unit_columns:
            texts = frame[str(position)].str.strip_chars()
            odd = (texts != text).fill_null(value=False).arg_true()
            if odd.len():
                row = int(odd[0])
                raise ContradictoryContent(
                    f"the unit changes from '{text}' to '{texts[row]}' within the column",
                    file=self.rows.source.name,
                    row=self.data_row + row,
                    column=self.plan.head.headers[position],
                    remedy="Split the file where the unit changes",
                )


def _wanted(rows: TableRows, columns: Sequence[str] | None) -> tuple[PlannedColumn, ...]:
    """Return the columns to convert: those asked for, where the format needs no others."""
    if columns is None or rows.finish is not as_it_is:
        return rows.plan.columns
    needed = {*columns, "test_time_second"}
    return tuple(each for each in rows.plan.columns if each.mapped.notation in needed)


def _first_row_is_short(block: bytes, plan: TablePlan) -> bool:
    """The parser counts columns by the first row, so that it must not be a short one."""
    line = block[: block.find(b"\n") + 1].decode("utf-8", "replace")
    return len(next(csv.reader([line], delimiter=plan.head.delimiter), [])) != plan.width


def _nan_for_null(numbers: pl.Series) -> NDArray[np.float64]:
    return numbers.fill_null(np.nan).to_numpy() if numbers.null_count() else numbers.to_numpy()


def _unknown(count: int) -> NDArray[np.float64]:
    return np.full(count, np.nan)
