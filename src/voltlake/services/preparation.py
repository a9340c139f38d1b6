"""Turns one file into finished objects in the lake's temporary folder.

Runs in a limited child process and writes nothing but temporary files; only the parent
publishes them and commits. The way is always the same: read → spool → process → judge →
write, each table in pieces, so that memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from voltlake.canonical.certificate import Certificate
from voltlake.canonical.findings import Finding
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import NoSamples, SourceChanged
from voltlake.processing.pipeline import ProcessingOptions, process
from voltlake.quality.certificate import write_certificate
from voltlake.quality.validate import find_doubts
from voltlake.readers.contract import RawTest, ReadOptions
from voltlake.readers.registry import Identified, installed_readers
from voltlake.readers.unpack import open_source
from voltlake.services.reading import declared_by_reader
from voltlake.storage.objects import LocalObjects
from voltlake.storage.overview import write_overview
from voltlake.storage.parquet import WrittenTable, write_table
from voltlake.storage.spool import Spool

__all__ = ["PreparedTest", "Request", "prepare_test"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to do: everything by value, nothing shared."""

    lake: Path
    path: Path
    sha256: str
    reader: str
    companions: Mapping[Path, str]
    options: ReadOptions
    processing: ProcessingOptions


@dataclass(frozen=True, slots=True)
class PreparedTest:
    """A test, ready to be published.

    Attributes
    ----------
    series
        Finished Parquet files by stage: samples, overview, steps, cycles, curves,
        reported_steps, reported_cycles.
    raw
        Copies of the source files' plain content: content hash → temporary path.
    """

    reader: str
    reader_version: str
    metadata: TestMetadata
    rows: int
    cycles: int
    duration_second: float | None
    certificate: Certificate
    findings: tuple[Finding, ...]
    series: dict[str, WrittenTable] = field(default_factory=dict)
    raw: dict[str, Path] = field(default_factory=dict)


def prepare_test(request: Request) -> PreparedTest:
    """Read, process and judge one test; see the module's docstring.

    Raises a ``VoltlakeError`` with the place and the remedy; then only temporary files
    are left, which a later sweep removes.
    """
    objects = LocalObjects(request.lake)
    with open_source(request.path) as source:
        raw = {request.sha256: _copy(source.path, request.sha256, request.path, objects)}
        for companion, sha256 in request.companions.items():
            with open_source(companion) as beside:
                raw[sha256] = _copy(beside.path, sha256, companion, objects)
        identified, test = installed_readers().read(
            source, request.options, reader=request.reader
        )
        prepared = _prepare(identified, test, request, objects)
    prepared.raw.update(raw)
    return prepared


def _copy(plain: Path, sha256: str, path: Path, objects: LocalObjects) -> Path:
    """Copy the plain content; raise ``SourceChanged`` if it is no longer what was inspected."""
    copy = objects.new_temporary(".raw")
    digest = hashlib.sha256()
    with plain.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() != sha256:
        raise SourceChanged("the file changed while it was read", file=path)
    return copy


def _prepare(
    identified: Identified, test: RawTest, request: Request, objects: LocalObjects
) -> PreparedTest:
    series: dict[str, WrittenTable] = {}
    if test.samples is None:
        rows, duration, doubts = 0, None, []
        certificate = write_certificate(
            (declared_by_reader(identified), *test.declarations), ()
        )
        cycles = 0 if test.reported_cycles is None else test.reported_cycles.height
    else:
        with Spool(objects.new_temporary(".spool")) as spool:
            for batch in test.samples.batches():
                spool.add(batch)
            spool.finish()
            if spool.rows == 0:
                raise NoSamples("the file holds no rows of data", file=request.path)
            rows = spool.rows
            written = _write_samples(spool, identified, test, request, objects)
            series, cycles, duration, certificate, doubts = written
    series |= _write_reported(test, objects)
    if not series:
        raise NoSamples("the file holds neither samples nor cycles", file=request.path)
    return PreparedTest(
        reader=identified.reader.name,
        reader_version=identified.reader.version,
        metadata=test.metadata,
        rows=rows,
        cycles=cycles,
        duration_second=duration,
        certificate=certificate,
        findings=(*test.findings, *doubts),
        series=series,
    )


def _write_samples(
    spool: Spool, identified: Identified, test: RawTest, request: Request, objects: LocalObjects
) -> tuple[dict[str, WrittenTable], int, float | None, Certificate, list[Finding]]:
    """Process the spooled samples and write what comes out of them."""
    processed = process(
        spool.stream(),
        sign=test.sign,
        scopes=test.scopes,
        reported_cycles=test.reported_cycles,
        options=request.processing,
    )
    samples = write_table(
        processed.samples,
        objects.new_temporary(".parquet"),
        decimals=spool.decimals,
        metadata={"voltlake:stage": "samples", "voltlake:reader": identified.reader.name},
    )
    series = {
        "samples": samples,
        "overview": write_overview(samples.path, objects.new_temporary(".parquet")),
        "steps": _write_frame(processed.steps, "steps", objects),
        "cycles": _write_frame(processed.cycles, "cycles", objects),
    }
    stored = processed.samples
    doubts = [*processed.findings, *find_doubts(stored, processed.steps, processed.cycles)]
    declarations = (declared_by_reader(identified), *test.declarations)
    certificate = write_certificate(declarations, processed.detections)
    duration = _sum_or_none(processed.steps["duration_second"])
    return series, processed.cycles.height, duration, certificate, doubts


def _sum_or_none(values: pl.Series) -> float | None:
    return None if values.null_count() == len(values) else float(values.sum())


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
            decimals=None,
            metadata={"voltlake:stage": "curves"},
        )
        if curves.rows:
            series["curves"] = curves
    return series


def _write_frame(frame: pl.DataFrame, stage: str, objects: LocalObjects) -> WrittenTable:
    return write_table(
        TableStream.of(frame),
        objects.new_temporary(".parquet"),
        decimals=None,
        metadata={"voltlake:stage": stage},
    )
