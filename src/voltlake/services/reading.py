"""Reads one file without any lake: what `voltlake read`, `check` and ``vl.read`` do."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from voltlake.canonical.certificate import Certificate
from voltlake.canonical.conventions import Declaration, Detection
from voltlake.canonical.findings import Finding
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import NoSamples
from voltlake.processing.pipeline import Processed, ProcessingOptions, process
from voltlake.quality.certificate import write_certificate
from voltlake.quality.validate import find_doubts
from voltlake.readers.contract import RawTest, ReadOptions
from voltlake.readers.registry import Identified, Readers
from voltlake.readers.unpack import open_source

__all__ = ["ReadTest", "all_declarations", "read_file"]


@dataclass(frozen=True)
class ReadTest:
    """One file, read and judged, in memory.

    ``raw_samples`` is the file's content in canonical columns and units, before anything
    was computed; ``samples`` adds what processing found (sign put right, cycle numbers,
    test-scope counters). Steps, cycles, findings and certificate are computed at first use.
    """

    path: Path
    identified: Identified
    metadata: TestMetadata
    raw: RawTest = field(repr=False)
    raw_samples: pl.DataFrame = field(repr=False)
    curves: pl.DataFrame | None = field(repr=False)
    options: ProcessingOptions = field(repr=False)

    @property
    def reader(self) -> str:
        """The name of the reader that read the file."""
        return self.identified.reader.name

    @functools.cached_property
    def _processed(self) -> Processed | None:
        if self.raw_samples.height == 0:
            return None
        return process(
            TableStream.of(self.raw_samples),
            sign=self.raw.sign,
            scopes=self.raw.scopes,
            reported_cycles=self.raw.reported_cycles,
            options=self.options,
        )

    @functools.cached_property
    def samples(self) -> pl.DataFrame:
        """All rows: BDF columns, ``cycle_index``, ``half_cycle_index``, test-scope counters."""
        return self.raw_samples if self._processed is None else self._processed.samples.collect()

    @property
    def steps(self) -> pl.DataFrame:
        """One row per execution of a step; the vendor's own where there are no samples."""
        if self._processed is not None:
            return self._processed.steps
        reported = self.raw.reported_steps
        return pl.DataFrame() if reported is None else reported

    @property
    def cycles(self) -> pl.DataFrame:
        """One row per cycle; the vendor's own where there are no samples."""
        if self._processed is not None:
            return self._processed.cycles
        reported = self.raw.reported_cycles
        return pl.DataFrame() if reported is None else reported

    @functools.cached_property
    def findings(self) -> list[Finding]:
        """Every doubt about the file, in the order of its stages."""
        if self._processed is None:
            return list(self.raw.findings)
        stream = TableStream.of(self.samples)
        doubts = find_doubts(stream, self._processed.steps, self._processed.cycles)
        return [*self.raw.findings, *self._processed.findings, *doubts]

    @functools.cached_property
    def certificate(self) -> Certificate:
        """How each property of the test is known."""
        detections: tuple[Detection, ...] = ()
        if self._processed is not None:
            detections = self._processed.detections
        return write_certificate(all_declarations(self.identified, self.raw), detections)


def all_declarations(identified: Identified, raw: RawTest) -> tuple[Declaration, ...]:
    """Return everything that is declared of a test: reader, sign, scopes, and the file's words."""
    reader = identified.reader
    chosen = Declaration("reader", f"{reader.name} {reader.version}", identified.claim.because)
    definition = f"definition of {reader.title}"
    scopes = (
        Declaration(f"scope:{name}", scope.value, definition) for name, scope in raw.scopes.items()
    )
    return (chosen, *_declared_sign(raw, definition), *scopes, *raw.declarations)


def _declared_sign(raw: RawTest, definition: str) -> tuple[Declaration, ...]:
    said = any(each.subject == "current_sign" for each in raw.declarations)
    if raw.samples is None or said:
        return ()
    return (Declaration("current_sign", raw.sign.value, definition),)


def read_file(
    readers: Readers,
    path: Path,
    options: ReadOptions | None = None,
    *,
    reader: str | None = None,
    processing: ProcessingOptions | None = None,
) -> ReadTest:
    """Identify and read one file into memory.

    A file that is a part of a test (a Step file beside its Detail file) is read through
    the file that holds the samples. Raises a ``VoltlakeError`` with place and remedy.
    """
    with open_source(path) as source:
        identified = readers.identify(source, reader=reader)
        primary = identified.reader.primary(source)
        if primary is not None and primary != path:
            return read_file(readers, primary, options, reader=reader, processing=processing)
        raw = identified.reader.read(source, options or ReadOptions())
        samples = pl.DataFrame() if raw.samples is None else raw.samples.collect()
        curves = None if raw.reported_curves is None else raw.reported_curves.collect()
    if samples.height == 0 and curves is None and raw.reported_cycles is None \
            and raw.reported_steps is None:  # fmt: skip
        raise NoSamples("the file holds no rows of data", file=path)
    return ReadTest(
        path=path,
        identified=identified,
        metadata=raw.metadata,
        raw=raw,
        raw_samples=samples,
        curves=curves,
        options=processing or ProcessingOptions(),
    )
