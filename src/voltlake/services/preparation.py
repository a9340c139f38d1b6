"""Turns one file into finished objects in the lake's temporary folder.

Runs in a limited child process and writes nothing but temporary files; only the parent
publishes them and commits. The way is always the same: read → spool → process → judge →
write, each table in pieces, so that memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from voltlake.canonical.certificate import Certificate
from voltlake.canonical.findings import Finding
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import NoSamples, SourceChanged
from voltlake.processing.pipeline import Processed, ProcessingOptions, process
from voltlake.processing.reported import complete_reported_cycles
from voltlake.quality.certificate import write_certificate
from voltlake.quality.validate import find_doubts
from voltlake.readers.contract import RawTest, ReadOptions
from voltlake.readers.registry import Identified, installed_readers
from voltlake.readers.unpack import open_source
from voltlake.services.reading import all_declarations
from voltlake.storage.layout import TEMPORARY_FOLDER
from voltlake.storage.objects import LocalObjects
from voltlake.storage.overview import write_overview
from voltlake.storage.parquet import WrittenTable, scan_table, write_table
from voltlake.storage.spool import Spool

__all__ = ["PreparedTest", "RawCopy", "Request", "prepare_test"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to do: everything by value, nothing shared.

    ``companions`` are the further files of the test, and the hash that each must have.
    """

    lake: Path
    path: Path
    sha256: str
    reader: str
    companions: Mapping[Path, str]
    options: ReadOptions
    processing: ProcessingOptions


@dataclass(frozen=True, slots=True)
class RawCopy:
    """A source file's plain content, copied into the lake's temporary folder."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class PreparedTest:
    """A test, ready to be published.

    Attributes
    ----------
    series
        Finished Parquet files by stage: samples, overview, steps, cycles, curves,
        reported_steps, reported_cycles.
    raw
        Copies of the source files by content hash.
    rows, steps, cycles
        How many there are; without samples, as the vendor reports them.
    """

    reader: str
    reader_version: str
    metadata: TestMetadata
    rows: int
    steps: int
    cycles: int
    start_time: datetime | None
    duration_second: float | None
    nominal_capacity_ah: float | None
    certificate: Certificate
    findings: tuple[Finding, ...]
    series: dict[str, WrittenTable] = field(default_factory=dict)
    raw: dict[str, RawCopy] = field(default_factory=dict)


def prepare_test(request: Request) -> PreparedTest:
    """Read, process and judge one test; see the module's docstring.

    Raises a ``VoltlakeError`` with the place and the remedy; then only temporary files
    are left, which a later sweep removes.
    """
    objects = LocalObjects(request.lake)
    raw: dict[str, RawCopy] = {}
    with open_source(request.path) as source:
        raw[request.sha256] = _copy(source.path, request.sha256, request.path, objects)
        for companion, sha256 in request.companions.items():
            with open_source(companion) as beside:
                raw[sha256] = _copy(beside.path, sha256, companion, objects)
        readers = installed_readers()
        # Detection is repeated for its reason, which the certificate quotes.
        identified = readers.identify(source)
        if identified.reader.name != request.reader:
            identified = readers.identify(source, reader=request.reader)
        test = identified.reader.read(source, request.options)
        series, processed = _write_samples(test, request, objects)
        series |= _write_reported(test, objects)
        if processed is None and test.reported_cycles is not None:
            cycles = complete_reported_cycles(test.reported_cycles)
            series["cycles"] = _write_frame(cycles, "cycles", objects)
    if not series:
        raise NoSamples("the file holds no rows of data", file=request.path)
    return _prepared(identified, test, request, series, processed, raw, objects)


def _copy(plain: Path, sha256: str, path: Path, objects: LocalObjects) -> RawCopy:
    """Copy the plain content; raise ``SourceChanged`` if it is no longer what was inspected."""
    copy = objects.new_temporary(".raw")
    digest = hashlib.sha256()
    with plain.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() != sha256:
        copy.unlink()
        raise SourceChanged("the file changed while it was read", file=path)
    return RawCopy(copy, copy.stat().st_size)


def _write_samples(
    test: RawTest, request: Request, objects: LocalObjects
) -> tuple[dict[str, WrittenTable], Processed | None]:
    """Spool the samples, process them, and write what comes out of it."""
    if test.samples is None:
        return {}, None
    with Spool(objects.root / TEMPORARY_FOLDER, test.samples.schema) as spool:
        for batch in test.samples.batches():
            spool.add(batch)
        spooled = spool.finish()
        if spool.rows == 0:
            return {}, None
        processed = process(
            spooled,
            sign=test.sign,
            scopes=test.scopes,
            reported_cycles=test.reported_cycles,
            options=request.processing,
        )
        samples = write_table(
            processed.samples,
            objects.new_temporary(".parquet"),
            decimals=spool.decimals,
            metadata={"voltlake:stage": "samples"},
        )
    return {
        "samples": samples,
        "overview": write_overview(scan_table(samples.path), objects.new_temporary(".parquet")),
        "steps": _write_frame(processed.steps, "steps", objects),
        "cycles": _write_frame(processed.cycles, "cycles", objects),
    }, processed


def _write_reported(test: RawTest, objects: LocalObjects) -> dict[str, WrittenTable]:
    """Write the vendor's own tables as they are."""
    frames = {"reported_steps": test.reported_steps, "reported_cycles": test.reported_cycles}
    series = {
        stage: _write_frame(frame, stage, objects)
        for stage, frame in frames.items()
        if frame is not None and frame.height > 0
    }
    if test.reported_curves is not None:
        curves = write_table(
            test.reported_curves,
            objects.new_temporary(".parquet"),
            metadata={"voltlake:stage": "curves"},
        )
        if curves.rows:
            series["curves"] = curves
    return series


def _write_frame(frame: pl.DataFrame, stage: str, objects: LocalObjects) -> WrittenTable:
    return write_table(
        TableStream.of(frame),
        objects.new_temporary(".parquet"),
        metadata={"voltlake:stage": stage},
    )


def _prepared(
    identified: Identified,
    test: RawTest,
    request: Request,
    series: dict[str, WrittenTable],
    processed: Processed | None,
    raw: dict[str, RawCopy],
    objects: LocalObjects,
) -> PreparedTest:
    """Judge what was read and put everything together."""
    detections = () if processed is None else processed.detections
    return PreparedTest(
        reader=identified.reader.name,
        reader_version=identified.reader.version,
        metadata=test.metadata,
        rows=_rows(series, "samples"),
        steps=_rows(series, "steps", "reported_steps"),
        cycles=_rows(series, "cycles", "reported_cycles"),
        start_time=None if processed is None else _start_time(processed.steps),
        duration_second=None if processed is None else _duration_second(processed.steps),
        nominal_capacity_ah=request.processing.nominal_capacity_ah,
        certificate=write_certificate(all_declarations(identified, test), detections),
        findings=_findings(test, series, processed, objects),
        series=series,
        raw=raw,
    )


def _rows(series: Mapping[str, WrittenTable], *stages: str) -> int:
    """Return the rows of the first of these stages that there is."""
    return next((series[stage].rows for stage in stages if stage in series), 0)


def _start_time(steps: pl.DataFrame) -> datetime | None:
    first = steps["start_unix_time_second"].drop_nulls()
    return None if first.is_empty() else datetime.fromtimestamp(float(first[0]), UTC)


def _duration_second(steps: pl.DataFrame) -> float | None:
    """Return the time from the first step's start to the last step's end."""
    ends = steps["test_time_start_second"] + steps["duration_second"]
    first, last = steps["test_time_start_second"].min(), ends.max()
    if not isinstance(first, float) or not isinstance(last, float):
        return None
    return last - first


def _findings(
    test: RawTest,
    series: Mapping[str, WrittenTable],
    processed: Processed | None,
    objects: LocalObjects,
) -> tuple[Finding, ...]:
    """Collect the doubts of all stages; the rules walk over the samples as they are stored."""
    if processed is None:
        return tuple(test.findings)
    stored = scan_table(series["samples"].path)
    doubts = find_doubts(stored, processed.steps, processed.cycles)
    return (*test.findings, *processed.findings, *doubts)
