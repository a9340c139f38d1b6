"""Makes a prepared test visible: objects first, rows last, everything in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from voltlake.canonical.findings import Finding, Severity
from voltlake.catalogue.models import CellTest, FileRole, FileState, JobState, SourceFile
from voltlake.catalogue.unit import Unit
from voltlake.errors import VoltlakeError
from voltlake.services.inspection import Inspected
from voltlake.services.preparation import PreparedTest
from voltlake.services.reports import FileReport, TestSummary
from voltlake.services.requests import IngestOptions
from voltlake.services.workspace import Workspace
from voltlake.storage.layout import raw_key, series_key
from voltlake.storage.parquet import read_table

__all__ = [
    "Task", "commit_failure", "commit_test", "outcome_of_job", "record_failure", "summarise",
    "unchanged",
]  # fmt: skip

DEFAULT_PROJECT = "default"


@dataclass(frozen=True, slots=True)
class Task:
    """One test to be read: its files, and what the user said of them.

    ``members`` are the given files that this test covers; each gets a report.
    """

    path: Path
    name: str
    sha256: str
    size: int
    reader: str
    companions: Mapping[Path, str]
    members: tuple[Path, ...]
    grown_from: str | None
    options: IngestOptions

    @classmethod
    def of(cls, look: Inspected, members: Sequence[Path], options: IngestOptions) -> Task:
        """Make a task of what the look at a file showed."""
        return cls(
            look.path, look.name, look.sha256, look.size, look.reader, look.companions,
            tuple(members), look.grown_from, options,
        )  # fmt: skip

    def as_payload(self) -> dict[str, Any]:
        """Return plain values, for a job row."""
        return {
            "path": str(self.path),
            "name": self.name,
            "sha256": self.sha256,
            "size": self.size,
            "reader": self.reader,
            "companions": {str(path): sha256 for path, sha256 in self.companions.items()},
            "members": [str(path) for path in self.members],
            "grown_from": self.grown_from,
            "options": self.options.as_dict(),
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Task:
        """Rebuild a task from :meth:`as_payload`."""
        return cls(
            path=Path(payload["path"]),
            name=payload["name"],
            sha256=payload["sha256"],
            size=payload["size"],
            reader=payload["reader"],
            companions={Path(path): sha for path, sha in payload["companions"].items()},
            members=tuple(Path(path) for path in payload["members"]),
            grown_from=payload["grown_from"],
            options=IngestOptions(**payload["options"]),
        )

    @property
    def contents(self) -> list[str]:
        """The hashes of all files of the test, the primary one first."""
        return [self.sha256, *self.companions.values()]

    def sha256_of(self, path: Path) -> str:
        """Return the content hash of one of the test's files."""
        return self.companions.get(path, self.sha256)


def commit_test(
    workspace: Workspace, job_id: int, owner: str, task: Task, prepared: PreparedTest
) -> list[FileReport]:
    """Publish the objects, then commit every row; return a report for each given file.

    Raises ``LeaseLost``, with nothing committed, where another worker has taken over.
    """
    keys = _publish(workspace, prepared)
    with workspace.catalogue.begin() as unit:
        unit.jobs.finish(job_id, owner)
        known = unit.files.test_of_contents(task.contents)
        if known is not None:  # another worker was faster with the same content
            return unchanged(unit, task, known)
        status, test, notes = _put_test(unit, task, prepared)
        _record_files(unit, task, prepared, test.id)
        for stage, table in prepared.series.items():
            unit.series.add(
                test.id, stage, object_key=keys[stage], sha256=table.sha256,
                rows=table.rows, bytes=table.bytes,
            )  # fmt: skip
        for stage, rows in (("steps", unit.steps), ("cycles", unit.cycles)):
            if stage in prepared.series:
                rows.add_many(test.id, read_table(workspace.objects.path(keys[stage])))
        unit.findings.add_many(test.id, [*prepared.findings, *notes])
        unit.certificates.set(test.id, prepared.certificate)
        summary = summarise(unit, test.id)
    sentences = tuple(note.message for note in notes)
    return [
        FileReport.of_test(path, status, task.sha256_of(path), summary, sentences)
        for path in task.members
    ]


def _publish(workspace: Workspace, prepared: PreparedTest) -> dict[str, str]:
    """Move all temporary files to their content addresses; return the key of each stage."""
    for sha256, copy in prepared.raw.items():
        workspace.objects.publish(copy.path, raw_key(sha256))
    keys = {}
    for stage, table in prepared.series.items():
        keys[stage] = series_key(table.sha256)
        workspace.objects.publish(table.path, keys[stage])
    return keys


def _put_test(
    unit: Unit, task: Task, prepared: PreparedTest
) -> tuple[str, CellTest, list[Finding]]:
    """Add the test, or fill the earlier one again if its file grew or got a companion."""
    found = _found_by_processing(prepared)
    earlier = _earlier_reading(unit, task)
    if earlier is not None and earlier.test_id is not None:
        test = unit.tests.refill(earlier.test_id, prepared.metadata, **found)
        if earlier.sha256 == task.grown_from:
            earlier.state = FileState.GROWN.value
        return "grown", test, []
    cell_name, project_name, notes = _names(task, prepared)
    project = unit.projects.get_or_add(project_name)
    cell = unit.cells.get_or_add(project, cell_name, prepared.metadata.cell)
    return "stored", unit.tests.add(cell, prepared.metadata, **found), notes


def _earlier_reading(unit: Unit, task: Task) -> SourceFile | None:
    """Return the file that the same test was read from before, if it was.

    That is the shorter file; or the same file without its companions; or a companion that
    came first and was a test of its own (a Step file before its Detail file).
    """
    earlier = unit.files.by_sha256(task.grown_from or task.sha256)
    if earlier is not None and earlier.test_id is not None:
        return earlier
    companions = (unit.files.by_sha256(sha256) for sha256 in task.companions.values())
    alone = (each for each in companions if each and each.role == FileRole.PRIMARY.value)
    return next((each for each in alone if each.test_id is not None), None)


def _found_by_processing(prepared: PreparedTest) -> dict[str, Any]:
    """Return the columns of the test row that come from the data."""
    start = prepared.metadata.start_time or prepared.start_time
    duration = prepared.duration_second
    return {
        "start_time": start,
        "end_time": _later(start, duration),
        "duration_second": duration,
        "sample_count": prepared.rows,
        "step_count": prepared.steps,
        "cycle_count": prepared.cycles,
        "nominal_capacity_ah": prepared.nominal_capacity_ah,
    }


def _later(start: datetime | None, duration_second: float | None) -> datetime | None:
    if start is None or duration_second is None:
        return None
    return start + timedelta(seconds=duration_second)


def _names(task: Task, prepared: PreparedTest) -> tuple[str, str, list[Finding]]:
    """Return the cell's and the project's name; where nobody gave one, say so."""
    notes = []
    project_name = task.options.project
    if project_name is None:
        project_name = DEFAULT_PROJECT
        notes.append(
            Finding(
                "PROJECT_DEFAULTED", Severity.INFO,
                f"no project was named, so the cell is in project '{DEFAULT_PROJECT}'",
                "Ingest with --project NAME",
            )
        )  # fmt: skip
    cell_name = task.options.cell or prepared.metadata.cell.cell_name
    if cell_name is None:
        cell_name = Path(task.name).stem
        notes.append(
            Finding(
                "CELL_NAMED_BY_FILE", Severity.INFO,
                f"the file names no cell, so the cell is called '{cell_name}' after the file",
                "Ingest with --cell NAME",
            )
        )  # fmt: skip
    return cell_name, project_name, notes


def _record_files(unit: Unit, task: Task, prepared: PreparedTest, test_id: int) -> None:
    """Write down the files of the test; a companion's own test goes, now that it is part of one."""
    record = partial(
        unit.files.record,
        state=FileState.STORED,
        reader=prepared.reader,
        reader_version=prepared.reader_version,
        test_id=test_id,
    )
    record(path_seen=str(task.path), name=task.name, sha256=task.sha256, size=task.size)
    for path, sha256 in task.companions.items():
        held = unit.files.by_sha256(sha256)
        if held and held.role == FileRole.PRIMARY.value and held.test_id not in (None, test_id):
            unit.tests.remove(held.test_id)
        record(
            path_seen=str(path),
            name=path.name,
            sha256=sha256,
            size=prepared.raw[sha256].size,
            role=FileRole.COMPANION,
        )
    unit.files.forget_unread([str(path) for path in (task.path, *task.companions)])


def summarise(unit: Unit, test_id: int) -> TestSummary:
    """Return a stored test in a few numbers."""
    row = unit.tests.table(test_ids=[test_id]).row(0, named=True)
    primary = unit.files.of_test(test_id)[0]
    return TestSummary(
        test_id=test_id,
        cell_name=row["cell_name"],
        project_name=row["project_name"],
        reader=primary.reader or "",
        rows=row["sample_count"],
        cycles=row["cycle_count"],
        findings=sum(unit.findings.counts(test_id).values()),
    )


def unchanged(unit: Unit, task: Task, test_id: int) -> list[FileReport]:
    """Report that the lake holds these contents already."""
    summary = summarise(unit, test_id)
    return [
        FileReport.of_test(path, "unchanged", task.sha256_of(path), summary)
        for path in task.members
    ]


def commit_failure(
    workspace: Workspace, job_id: int, owner: str, task: Task, error: VoltlakeError
) -> list[FileReport]:
    """End the job and keep the reason; return a report for each given file."""
    state = FileState.FAILED if error.transient else FileState.QUARANTINED
    with workspace.catalogue.begin() as unit:
        unit.jobs.fail(job_id, owner, error.as_dict(), retry=False)
        _record_trouble(
            unit, task.path, task.name, state, error,
            sha256=task.sha256, size=task.size, reader=task.reader,
        )  # fmt: skip
        for path, sha256 in task.companions.items():
            _record_trouble(
                unit, path, path.name, state, error,
                sha256=sha256, reader=task.reader, role=FileRole.COMPANION,
            )  # fmt: skip
    return [_failed(path, state, error, task.reader, task.sha256_of(path)) for path in task.members]


def _record_trouble(
    unit: Unit,
    path: Path,
    name: str,
    state: FileState,
    error: VoltlakeError,
    *,
    sha256: str | None,
    **known: Any,
) -> None:
    """Keep the reason, unless the lake holds this content: then its row must stay as it is."""
    held = None if sha256 is None else unit.files.by_sha256(sha256)
    if held is None or held.test_id is None:
        unit.files.record(
            path_seen=str(path), name=name, sha256=sha256, state=state, error=error, **known
        )


def outcome_of_job(workspace: Workspace, job_id: int, task: Task) -> list[FileReport] | None:
    """Report what another worker made of a task; ``None`` while it has not ended the job."""
    with workspace.catalogue.reading() as unit:
        job = unit.jobs.get(job_id)
        if job.state in (JobState.QUEUED.value, JobState.RUNNING.value):
            return None
        test_id = unit.files.test_of_contents(task.contents)
        if test_id is not None:
            return unchanged(unit, task, test_id)
        rows = [unit.files.by_sha256(task.sha256_of(path)) for path in task.members]
    return [
        FileReport(
            file=str(path),
            status=FileState.FAILED.value if row is None else row.state,
            reader=task.reader,
            sha256=task.sha256_of(path),
            error=job.error,
        )
        for path, row in zip(task.members, rows, strict=True)
    ]


def record_failure(
    workspace: Workspace, path: Path, error: VoltlakeError, look: Inspected | None = None
) -> FileReport:
    """Keep why a file could not be read; ``look`` is what is known of its content, if anything."""
    state = FileState.FAILED if error.transient else FileState.QUARANTINED
    sha256 = None if look is None else look.sha256
    size = None if look is None else look.size
    with workspace.catalogue.begin() as unit:
        _record_trouble(unit, path, path.name, state, error, sha256=sha256, size=size)
    return _failed(path, state, error, None, sha256)


def _failed(
    path: Path, state: FileState, error: VoltlakeError, reader: str | None, sha256: str | None
) -> FileReport:
    return FileReport(
        file=str(path), status=state.value, reader=reader, sha256=sha256, error=error.as_dict()
    )
