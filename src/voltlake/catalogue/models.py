"""The rows of the catalogue: typed, without behaviour.

Step, cycle and finding rows take their columns from :mod:`voltlake.canonical`, so that no
column is declared twice. ``position`` is the row's number in the stored table, from 0.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import polars as pl
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from voltlake.canonical.findings import FINDINGS_SCHEMA
from voltlake.canonical.tables import CYCLES_SCHEMA, STEPS_SCHEMA
from voltlake.catalogue.types import UtcDateTime, sql_type

__all__ = [
    "Cell",
    "CellTest",
    "CertificateRow",
    "CycleRow",
    "FileRole",
    "FileState",
    "FindingRow",
    "Job",
    "JobState",
    "Lake",
    "Project",
    "Row",
    "Series",
    "SourceFile",
    "StepRow",
]


class Row(DeclarativeBase):
    """Any row of the catalogue."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        float: Double(),
        str: Text(),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
    }


class FileState(StrEnum):
    """What became of a source file (DESIGN: states of a file)."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    GROWN = "grown"
    FAILED = "failed"
    QUARANTINED = "quarantined"


class FileRole(StrEnum):
    """Whether a test was read from this file, or this file only accompanied it."""

    PRIMARY = "primary"
    COMPANION = "companion"


class JobState(StrEnum):
    """Where a job is; ``failed`` blames the surroundings, ``quarantined`` needs a person."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


class Lake(Row):
    """The one row that says to which lake this catalogue belongs."""

    __tablename__ = "lake"

    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[datetime]


class Project(Row):
    """A name under which cells are unique."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created: Mapped[datetime]


class Cell(Row):
    """A physical cell; the columns after ``cell_name`` are those of ``CellMetadata``."""

    __tablename__ = "cells"
    __table_args__ = (UniqueConstraint("project_id", "cell_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    cell_name: Mapped[str]
    design_name: Mapped[str | None]
    experiment_group: Mapped[str | None]
    layer_types: Mapped[str | None]
    chemistry: Mapped[str | None]
    form_factor: Mapped[str | None]
    configuration: Mapped[str | None]
    nominal_capacity_ah: Mapped[float | None]
    nominal_voltage_volt: Mapped[float | None]
    active_mass_gram: Mapped[float | None]
    electrode_area_square_centimetre: Mapped[float | None]
    manufacturer: Mapped[str | None]
    serial_number: Mapped[str | None]
    barcode: Mapped[str | None]
    notes: Mapped[str | None]
    created: Mapped[datetime]


class CellTest(Row):
    """One run of one cell.

    ``time_zone_source`` says how the zone was known, ``nominal_capacity_source`` where the
    capacity behind the C-rates came from; the counts are those of the stored tables.
    """

    __tablename__ = "cell_tests"

    id: Mapped[int] = mapped_column(primary_key=True)
    cell_id: Mapped[int] = mapped_column(ForeignKey("cells.id"), index=True)
    test_name: Mapped[str | None]
    test_type: Mapped[str | None]
    description: Mapped[str | None]
    operator: Mapped[str | None]
    protocol: Mapped[str | None]
    machine: Mapped[str | None]
    channel: Mapped[str | None]
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    time_zone: Mapped[str | None]
    time_zone_source: Mapped[str | None]
    ambient_temperature_celsius: Mapped[float | None]
    nominal_capacity_ah: Mapped[float | None]
    nominal_capacity_source: Mapped[str | None]
    duration_second: Mapped[float | None]
    sample_count: Mapped[int] = mapped_column(BigInteger, default=0)
    step_count: Mapped[int] = mapped_column(BigInteger, default=0)
    cycle_count: Mapped[int] = mapped_column(BigInteger, default=0)
    validation_status: Mapped[str | None]
    extra: Mapped[dict[str, Any] | None]
    added: Mapped[datetime]


class SourceFile(Row):
    """One content that was offered to the lake, whatever its names.

    ``sha256`` is that of the bytes as found (``container`` says if they were packed); it is
    null only where the bytes could not be read.
    """

    __tablename__ = "source_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str | None] = mapped_column(unique=True)
    size: Mapped[int | None] = mapped_column(BigInteger)
    path_seen: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    container: Mapped[str | None]
    reader: Mapped[str | None]
    reader_version: Mapped[str | None]
    role: Mapped[str] = mapped_column(default=FileRole.PRIMARY.value)
    state: Mapped[str] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_remedy: Mapped[str | None]
    error_place: Mapped[str | None]
    first_seen: Mapped[datetime]
    ingested: Mapped[datetime | None]
    test_id: Mapped[int | None] = mapped_column(ForeignKey("cell_tests.id"), index=True)


class Series(Row):
    """One Parquet object of a test; ``stats`` holds what prunes a search."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("test_id", "stage"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    test_id: Mapped[int] = mapped_column(ForeignKey("cell_tests.id", ondelete="CASCADE"))
    stage: Mapped[str]
    object_key: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str]
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    schema_version: Mapped[int] = mapped_column(Integer, default=1)
    stats: Mapped[dict[str, Any] | None]


class CertificateRow(Row):
    """How each property of a test is known; ``entries`` as ``Certificate.as_dicts`` gives them."""

    __tablename__ = "certificates"

    test_id: Mapped[int] = mapped_column(
        ForeignKey("cell_tests.id", ondelete="CASCADE"), primary_key=True
    )
    entries: Mapped[list[dict[str, Any]]]


class Job(Row):
    """One piece of work, leased by at most one owner at a time."""

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state", "priority", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default=JobState.QUEUED.value)
    priority: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str | None]
    lease_expires: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    max_attempts: Mapped[int] = mapped_column(Integer, default=3)
    progress: Mapped[float | None]
    error: Mapped[dict[str, Any] | None]
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]


def _rows_of_test(name: str, schema: pl.Schema) -> Table:
    """Declare a table with one row per row of a canonical table, clustered by test."""
    return Table(
        name,
        Row.metadata,
        Column("test_id", ForeignKey("cell_tests.id", ondelete="CASCADE"), primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False),
        *(Column(column, sql_type(dtype)) for column, dtype in schema.items()),
        sqlite_with_rowid=False,
    )


class StepRow(Row):
    """One execution of a step; columns of ``STEPS_SCHEMA``."""

    __table__ = _rows_of_test("steps", STEPS_SCHEMA)


class CycleRow(Row):
    """One cycle; columns of ``CYCLES_SCHEMA``."""

    __table__ = _rows_of_test("cycles", CYCLES_SCHEMA)


class FindingRow(Row):
    """One doubt about a test; columns of ``FINDINGS_SCHEMA``."""

    __table__ = _rows_of_test("findings", FINDINGS_SCHEMA)
