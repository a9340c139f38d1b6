"""A job belongs to one owner at a time, and a dead owner's job to the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from voltlake.catalogue.models import Job, JobState
from voltlake.catalogue.session import Catalogue
from voltlake.errors import ALL_ERRORS, LeaseLost, NotFound

ERROR = {"code": "unreadable-file", "message": "input/output error", "place": "", "remedy": ""}


def submit(catalogue: Catalogue, number: int = 1, **options) -> list[int]:
    with catalogue.begin() as unit:
        return [unit.jobs.submit("ingest", {"n": n}, **options).id for n in range(number)]


def claim(catalogue: Catalogue, owner: str, **options) -> Job | None:
    with catalogue.begin() as unit:
        return unit.jobs.claim(owner, 30, **options)


def state(catalogue: Catalogue, job_id: int) -> str:
    with catalogue.reading() as unit:
        return unit.jobs.get(job_id).state


def test_a_job_from_queue_to_done(catalogue: Catalogue, clock) -> None:
    (job_id,) = submit(catalogue)
    job = claim(catalogue, "a")
    assert job is not None
    assert (job.id, job.payload, job.attempts, job.owner) == (job_id, {"n": 0}, 1, "a")
    assert claim(catalogue, "b") is None
    clock.forward(20)
    with catalogue.begin() as unit:
        unit.jobs.extend(job_id, "a", 30, progress=0.5)
    clock.forward(20)
    assert claim(catalogue, "b") is None
    with catalogue.begin() as unit:
        unit.jobs.extend(job_id, "a", 30)
        assert unit.jobs.get(job_id).progress == 0.5
        unit.jobs.finish(job_id, "a")
    assert state(catalogue, job_id) == "done"
    clock.forward(1000)
    assert claim(catalogue, "b") is None


def test_an_expired_lease_goes_to_the_next_and_the_first_comes_too_late(
    catalogue: Catalogue, clock
) -> None:
    (job_id,) = submit(catalogue)
    assert claim(catalogue, "a")
    clock.forward(31)
    stolen = claim(catalogue, "b")
    assert stolen is not None
    assert (stolen.id, stolen.attempts) == (job_id, 2)

    def finish_with_data() -> None:
        with catalogue.begin() as unit:
            unit.projects.get_or_add("late data")
            unit.jobs.finish(job_id, "a")

    with pytest.raises(LeaseLost):
        finish_with_data()
    with catalogue.begin() as unit:
        assert unit.projects.by_name("late data") is None
        for late in (
            lambda: unit.jobs.extend(job_id, "a", 30),
            lambda: unit.jobs.fail(job_id, "a", ERROR, retry=True),
        ):
            with pytest.raises(LeaseLost):
                late()
        unit.jobs.finish(job_id, "b")
        with pytest.raises(LeaseLost):
            unit.jobs.finish(job_id, "b")
    assert LeaseLost.transient
    assert ALL_ERRORS["lease-lost"] is LeaseLost


def test_a_job_that_kills_its_workers_is_put_into_quarantine(catalogue: Catalogue, clock) -> None:
    deadly, harmless = submit(catalogue, 2, max_attempts=2)
    for _ in range(2):
        job = claim(catalogue, "a")
        assert job is not None
        assert job.id == deadly
        clock.forward(31)
    job = claim(catalogue, "a")
    assert job is not None
    assert job.id == harmless
    assert state(catalogue, deadly) == "quarantined"
    with catalogue.reading() as unit:
        error = unit.jobs.get(deadly).error
    assert error is not None
    assert "in each of 2 attempts" in error["message"]


def test_failures_are_retried_until_the_attempts_are_used_up(catalogue: Catalogue) -> None:
    (job_id,) = submit(catalogue, max_attempts=2)
    for wanted in (JobState.QUEUED, JobState.FAILED):
        assert claim(catalogue, "a")
        with catalogue.begin() as unit:
            assert unit.jobs.fail(job_id, "a", ERROR, retry=True) is wanted
    assert claim(catalogue, "a") is None
    with catalogue.reading() as unit:
        assert unit.jobs.get(job_id).error == ERROR


def test_what_needs_a_person_is_not_retried(catalogue: Catalogue) -> None:
    (job_id,) = submit(catalogue)
    claim(catalogue, "a")
    with catalogue.begin() as unit:
        assert unit.jobs.fail(job_id, "a", ERROR, retry=False) is JobState.QUARANTINED
    assert claim(catalogue, "a") is None


def test_priority_then_order_then_kind_and_batch(catalogue: Catalogue) -> None:
    first, second = submit(catalogue, 2, batch_id="x")
    (urgent,) = submit(catalogue, priority=5, batch_id="y")
    with catalogue.begin() as unit:
        other = unit.jobs.submit("export", {}).id
    order = [claim(catalogue, "a", kind="ingest", batch_id=batch) for batch in ("x", None, None)]
    assert [job.id for job in order if job] == [first, urgent, second]
    assert claim(catalogue, "a", kind="ingest") is None
    last = claim(catalogue, "a")
    assert last is not None
    assert last.id == other


def test_counts_table_and_cancelling_of_a_batch(catalogue: Catalogue) -> None:
    submit(catalogue, 3, batch_id="x")
    submit(catalogue, 1, batch_id="y")
    claim(catalogue, "a", batch_id="x")
    with catalogue.begin() as unit:
        assert unit.jobs.cancel("x") == 2
        assert unit.jobs.counts("x") == {
            "queued": 0, "running": 1, "done": 0, "failed": 0, "quarantined": 0, "cancelled": 2,
        }  # fmt: skip
        assert unit.jobs.counts()["queued"] == 1
        table = unit.jobs.table("x")
        assert table["state"].to_list() == ["running", "cancelled", "cancelled"]
        assert table["payload"][0] == '{"n": 0}'
        assert unit.jobs.table().height == 4
        with pytest.raises(NotFound):
            unit.jobs.get(99)


def test_eight_owners_share_the_jobs_without_overlap(catalogue: Catalogue) -> None:
    ids = submit(catalogue, 60)

    def work(owner: str) -> list[int]:
        mine = []
        while (job := claim(catalogue, owner)) is not None:
            with catalogue.begin() as unit:
                unit.jobs.finish(job.id, owner)
            mine.append(job.id)
        return mine

    with ThreadPoolExecutor(8) as pool:
        done = [job for mine in pool.map(work, "abcdefgh") for job in mine]
    assert sorted(done) == ids


def test_the_jobs_of_a_dead_owner_wait_again(catalogue: Catalogue) -> None:
    first, second, third = submit(catalogue, 3)
    claim(catalogue, "dead")
    claim(catalogue, "alive")
    with catalogue.begin() as unit:
        assert unit.jobs.release_dead(lambda owner: owner == "dead") == 1
        assert [job.id for job in unit.jobs.queued("ingest")] == [first, third]
        assert unit.jobs.queued("export") == []
        assert unit.jobs.get(second).owner == "alive"
    with pytest.raises(LeaseLost), catalogue.begin() as unit:
        unit.jobs.finish(first, "dead")
