"""Finds the reader for a file: by content, among built-in and third-party readers alike.

Readers come in by the entry point ``voltlake.readers``; ours use the same door as
everybody else's. Two readers with equal right to a file are an error that names both.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from voltlake.errors import AmbiguousFormat, EmptyFile, InvalidRequest, UnknownFormat
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source

__all__ = ["ENTRY_POINT_GROUP", "BrokenPlugin", "Identified", "Readers", "installed_readers"]

ENTRY_POINT_GROUP = "voltlake.readers"


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """An installed reader that cannot be imported; shown by ``voltlake doctor``."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Identified:
    """The reader that may read a source, and why it was chosen."""

    reader: Reader
    claim: Claim


@dataclass(frozen=True, slots=True)
class Readers:
    """A set of readers that can identify and read files."""

    readers: tuple[Reader, ...]
    broken: tuple[BrokenPlugin, ...] = ()

    def named(self, name: str) -> Reader:
        """Return the reader of that name; raises ``InvalidRequest`` and lists the names."""
        for reader in self.readers:
            if reader.name == name:
                return reader
        known = ", ".join(sorted(reader.name for reader in self.readers))
        raise InvalidRequest(f"no reader is called '{name}'", remedy=f"Use one of {known}")

    def claims(self, source: Source) -> list[Identified]:
        """Return every reader that claims the source, the strongest claim first."""
        found = [
            Identified(reader, claim)
            for reader in self.readers
            if (claim := reader.claim(source)) is not None
        ]
        return sorted(found, key=lambda each: (-each.claim.confidence, each.reader.name))

    def identify(self, source: Source, *, reader: str | None = None) -> Identified:
        """Choose the reader by content.

        ``reader`` names one and skips the contest. Raises ``EmptyFile``, ``UnknownFormat``,
        or ``AmbiguousFormat`` with the candidates.
        """
        if not source.head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
            # A head of white space or NUL bytes only: nothing that a reader could know it by.
            raise EmptyFile(
                "the file is empty" if source.size == 0 else "the file holds only blank bytes",
                file=source.name,
            )
        if reader is not None:
            return Identified(self.named(reader), Claim(0, "named by the user"))
        candidates = self.claims(source)
        if not candidates:
            raise UnknownFormat(
                f"none of {len(self.readers)} readers recognises the content", file=source.name
            )
        best = [c for c in candidates if c.claim.confidence == candidates[0].claim.confidence]
        if len(best) > 1:
            names = ", ".join(f"{c.reader.name} ({c.claim.because})" for c in best)
            raise AmbiguousFormat(f"equally claimed by {names}", file=source.name)
        return best[0]

    def read(
        self, source: Source, options: ReadOptions | None = None, *, reader: str | None = None
    ) -> tuple[Identified, RawTest]:
        """Identify and read a source."""
        identified = self.identify(source, reader=reader)
        return identified, identified.reader.read(source, options or ReadOptions())

    def within(self, folder: Path) -> list[Path]:
        """Return all files below ``folder`` in name order, without hidden and lock files."""
        return sorted(
            path
            for path in folder.rglob("*")
            if path.is_file() and not _is_noise(path.relative_to(folder))
        )


def _is_noise(relative: Path) -> bool:
    hidden = any(part.startswith(".") for part in relative.parts)
    lock_file = relative.name.startswith(("~$", ".~lock."))
    return hidden or lock_file


@functools.cache
def installed_readers() -> Readers:
    """Load every installed reader once; one that cannot be imported is set aside, not fatal."""
    readers: list[Reader] = []
    broken: list[BrokenPlugin] = []
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        try:
            found = point.load()
        except Exception as reason:  # anything may happen in a third party's module
            broken.append(BrokenPlugin(point.name, f"{type(reason).__name__}: {reason}"))
            continue
        if isinstance(found, Reader):
            readers.append(found)
        else:
            kind = type(found).__name__
            broken.append(BrokenPlugin(point.name, f"it is a {kind}, not a Reader"))
    return Readers(tuple(readers), tuple(broken))
