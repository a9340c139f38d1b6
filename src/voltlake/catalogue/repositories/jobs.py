"""Jobs: work that is leased, so that a dead worker's job is done by another.

An engine may run a task twice; only the owner of the lease may commit its result. The
services therefore call :meth:`Jobs.finish` inside the transaction that makes the result
visible: where the lease is lost, all of it is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import CursorResult, and_, func, or_, select, update
from sqlalchemy.orm import Session

from voltlake.catalogue.frames import frame_of
from voltlake.catalogue.models import Job, JobState
from voltlake.errors import LeaseLost, NotFound

__all__ = ["Jobs"]


class Jobs:
    """The lease table."""

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def submit(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        batch_id: str | None = None,
        priority: int = 0,
        max_attempts: int = 3,
    ) -> Job:
        """Queue a job; a higher ``priority`` goes first, then the earlier one."""
        job = Job(
            kind=kind,
            payload=payload,
            batch_id=batch_id,
            priority=priority,
            max_attempts=max_attempts,
            state=JobState.QUEUED.value,
            attempts=0,
            created=self._clock(),
        )
        self._session.add(job)
        self._session.flush()
        return job

    def get(self, job_id: int) -> Job:
        """Return a job; ``NotFound`` where there is none."""
        job = self._session.get(Job, job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        return job

    def claim(
        self,
        owner: str,
        lease_second: float,
        *,
        kind: str | None = None,
        batch_id: str | None = None,
    ) -> Job | None:
        """Lease the next job to ``owner``; ``None`` where nothing waits.

        A job whose lease has run out counts as waiting. One that has used up its attempts
        that way is put into quarantine: it may be what kills its workers.
        """
        now = self._clock()
        while (job := self._next(now, kind, batch_id)) is not None:
            if job.attempts < job.max_attempts:
                job.state, job.owner = JobState.RUNNING.value, owner
                job.lease_expires = now + timedelta(seconds=lease_second)
                job.attempts += 1
                job.started = job.started or now
                self._session.flush()
                return job
            self._end(job, JobState.QUARANTINED, _died_too_often(job), now)
        return None

    def _next(self, now: datetime, kind: str | None, batch_id: str | None) -> Job | None:
        expired = and_(Job.state == JobState.RUNNING.value, Job.lease_expires < now)
        statement = (
            select(Job)
            .where(or_(Job.state == JobState.QUEUED.value, expired))
            .order_by(Job.priority.desc(), Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if kind is not None:
            statement = statement.where(Job.kind == kind)
        if batch_id is not None:
            statement = statement.where(Job.batch_id == batch_id)
        return self._session.scalars(statement).first()

    def queued(self, kind: str) -> list[Job]:
        """Return the jobs of a kind that wait, in the order in which they would be claimed."""
        statement = select(Job).where(Job.kind == kind, Job.state == JobState.QUEUED.value)
        return list(self._session.scalars(statement.order_by(Job.priority.desc(), Job.id)))

    def release_dead(self, is_dead: Callable[[str], bool]) -> int:
        """Queue again what dead owners hold, and return how many jobs that were.

        The attempt does not count: it was the owner that was killed, not the job that
        failed. ``is_dead`` judges the name of an owner.
        """
        running = self._session.scalars(select(Job).where(Job.state == JobState.RUNNING.value))
        dead = [job for job in running if job.owner is not None and is_dead(job.owner)]
        for job in dead:
            job.state, job.owner, job.lease_expires = JobState.QUEUED.value, None, None
            job.attempts -= 1
        self._session.flush()
        return len(dead)

    def extend(
        self, job_id: int, owner: str, lease_second: float, *, progress: float | None = None
    ) -> None:
        """Renew the lease, and say how far the job is (0 to 1); ``LeaseLost`` if it is gone."""
        values: dict[str, Any] = {"lease_expires": self._clock() + timedelta(seconds=lease_second)}
        if progress is not None:
            values["progress"] = progress
        self._update_mine(job_id, owner, values)

    def finish(self, job_id: int, owner: str) -> None:
        """Mark the job done; ``LeaseLost`` where another owner holds or has ended it."""
        values = {"state": JobState.DONE.value, "progress": 1.0, "error": None}
        self._update_mine(job_id, owner, {**values, "finished": self._clock()})

    def fail(self, job_id: int, owner: str, error: dict[str, Any], *, retry: bool) -> JobState:
        """Write down a failed attempt and return the state the job is in now.

        With ``retry`` it is queued again until its attempts are used up, then ``failed``;
        without, it is ``quarantined`` at once. ``LeaseLost`` as for :meth:`finish`.
        """
        self._update_mine(job_id, owner, {"error": error})
        job, now = self.get(job_id), self._clock()
        self._session.refresh(job)
        if retry and job.attempts < job.max_attempts:
            job.state, job.owner, job.lease_expires = JobState.QUEUED.value, None, None
            self._session.flush()
            return JobState.QUEUED
        state = JobState.FAILED if retry else JobState.QUARANTINED
        self._end(job, state, error, now)
        return state

    def cancel(self, batch_id: str) -> int:
        """Cancel what still waits in a batch and return how many jobs that were."""
        return self._execute(
            update(Job)
            .where(Job.batch_id == batch_id, Job.state == JobState.QUEUED.value)
            .values(state=JobState.CANCELLED.value, finished=self._clock())
        )

    def counts(self, batch_id: str | None = None) -> dict[str, int]:
        """Return how many jobs are in each state; every state is named."""
        statement = select(Job.state, func.count()).group_by(Job.state)
        if batch_id is not None:
            statement = statement.where(Job.batch_id == batch_id)
        found = {str(state): int(number) for state, number in self._session.execute(statement)}
        return {state.value: found.get(state.value, 0) for state in JobState}

    def table(self, batch_id: str | None = None) -> pl.DataFrame:
        """Return one row per job, in the order of submission; JSON columns as text."""
        columns = [column for column in Job.__table__.columns if column.name != "id"]
        statement = select(Job.id.label("job_id"), *columns).order_by(Job.id)
        if batch_id is not None:
            statement = statement.where(Job.batch_id == batch_id)
        return frame_of(self._session, statement)

    def _end(self, job: Job, state: JobState, error: dict[str, Any], now: datetime) -> None:
        job.state, job.error, job.finished = state.value, error, now
        job.owner, job.lease_expires = None, None
        self._session.flush()

    def _update_mine(self, job_id: int, owner: str, values: dict[str, Any]) -> None:
        changed = self._execute(
            update(Job)
            .where(Job.id == job_id, Job.owner == owner, Job.state == JobState.RUNNING.value)
            .values(values)
        )
        if changed == 0:
            raise LeaseLost(f"job {job_id} is no longer leased to {owner}")

    def _execute(self, statement: Any) -> int:
        result = self._session.execute(statement)
        return result.rowcount if isinstance(result, CursorResult) else 0


def _died_too_often(job: Job) -> dict[str, Any]:
    return {
        "code": "reader-crashed",
        "message": f"its worker died in each of {job.attempts} attempts",
        "place": "",
        "remedy": "The file is probably damaged; if other programs read it, send it to us",
    }
