"""Looks at a file before it is read: its content hash, its reader, its companions.

Runs in a limited child process: even a look at a hostile file may go wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from voltlake.errors import VoltlakeError
from voltlake.readers.contract import Source
from voltlake.readers.registry import installed_readers
from voltlake.readers.unpack import open_source

__all__ = ["Inspected", "KnownContent", "inspect_file"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class KnownContent:
    """What the catalogue remembers of the content last seen at a path."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a look at a file shows.

    Attributes
    ----------
    path, name
        Where it lies; its name without ``.gz`` or ``.zip``.
    sha256, size
        Of the unpacked content, so that the same test is known in any wrapping.
    reader
        The reader that claims it.
    primary
        The file that must be read in its place, if it is only a part of a test.
    companions
        Further files that are read with it, and the hash of each.
    grown_from
        The hash of the earlier content that this content begins with, if it grew.
    problem
        Why no reader can take it, if so; then ``reader`` is empty.
    """

    path: Path
    name: str
    sha256: str
    size: int
    reader: str = ""
    primary: Path | None = None
    companions: Mapping[Path, str] = field(default_factory=dict)
    grown_from: str | None = None
    problem: VoltlakeError | None = None


def inspect_file(path: Path, known: KnownContent | None, reader: str | None) -> Inspected:
    """Look at one file.

    ``known`` is the content last stored from this path; ``reader`` a reader's name to skip
    detection. A content that no reader takes is a ``problem`` of the result. Raises a
    ``VoltlakeError`` for bytes that cannot be had at all, and ``SourceChanged`` where the
    file changes while it is looked at (see :func:`voltlake.readers.unpack.open_source`).
    """
    with open_source(path) as source:
        sha256, grown_from = _hash(source, known)
        inspected = Inspected(path, source.name, sha256, source.size, grown_from=grown_from)
        try:
            inspected = _identified(inspected, source, reader)
        except VoltlakeError as problem:
            inspected = replace(inspected, problem=problem)
    return inspected


def _identified(inspected: Inspected, source: Source, reader: str | None) -> Inspected:
    identified = installed_readers().identify(source, reader=reader)
    primary = identified.reader.primary(source)
    beside = () if primary else identified.reader.companions(source)
    return replace(
        inspected,
        reader=identified.reader.name,
        primary=primary,
        companions={companion: _hash_of(companion) for companion in beside},
    )


def _hash_of(path: Path) -> str:
    with open_source(path) as source:
        return _hash(source, None)[0]


def _hash(source: Source, known: KnownContent | None) -> tuple[str, str | None]:
    """Hash the content, and on the way its first ``known.size`` bytes."""
    whole, beginning = hashlib.sha256(), hashlib.sha256()
    left = known.size if known is not None and known.size < source.size else 0
    with source.path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            whole.update(chunk)
            if left > 0:
                beginning.update(chunk[:left])
                left -= min(left, len(chunk))
    grew = known is not None and known.size < source.size
    if grew and known is not None and beginning.hexdigest() == known.sha256:
        return whole.hexdigest(), known.sha256
    return whole.hexdigest(), None
