"""Neware ``.ndax``: a zip of binary parts and XML.

``data.ndc`` holds the rows. Up to version 5 they are complete records; later it holds only
voltage and current, ``data_runInfo.ndc`` times and counters of some rows, ``data_step.ndc``
the steps, and one part per extra channel its values. Charging currents are positive, counters
restart with each step, timestamps are epoch seconds (records of versions 1 to 5: clock times).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import CellMetadata, TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import CorruptFile, NoSamples, UnsupportedVersion
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.neware.archive import MAIN_PART, Archive, open_archive, part_names
from voltlake.readers.neware.auxiliary import AuxiliaryPart, AuxiliaryValues, match_channels
from voltlake.readers.neware.clocks import moment, observed_zone, parse_clock
from voltlake.readers.neware.declare import (
    declarations,
    doubt_findings,
    unproven_finding,
    zone_declaration,
    zone_finding,
)
from voltlake.readers.neware.information import Information, read_information
from voltlake.readers.neware.layouts import NDC_LAYOUTS, Layout
from voltlake.readers.neware.pages import Part, open_part
from voltlake.readers.neware.records import RecordTranslator, field_of, is_measurement
from voltlake.readers.neware.run_info import (
    RUN_INFO_LAYOUTS,
    Filled,
    RowFiller,
    RunInfo,
    RunInfoLayout,
    read_run_info,
)
from voltlake.readers.neware.samples import (
    Columns,
    IndexCheck,
    samples_frame,
    samples_schema,
    step_scopes,
)
from voltlake.readers.neware.single_precision import shortest_decimals
from voltlake.readers.neware.step_table import StepTable, read_step_table

__all__ = ["READER"]

_RUN_INFO, _STEPS = "data_runInfo.ndc", "data_step.ndc"
_MILLIVOLT_TENTHS = (9, 11, 13, 16)
_SHOWN_PARTS = (b"data.ndc", b"TestInfo.xml", b"VersionInfo.xml")
_CHUNK_ROWS = 65_536
_PROVEN = (2, 5, 11, 14, 16, 17)
_FILLED_COLUMNS = (
    "step_charging_capacity_ah",
    "step_discharging_capacity_ah",
    "step_charging_energy_wh",
    "step_discharging_energy_wh",
)


def claim(source: Source) -> Claim | None:
    """Claim zips that begin with Neware's parts and hold ``data.ndc``, or are damaged."""
    if source.head[:4] != b"PK\x03\x04" or not any(part in source.head for part in _SHOWN_PARTS):
        return None
    names = part_names(source.path)
    if names is None:
        return Claim(100, "a damaged zip with the parts of an .ndax")
    return Claim(100, f"a zip that holds {MAIN_PART}") if MAIN_PART in names else None


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read one ``.ndax``.

    Raises ``CorruptFile``, ``SuspiciousArchive``, ``NoSamples``, ``UnsupportedVersion``, or
    ``UnknownUnit`` where the hardware's current range has no known scale.
    """
    archive = open_archive(source.path, source.name)
    if MAIN_PART not in archive.sizes:
        raise CorruptFile(f"the archive lacks {MAIN_PART}", file=source.name)
    information = read_information(archive)
    keep = archive.keeps()
    main = open_part(archive, MAIN_PART, keep=keep)
    contents = _Contents(source, options, archive, information, main, keep)
    if main.version in NDC_LAYOUTS:
        return _read_records(contents, NDC_LAYOUTS[main.version])
    if main.version in RUN_INFO_LAYOUTS:
        return _read_split(contents, RUN_INFO_LAYOUTS[main.version])
    raise UnsupportedVersion(f"ndc version {main.version} is not known", file=source.name)


@dataclass(slots=True)
class _Contents:
    """An opened archive and what the user says about it."""

    source: Source
    options: ReadOptions
    archive: Archive
    information: Information
    main: Part
    keep: bool
    findings: list[Finding] = field(default_factory=list)

    def part(self, name: str) -> Part:
        if name not in self.archive.sizes:
            raise CorruptFile(f"the archive lacks {name}", file=self.source.name)
        return open_part(self.archive, name, keep=self.keep)

    def auxiliary(self) -> list[AuxiliaryPart]:
        """Open the extra channels; a kind that is not known is kept and doubted."""
        names = [name for name in self.archive.sizes if name != MAIN_PART]
        matched = match_channels(names, self.information.auxiliary)
        opened = [
            AuxiliaryPart.of(self.part(name), channel, position)
            for position, (name, channel) in enumerate(matched)
        ]
        for each in opened:
            if not each.known:
                self.findings.append(
                    Finding(
                        "UNKNOWN_CHANNEL",
                        Severity.WARNING,
                        f"{each.part.name} holds a quantity that is not declared; its numbers "
                        "are kept without a unit",
                        column=each.columns[0],
                    )
                )
        seen: set[str] = set()
        for each in opened:
            if seen & set(each.columns):
                raise CorruptFile("two parts hold the same extra channel", file=self.source.name)
            seen |= set(each.columns)
        return opened

    def note_version(self) -> None:
        if self.main.version not in _PROVEN:
            self.findings.append(unproven_finding(f"ndc version {self.main.version}"))

    def require(self, rows: int) -> None:
        if rows == 0:
            raise NoSamples("the archive holds no measurement", file=self.source.name)


def _metadata(contents: _Contents, first_unix: float | None, zone: str | None) -> TestMetadata:
    information = contents.information
    test = information.test
    clock = parse_clock(test.get("StartTime"))
    offset = observed_zone(clock, first_unix)
    start = moment(first_unix)
    if clock is not None and offset is not None:
        start = clock.replace(tzinfo=offset)
    channel = "-".join(test[key] for key in ("UnitID", "ChlID") if key in test)
    return TestMetadata(
        test_name=Path(contents.source.name).stem,
        description=test.get("Remark") or information.step_head.get("Remark") or None,
        operator=information.step_head.get("Creator") or None,
        protocol=test.get("StepName") or None,
        machine=test.get("DevID") or None,
        channel=channel or None,
        start_time=start,
        time_zone=zone or (str(offset) if offset is not None else None),
        cell=CellMetadata(barcode=test.get("Barcode") or None),
        extra={"ndc_version": str(contents.main.version)} | information.extra(),
    )


# --- versions 1 to 5: complete records -------------------------------------------------------


def _read_records(contents: _Contents, layout: Layout) -> RawTest:
    options = contents.options
    check = IndexCheck()
    for _, index in _used(contents.main, layout, options.batch_rows):
        check.feed(index)
    contents.require(check.rows)
    order = _RecordOrder.of(contents, layout, check)
    contents.note_version()
    auxiliary = contents.auxiliary()
    schema: pl.Schema | None = None
    if options.timezone is None:
        contents.findings.append(zone_finding())
    result = list(contents.findings)

    def columns_of(translator: RecordTranslator, parts: list[AuxiliaryValues]) -> Iterator[Columns]:
        for records, index in order.batches(contents.main, layout, options.batch_rows):
            columns = translator.translate(records, index)
            for part in parts:
                columns |= part.at(index)
            yield columns

    def translator() -> RecordTranslator:
        return RecordTranslator(layout, zone=options.timezone, file=contents.source.name)

    def values() -> list[AuxiliaryValues]:
        return [AuxiliaryValues(part, options.batch_rows) for part in auxiliary]

    first = next(columns_of(translator(), values()))
    schema = samples_schema(first)

    def batches(wanted: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        current = translator()
        for columns in columns_of(current, values()):
            frame = samples_frame(columns, schema)
            # A page is the least that can be decoded, and may hold more than was asked for.
            for part in frame.iter_slices(options.batch_rows):
                yield part if wanted is None else part.select(wanted)
        result[:] = [*contents.findings, *doubt_findings(current.doubts)]

    return RawTest(
        metadata=_metadata(contents, None, options.timezone),
        samples=TableStream(schema, batches),
        sign=Sign.CHARGE_POSITIVE,
        scopes=step_scopes(schema),
        declarations=declarations(layout, options.timezone, naive=True),
        findings=result,
    )


def _used(
    main: Part, layout: Layout, at_once: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    for rows in main.rows(layout.size, at_once):
        use = is_measurement(rows.records, layout)
        records = rows.records if use.all() else rows.records[use]
        if len(records):
            yield records, field_of(records, layout, "index").astype(np.int64)


@dataclass(frozen=True, slots=True)
class _RecordOrder:
    """Records in index order: as they lie in the part, or sorted where they lie otherwise."""

    sorted_records: tuple[NDArray[np.uint8], NDArray[np.int64]] | None

    @classmethod
    def of(cls, contents: _Contents, layout: Layout, check: IndexCheck) -> _RecordOrder:
        if check.in_order:
            contents.findings.extend(check.findings())
            return cls(None)
        pieces = list(_used(contents.main, layout, contents.options.batch_rows))
        records = np.concatenate([piece[0] for piece in pieces])
        index, first = np.unique(np.concatenate([piece[1] for piece in pieces]), return_index=True)
        contents.findings.append(
            Finding(
                "DUPLICATE_RECORDS",
                Severity.WARNING,
                f"{len(records) - len(index)} records repeat a record number or lie out of "
                "order; rows were put in order, the first of each number is kept",
                column="record_index",
                count=max(len(records) - len(index), 1),
            )
        )
        again = IndexCheck()
        again.feed(index)
        contents.findings.extend(again.findings())
        return cls((records[first], index))

    def batches(
        self, main: Part, layout: Layout, at_once: int
    ) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
        if self.sorted_records is None:
            yield from _used(main, layout, at_once)
            return
        records, index = self.sorted_records
        for start in range(0, len(index), at_once):
            yield records[start : start + at_once], index[start : start + at_once]


# --- versions 8 and later: voltage and current, run information, steps -----------------------


@dataclass(slots=True)
class _Survey:
    """What one pass over the parts found before any row is built."""

    rows: int = 0
    information_rows: int = 0
    in_order: bool = True
    first_unix_ms: int | None = None
    steps: int = 0


def _read_split(contents: _Contents, layout: RunInfoLayout) -> RawTest:
    options = contents.options
    survey = _Survey()
    _survey_rows(contents, survey)
    contents.require(survey.rows)
    run_info = contents.part(_RUN_INFO)
    if run_info.version != contents.main.version:
        raise CorruptFile(
            f"{_RUN_INFO} has version {run_info.version}, {MAIN_PART} {contents.main.version}",
            file=contents.source.name,
        )
    _survey_run_info(contents, run_info, layout, survey)
    table = _steps_of(contents, survey)
    contents.note_version()
    auxiliary = contents.auxiliary()
    builder = _RowBuilder(contents, run_info, layout, survey, table, auxiliary)
    schema = builder.schema()
    result = list(contents.findings)

    def batches(wanted: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        filler = builder.filler()
        for columns in builder.columns(filler):
            frame = samples_frame(columns, schema)
            # A page is the least that can be decoded, and may hold more than was asked for.
            for part in frame.iter_slices(options.batch_rows):
                yield part if wanted is None else part.select(wanted)
        result[:] = [*contents.findings, *_filler_findings(filler)]

    first_unix = None if survey.first_unix_ms is None else survey.first_unix_ms / 1000
    return RawTest(
        metadata=_metadata(contents, first_unix, options.timezone),
        samples=TableStream(schema, batches),
        sign=Sign.CHARGE_POSITIVE,
        scopes=step_scopes(schema),
        declarations=_split_declarations(contents, table),
        findings=result,
    )


def _survey_rows(contents: _Contents, survey: _Survey) -> None:
    check = IndexCheck()
    for rows in contents.main.rows(8, contents.options.batch_rows):
        check.feed(rows.slots)
    survey.rows = check.rows
    contents.findings.extend(check.findings())


def _survey_run_info(
    contents: _Contents, part: Part, layout: RunInfoLayout, survey: _Survey
) -> None:
    last = 0
    for info in read_run_info(part, layout, contents.options.batch_rows):
        if not len(info.index):
            continue
        if survey.first_unix_ms is None:
            survey.first_unix_ms = int(info.unix_ms[0])
        distinct = int((np.diff(info.index) != 0).sum()) + (int(info.index[0]) != last)
        survey.information_rows += distinct
        rising = bool((np.diff(info.index) >= 0).all()) and int(info.index[0]) >= last
        survey.in_order = survey.in_order and rising
        survey.steps = int(info.step_count[-1])
        last = int(info.index[-1])
    if not survey.information_rows:
        raise CorruptFile(f"{_RUN_INFO} holds no times of the rows", file=contents.source.name)
    filled = survey.rows - survey.information_rows
    if filled > 0:
        contents.findings.append(
            Finding(
                "INTERPOLATED_POINTS",
                Severity.INFO,
                f"{filled} of {survey.rows} rows hold measured voltage and current only; their "
                "times and counters are filled in as the vendor's program does",
                "Filter on is_interpolated where only recorded times count",
                column="is_interpolated",
                count=filled,
            )
        )


def _steps_of(contents: _Contents, survey: _Survey) -> StepTable:
    table = read_step_table(
        contents.part(_STEPS), contents.information.configuration.get("CycleMode", "0")
    )
    if survey.steps > len(table.codes):
        contents.findings.append(
            Finding(
                "MISSING_STEPS",
                Severity.WARNING,
                f"the rows run through {survey.steps} steps, {_STEPS} describes "
                f"{len(table.codes)}; step type and cycle of the others are unknown",
                column="step_type",
                count=survey.steps - len(table.codes),
            )
        )
    if table.unknown_codes:
        contents.findings.append(
            Finding(
                "UNKNOWN_STEP_TYPE",
                Severity.WARNING,
                f"step type codes {table.unknown_codes} are not known; they read 'code N'",
                column="step_type",
                count=len(table.unknown_codes),
            )
        )
    return table


def _split_declarations(contents: _Contents, table: StepTable) -> tuple[Declaration, ...]:
    where = f"ndc version {contents.main.version}"
    tenths = contents.main.version in _MILLIVOLT_TENTHS
    return (
        Declaration("current_sign", "charging is positive", where),
        Declaration("unit:voltage_volt", "floats of 0.1 mV" if tenths else "floats in V", where),
        Declaration("unit:current_ampere", "floats in mA" if tenths else "floats in A", where),
        Declaration("unit:test_time_second", "integers of 1 ms", _RUN_INFO),
        Declaration("cycle_numbering", table.cycle_rule, table.cycle_source),
        zone_declaration(contents.options.timezone, naive=False, where=_RUN_INFO),
    )


@dataclass(frozen=True, slots=True)
class _RowBuilder:
    """Builds canonical columns from the parts, batch by batch."""

    contents: _Contents
    run_info: Part
    layout: RunInfoLayout
    survey: _Survey
    table: StepTable
    auxiliary: list[AuxiliaryPart]

    def schema(self) -> pl.Schema:
        names = [
            "test_time_second", "voltage_volt", "current_ampere", "unix_time_second",
            "cycle_count", "step_count", "record_index", "step_id", "step_type",
            "step_time_second", *_FILLED_COLUMNS, "is_interpolated",
        ]  # fmt: skip
        return samples_schema([*names, *(name for each in self.auxiliary for name in each.columns)])

    def filler(self) -> RowFiller:
        rows_at_once = self.contents.options.batch_rows // 4
        source = read_run_info(self.run_info, self.layout, max(rows_at_once, 1))
        if self.survey.in_order:
            return RowFiller(source)
        whole = RunInfo.joined(list(source))
        return RowFiller(iter([whole.part(np.argsort(whole.index, kind="stable"))]))

    def columns(self, filler: RowFiller) -> Iterator[Columns]:
        at_once = min(self.contents.options.batch_rows, _CHUNK_ROWS)
        tenths = self.contents.main.version in _MILLIVOLT_TENTHS
        extra = [AuxiliaryValues(part, at_once) for part in self.auxiliary]
        for rows in self.contents.main.rows(8, at_once):
            if not len(rows.slots):
                continue
            stored = np.ascontiguousarray(rows.records).view("<f4").reshape(-1, 2)
            volt = shortest_decimals(stored[:, 0], 10_000 if tenths else 1)
            ampere = shortest_decimals(stored[:, 1], 1000 if tenths else 1)
            filled = filler.fill(rows.slots, volt, ampere)
            columns = self._row_columns(rows.slots, volt, ampere, filled)
            for part in extra:
                columns |= part.at(rows.slots)
            yield columns

    def _row_columns(
        self,
        index: NDArray[np.int64],
        volt: NDArray[np.float64],
        ampere: NDArray[np.float64],
        filled: Filled,
    ) -> Columns:
        columns: Columns = {
            "record_index": index,
            "voltage_volt": volt,
            "current_ampere": ampere,
            "test_time_second": filled.test_second,
            "step_time_second": filled.step_second,
            "unix_time_second": filled.unix_second,
            "step_count": _known_integers(filled.step_count, filled.known),
            "is_interpolated": filled.interpolated,
        }
        for number, name in enumerate(_FILLED_COLUMNS):
            columns[name] = filled.counters[number]
        return columns | self.table.columns(filled.step_count, filled.known)


def _known_integers(values: NDArray[np.int64], known: NDArray[np.bool_]) -> pl.Series:
    series = pl.Series(values)
    if known.all():
        return series
    return pl.select(pl.when(pl.Series(known)).then(series)).to_series()


def _filler_findings(filler: RowFiller) -> list[Finding]:
    findings = []
    count, first, last = filler.repeated
    if count:
        findings.append(
            Finding(
                "DUPLICATE_RECORDS",
                Severity.WARNING,
                f"{count} rows have their time and counters twice; the first of each is kept",
                "Compare these rows with the vendor's export",
                column="record_index",
                row_first=first,
                row_last=last,
                count=count,
            )
        )
    if filler.orphans:
        findings.append(
            Finding(
                "ROWS_WITHOUT_MEASUREMENT",
                Severity.WARNING,
                f"{filler.orphans} rows have a time but neither voltage nor current; left out",
                column="record_index",
                count=filler.orphans,
            )
        )
    return findings


READER = Reader(
    name="neware_ndax",
    version="1",
    title="Neware NDAX",
    vendor="Neware",
    extensions=(".ndax",),
    claim=claim,
    read=read,
)
