"""Two doors: writers wait for each other, readers cannot write, strangers are refused."""

from __future__ import annotations

import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from voltlake.canonical.metadata import TestMetadata
from voltlake.catalogue.mounts import file_system_of
from voltlake.catalogue.session import Catalogue, sqlite_url
from voltlake.errors import CatalogueNotUpgraded, InvalidRequest, NetworkMount, WrongLake

WRITERS, TRANSACTIONS = 8, 100


def read_then_write(catalogue: Catalogue, writer: int) -> int:
    """The pattern that fails under SQLite's default BEGIN: read first, then write."""
    for number in range(TRANSACTIONS):
        with catalogue.begin() as unit:
            unit.jobs.counts()
            unit.jobs.submit("count", {"writer": writer, "number": number})
    return writer


def test_eight_threads_write_without_an_error(catalogue: Catalogue) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        assert list(pool.map(partial(read_then_write, catalogue), range(WRITERS)))
    with catalogue.reading() as unit:
        assert unit.jobs.counts()["queued"] == WRITERS * TRANSACTIONS


def read_then_write_there(url: str, writer: int) -> int:
    return read_then_write(Catalogue(url), writer)


def test_three_processes_write_without_an_error(catalogue: Catalogue) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=spawn) as pool:
        assert list(pool.map(partial(read_then_write_there, catalogue.url), range(3)))
    with catalogue.reading() as unit:
        assert unit.jobs.counts()["queued"] == 3 * TRANSACTIONS


def test_a_unit_of_work_is_all_or_nothing(catalogue: Catalogue) -> None:
    def add_then_fail() -> None:
        with catalogue.begin() as unit:
            unit.projects.get_or_add("lost")
            raise KeyError("a service failed")

    with pytest.raises(KeyError):
        add_then_fail()
    with catalogue.reading() as unit:
        assert unit.projects.by_name("lost") is None


def test_readers_cannot_write(catalogue: Catalogue) -> None:
    with catalogue.reading() as unit, pytest.raises(OperationalError, match="readonly"):
        unit.projects.get_or_add("default")


def test_a_reader_sees_one_moment(catalogue: Catalogue) -> None:
    with catalogue.reading() as reader:
        assert reader.projects.by_name("default") is None
        with catalogue.begin() as writer:
            writer.projects.get_or_add("default")
        assert reader.projects.by_name("default") is None
    with catalogue.reading() as reader:
        assert reader.projects.by_name("default") is not None


def test_the_pragmas_of_the_doors(catalogue: Catalogue) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000}
    for door, own in (
        (catalogue.begin, {"foreign_keys": 1, "query_only": 0}),
        (catalogue.reading, {"query_only": 1}),
    ):
        with door() as unit:
            connection = unit.session.connection()
            for pragma, value in {**wanted, **own}.items():
                assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_rows_outlive_their_transaction(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        project = unit.projects.get_or_add("default")
    assert project.name == "default"


def test_moments_are_kept_in_utc(catalogue: Catalogue) -> None:
    start = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    with catalogue.begin() as unit:
        cell = unit.cells.get_or_add(unit.projects.get_or_add("p"), "A1")
        test_id = unit.tests.add(cell, TestMetadata(start_time=start)).id
    with catalogue.reading() as unit:
        found = unit.tests.get(test_id)
        assert found is not None
        assert found.start_time == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
        assert found.start_time.tzinfo is UTC


def test_a_time_without_zone_is_a_mistake(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        cell = unit.cells.get_or_add(unit.projects.get_or_add("p"), "A1")
        with pytest.raises(StatementError, match="no time zone"):
            unit.tests.add(cell, TestMetadata(), end_time=datetime(2026, 1, 1))
        unit.session.rollback()


def test_foreign_keys_hold(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        with pytest.raises(IntegrityError):
            unit.series.add(77, "samples", object_key="k", sha256="s", rows=1, bytes=1)
        unit.session.rollback()


def test_not_a_number_is_no_json(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        with pytest.raises(StatementError, match="JSON compliant"):
            unit.jobs.submit("ingest", {"size": float("nan")})
        unit.session.rollback()


def test_a_catalogue_belongs_to_one_lake(catalogue: Catalogue) -> None:
    catalogue.identify("lake-a")
    catalogue.identify("lake-a")
    with pytest.raises(WrongLake, match="belongs to lake lake-a"):
        catalogue.identify("lake-b")


def test_foreign_tables_are_never_migrated(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "lims.db") as connection:
        connection.execute("CREATE TABLE samples (id INTEGER)")
    foreign = Catalogue(sqlite_url(tmp_path / "lims.db"))
    for ask in (foreign.upgrade, foreign.check):
        with pytest.raises(WrongLake, match="somebody else's tables"):
            ask()
    with sqlite3.connect(tmp_path / "lims.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("samples",)]


def test_older_and_newer_schemas_are_refused(tmp_path: Path) -> None:
    opened = Catalogue(sqlite_url(tmp_path / "c.sqlite3"))
    with pytest.raises(CatalogueNotUpgraded, match="no tables yet"):
        opened.check()
    opened.upgrade()
    opened.check()
    with sqlite3.connect(tmp_path / "c.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CatalogueNotUpgraded, match="newer, or unknown, schema"):
        opened.check()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_memory_is_no_catalogue(url: str) -> None:
    with pytest.raises(InvalidRequest, match="needs a file"):
        Catalogue(url)


MOUNTS = """\
/dev/vda1 / ext4 rw 0 0
nas:/export {root}/nas nfs4 rw 0 0
//office/share {root}/with\\040blank cifs rw 0 0
me@host:/data {root}/ssh fuse.sshfs rw 0 0
overlay {root}/nas/local overlay rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"), [("nas/deep/er", "nfs4"), ("with blank", "cifs"), ("ssh", "fuse.sshfs")]
)
def test_network_mounts_are_refused(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS.format(root=tmp_path))
    url = sqlite_url(tmp_path / folder / "catalogue.sqlite3")
    with pytest.raises(NetworkMount, match=kind) as caught:
        Catalogue(url, mounts=mounts)
    assert "PostgreSQL" in str(caught.value)


@pytest.mark.parametrize("folder", ["home", "nas/local"])
def test_local_mounts_are_accepted(tmp_path: Path, folder: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS.format(root=tmp_path))
    Catalogue(sqlite_url(tmp_path / folder / "catalogue.sqlite3"), mounts=mounts)


def test_no_table_of_mounts_means_no_verdict(tmp_path: Path) -> None:
    assert file_system_of(tmp_path, tmp_path / "nowhere") == ""
