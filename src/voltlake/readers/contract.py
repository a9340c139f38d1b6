"""What a reader is, what it is given and what it returns.

A reader looks at a :class:`Source` and either claims it or not, by content. Then it
returns a :class:`RawTest`: what the file says, in the canonical columns and units, plus
what the file and its format *declare* (sign, scope, zone, units), so that ``processing``
can check the declarations against the data. Nothing is repaired, dropped or guessed:
what is odd becomes a :class:`~voltlake.canonical.findings.Finding`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream

__all__ = [
    "Claim",
    "RawTest",
    "ReadOptions",
    "Reader",
    "Source",
]


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read. Its bytes are plain: gzip and one-file zips are unpacked before.

    Attributes
    ----------
    path
        Where the (unpacked) bytes lie.
    name
        The file's name as the user knows it, without ``.gz`` or ``.zip``.
    head
        The first 64 KiB, for detection.
    size
        Number of bytes.
    folder
        Where to look for companions: the folder of the original file.
    """

    path: Path
    name: str
    head: bytes
    size: int
    folder: Path

    @property
    def stem(self) -> str:
        """The name without its last extension."""
        return Path(self.name).stem


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about a file; ``None`` leaves it to the file.

    ``timezone`` is an IANA name for naive clock times, ``decimal`` is ``"."`` or ``","``,
    ``sign`` is ``"as-is"`` or ``"reversed"``.
    """

    timezone: str | None = None
    decimal: str | None = None
    sign: str | None = None
    batch_rows: int = 131_072


@dataclass(frozen=True, slots=True)
class Claim:
    """A reader's claim on a source.

    ``confidence`` orders claims: 100 a magic number or a declared format version, 80 a
    header that only this format has, 50 headers that several formats share. Equal highest
    confidences are a tie, and a tie is an error. ``because`` is shown in the certificate.
    """

    confidence: int
    because: str
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class RawTest:
    """What one file says.

    Attributes
    ----------
    samples
        Rows in file order: canonical columns, canonical units, charging positive where
        ``sign`` allows it. ``None`` where the format holds no samples.
    metadata
        What the preamble, header or sidecar says.
    sign
        How the sign of ``current_ampere`` came about.
    scopes
        Declared scope of each counter column that is present.
    declarations
        Everything else declared: encoding, units, time zone …
    reported_steps, reported_cycles
        The vendor's own tables, named as in ``canonical.tables`` where the meaning is
        the same; further columns keep their vendor name.
    reported_curves
        The vendor's own gridded curves (``CURVES_SCHEMA``), as a stream.
    findings
        Doubts met while reading. Complete only after the streams were read to the end.
    companions
        Other files that were read as parts of this test.
    """

    metadata: TestMetadata
    samples: TableStream | None = None
    sign: Sign = Sign.UNKNOWN
    scopes: dict[str, Scope] = field(default_factory=dict)
    declarations: tuple[Declaration, ...] = ()
    reported_steps: pl.DataFrame | None = None
    reported_cycles: pl.DataFrame | None = None
    reported_curves: TableStream | None = None
    findings: list[Finding] = field(default_factory=list)
    companions: tuple[Path, ...] = ()


def _no_companions(_: Source) -> tuple[Path, ...]:
    return ()


def _itself(_: Source) -> Path | None:
    return None


@dataclass(frozen=True, slots=True)
class Reader:
    """One format, as its module offers it under the entry point ``voltlake.readers``.

    Attributes
    ----------
    name, version
        Stable slug such as ``neware_ndax``; raised whenever the output changes.
    title, vendor, extensions
        For people and for `doctor`; the extension is never evidence on its own.
    claim
        ``(source) -> Claim | None``; reads only ``source.head`` or little more, never raises
        on foreign content.
    read
        ``(source, options) -> RawTest``; raises ``VoltlakeError`` with place and remedy.
    companions
        ``(source) -> paths`` of further files that ``read`` takes in for the same test (the
        Step file beside a Detail file).
    primary
        ``(source) -> path`` of the file that must be read in the place of this one (the
        Detail file beside a Step file); ``None`` where this one stands for itself.
    hostile
        True where parsing can harm (archives, binaries, pure-Python loops): such parses run
        in a limited child process.
    evidence
        ``"real files"`` or ``"specification"``: on what the reader was proven.
    """

    name: str
    version: str
    title: str
    vendor: str
    extensions: tuple[str, ...]
    claim: Callable[[Source], Claim | None]
    read: Callable[[Source, ReadOptions], RawTest]
    companions: Callable[[Source], tuple[Path, ...]] = _no_companions
    primary: Callable[[Source], Path | None] = _itself
    hostile: bool = True
    evidence: str = "real files"
