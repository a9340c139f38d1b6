"""The schema goes up, stays the one declared, comes down with data in it, and goes up again."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl

from voltlake.canonical.metadata import CellMetadata, TestMetadata
from voltlake.catalogue.models import Cell, FileState
from voltlake.catalogue.session import Catalogue, sqlite_url

REPOSITORY = Path(__file__).resolve().parents[2]


def alembic(lake: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "VOLTLAKE_LAKE": str(lake)}
    surroundings.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=REPOSITORY, env=surroundings, capture_output=True, text=True, check=False,
    )  # fmt: skip


def fill(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        cell = unit.cells.get_or_add(unit.projects.get_or_add("default"), "A1")
        test = unit.tests.add(cell, TestMetadata())
        unit.cycles.add_many(test.id, pl.DataFrame({"cycle_index": [1, 2]}))
        unit.files.record(path_seen="/a", name="a", state=FileState.STORED, test_id=test.id)
        unit.series.add(test.id, "samples", object_key="k", sha256="s", rows=1, bytes=1)
        unit.jobs.submit("ingest", {"path": "/a"})


def test_up_check_down_up_from_the_repository_root(tmp_path: Path) -> None:
    lake = tmp_path / "100% lake"
    assert alembic(lake, "upgrade", "head").returncode == 0
    catalogue = Catalogue(sqlite_url(lake / "catalogue.sqlite3"))
    catalogue.check()
    fill(catalogue)
    checked = alembic(lake, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "No new upgrade operations" in checked.stdout
    assert alembic(lake, "downgrade", "base").returncode == 0
    with sqlite3.connect(lake / "catalogue.sqlite3") as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
    assert tables == [("alembic_version",)]
    assert alembic(lake, "upgrade", "head").returncode == 0
    catalogue.check()
    fill(catalogue)


def test_the_program_migrates_like_the_command(tmp_path: Path) -> None:
    catalogue = Catalogue(sqlite_url(tmp_path / "c.sqlite3"))
    assert catalogue.revision is None
    catalogue.upgrade()
    catalogue.upgrade()
    head = catalogue.revision
    fill(catalogue)
    catalogue.downgrade("base")
    assert catalogue.revision is None
    catalogue.upgrade()
    assert catalogue.revision == head
    fill(catalogue)


def test_a_script_can_be_written_without_a_database(tmp_path: Path) -> None:
    written = alembic(tmp_path, "upgrade", "head", "--sql")
    assert "CREATE TABLE cells" in written.stdout


def test_a_cell_has_every_field_of_its_metadata() -> None:
    assert set(CellMetadata.model_fields) <= set(Cell.__table__.columns.keys())
