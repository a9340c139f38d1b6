"""``.ndax`` of versions 1 to 5: ``data.ndc`` holds complete records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.conventions import Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.streams import TableStream
from voltlake.readers.contract import RawTest
from voltlake.readers.neware.auxiliary import AuxiliaryPart, AuxiliaryValues
from voltlake.readers.neware.declare import declarations, doubt_findings, zone_finding
from voltlake.readers.neware.layouts import Layout
from voltlake.readers.neware.ndax_contents import Contents, test_metadata
from voltlake.readers.neware.pages import Part
from voltlake.readers.neware.records import RecordTranslator, field_of, is_measurement
from voltlake.readers.neware.samples import (
    Columns,
    IndexCheck,
    samples_frame,
    samples_schema,
    step_scopes,
)

__all__ = ["read_records"]


def read_records(contents: Contents, layout: Layout) -> RawTest:
    """Read an archive whose main part holds complete records of that layout."""
    options = contents.options
    check = IndexCheck()
    for _, index in _used(contents.main, layout, options.batch_rows):
        check.feed(index)
    contents.require(check.rows)
    order = _RecordOrder.of(contents, layout, check)
    contents.note_version()
    builder = _RecordBuilder(contents, layout, order, contents.auxiliary())
    schema = samples_schema(next(builder.columns(builder.translator())))
    if options.timezone is None:
        contents.findings.append(zone_finding())
    result = list(contents.findings)

    def batches(wanted: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        translator = builder.translator()
        for columns in builder.columns(translator):
            frame = samples_frame(columns, schema)
            # A page is the least that can be decoded, and may hold more than was asked for.
            for part in frame.iter_slices(options.batch_rows):
                yield part if wanted is None else part.select(wanted)
        result[:] = [*contents.findings, *doubt_findings(translator.doubts)]

    return RawTest(
        metadata=test_metadata(contents, None, options.timezone),
        samples=TableStream(schema, batches),
        sign=Sign.CHARGE_POSITIVE,
        scopes=step_scopes(schema),
        declarations=declarations(layout, options.timezone, naive=True),
        findings=result,
    )


@dataclass(frozen=True, slots=True)
class _RecordBuilder:
    """Builds canonical columns from complete records and extra channels, batch by batch."""

    contents: Contents
    layout: Layout
    order: _RecordOrder
    auxiliary: list[AuxiliaryPart]

    def translator(self) -> RecordTranslator:
        options = self.contents.options
        return RecordTranslator(self.layout, zone=options.timezone, file=self.contents.source.name)

    def columns(self, translator: RecordTranslator) -> Iterator[Columns]:
        at_once = self.contents.options.batch_rows
        extra = [AuxiliaryValues(part, at_once) for part in self.auxiliary]
        for records, index in self.order.batches(self.contents.main, self.layout, at_once):
            columns = translator.translate(records, index)
            for part in extra:
                columns |= part.at(index)
            yield columns


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
    def of(cls, contents: Contents, layout: Layout, check: IndexCheck) -> _RecordOrder:
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
