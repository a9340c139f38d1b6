"""``.ndax`` of version 8 and later: rows of voltage and current, times and steps beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.streams import TableStream
from voltlake.errors import CorruptFile
from voltlake.readers.contract import RawTest
from voltlake.readers.neware.archive import MAIN_PART
from voltlake.readers.neware.auxiliary import AuxiliaryPart, AuxiliaryValues
from voltlake.readers.neware.declare import zone_declaration
from voltlake.readers.neware.ndax_contents import Contents, test_metadata
from voltlake.readers.neware.pages import Part
from voltlake.readers.neware.run_info import (
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

__all__ = ["read_rows"]

_RUN_INFO, _STEPS = "data_runInfo.ndc", "data_step.ndc"
_CHUNK_ROWS = 65_536
"""Rows that are decoded at once: they and their columns fit into a processor's cache."""
_MILLIVOLT_TENTHS = (9, 11, 13, 16)
_FILLED_COLUMNS = (
    "step_charging_capacity_ah",
    "step_discharging_capacity_ah",
    "step_charging_energy_wh",
    "step_discharging_energy_wh",
)


@dataclass(slots=True)
class _Survey:
    """What one pass over the parts found before any row is built."""

    rows: int = 0
    information_rows: int = 0
    in_order: bool = True
    first_unix_ms: int | None = None
    steps: int = 0


def read_rows(contents: Contents, layout: RunInfoLayout) -> RawTest:
    """Read an archive whose times and counters lie in the run information of that layout."""
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
        metadata=test_metadata(contents, first_unix, options.timezone),
        samples=TableStream(schema, batches),
        sign=Sign.CHARGE_POSITIVE,
        scopes=step_scopes(schema),
        declarations=_split_declarations(contents, table),
        findings=result,
    )


def _survey_rows(contents: Contents, survey: _Survey) -> None:
    check = IndexCheck()
    for rows in contents.main.rows(8, contents.options.batch_rows):
        check.feed(rows.slots)
    survey.rows = check.rows
    contents.findings.extend(check.findings())


def _survey_run_info(
    contents: Contents, part: Part, layout: RunInfoLayout, survey: _Survey
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


def _steps_of(contents: Contents, survey: _Survey) -> StepTable:
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


def _split_declarations(contents: Contents, table: StepTable) -> tuple[Declaration, ...]:
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

    contents: Contents
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
