"""Structured cycling data of BEEP, as data.matr.io serves them, in all their shapes.

One JSON object holds the summary of every cycle and, for most cycles, its charge and its
discharge interpolated on a grid: as a dictionary of whole columns (*flattened*), or as one
such dictionary per cycle (*nested*). Files of the first years have no time at all, so they
give cycles and curves and no samples; later ones add the time of each point and the raw
rows. The document is walked once, in bounded memory; columns wait on disk.

Sources: BEEP, https://github.com/TRI-AMDD/beep (beep/structure); Severson et al. (2019),
doi:10.1038/s41560-019-0356-8, for the data set.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.columns import BY_NOTATION, Scope, auxiliary_name, column
from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import CellMetadata, TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.canonical.tables import CURVES_SCHEMA, CYCLES_SCHEMA
from voltlake.errors import CorruptFile, NoSamples
from voltlake.readers.column_spool import ColumnSpool, Values
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.json_columns import JsonCursor, TooLarge, parse_elements

__all__ = ["READER"]

_CURVES = ("cycles_interpolated", "structured_data")
_SUMMARIES = ("summary", "structured_summary")
_DIAGNOSTIC_CURVES = ("diagnostic_interpolated", "diagnostic_data")
_COMPANY = {*_SUMMARIES, "barcode", "protocol", "channel_id", "diagnostic_summary", "raw_data"}
_TABLES = ("cycles_interpolated", "raw_data", "summary", "diagnostic_summary")
_KNOWN = {*_CURVES, *_DIAGNOSTIC_CURVES, *_COMPANY, "@module", "@class", "@version"}
_MODULE = re.compile(r"beep\w*\.structure\b")
_POLICY = re.compile(r"\d+(?:_\d+)?C[-_]\d+(?:_\d+)?per_\d+(?:_\d+)?C")

CURVE_COLUMNS = {
    "cycle_index": "cycle_index",
    "step_type": "direction",
    "voltage": "voltage_volt",
    "charge_capacity": "charge_capacity_ah",
    "discharge_capacity": "discharge_capacity_ah",
    "current": "current_ampere",
    "temperature": "temperature_celsius",
    "internal_resistance": "internal_resistance_ohm",
    "test_time": "test_time_second",
    "time": "test_time_second",
    "charge_energy": "charge_energy_wh",
    "discharge_energy": "discharge_energy_wh",
}
"""Columns of the interpolated curves: BEEP's name → ours."""

SAMPLE_COLUMNS = {
    "test_time": "test_time_second",
    "time": "test_time_second",
    "voltage": "voltage_volt",
    "current": "current_ampere",
    "date_time_iso": "unix_time_second",
    "cycle_index": "cycle_count",
    "data_point": "record_index",
    "step_index": "step_id",
    "step_type": "step_type",
    "step_time": "step_time_second",
    "charge_capacity": "cycle_charging_capacity_ah",
    "discharge_capacity": "cycle_discharging_capacity_ah",
    "charge_energy": "cycle_charging_energy_wh",
    "discharge_energy": "cycle_discharging_energy_wh",
    "internal_resistance": "internal_resistance_ohm",
    "temperature": "temperature_t1_celsius",
    "dv/dt": "aux_dv_dt_volt_per_second",
}
"""Columns of rows with a time: BEEP's name → ours. Its counters restart with each cycle."""

SUMMARY_COLUMNS = {
    "cycle_index": "cycle_index",
    "discharge_capacity": "discharge_capacity_ah",
    "charge_capacity": "charge_capacity_ah",
    "discharge_energy": "discharge_energy_wh",
    "charge_energy": "charge_energy_wh",
    "dc_internal_resistance": "dc_internal_resistance_ohm",
    "temperature_maximum": "temperature_max_celsius",
    "temperature_average": "temperature_mean_celsius",
    "temperature_minimum": "temperature_min_celsius",
    "date_time_iso": "start_unix_time_second",
    "energy_efficiency": "energy_efficiency",
    "coulombic_efficiency": "coulombic_efficiency",
    "charge_throughput": "charge_throughput_ah",
    "energy_throughput": "energy_throughput_wh",
}
"""Columns of the summary that mean what ours mean. ``date_time_iso`` is the cycle's first
record. ``charge_duration`` is the time to 80 % of the nominal capacity and no charge phase,
``paused`` a number of seconds, so these keep BEEP's names, like all others."""

_COLUMN_NAMES = {*CURVE_COLUMNS, *SAMPLE_COLUMNS, *SUMMARY_COLUMNS}
_INTEGERS = {"cycle_index", "cycle_count", "record_index"}
_TEXTS = frozenset({"step_id", "step_type"})
_REQUIRED = {"test_time_second", "voltage_volt", "current_ampere"}
_KEY_ROWS = 131_072


def claim(source: Source) -> Claim | None:
    """Claim JSON objects that declare BEEP's structuring module or hold its keys."""
    if not source.head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return None
    seen: set[str] = set()
    try:
        for key, value in _leading_keys(source):
            if key == "@module":
                declared = isinstance(value, str) and _MODULE.match(value)
                return Claim(100, f"@module says {value}") if declared else None
            seen.add(key)
            if _is_structured(seen):
                break
    except CorruptFile:
        # A document cut short is still ours if its keys say so; reading it tells the place.
        pass
    return Claim(80, f"keys {', '.join(sorted(seen & _KNOWN))}") if _is_structured(seen) else None


def _is_structured(keys: set[str]) -> bool:
    return bool(keys & set(_CURVES)) and bool(keys & _COMPANY)


def _leading_keys(source: Source) -> Iterator[tuple[str, object]]:
    """Yield the top-level keys, beyond the head only where the head looks like BEEP."""
    seen: set[str] = set()
    try:
        for key, value in _keys(JsonCursor(io.BytesIO(source.head), source.name)):
            seen.add(key)
            yield key, value
    except CorruptFile:
        if len(source.head) >= source.size:
            raise
    if not seen & _KNOWN and b"cycles_interpolated" not in source.head:
        return
    with source.path.open("rb") as stream:
        yield from _keys(JsonCursor(stream, source.name))


def _keys(cursor: JsonCursor) -> Iterator[tuple[str, object]]:
    for key in cursor.members():
        # The key is evidence even where the head ends inside its value.
        if key == "@module":
            yield key, cursor.value(1024)
        else:
            yield key, None
            cursor.skip()


@dataclass(slots=True)
class _Document:
    """What one walk through the document collects."""

    cursor: JsonCursor
    zone: str | None
    fields: dict[str, object] = field(default_factory=dict)
    tables: dict[str, ColumnSpool] = field(
        default_factory=lambda: {name: ColumnSpool() for name in _TABLES}
    )
    naive_times: int = 0
    findings: list[Finding] = field(default_factory=list)

    def doubt(
        self,
        code: str,
        message: str,
        *,
        severity: Severity = Severity.WARNING,
        column: str | None = None,
        count: int = 1,
        rows: tuple[int, int] | None = None,
    ) -> None:
        first, last = rows if rows else (None, None)
        self.findings.append(
            Finding(
                code,
                severity,
                message,
                column=column,
                row_first=first,
                row_last=last,
                count=count,
            )
        )

    def epoch(self, text: object) -> float:
        """Return an ISO 8601 text as seconds since 1970; NaN where it is none."""
        try:
            moment = datetime.fromisoformat(str(text))
        except ValueError:
            return np.nan
        if moment.tzinfo is None:
            self.naive_times += 1
            moment = moment.replace(tzinfo=ZoneInfo(self.zone or "UTC"))
        return moment.timestamp()


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read the document in one walk.

    Raises ``CorruptFile`` (with the byte) where it is no JSON or ends early, and
    ``NoSamples`` where it holds neither cycles nor curves nor samples.
    """
    with source.path.open("rb") as stream:
        document = _Document(JsonCursor(stream, source.name), options.timezone)
        try:
            _walk(document)
        finally:
            for spool in document.tables.values():
                spool.finish()
    for name, spool in document.tables.items():
        _doubt_values(document, spool, name)
    cycles = _reported_cycles(document)
    curves, timed = _curve_tables(document, options.batch_rows)
    samples = _raw_samples(document, options.batch_rows) or timed
    if samples is None and curves is None and cycles is None:
        raise NoSamples("no cycle, curve or sample is in the document", file=source.name)
    if samples is None:
        document.doubt(
            "NO_TIME",
            "the file holds no time per row, so it gives cycles and curves but no samples",
            severity=Severity.INFO,
        )
    return RawTest(
        metadata=_metadata(document),
        samples=samples,
        sign=Sign.CHARGE_POSITIVE,
        scopes=_scopes(samples),
        declarations=_declarations(document),
        reported_cycles=cycles,
        reported_curves=curves,
        findings=document.findings,
    )


def _walk(document: _Document) -> None:
    cursor, seen = document.cursor, set[str]()
    for key in cursor.members():
        name = _SAME.get(key, key)
        if name in seen:
            document.doubt("DUPLICATE_KEY", f"'{key}' occurs twice; the first one is kept")
            cursor.skip()
            continue
        seen.add(name)
        _take(document, name)
    if not cursor.at_end():
        document.doubt("TRAILING_BYTES", "bytes follow after the end of the JSON object")


_SAME = {
    "structured_data": "cycles_interpolated",
    "structured_summary": "summary",
    "diagnostic_data": "diagnostic_interpolated",
}
"""Attribute names of BEEP's classes, used as keys by some exports → the usual keys."""


def _take(document: _Document, name: str) -> None:
    cursor = document.cursor
    if name in _TABLES:
        _take_table(document, name, document.tables[name])
    elif name == "diagnostic_interpolated" and cursor.peek() == "{":
        document.doubt(
            "DIAGNOSTIC_CURVES_NOT_READ",
            "diagnostic_interpolated numbers its steps and does not say which are charges",
            severity=Severity.INFO,
        )
        cursor.skip()
    else:
        document.fields[name] = cursor.value()


def _take_table(document: _Document, name: str, spool: ColumnSpool) -> None:
    """Read an object of columns, or an object of such objects per cycle, into a spool."""
    cursor = document.cursor
    if cursor.peek() != "{":
        if cursor.peek() == "n":
            cursor.value()
            return
        document.doubt("TABLE_NOT_READABLE", f"'{name}' is no object of columns")
        cursor.skip()
        return
    for key in cursor.members():
        if cursor.peek() == "[":
            _take_column(document, spool, key, 0)
        elif cursor.peek() == "{" and key not in _COLUMN_NAMES:
            _take_cycle(document, spool, key)
        else:
            code = "COLUMN_NOT_READABLE" if key in _COLUMN_NAMES else "CYCLE_NOT_READABLE"
            document.doubt(code, f"'{key}' of '{name}' is no list of values", column=key)
            cursor.skip()
    _level(document, spool, name, 0)


def _take_cycle(document: _Document, spool: ColumnSpool, key: str) -> None:
    """Read one cycle of the nested shape, whose number is its key."""
    start = spool.rows
    for name in document.cursor.members():
        if document.cursor.peek() == "[":
            spool.pad(name, start)
            _take_column(document, spool, name, start)
        else:
            document.doubt(
                "COLUMN_NOT_READABLE", f"'{name}' of cycle '{key}' is no list", column=name
            )
            document.cursor.skip()
    rows = spool.rows - start
    number = int(key) if re.fullmatch(r"\d{1,15}", key) else None
    if rows == 0:
        document.doubt("CYCLE_EMPTY", f"cycle '{key}' holds no row")
    elif number is None:
        document.doubt("CYCLE_INDEX_MISSING", f"'{key}' is no cycle number", count=rows)
    else:
        _number_cycle(document, spool, start, number)
    _level(document, spool, f"cycle '{key}'", start)


def _number_cycle(document: _Document, spool: ColumnSpool, start: int, number: int) -> None:
    """Give the rows of a nested cycle their number, unless they say it themselves."""
    end = spool.rows
    if spool.rows_of("cycle_index") <= start:
        spool.pad("cycle_index", start)
        spool.append("cycle_index", np.full(end - start, float(number)))
        return
    said = spool.numbers("cycle_index", start)
    others = int(np.count_nonzero(said != number))
    if others:
        document.doubt(
            "CYCLE_INDEX_CONTRADICTED",
            f"the key says cycle {number}, the rows' own cycle_index says otherwise and is kept",
            column="cycle_index",
            count=others,
            rows=(start, end - 1),
        )


def _take_column(document: _Document, spool: ColumnSpool, name: str, start: int) -> None:
    if spool.rows_of(name) > start:
        document.doubt("DUPLICATE_KEY", f"column '{name}' occurs twice; the first one is kept")
        document.cursor.skip()
        return
    for piece in document.cursor.elements():
        spool.append(name, _values(document, name, piece))


def _values(document: _Document, name: str, piece: bytes) -> Values:
    values = parse_elements(document.cursor, piece)
    if name != "date_time_iso" or isinstance(values, np.ndarray):
        return values
    return np.array([np.nan if value is None else document.epoch(value) for value in values])


def _level(document: _Document, spool: ColumnSpool, name: str, start: int) -> None:
    """Pad short columns with nulls, and say so; columns absent from a cycle are null."""
    lengths = {each: spool.rows_of(each) - start for each in spool.names}
    present = {each: rows for each, rows in lengths.items() if rows > 0}
    longest = max(present.values(), default=0)
    short = [f"{each} {rows}" for each, rows in present.items() if rows < longest]
    if short:
        document.doubt(
            "ARRAY_LENGTHS_DIFFER",
            f"{name}: {', '.join(short)} of {longest} values; the rest is null",
            rows=(start, start + longest - 1),
            count=len(short),
        )
    for each in spool.names:
        spool.pad(each, spool.rows)


def _doubt_values(document: _Document, spool: ColumnSpool, table: str) -> None:
    for name in spool.names:
        if infinite := spool.infinite(name):
            document.doubt(
                "INFINITE_VALUES",
                f"{infinite} infinities in '{name}' of '{table}' became null",
                column=name,
                count=infinite,
            )
        if odd := spool.odd(name):
            document.doubt(
                "ODD_VALUES",
                f"{odd} values in '{name}' of '{table}' are of another kind and became null",
                column=name,
                count=odd,
            )


def _chosen(
    spool: ColumnSpool, mapping: dict[str, str], texts: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return our name → the column to take; the first of several candidates wins.

    Words cannot fill a column of numbers, so such a column is not taken.
    """
    found: dict[str, str] = {}
    for name, ours in mapping.items():
        if name in spool.names and (ours in texts or not spool.is_text(name)):
            found.setdefault(ours, name)
    return found


def _typed(spool: ColumnSpool, name: str, ours: str, start: int, count: int) -> pl.Series:
    """Return values under our name and type; numbers that stand for labels become text."""
    values = spool.series(name, start, count).alias(ours)
    if ours in _INTEGERS:
        return _whole(values)
    if ours in _TEXTS and values.dtype != pl.String:
        return _whole(values).cast(pl.String)
    return values


def _whole(values: pl.Series) -> pl.Series:
    """Return the whole numbers as integers; others are null (and counted elsewhere)."""
    return values.set(values != values.floor(), None).cast(pl.Int64)


def _doubt_left_out(
    document: _Document, spool: ColumnSpool, taken: dict[str, str], table: str
) -> None:
    left_out = [name for name in spool.names if name not in taken.values()]
    if left_out:
        document.doubt(
            "COLUMNS_NOT_READ",
            f"'{table}' holds columns that have no place in our table: {', '.join(left_out)}",
            severity=Severity.INFO,
            count=len(left_out),
        )


def _curve_tables(
    document: _Document, batch_rows: int
) -> tuple[TableStream | None, TableStream | None]:
    """Return the curves, and the samples where each point has its time."""
    spool = document.tables["cycles_interpolated"]
    if spool.rows == 0:
        return None, None
    taken = _chosen(spool, CURVE_COLUMNS, frozenset({"direction"}))
    if "direction" in taken and not spool.is_text(taken["direction"]):
        del taken["direction"]
    _doubt_left_out(document, spool, taken, "cycles_interpolated")
    cycle = _cycle_numbers(document, spool)
    curves = _ordered(spool, _order(cycle, _direction_ranks(document, spool, taken)))

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        wanted = list(CURVES_SCHEMA) if columns is None else list(columns)
        for start in range(0, curves.rows, batch_rows):
            count = min(batch_rows, curves.rows - start)
            yield pl.DataFrame(
                [
                    _typed(curves, taken[ours], ours, start, count)
                    if ours in taken
                    else pl.Series(ours, [None], dtype=CURVES_SCHEMA[ours]).new_from_index(0, count)
                    for ours in wanted
                ]
            )

    return TableStream(CURVES_SCHEMA, batches), _timed_samples(document, spool, cycle, batch_rows)


_NO_CYCLE = np.iinfo(np.int64).max


def _cycle_numbers(document: _Document, spool: ColumnSpool) -> NDArray[np.int64]:
    """Return each point's cycle number, the largest integer where there is none."""
    cycles = np.full(spool.rows, _NO_CYCLE)
    if "cycle_index" not in spool.names or spool.is_text("cycle_index"):
        document.doubt(
            "CYCLE_INDEX_MISSING", "no point says to which cycle it belongs", count=spool.rows
        )
        return cycles
    for start in range(0, spool.rows, _KEY_ROWS):
        numbers = spool.numbers("cycle_index", start, _KEY_ROWS)
        whole = numbers == np.floor(numbers)
        cycles[start : start + numbers.size][whole] = numbers[whole].astype(np.int64)
    unknown = int(np.count_nonzero(cycles == _NO_CYCLE))
    if unknown:
        document.doubt(
            "CYCLE_INDEX_MISSING",
            f"{unknown} of {spool.rows} points have no whole number as their cycle",
            column="cycle_index",
            count=unknown,
        )
    return cycles


def _direction_ranks(
    document: _Document, spool: ColumnSpool, taken: dict[str, str]
) -> NDArray[np.uint32]:
    """Return the alphabetical rank of each point's direction, for sorting; unknown is last."""
    ranks = np.zeros(spool.rows, dtype=np.uint32)
    if "direction" not in taken:
        document.doubt(
            "DIRECTION_MISSING",
            "no step_type says which points are charge and which discharge",
            count=spool.rows,
        )
        return ranks
    words = spool.words("step_type")
    places = {word: place for place, word in enumerate(sorted(words))}
    rank_of = np.array([*(places[word] for word in words), len(words)], dtype=np.uint32)
    unknown = 0
    for start in range(0, spool.rows, _KEY_ROWS):
        ordinals = spool.numbers("step_type", start, _KEY_ROWS)
        unknown += int(np.isnan(ordinals).sum())
        known = np.nan_to_num(ordinals, nan=len(words)).astype(np.int64)
        ranks[start : start + ordinals.size] = rank_of[known]
    if unknown:
        document.doubt("DIRECTION_MISSING", f"{unknown} points have no step_type", count=unknown)
    return ranks


def _order(major: NDArray[Any], minor: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the stable order by two keys; ``None`` where the rows are in order already."""
    falls = major[1:] < major[:-1]
    falls |= (major[1:] == major[:-1]) & (minor[1:] < minor[:-1])
    return np.lexsort((minor, major)) if falls.any() else None


def _ordered(spool: ColumnSpool, rows: NDArray[np.int64] | None) -> ColumnSpool:
    return spool if rows is None else spool.reordered(rows)


def _timed_samples(
    document: _Document, spool: ColumnSpool, cycle: NDArray[np.int64], batch_rows: int
) -> TableStream | None:
    """Return the interpolated points that have a time, by cycle and time."""
    taken = _chosen(spool, SAMPLE_COLUMNS, _TEXTS)
    if not set(taken) >= _REQUIRED or document.tables["raw_data"].rows:
        return None
    time = spool.numbers(taken["test_time_second"])
    timed = ~np.isnan(time)
    outside = int(timed.size - np.count_nonzero(timed))
    if outside == timed.size:
        return None
    if outside:
        document.doubt(
            "GRID_POINTS_WITHOUT_TIME",
            f"{outside} of {spool.rows} points lie outside the measured range "
            "and are no samples; the curves keep them",
            severity=Severity.INFO,
            count=outside,
        )
    order = _order(cycle[timed], time[timed])
    if order is not None:
        document.doubt(
            "ROWS_REORDERED",
            "the points are stored by direction; the samples are sorted by cycle and time",
            severity=Severity.INFO,
        )
    if outside:
        rows = np.flatnonzero(timed)
        order = rows if order is None else rows[order]
    return _samples(document, _ordered(spool, order), batch_rows, interpolated=True)


def _raw_samples(document: _Document, batch_rows: int) -> TableStream | None:
    """Return the recorded rows, if the file carries them."""
    spool = document.tables["raw_data"]
    if spool.rows == 0:
        return None
    missing = _REQUIRED - set(_chosen(spool, SAMPLE_COLUMNS, _TEXTS))
    if missing:
        document.doubt(
            "RAW_DATA_NOT_READ", f"raw_data has no column for {', '.join(sorted(missing))}"
        )
        return None
    return _samples(document, spool, batch_rows, interpolated=False)


def _samples(
    document: _Document, spool: ColumnSpool, batch_rows: int, *, interpolated: bool
) -> TableStream:
    """Stream the rows of a spool as samples; unknown columns become extra channels."""
    taken = _chosen(spool, SAMPLE_COLUMNS, _TEXTS)
    others = [name for name in spool.names if name not in taken.values()]
    taken |= {
        auxiliary_name(name, "text" if spool.is_text(name) else "count"): name for name in others
    }
    if others:
        document.doubt(
            "UNIT_NOT_KNOWN",
            f"kept as they are, their units are not said: {', '.join(others)}",
            severity=Severity.INFO,
            count=len(others),
        )
    names = [*taken, "is_interpolated"] if interpolated else list(taken)
    schema = pl.Schema({ours: column(ours).dtype for ours in names})

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        wanted = list(schema) if columns is None else list(columns)
        for start in range(0, spool.rows, batch_rows):
            count = min(batch_rows, spool.rows - start)
            yield pl.DataFrame(
                [
                    _typed(spool, taken[ours], ours, start, count)
                    if ours in taken
                    else pl.repeat(True, count, dtype=pl.Boolean(), eager=True).alias(ours)
                    for ours in wanted
                ]
            )

    return TableStream(schema, batches)


def _scopes(samples: TableStream | None) -> dict[str, Scope]:
    """BEEP takes the largest value within a cycle, so its counters restart there."""
    names = samples.schema if samples is not None else ()
    known = {name: BY_NOTATION[name].scope for name in names if name in BY_NOTATION}
    return {name: scope for name, scope in known.items() if scope is not None}


def _reported_cycles(document: _Document) -> pl.DataFrame | None:
    """Return the summary, with what only the diagnostic summary says."""
    summary = _summary(document, "summary")
    diagnostics = _summary(document, "diagnostic_summary")
    if summary is None or diagnostics is None:
        return diagnostics if summary is None else summary
    numbers = diagnostics["cycle_index"]
    if numbers.has_nulls() or numbers.n_unique() < numbers.len():
        document.doubt(
            "DIAGNOSTIC_SUMMARY_NOT_READ",
            "diagnostic_summary does not number its cycles one by one",
            count=diagnostics.height,
        )
        return summary
    joined = summary.join(
        diagnostics,
        on="cycle_index",
        how="full",
        coalesce=True,
        suffix=_DIAGNOSTIC,
        maintain_order="left_right",
    )
    return _unite(document, joined).sort("cycle_index", nulls_last=True, maintain_order=True)


_DIAGNOSTIC = " of the diagnostic summary"


def _unite(document: _Document, joined: pl.DataFrame) -> pl.DataFrame:
    """Fill gaps of the summary from the diagnostic summary; doubt where they differ."""
    for twin in [name for name in joined.columns if name.endswith(_DIAGNOSTIC)]:
        name = twin.removesuffix(_DIAGNOSTIC)
        differ = int((joined[name] != joined[twin]).sum())
        if differ:
            document.doubt(
                "SUMMARIES_DIFFER",
                f"summary and diagnostic_summary differ in {differ} cycles; the first is kept",
                column=name,
                count=differ,
            )
        joined = joined.with_columns(pl.coalesce(name, twin).alias(name)).drop(twin)
    return joined


def _summary(document: _Document, table: str) -> pl.DataFrame | None:
    spool = document.tables[table]
    if spool.rows == 0:
        return None
    taken = _chosen(spool, SUMMARY_COLUMNS)
    taken |= {name: name for name in spool.names if name not in taken.values()}
    frame = pl.DataFrame([_typed(spool, name, ours, 0, -1) for ours, name in taken.items()])
    if "cycle_index" not in frame.columns:
        document.doubt("CYCLE_INDEX_MISSING", f"'{table}' does not number its cycles")
        frame = frame.with_columns(
            pl.lit(None, dtype=CYCLES_SCHEMA["cycle_index"]).alias("cycle_index")
        )
    return frame


def _metadata(document: _Document) -> TestMetadata:
    own = document.fields.pop("metadata", None)
    fields = {**(own if isinstance(own, dict) else {}), **document.fields}
    words = {key: str(value) for key, value in fields.items() if value not in (None, TooLarge)}
    barcode, protocol = words.pop("barcode", None), words.pop("protocol", None)
    channel = words.pop("channel_id", None)
    policy = _POLICY.search(protocol or "")
    if policy:
        words["charge_policy"] = policy[0]
    return TestMetadata(
        protocol=protocol,
        channel=channel,
        start_time=_start_time(document),
        time_zone=document.zone if document.naive_times else None,
        cell=CellMetadata(barcode=barcode),
        extra=words,
    )


def _start_time(document: _Document) -> datetime | None:
    """The first record of the first cycle, where the summary tells it."""
    spool = document.tables["summary"]
    if "date_time_iso" not in spool.names:
        return None
    first = spool.numbers("date_time_iso", 0, 1)
    return None if np.isnan(first).any() else datetime.fromtimestamp(first[0], tz=UTC)


def _declarations(document: _Document) -> tuple[Declaration, ...]:
    format_says = "BEEP's definition"
    zone = (
        Declaration("time_zone", document.zone or "UTC", "no zone in date_time_iso", assumed=True)
        if document.naive_times
        else Declaration("time_zone", "UTC", "the offsets in date_time_iso")
    )
    return (
        Declaration("unit:voltage_volt", "V", format_says),
        Declaration("unit:current_ampere", "A", format_says),
        Declaration("unit:charge_capacity_ah", "Ah", format_says),
        Declaration("unit:charge_energy_wh", "Wh", format_says),
        Declaration("current_sign", str(Sign.CHARGE_POSITIVE), format_says),
        zone,
    )


READER = Reader(
    name="beep_json",
    version="1",
    title="BEEP / matr.io structured JSON",
    vendor="BEEP",
    extensions=(".json",),
    claim=claim,
    read=read,
)
