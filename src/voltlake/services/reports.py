"""What became of one file, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

__all__ = ["FileReport", "TestSummary"]


@dataclass(frozen=True, slots=True)
class TestSummary:
    """A stored test in a few numbers."""

    __test__ = False  # pytest: this is no test class

    test_id: int
    cell_name: str
    project_name: str
    reader: str
    rows: int
    cycles: int
    findings: int


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    ``status`` is stored, unchanged, grown, quarantined or failed; ``error`` holds
    ``code, message, place, remedy`` for the last two; ``notes`` are sentences that the
    ingest owes to the user, such as under which name a cell was created.
    """

    file: str
    status: str
    reader: str | None = None
    rows: int | None = None
    cycles: int | None = None
    test_id: int | None = None
    cell_name: str | None = None
    project_name: str | None = None
    sha256: str | None = None
    findings: int | None = None
    notes: tuple[str, ...] = ()
    error: dict[str, object] | None = None

    @property
    def succeeded(self) -> bool:
        """True where the content of the file is in the lake now."""
        return self.status in ("stored", "unchanged", "grown")

    @classmethod
    def of_test(
        cls,
        path: Path,
        status: str,
        sha256: str,
        summary: TestSummary,
        notes: tuple[str, ...] = (),
    ) -> FileReport:
        """Report a file whose test is in the lake."""
        return cls(
            file=str(path),
            status=status,
            reader=summary.reader,
            rows=summary.rows,
            cycles=summary.cycles,
            test_id=summary.test_id,
            cell_name=summary.cell_name,
            project_name=summary.project_name,
            sha256=sha256,
            findings=summary.findings,
            notes=notes,
        )

    def for_file(self, file: str, *, status: str, note: str) -> FileReport:
        """Return the same outcome for another file with the same content."""
        return replace(self, file=file, status=status, notes=(note,))

    def as_dict(self) -> dict[str, object]:
        """Return the report for machines, in the order that people read."""
        return {each.name: getattr(self, each.name) for each in fields(self)}
