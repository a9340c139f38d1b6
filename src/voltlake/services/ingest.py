"""Ingest: files in, committed tests out, exactly once, whatever happens on the way.

A file goes: look (hash, reader, companions) → job row → read in a limited child → publish
the objects → one transaction {job done, if the lease still holds; files; test; series;
steps; cycles; findings; certificate}. A test is visible exactly when that transaction is
committed; what a crash leaves behind is unreferenced and swept later. The command line,
the worker, the upload page and the watcher all come through :func:`submit` and :func:`work`.
"""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from voltlake.catalogue.models import Job
from voltlake.catalogue.unit import Unit
from voltlake.errors import LeaseLost, VoltlakeError
from voltlake.execution.local import LocalProcesses
from voltlake.readers.timestamps import zone_named
from voltlake.services.commit import (
    DEFAULT_PROJECT,
    Task,
    commit_failure,
    commit_test,
    outcome_of_job,
    record_failure,
    unchanged,
)  # fmt: skip
from voltlake.services.inspection import Inspected, KnownContent, inspect_file
from voltlake.services.preparation import PreparedTest, Request, prepare_test
from voltlake.services.reports import FileReport
from voltlake.services.requests import IngestOptions
from voltlake.services.workspace import Workspace

__all__ = ["Batch", "FileReport", "Progress", "ingest", "list_files", "submit", "work"]

log = logging.getLogger(__name__)

JOB_KIND = "ingest"
LEASE_SECOND = 120.0
_HEARTBEAT_SECOND = 20.0
_POLL_SECOND = 0.2
_CHILD_MODULES = ("voltlake.services.preparation", "voltlake.services.inspection")

Progress = Callable[[str, int, int], None]
"""Called with the stage (``"look"`` or ``"read"``), how many are done, and of how many."""


def _silent(_stage: str, _done: int, _total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that were submitted together.

    ``settled`` are done already; ``tasks`` are the tests that wait to be read, by the number
    of their job; ``twins`` are files whose content another file of the batch brings in, by
    that other file's path.
    """

    batch_id: str
    settled: tuple[FileReport, ...]
    tasks: Mapping[int, Task]
    twins: Mapping[Path, Path]


def ingest(
    workspace: Workspace,
    paths: Sequence[Path],
    options: IngestOptions | None = None,
    *,
    workers: int | None = None,
    on_progress: Progress = _silent,
) -> Iterator[FileReport]:
    """Ingest files and folders; yield a report for each file as it is settled.

    Folders are searched recursively; hidden and lock files are passed over. Every file
    is reported once. Nothing raises for a bad file: its report names the reason. Options
    that no file could satisfy (an unknown reader or zone) raise ``InvalidRequest``.
    """
    processes = LocalProcesses(workers or workspace.workers, workspace.limits, _CHILD_MODULES)
    with processes:
        batch = submit(
            workspace, paths, options or IngestOptions(), processes, on_progress=on_progress
        )
        yield from batch.settled
        reports = {report.file: report for report in batch.settled}
        worked = work(workspace, processes, batch=batch, on_progress=on_progress)
        elsewhere = _done_elsewhere(workspace, processes, batch, reports)
        for report in chain(worked, elsewhere):
            # Another run's job for the same file may have been worked off here as well.
            if report.file not in reports:
                reports[report.file] = report
                yield report
        for twin, first in batch.twins.items():
            yield _report_of_twin(twin, reports[str(first)])


def list_files(workspace: Workspace, paths: Sequence[Path]) -> list[Path]:
    """Return the files that ``paths`` stand for, each once, in the given order.

    The lake's own files below a given folder are no cycler's files and are left out.
    """
    listed: dict[Path, None] = {}
    for path in paths:
        absolute = path.absolute()
        found = workspace.readers.within(absolute) if absolute.is_dir() else [absolute]
        listed.update((each, None) for each in found if not each.is_relative_to(workspace.root))
    return list(listed)


def submit(
    workspace: Workspace,
    paths: Sequence[Path],
    options: IngestOptions,
    processes: LocalProcesses,
    *,
    on_progress: Progress = _silent,
) -> Batch:
    """Look at every file, settle the known and the unreadable ones, queue the others."""
    _check(workspace, options)
    files = list_files(workspace, paths)
    outcomes = _look(workspace, files, options, processes, on_progress)
    groups = _group(outcomes)
    outside = [primary for primary in groups if primary not in outcomes]
    outcomes |= _look(workspace, outside, options, processes, _silent)

    batch_id = uuid.uuid4().hex
    settled: list[FileReport] = []
    tasks: dict[str, Task] = {}
    twins: dict[Path, Path] = {}
    for primary, members in groups.items():
        look = outcomes[primary]
        if isinstance(look, VoltlakeError):
            settled += [record_failure(workspace, member, look) for member in members]
        elif look.problem is not None:
            settled += [
                record_failure(workspace, member, look.problem, _inspected(outcomes.get(member)))
                for member in members
            ]
        elif look.sha256 in tasks:
            twins |= dict.fromkeys(members, tasks[look.sha256].members[0])
        elif reports := _report_if_known(workspace, task := Task.of(look, members, options)):
            settled += reports
        else:
            tasks[task.sha256] = task
    queued = _queue(workspace, list(tasks.values()), batch_id)
    return Batch(batch_id, tuple(settled), queued, twins)


def _check(workspace: Workspace, options: IngestOptions) -> None:
    """Refuse options that would put every file into quarantine through no fault of its own."""
    if options.reader is not None:
        workspace.readers.named(options.reader)
    if options.timezone is not None:
        zone_named(options.timezone)


def _inspected(look: Inspected | VoltlakeError | None) -> Inspected | None:
    return look if isinstance(look, Inspected) else None


def _queue(workspace: Workspace, tasks: Sequence[Task], batch_id: str) -> dict[int, Task]:
    """Queue the tasks and return them by job.

    A job that a killed run left behind is taken over, not doubled.
    """
    queued: dict[int, Task] = {}
    with workspace.catalogue.begin() as unit:
        unit.jobs.release_dead(_is_dead)
        left = {job.payload["sha256"]: job for job in unit.jobs.queued(JOB_KIND)}
        for task in tasks:
            job = left.get(task.sha256)
            if job is None:
                job = unit.jobs.submit(
                    JOB_KIND, task.as_payload(), batch_id=batch_id,
                    max_attempts=workspace.max_attempts,
                )  # fmt: skip
            else:
                job.payload, job.batch_id = task.as_payload(), batch_id
            queued[job.id] = task
    return queued


def _look(
    workspace: Workspace,
    files: Sequence[Path],
    options: IngestOptions,
    processes: LocalProcesses,
    on_progress: Progress,
) -> dict[Path, Inspected | VoltlakeError]:
    """Inspect files in the children, a few ahead of the one that is waited for."""
    with workspace.catalogue.reading() as unit:
        known = unit.files.last_contents([str(path) for path in files])
    outcomes: dict[Path, Inspected | VoltlakeError] = {}
    ahead: list[tuple[Path, Future[Inspected]]] = []
    waiting = iter(files)
    while True:
        while len(ahead) < 4 * processes.workers and (path := next(waiting, None)) is not None:
            seen = known.get(str(path))
            content = None if seen is None else KnownContent(*seen)
            ahead.append((path, processes.submit(inspect_file, path, content, options.reader)))
        if not ahead:
            return outcomes
        path, future = ahead.pop(0)
        try:
            outcomes[path] = future.result()
        except VoltlakeError as error:
            outcomes[path] = error
        on_progress("look", len(outcomes), len(files))


def _group(outcomes: Mapping[Path, Inspected | VoltlakeError]) -> dict[Path, list[Path]]:
    """Bring the parts of each test together: the file to read → the given files it covers.

    A companion may be unreadable on its own (a metadata sidecar); its owner speaks for it.
    """
    owners = {
        companion: path
        for path, look in outcomes.items()
        if isinstance(look, Inspected)
        for companion in look.companions
    }
    groups: dict[Path, list[Path]] = {}
    for path, look in outcomes.items():
        primary = owners.get(path)
        if primary is None and isinstance(look, Inspected):
            primary = look.primary
        groups.setdefault(primary or path, []).append(path)
    return groups


def _report_if_known(workspace: Workspace, task: Task) -> list[FileReport]:
    """Report every given file as unchanged, if the lake holds exactly these contents."""
    with workspace.catalogue.reading() as unit:
        test_id = unit.files.test_of_contents(task.contents)
        if test_id is None:
            return []
        reports = unchanged(unit, task, test_id)
        stale = unit.files.unread([str(path) for path in task.members])
    if stale:
        with workspace.catalogue.begin() as unit:
            unit.files.forget_unread([str(path) for path in task.members])
    return reports


def _report_of_twin(twin: Path, first: FileReport) -> FileReport:
    """Report a file whose content another file of the same batch brought in."""
    note = f"same content as {Path(first.file).name}"
    status = "unchanged" if first.succeeded else first.status
    return first.for_file(str(twin), status=status, note=note)


def work(
    workspace: Workspace,
    processes: LocalProcesses,
    *,
    batch: Batch | None = None,
    on_progress: Progress = _silent,
) -> Iterator[FileReport]:
    """Work off all waiting ingest jobs of the lake; yield a report for each file.

    Jobs that an earlier, killed run left behind are finished too. Never more than twice as
    many tests as workers are in flight.
    """
    owner = _owner()
    running: dict[Future[PreparedTest], Job] = {}
    done, total = 0, len(batch.tasks) if batch else 0
    beat = time.monotonic()
    while True:
        while len(running) < 2 * processes.workers and (job := _claim(workspace, owner)):
            running[_start(workspace, processes, job)] = job
        if not running:
            return
        finished, _ = wait(running, timeout=_HEARTBEAT_SECOND, return_when=FIRST_COMPLETED)
        if time.monotonic() - beat >= _HEARTBEAT_SECOND:
            beat = time.monotonic()
            _keep_leases(workspace, owner, running.values())
        for future in finished:
            yield from _settle(workspace, owner, running.pop(future), future)
            done += 1
            on_progress("read", done, max(total, done))


def _claim(workspace: Workspace, owner: str) -> Job | None:
    with workspace.catalogue.begin() as unit:
        return unit.jobs.claim(owner, LEASE_SECOND, kind=JOB_KIND)


def _keep_leases(workspace: Workspace, owner: str, jobs: Iterable[Job]) -> None:
    with workspace.catalogue.begin() as unit:
        for job in jobs:
            # Of a lease that is lost the commit will hear; the others must not suffer.
            with suppress(LeaseLost):
                unit.jobs.extend(job.id, owner, LEASE_SECOND)


def _start(workspace: Workspace, processes: LocalProcesses, job: Job) -> Future[PreparedTest]:
    task = Task.from_payload(job.payload)
    with workspace.catalogue.reading() as unit:
        nominal = _known_nominal_capacity_ah(unit, task)
    request = Request(
        lake=workspace.root,
        path=task.path,
        sha256=task.sha256,
        reader=task.reader,
        companions=task.companions,
        options=task.options.for_reading(workspace.time_zone),
        processing=task.options.for_processing(nominal),
    )
    return processes.submit(prepare_test, request)


def _settle(
    workspace: Workspace, owner: str, job: Job, future: Future[PreparedTest]
) -> list[FileReport]:
    """Commit what a child prepared, or the reason why it could not."""
    task = Task.from_payload(job.payload)
    try:
        return _settled(workspace, owner, job.id, task, future)
    except LeaseLost:
        log.warning("another worker has taken over %s", task.path)
        return []


def _settled(
    workspace: Workspace, owner: str, job_id: int, task: Task, future: Future[PreparedTest]
) -> list[FileReport]:
    try:
        return commit_test(workspace, job_id, owner, task, future.result())
    except LeaseLost:
        raise
    except VoltlakeError as error:
        log.info("could not read %s: %s", task.path, error)
        return commit_failure(workspace, job_id, owner, task, error)


def _done_elsewhere(
    workspace: Workspace, processes: LocalProcesses, batch: Batch, reports: Mapping[str, FileReport]
) -> Iterator[FileReport]:
    """Report the files of the batch whose jobs another worker took; wait for it to end them.

    Should it die, its lease runs out and the job is worked off here after all.
    """
    for job_id, task in batch.tasks.items():
        if all(str(member) in reports for member in task.members):
            continue
        while (outcome := outcome_of_job(workspace, job_id, task)) is None:
            yield from work(workspace, processes)
            time.sleep(_POLL_SECOND)
        yield from outcome


def _known_nominal_capacity_ah(unit: Unit, task: Task) -> float | None:
    """Return what the catalogue knows of the cell, if the user named one that exists."""
    cells = (
        []
        if task.options.cell is None
        else unit.cells.by_name(task.options.cell, task.options.project or DEFAULT_PROJECT)
    )
    return cells[0].nominal_capacity_ah if cells else None


def _owner() -> str:
    """Name this process, so that a later run can tell whether it still lives."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def _is_dead(owner: str) -> bool:
    """Say whether ``owner`` was a process of this machine that is no more."""
    host, _, process = owner.partition("/")
    pid, _, started = process.partition("/")
    # An owner named in another way is none of ours: its lease will run out.
    return host == socket.gethostname() and pid.isdigit() and _started(int(pid)) != started


def _started(pid: int) -> str | None:
    """Return when a process began (clock ticks since boot); ``None`` where there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return status.rsplit(") ", 1)[1].split()[19]
