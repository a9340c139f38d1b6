"""Neware ``.nda``: a header and fixed-width records, versions 1 to 29 and 129/130 (BTS 9).

The cycler counts charge and energy anew in each step, in two counters or one, depending on
the version; charging currents are positive. Records are decoded with strides, block by block,
so that a file of any size streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.columns import auxiliary_name
from voltlake.canonical.conventions import Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import CellMetadata, TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import NoSamples, SourceChanged
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.neware.clocks import moment, naive_to_utc, observed_zone, parse_clock
from voltlake.readers.neware.declare import declarations, doubt_findings, zone_finding
from voltlake.readers.neware.layouts import Layout
from voltlake.readers.neware.nda_header import MAGIC, Block, NdaHeader, read_header
from voltlake.readers.neware.records import RecordTranslator, field_of, is_measurement
from voltlake.readers.neware.samples import (
    Columns,
    IndexCheck,
    samples_frame,
    samples_schema,
    step_scopes,
)

__all__ = ["READER"]

_AUXILIARY = 0x65
_LOG = 0xAA
_KEPT_BYTES = 64 * 1024**2
_CHUNK_ROWS = 32_768
"""Rows that are decoded at once: they and their columns fit into a processor's cache."""
Bytes2D = NDArray[np.uint8]


def claim(source: Source) -> Claim | None:
    """Claim files that begin with NEWARE."""
    if not source.head.startswith(MAGIC) or len(source.head) < 16:
        return None
    version = source.head[14]
    return Claim(100, f"begins with NEWARE, file version {version}", f"nda {version}")


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read one ``.nda``.

    Raises ``CorruptFile``, ``NoSamples``, ``UnsupportedVersion``, or ``UnknownUnit`` where the
    hardware's current range has no known scale.
    """
    header = read_header(source.path, source.name)
    reel = _Reel(source, header.layout, options.batch_rows)
    survey = _survey(reel, header)
    if survey.rows == 0:
        raise NoSamples("the file holds no measurement", file=source.name)
    naive = header.layout.clock in ("civil", "none")
    start = _start_unix_second(header, options.timezone)
    plan = _Plan(source, header, reel, survey, options, start)
    first = plan.translator().translate(plan.first_record(), np.ones(1, np.int64))
    schema = samples_schema([*first, *survey.auxiliary_names()])
    findings = [*survey.findings]
    stream_findings: list[Finding] = []
    if naive and options.timezone is None:
        findings.append(zone_finding())
    result = list(findings)

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        translator = plan.translator()
        for frame in plan.batches(translator, schema):
            yield frame if columns is None else frame.select(columns)
        stream_findings[:] = doubt_findings(translator.doubts)
        result[:] = [*findings, *stream_findings]

    first_unix = float(np.asarray(first["unix_time_second"])[0])
    return RawTest(
        metadata=_metadata(header, source, None if naive else first_unix, options.timezone),
        samples=TableStream(schema, batches),
        sign=Sign.CHARGE_POSITIVE,
        scopes=step_scopes(schema),
        declarations=declarations(header.layout, options.timezone, naive=naive),
        findings=result,
    )


@dataclass(slots=True)
class _Survey:
    """What one pass over all records found, before any is decoded.

    ``uses`` says, piece by piece, which records are measurements; ``None`` means all.
    """

    rows: int
    uses: list[NDArray[np.bool_] | None]
    order: NDArray[np.int64] | None
    auxiliary: dict[int, dict[str, NDArray[np.generic]]]
    findings: list[Finding]

    def auxiliary_names(self) -> list[str]:
        return [
            _auxiliary_column(channel, quantity)
            for channel, values in sorted(self.auxiliary.items())
            for quantity in values
            if quantity != "index"
        ]


def _auxiliary_column(channel: int, quantity: str) -> str:
    if quantity == "aux_voltage":
        return auxiliary_name(f"v{channel}", "volt")
    if 1 <= channel <= 5:
        return f"temperature_t{channel}_celsius"
    return auxiliary_name(f"t{channel}", "celsius")


class _Reel:
    """A file's records block by block; small files are read once, large ones anew each time.

    The file is read, not mapped, so that memory stays flat for a file of any size.
    """

    def __init__(self, source: Source, layout: Layout, batch_rows: int) -> None:
        self._source = source
        self._layout = layout
        self.at_once = min(batch_rows, _CHUNK_ROWS)
        self._whole = np.fromfile(source.path, np.uint8) if source.size <= _KEPT_BYTES else None

    def records(self, block: Block) -> Iterator[Bytes2D]:
        """Iterate over a block's records."""
        size = self._layout.size
        if self._whole is not None:
            whole = self._whole[block.begin : block.begin + block.size].reshape(-1, size)
            for first in range(0, len(whole), self.at_once):
                yield whole[first : first + self.at_once]
            return
        with self._source.path.open("rb") as stream:
            stream.seek(block.begin)
            left = block.size // size
            while left:
                count = min(left, self.at_once)
                content = np.fromfile(stream, np.uint8, count * size)
                if len(content) < count * size:
                    raise SourceChanged(
                        "the file became shorter while it was read", file=self._source.name
                    )
                yield content.reshape(count, size)
                left -= count


def _survey(reel: _Reel, header: NdaHeader) -> _Survey:
    """Count and check the records, and collect those of extra channels."""
    layout = header.layout
    check = IndexCheck()
    parts: list[dict[str, NDArray[np.generic]]] = []
    uses: list[NDArray[np.bool_] | None] = []
    unknown = 0
    for block in (*header.blocks, *header.auxiliary):
        for records in reel.records(block):
            use = is_measurement(records, layout)
            uses.append(None if use.all() else use)
            if "index" in layout.fields:
                check.feed(field_of(records, layout, "index")[use].astype(np.int64))
            else:
                check.feed(np.arange(check.rows, check.rows + int(use.sum())) + 1)
            if "aux_temperature" in layout.fields:
                parts.extend(_auxiliary_records(records, layout))
            unknown += _unknown_records(records, layout)
    findings = check.findings() if check.in_order else []
    order = None
    if not check.in_order:
        order, found = _sort_out(reel, header)
        findings.extend(found)
    if unknown:
        findings.append(
            Finding(
                "UNKNOWN_RECORDS",
                Severity.WARNING,
                f"{unknown} records of an unknown kind were passed over",
                "Compare the number of rows with the vendor's export",
                count=unknown,
            )
        )
    rows = check.rows if order is None else len(order)
    return _Survey(rows, uses, order, _by_channel(parts), findings)


def _unknown_records(records: Bytes2D, layout: Layout) -> int:
    if layout.identifier is None:
        return 0
    byte, accepted = layout.identifier
    marks = np.bincount(records[:, byte], minlength=256)
    return len(records) - int(marks[[*{*accepted, _AUXILIARY, _LOG, 0xFF}]].sum())


def _sort_out(reel: _Reel, header: NdaHeader) -> tuple[NDArray[np.int64], list[Finding]]:
    """Order records by their number and keep the first of each; say so in findings.

    Returns the ordinals of the records (over all blocks) in the order of the table.
    """
    numbers, places, passed = [], [], 0
    for block in header.blocks:
        for records in reel.records(block):
            use = np.flatnonzero(is_measurement(records, header.layout))
            numbers.append(field_of(records, header.layout, "index")[use].astype(np.int64))
            places.append(use + passed)
            passed += len(records)
    number, place = np.concatenate(numbers), np.concatenate(places)
    moved = int((np.diff(number) < 0).sum())
    sort = np.argsort(number, kind="stable")
    number, place = number[sort], place[sort]
    first = np.concatenate(([True], np.diff(number) > 0))
    findings = [_duplicates(number, first)] if not first.all() else []
    if moved:
        findings.append(
            Finding(
                "RECORDS_OUT_OF_ORDER",
                Severity.WARNING,
                f"the record numbers fall {moved} times in the file; rows were put in order",
                column="record_index",
                count=moved,
            )
        )
    check = IndexCheck()
    check.feed(number[first])
    return place[first], [*findings, *check.findings()]


def _duplicates(number: NDArray[np.int64], first: NDArray[np.bool_]) -> Finding:
    again = number[~first]
    kept = np.searchsorted(number[first], again)
    return Finding(
        "DUPLICATE_RECORDS",
        Severity.WARNING,
        f"{len(again)} records repeat a record number (first {again[0]}); the first one is kept",
        "Compare these rows with the vendor's export",
        column="record_index",
        row_first=int(kept.min()),
        row_last=int(kept.max()),
        count=len(again),
    )


def _auxiliary_records(
    records: Bytes2D, layout: Layout
) -> Iterator[dict[str, NDArray[np.generic]]]:
    extra = records[records[:, 0] == _AUXILIARY]
    if len(extra):
        yield {
            "channel": extra[:, 1].copy(),
            "index": field_of(extra, layout, "index").copy(),
            "aux_temperature": field_of(extra, layout, "aux_temperature").copy(),
            "aux_voltage": field_of(extra, layout, "aux_voltage").copy(),
        }


def _by_channel(
    parts: list[dict[str, NDArray[np.generic]]],
) -> dict[int, dict[str, NDArray[np.generic]]]:
    """Part the extra records by channel, in index order; a field of zeros only is not used."""
    if not parts:
        return {}
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    channels: dict[int, dict[str, NDArray[np.generic]]] = {}
    for channel in np.unique(whole["channel"]):
        here = whole["channel"] == channel
        index, first = np.unique(whole["index"][here], return_index=True)
        values: dict[str, NDArray[np.generic]] = {"index": index}
        for quantity in ("aux_temperature", "aux_voltage"):
            field = whole[quantity][here][first]
            if (field != 0).any():
                values[quantity] = field
        channels[int(channel)] = values
    return channels


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the records become batches."""

    source: Source
    header: NdaHeader
    reel: _Reel
    survey: _Survey
    options: ReadOptions
    start_unix_second: float | None

    def translator(self) -> RecordTranslator:
        return RecordTranslator(
            self.header.layout,
            fixed_range=self.header.fixed_range,
            zone=self.options.timezone,
            start_unix_second=self.start_unix_second,
            file=self.source.name,
        )

    def first_record(self) -> Bytes2D:
        return next(self._measurements())[:1]

    def batches(self, translator: RecordTranslator, schema: pl.Schema) -> Iterator[pl.DataFrame]:
        layout = self.header.layout
        row = 0
        for records in self._measurements():
            index = np.arange(row + 1, row + len(records) + 1, dtype=np.int64)
            if "index" in layout.fields:
                index = field_of(records, layout, "index").astype(np.int64)
            columns = translator.translate(records, index)
            columns |= self._auxiliary(index)
            yield samples_frame(columns, schema)
            row += len(records)

    def _measurements(self) -> Iterator[Bytes2D]:
        if self.survey.order is not None:
            yield from self._in_order(self.survey.order, self.reel.at_once)
            return
        uses = iter(self.survey.uses)
        for block in (*self.header.blocks, *self.header.auxiliary):
            for records, use in zip(self.reel.records(block), uses, strict=False):
                if use is None:
                    yield records
                elif use.any():
                    yield records[use]

    def _in_order(self, order: NDArray[np.int64], at_once: int) -> Iterator[Bytes2D]:
        """Pick records by their ordinals; only files whose records lie out of order need it."""
        size = self.header.layout.size
        whole = np.memmap(self.source.path, np.uint8, "r")
        starts = np.concatenate(
            [np.arange(b.size // size, dtype=np.int64) * size + b.begin for b in self.header.blocks]
        )[order]
        for first in range(0, len(starts), at_once):
            places = starts[first : first + at_once]
            yield whole[places[:, None] + np.arange(size)]

    def _auxiliary(self, index: NDArray[np.int64]) -> Columns:
        columns: Columns = {}
        for channel, values in self.survey.auxiliary.items():
            at = np.searchsorted(values["index"], index)
            at[at == len(values["index"])] = 0
            there = values["index"][at] == index
            for quantity, divisor in (("aux_temperature", 10.0), ("aux_voltage", 10_000.0)):
                if quantity in values:
                    number = values[quantity][at].astype(np.float64) / divisor
                    columns[_auxiliary_column(channel, quantity)] = np.where(there, number, np.nan)
        return columns


def _start_unix_second(header: NdaHeader, zone: str | None) -> float | None:
    start = parse_clock(header.texts.get("start_time"))
    if start is None:
        return None
    seconds = np.array([int(start.replace(tzinfo=UTC).timestamp())], np.int64)
    moved, valid = naive_to_utc(seconds, np.ones(1, np.bool_), zone)
    return float(moved[0]) if valid[0] else None


def _metadata(
    header: NdaHeader, source: Source, first_unix: float | None, zone: str | None
) -> TestMetadata:
    texts = header.texts
    clock = parse_clock(texts.get("start_time"))
    offset = observed_zone(clock, first_unix)
    start = moment(first_unix)
    if clock is not None and offset is not None:
        start = clock.replace(tzinfo=offset)
    elif clock is not None:
        start = moment(_start_unix_second(header, zone)) or start
    named = {"creator", "sn", "remarks", "barcode", "test_name", "step_name"}
    mass = header.active_mass_microgram
    return TestMetadata(
        test_name=texts.get("test_name") or Path(source.name).stem,
        description=texts.get("remarks"),
        operator=texts.get("creator"),
        protocol=texts.get("step_name"),
        start_time=start,
        time_zone=zone or (str(offset) if offset is not None else None),
        cell=CellMetadata(
            barcode=texts.get("barcode"),
            serial_number=texts.get("sn"),
            active_mass_gram=mass / 1e6 if mass > 0 else None,
        ),
        extra={"nda_version": str(header.version)}
        | {key: text for key, text in texts.items() if key not in named},
    )


READER = Reader(
    name="neware_nda",
    version="1",
    title="Neware NDA",
    vendor="Neware",
    extensions=(".nda",),
    claim=claim,
    read=read,
)
