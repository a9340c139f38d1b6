"""THE reader of delimited text: a format is a declaration of about twenty lines.

.. code-block:: python

    FORMAT = DelimitedFormat(
        name="acme_csv",
        columns=(
            TextColumn("test_time_second", ("Test Time", "Total Time"), required=True),
            TextColumn("unix_time_second", ("Date Time",)),
            TextColumn("voltage_volt", ("Voltage",), required=True),
            TextColumn("current_ampere", ("Current",), required=True),
            TextColumn("cycle_count", ("Cycle Index",)),
            TextColumn("step_id", ("Step Index",)),
            TextColumn("step_charging_capacity_ah", ("Charge Capacity",)),
            TextColumn("temperature_t{1}_celsius", pattern=r"auxtemperature([1-5])"),
        ),
        sign=Sign.CHARGE_POSITIVE,
    )

    def claim(source: Source) -> Claim | None:
        head = find_table(FORMAT, source)
        return Claim(80, "Acme's column names") if head is not None else None

    def read(source: Source, options: ReadOptions) -> RawTest:
        return read_delimited(FORMAT, source, options)

What the declaration does not say is found in the file: the header row (the first line that
names every required column), delimiter, encoding, decimal mark, thousands separators, units
(from the header's own text, converted exactly; a unit that is not understood stops the
file), the order of dates, epochs. Headers that nobody declared become ``aux_<name>_<unit>``.
Rows are read in blocks, so that memory stays bounded. Everything decided is declared, with
where it was seen; everything odd is a finding. ``read_frame`` returns a whole (vendor) table
at once, for companions such as a Step file.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.columns import BY_NOTATION
from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import MissingColumns, NoSamples
from voltlake.readers.cells import blank_to_null, in_unit
from voltlake.readers.clock_columns import ClockPlan, epoch_unit, plan_clock
from voltlake.readers.column_map import (
    Kind,
    MappedColumn,
    TextColumn,
    fold,
    map_headers,
    matching_notations,
)
from voltlake.readers.contract import RawTest, ReadOptions, Source
from voltlake.readers.doubts import Doubts
from voltlake.readers.table_plan import (
    PlannedColumn,
    TableHead,
    TablePlan,
    decimal_mark,
    head_lines,
    head_lines_of,
    null_words,
    sample_rows,
    settle,
    split_row,
    units_beside,
)
from voltlake.readers.table_stream import Finish, TableRows, as_it_is
from voltlake.readers.timestamps import (
    MONTH_FIRST,
    NAIVE,
    date_order_evidence,
    parse_durations,
    parse_moments,
)
from voltlake.units import Unit, parse_unit, split_header

__all__ = [
    "DelimitedFormat",
    "TableHead",
    "TextColumn",
    "find_table",
    "key_values",
    "read_delimited",
    "read_frame",
    "wordy_rows",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedFormat:
    """A vendor's text format.

    Attributes
    ----------
    name, columns
        Slug of the reader; the declared columns, the required ones marked.
    delimiters
        Candidates; the one that names most declared columns in one line is it.
    date_order
        What holds where neither the dates nor the elapsed time tell (``MONTH_FIRST``).
    sign
        How the sign of the current comes about in this format.
    unit_header
        Folded header of columns that hold the unit of the channel to their left.
    finish
        The format's own step on every batch, such as the sign from a state column.
    header_within
        How many lines may precede the header.
    foreign
        Headers that only other formats have; a line with one of them is no header of ours.
    """

    name: str
    columns: tuple[TextColumn, ...]
    delimiters: tuple[str, ...] = (",", ";", "\t")
    date_order: int = MONTH_FIRST
    sign: Sign = Sign.UNKNOWN
    unit_header: str | None = None
    finish: Finish = as_it_is
    header_within: int = 200
    foreign: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """The notations without which there is no table."""
        return tuple(each.notation for each in self.columns if each.required)

    @property
    def words(self) -> frozenset[str]:
        """Every declared header, folded."""
        return frozenset(fold(each) for column in self.columns for each in column.headers)


def find_table(
    form: DelimitedFormat, source: Source, *, least: int | None = None
) -> TableHead | None:
    """Find the header row by content: the first line that names every required column.

    With ``least`` that many declared columns are enough, and the line that names most is
    taken. Returns ``None`` where no line does.
    """
    encoding, lines = head_lines(source)
    best: TableHead | None = None
    words = form.words
    foreign = frozenset(fold(each) for each in form.foreign)
    for number, delimiter, headers, names in wordy_rows(source.head, form.header_within):
        if delimiter not in form.delimiters or len(names & words) < 2 or names & foreign:
            continue
        if best is not None and least is None and number > best.header_line:
            break
        found = frozenset(matching_notations(form.columns, headers))
        enough = set(form.required) <= found if least is None else len(found) >= least
        if enough and (best is None or len(found) > len(best.found)):
            above = tuple(text.rstrip("\r\n") for _, text in lines[:number])
            best = TableHead(encoding, delimiter, headers, number, lines[number][0], above, found)
    return best


_DELIMITERS = (",", ";", "\t", "|")


@functools.lru_cache(maxsize=8)
def wordy_rows(
    head: bytes, within: int
) -> tuple[tuple[int, str, tuple[str, ...], frozenset[str]], ...]:
    """Return the lines that may be a header, split by each delimiter, with their folded names.

    Every format asks this of the same file, so the answer is kept for a few files. Rows of
    which most cells begin like a number are data.
    """
    rows = []
    for number, (_, line) in enumerate(head_lines_of(head)[1][:within]):
        for delimiter in _DELIMITERS:
            headers = tuple(split_row(line, delimiter)) if delimiter in line else ()
            numbers = sum(cell.strip()[:1] in "0123456789.-+" for cell in headers)
            if len(headers) < 2 or 2 * numbers > len(headers):
                continue
            names = {fold(cell) for cell in headers}
            names |= {fold(split_header(cell)[0]) for cell in headers}
            rows.append((number, delimiter, headers, frozenset(names)))
    return tuple(rows)


def key_values(preamble: Sequence[str], delimiter: str) -> dict[str, str]:
    """Read ``key: value`` and ``key<delimiter>value`` lines above a header.

    The first value of a key stays; keys keep the vendor's spelling without the colon.
    """
    pairs: dict[str, str] = {}
    for line in preamble:
        cells = [cell.strip() for cell in split_row(line, delimiter)]
        for position, cell in enumerate(cells):
            key, colon, rest = cell.partition(":")
            value = rest.strip()
            if colon and not value and position + 1 < len(cells):
                value = cells[position + 1]
            if not colon and position == 0 and len(cells) == 2:
                value = cells[1]
            if key.strip() and value and (colon or position == 0):
                pairs.setdefault(key.strip(), value)
    return pairs


def read_delimited(
    form: DelimitedFormat,
    source: Source,
    options: ReadOptions,
    *,
    metadata: TestMetadata | None = None,
    first_day: date | None = None,
    declarations: tuple[Declaration, ...] = (),
    companions: tuple[Path, ...] = (),
    sign: Sign | None = None,
) -> RawTest:
    """Read a file by its format's declaration.

    ``metadata`` is what the format made of the preamble; ``first_day`` dates clock times
    without a date. Raises ``MissingColumns``, ``NoSamples``, ``UnknownUnit``,
    ``UnreadableValue`` and others with the place; cells are read when the stream is.
    """
    head = _head_or_missing(form, source)
    doubts = Doubts()
    plan, clock = _plan(form, source, options, head, first_day)
    for each in (*plan.findings, *(clock.findings if clock is not None else ())):
        doubts.add(each)
    rows = TableRows(source, plan, clock, options, doubts, form.finish, form.required)
    reversed_sign = options.sign == "reversed"
    stream = TableStream(_schema(form, plan), rows.open)
    if reversed_sign:
        stream = stream.map(_reverse_current, stream.schema)
    clocked = clock.declarations if clock is not None else ()
    given = (Declaration("current_sign", "reversed", "given by the user"),)
    return RawTest(
        metadata=metadata or TestMetadata(extra=key_values(head.preamble, head.delimiter)),
        samples=stream,
        sign=form.sign if sign is None else sign,
        scopes={
            each.mapped.notation: scope
            for each in plan.columns
            if (known := BY_NOTATION.get(each.mapped.notation)) is not None
            and (scope := known.scope) is not None
        },
        declarations=(
            *plan.declarations, *clocked, *(given if reversed_sign else ()), *declarations,
        ),
        findings=doubts.findings,
        companions=companions,
    )  # fmt: skip


def read_frame(
    form: DelimitedFormat, source: Source, options: ReadOptions
) -> tuple[pl.DataFrame, RawTest]:
    """Read a whole table at once, such as a vendor's table of steps.

    Returns the table and the :class:`RawTest` that holds its declarations and findings.
    """
    raw = read_delimited(form, source, options)
    assert raw.samples is not None  # noqa: S101 - read_delimited always returns a stream
    return raw.samples.collect(), raw


def _reverse_current(batch: pl.DataFrame) -> pl.DataFrame:
    # 0 - x rather than -x: a resting current stays 0 and does not become -0.
    present = [name for name in ("current_ampere", "power_watt") if name in batch.columns]
    return batch.with_columns((0.0 - pl.col(name)).alias(name) for name in present)


def _head_or_missing(form: DelimitedFormat, source: Source) -> TableHead:
    head = find_table(form, source)
    if head is not None:
        return head
    near = find_table(form, source, least=1)
    found = near.headers if near is not None else ()
    missing = sorted(set(form.required) - (near.found if near is not None else set()))
    raise MissingColumns(
        f"no column for {', '.join(missing)}; found {', '.join(found[:40]) or 'no header'}",
        file=source.name,
    )


def _schema(form: DelimitedFormat, plan: TablePlan) -> pl.Schema:
    empty = pl.DataFrame(schema={each.mapped.notation: each.mapped.dtype for each in plan.columns})
    return form.finish(empty, Doubts().tally()).schema


def _plan(
    form: DelimitedFormat,
    source: Source,
    options: ReadOptions,
    head: TableHead,
    first_day: date | None,
) -> tuple[TablePlan, ClockPlan | None]:
    frame, complete = sample_rows(source, head)
    mapped = _named_columns(form, head, frame)
    names = {each.notation for each in mapped}
    unit_columns: list[tuple[int, str]] = []
    if form.unit_header is not None:
        mapped, unit_columns = units_beside(mapped, frame, form.unit_header, names)
    numeric = [
        frame[str(each.position)]
        for each in mapped
        if each.kind in (Kind.NUMBER, Kind.INTEGER, Kind.DURATION)
    ]
    decimal, decimal_because, decimal_assumed = decimal_mark(numeric, options, head.delimiter)
    empty, planned = [], []
    for each in mapped:
        texts = frame[str(each.position)]
        blank = blank_to_null(texts).null_count() == texts.len()
        if blank and (complete or each.header.strip() == ""):
            empty.append(each.header)
            continue
        column = settle(each, texts, decimal, names)
        planned.append(column)
    _refuse_without_rows(form, source, frame, planned, complete=complete)
    planned, evidence = _time_units(form, planned, frame, decimal)
    planned, clock, unclear = _clock(form, planned, frame, decimal, options, first_day)
    plan = TablePlan(
        head=head,
        columns=tuple(planned),
        decimal=decimal,
        date_order=form.date_order,
        null_words=null_words(
            [frame[str(each.position)] for each in planned if each.wire != pl.String]
            or [pl.Series([], dtype=pl.String)]
        ),
        width=len(head.headers),
        unit_columns=tuple(unit_columns),
        declarations=(
            Declaration("encoding", head.encoding.codec, head.encoding.because),
            Declaration("delimiter", head.delimiter, f"header in line {head.header_line + 1}"),
            Declaration("decimal_mark", decimal, decimal_because, decimal_assumed),
            *_unit_declarations(planned),
        ),
        findings=(
            *_column_findings(planned, empty), *evidence, *unclear,
            *_decimal_findings(decimal_because, decimal_assumed),
        ),
    )  # fmt: skip
    return plan, clock


def _named_columns(
    form: DelimitedFormat, head: TableHead, frame: pl.DataFrame
) -> list[MappedColumn]:
    """Map the headers; an unnamed column without cells (a trailing delimiter) is no column."""
    return [
        each
        for each in map_headers(form.columns, head.headers)
        if each.header.strip() or blank_to_null(frame[str(each.position)]).drop_nulls().len()
    ]


def _refuse_without_rows(
    form: DelimitedFormat,
    source: Source,
    frame: pl.DataFrame,
    planned: Sequence[PlannedColumn],
    *,
    complete: bool,
) -> None:
    """Raise ``NoSamples`` where not one row has a cell in a required column."""
    if not complete:
        return
    present = {each.mapped.notation for each in planned}
    if frame.height == 0 or not present & set(form.required):
        raise NoSamples("the header is there, but not one row of data", file=source.name)


def _unit_declarations(planned: Sequence[PlannedColumn]) -> list[Declaration]:
    return [
        Declaration(
            f"unit:{each.mapped.notation}",
            each.mapped.unit.text,
            each.mapped.unit_where,
            each.mapped.unit_assumed,
        )
        for each in planned
        if each.mapped.unit is not None
    ]


def _column_findings(planned: Sequence[PlannedColumn], empty: Sequence[str]) -> list[Finding]:
    findings = []
    if empty:
        findings.append(
            Finding(
                "EMPTY_COLUMNS",
                Severity.INFO,
                f"columns without a single cell were left out: {', '.join(empty)}",
                count=len(empty),
            )
        )
    for each in planned:
        if each.mapped.oddity:
            findings.append(
                Finding(
                    "UNIT_NOT_UNDERSTOOD",
                    Severity.INFO,
                    f"the unit '{each.mapped.oddity}' of '{each.mapped.header}' is not "
                    "understood; the numbers are kept as they are",
                    column=each.mapped.notation,
                )
            )
    return findings


def _decimal_findings(because: str, assumed: bool) -> list[Finding]:
    if not assumed:
        return []
    return [
        Finding(
            "DECIMAL_MARK_ASSUMED",
            Severity.WARNING,
            f"{because}: thousands or decimals; thousands assumed",
            "Name the decimal mark when reading",
        )
    ]


def _numbers(frame: pl.DataFrame, column: PlannedColumn, decimal: str) -> NDArray[np.float64]:
    """Return a sampled column as numbers in canonical units; what is no number is NaN."""
    texts = frame[str(column.position)]
    if column.mapped.kind is Kind.DURATION:
        return parse_durations(texts)[0]
    words = blank_to_null(texts)
    plain = words.str.replace(",", "." if decimal == "," else "", literal=True)
    values = plain.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return in_unit(values, column.mapped.unit) if column.mapped.unit is not None else values


_RATIOS = (("ms", 0.001), ("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0))


def _time_units(
    form: DelimitedFormat,
    planned: list[PlannedColumn],
    frame: pl.DataFrame,
    decimal: str,
) -> tuple[list[PlannedColumn], list[Finding]]:
    """Where no header says the unit of time, hold the test time against the clock.

    One of the format's files in the data counts minutes under a bare ``TestTime``.
    """
    bare = [
        each
        for each in planned
        if each.mapped.notation in ("test_time_second", "step_time_second")
        and each.mapped.unit is not None
        and each.mapped.kind is Kind.NUMBER
        and each.mapped.unit_where == "the format's definition"
    ]
    time = next((each for each in bare if each.mapped.notation == "test_time_second"), None)
    clock = next((each for each in planned if each.mapped.kind is Kind.MOMENT), None)
    if time is None or clock is None:
        return [_assumed(each) if each in bare else each for each in planned], []
    elapsed = _numbers(frame, time, decimal)
    unit, evidence = _unit_by_clock(frame[str(clock.position)], elapsed, form)
    if unit is None:
        return [_assumed(each) if each in bare else each for each in planned], []
    settled = [
        replace(each, mapped=replace(each.mapped, unit=unit, unit_where=evidence))
        if each in bare
        else each
        for each in planned
    ]
    if unit.factor == 1:
        return settled, []
    finding = Finding(
        "UNIT_FROM_EVIDENCE",
        Severity.INFO,
        f"the header '{time.mapped.header}' has no unit; read as {unit.text}: {evidence}",
        column="test_time_second",
    )
    return settled, [finding]


def _assumed(column: PlannedColumn) -> PlannedColumn:
    return replace(column, mapped=replace(column.mapped, unit_assumed=True))


def _unit_by_clock(
    texts: pl.Series, elapsed: NDArray[np.float64], form: DelimitedFormat
) -> tuple[Unit | None, str]:
    """Return the unit in which the test time advances as the clock does, within 2 %."""
    clock = _sampled_clock_second(texts, form)
    rows = np.flatnonzero(~np.isnan(clock) & ~np.isnan(elapsed))
    if rows.size < 2:
        return None, ""
    first, last = rows[0], rows[-1]
    passed = float(clock[last] - clock[first])
    counted = elapsed[last] - elapsed[first]
    if passed < 10 or counted <= 0:
        return None, ""
    for text, ratio in _RATIOS:
        if abs(passed / counted / ratio - 1) < 0.02:
            return parse_unit(text), (
                f"the clock advances {passed:,.0f} s while the column counts {counted:,.6g}"
            )
    return None, ""


def _sampled_clock_second(texts: pl.Series, form: DelimitedFormat) -> NDArray[np.float64]:
    """Return sampled clock times in seconds of any zero; NaN where a cell is no time."""
    words = blank_to_null(texts)
    numbers = words.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    epoch = epoch_unit(numbers)
    if epoch is not None:
        return in_unit(numbers.fill_null(np.nan).to_numpy(), epoch)
    order, _ = date_order_evidence(words)
    parsed = parse_moments(words, order=form.date_order if order is None else order)
    return np.where(parsed.kind == NAIVE, parsed.microseconds / 1e6, np.nan)


def _clock(
    form: DelimitedFormat,
    planned: list[PlannedColumn],
    frame: pl.DataFrame,
    decimal: str,
    options: ReadOptions,
    first_day: date | None,
) -> tuple[list[PlannedColumn], ClockPlan | None, list[Finding]]:
    """Plan the clock column; one without a single time in it becomes an extra channel."""
    column = next((each for each in planned if each.mapped.kind is Kind.MOMENT), None)
    if column is None:
        return planned, None, []
    time = next((each for each in planned if each.mapped.notation == "test_time_second"), None)
    elapsed = _numbers(frame, time, decimal) if time else np.full(frame.height, np.nan)
    texts = frame[str(column.position)]
    clock = plan_clock(
        texts,
        elapsed,
        options,
        default_order=form.date_order,
        first_day=first_day,
        header=column.mapped.header,
    )
    if clock is not None:
        wire: pl.DataType = pl.String()
        if clock.epoch is not None and not texts.str.contains(r"\s$|,").any():
            wire = pl.Float64()
        settled = replace(column, wire=wire)
        return [settled if each is column else each for each in planned], clock, []
    names = {each.mapped.notation for each in planned}
    extra = map_headers((), [column.mapped.header])[0]
    channel = settle(replace(extra, position=column.position), texts, decimal, names)
    finding = Finding(
        "CLOCK_NOT_UNDERSTOOD",
        Severity.WARNING,
        f"no cell of '{column.mapped.header}' is a date and time, such as "
        f"'{blank_to_null(texts).drop_nulls()[0]}'; kept as it is",
        column=channel.mapped.notation,
    )
    return [channel if each is column else each for each in planned], None, [finding]
