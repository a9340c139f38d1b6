"""Every error that Voltlake raises on purpose.

An error carries a stable slug, the place where it happened and a remedy, so that a
person can act on it and a program can tell kinds apart::

    cell_07.csv, row 1204, column 'Voltage(V)': '3,71a' is not a number.
    Mend the cell, or declare decimal=',' in the reader [unreadable-value]

``transient`` says whose fault it is: errors of the surroundings (disk, memory, time)
may succeed at the next try (state ``failed``); all others need a person (state
``quarantined``).
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

__all__ = [
    "ALL_ERRORS",
    "AmbiguousFormat",
    "CatalogueNotUpgraded",
    "ContradictoryContent",
    "CorruptFile",
    "EmptyFile",
    "FileVanished",
    "InvalidRequest",
    "LeaseLost",
    "MissingColumns",
    "NetworkMount",
    "NoSamples",
    "NotAFile",
    "NotFound",
    "ObjectCorrupted",
    "OutOfSpace",
    "ReaderCrashed",
    "ReaderOutOfMemory",
    "ReaderTimedOut",
    "RenderFailed",
    "SourceChanged",
    "SuspiciousArchive",
    "UnknownFormat",
    "UnknownUnit",
    "UnreadableFile",
    "UnreadableValue",
    "UnsupportedVersion",
    "VoltlakeError",
    "WrongLake",
]


class VoltlakeError(Exception):
    """Base of all deliberate errors.

    Parameters
    ----------
    message
        What is wrong, one clause without a full stop.
    file, row, column, sheet
        The place. ``row`` counts data rows from 1 as a person sees them.
    remedy
        What a person can do about it; empty where nothing can be done.
    """

    slug: ClassVar[str] = "error"
    transient: ClassVar[bool] = False
    default_remedy: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = Path(file) if file is not None else None
        self.sheet = sheet
        self.row = row
        self.column = column
        self.remedy = self.default_remedy if remedy is None else remedy

    @property
    def place(self) -> str:
        """The place in words: file name, sheet, row, column; empty if none is known."""
        parts = [
            self.file.name if self.file is not None else "",
            f"sheet '{self.sheet}'" if self.sheet else "",
            f"row {self.row}" if self.row is not None else "",
            f"column '{self.column}'" if self.column else "",
        ]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        remedy = f". {self.remedy.rstrip('.')}" if self.remedy else ""
        return f"{place}{self.message}{remedy} [{self.slug}]"

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        # Errors cross process borders (parsing happens in a limited child).
        return _rebuild, (type(self), self.message, self.as_dict())

    def as_dict(self) -> dict[str, object]:
        """Return the error for machines: ``code, message, place, remedy`` and the parts."""
        return {
            "code": self.slug,
            "message": self.message,
            "place": self.place,
            "remedy": self.remedy,
            "file": str(self.file) if self.file is not None else None,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
        }


def _rebuild(kind: type[VoltlakeError], message: str, parts: dict[str, object]) -> VoltlakeError:
    places = {key: parts[key] for key in ("file", "sheet", "row", "column", "remedy")}
    return kind(message, **places)  # type: ignore[arg-type]


class NotAFile(VoltlakeError):
    """The path is a directory, a device or nothing at all where a file is needed."""

    slug = "not-a-file"
    default_remedy = "Give the path of a file, or of a folder to a command that takes folders"


class FileVanished(VoltlakeError):
    """The file went away between being listed and being read."""

    slug = "file-vanished"
    transient = True
    default_remedy = "Put the file back, then ingest it again"


class UnreadableFile(VoltlakeError):
    """The operating system refuses to give the bytes."""

    slug = "unreadable-file"
    transient = True
    default_remedy = "Check the file's permissions and the disk, then try again"


class SourceChanged(VoltlakeError):
    """The file grew or changed while it was being read."""

    slug = "source-changed"
    transient = True
    default_remedy = "Wait until the cycler has finished writing, then ingest the file again"


class EmptyFile(VoltlakeError):
    """The file has no bytes, or nothing but white space."""

    slug = "empty-file"
    default_remedy = "Export the test again; if it never started, delete the file"


class NoSamples(VoltlakeError):
    """The format is understood, but the file holds not one row of data."""

    slug = "no-samples"
    default_remedy = "Nothing was recorded: export the test again once it has data"


class UnknownFormat(VoltlakeError):
    """No reader recognises the content."""

    slug = "unknown-format"
    default_remedy = (
        "If it is a cycler file, export it in a supported format (`voltlake doctor` lists "
        "them), or as Battery Data Format"
    )


class AmbiguousFormat(VoltlakeError):
    """Two or more readers claim the content with equal right."""

    slug = "ambiguous-format"
    default_remedy = "Name the reader with --reader"


class MissingColumns(VoltlakeError):
    """A column that the format needs is not there; missing and found headers are named."""

    slug = "missing-columns"
    default_remedy = "Export again with these columns switched on"


class UnreadableValue(VoltlakeError):
    """A cell does not hold what its column promises."""

    slug = "unreadable-value"
    default_remedy = "Mend the cell in a copy of the file, or declare the decimal mark"


class UnknownUnit(VoltlakeError):
    """A unit text is not understood, so no number under it can be trusted."""

    slug = "unknown-unit"
    default_remedy = "Write a unit that is known into the header, in a copy of the file"


class UnsupportedVersion(VoltlakeError):
    """The format is known, this version of it is not."""

    slug = "unsupported-version"
    default_remedy = "Export the test as text with the vendor's program, and send us the file"


class CorruptFile(VoltlakeError):
    """The bytes contradict the format: cut short, overwritten or damaged."""

    slug = "corrupt-file"
    default_remedy = "Copy or export the file again from the cycler"


class ContradictoryContent(VoltlakeError):
    """Parts of the file, or of a pair of files, exclude each other."""

    slug = "contradictory-content"
    default_remedy = "Check that the files belong to the same test"


class SuspiciousArchive(VoltlakeError):
    """An archive unpacks to far more than it should, or hides several files."""

    slug = "suspicious-archive"
    default_remedy = "Unpack it yourself and ingest the files you trust"


class ReaderCrashed(VoltlakeError):
    """The child process that parsed the file died."""

    slug = "reader-crashed"
    default_remedy = "The file is probably damaged; if other programs read it, send it to us"


class ReaderTimedOut(VoltlakeError):
    """Parsing took longer than the limit."""

    slug = "reader-timed-out"
    transient = True
    default_remedy = "Raise VOLTLAKE_PARSE_TIMEOUT_SECOND, or split the file"


class ReaderOutOfMemory(VoltlakeError):
    """Parsing needed more memory than the limit."""

    slug = "reader-out-of-memory"
    transient = True
    default_remedy = "Raise VOLTLAKE_PARSE_MEMORY_MB, or split the file"


class OutOfSpace(VoltlakeError):
    """The disk of the lake is full."""

    slug = "out-of-space"
    transient = True
    default_remedy = "Free some space, then ingest again"


class NetworkMount(VoltlakeError):
    """SQLite's shared memory does not work on this file system."""

    slug = "network-mount"
    default_remedy = "Put the lake on a local disk, or use PostgreSQL as catalogue"


class WrongLake(VoltlakeError):
    """Catalogue and objects carry different lake ids, or the folder is no lake."""

    slug = "wrong-lake"
    default_remedy = "Check --lake and DATABASE_URL"


class CatalogueNotUpgraded(VoltlakeError):
    """The catalogue's schema is older or newer than this program."""

    slug = "catalogue-not-upgraded"
    default_remedy = "Run `voltlake db upgrade`, or install the newer Voltlake"


class ObjectCorrupted(VoltlakeError):
    """A stored object is missing, or its bytes no longer match their hash."""

    slug = "object-corrupted"
    default_remedy = "Restore it from a backup, or ingest the source file again"


class LeaseLost(VoltlakeError):
    """Another worker has taken the job over; the late result must not count."""

    slug = "lease-lost"
    transient = True
    default_remedy = "Nothing to do: the other worker finishes the job"


class RenderFailed(VoltlakeError):
    """The process that draws pictures died or took too long."""

    slug = "render-failed"
    transient = True
    default_remedy = "Draw fewer cells or cycles, or ask for SVG, which needs least"


class NotFound(VoltlakeError):
    """No such cell, test, chart or column; near misses are named."""

    slug = "not-found"


class InvalidRequest(VoltlakeError):
    """The question makes no sense as put."""

    slug = "invalid-request"


ALL_ERRORS: dict[str, type[VoltlakeError]] = {
    kind.slug: kind for kind in VoltlakeError.__subclasses__()
}
"""Every kind of error by its slug, in the order of this file."""
