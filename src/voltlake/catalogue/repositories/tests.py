"""Cell tests: one run of one cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from voltlake.canonical.metadata import TestMetadata
from voltlake.catalogue.frames import frame_of
from voltlake.catalogue.models import (
    Cell,
    CellTest,
    CertificateRow,
    CycleRow,
    FindingRow,
    Project,
    Row,
    Series,
    SourceFile,
    StepRow,
)

__all__ = ["CellTests"]

_OF_FILE = (
    "test_name", "description", "operator", "protocol", "machine", "channel", "start_time",
    "time_zone", "ambient_temperature_celsius",
)  # fmt: skip
_HIDDEN = {"id", "cell_id", "extra"}
_ROWS_UNDER_A_TEST: tuple[type[Row], ...] = (StepRow, CycleRow, FindingRow, Series, CertificateRow)
_OF_TEST = [column for column in CellTest.__table__.columns if column.name not in _HIDDEN]


class CellTests:
    """The tests of the lake."""

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def get(self, test_id: int) -> CellTest | None:
        """Return the test with this id, if there is one."""
        return self._session.get(CellTest, test_id)

    def add(self, cell: Cell, metadata: TestMetadata, **found: Any) -> CellTest:
        """Add a run of ``cell``.

        ``metadata`` says what the file says; ``found`` gives further columns of
        ``CellTest`` and wins. A misspelt name raises ``TypeError``.
        """
        said = {name: getattr(metadata, name) for name in _OF_FILE}
        test = CellTest(
            **{"extra": dict(metadata.extra) or None, **said, **found},
            cell_id=cell.id,
            added=self._clock(),
        )
        self._session.add(test)
        self._session.flush()
        return test

    def of_cell(self, cell: Cell) -> list[CellTest]:
        """Return the tests of a cell in the order of its life; unknown starts come last."""
        statement = (
            select(CellTest)
            .filter_by(cell_id=cell.id)
            .order_by(CellTest.start_time.is_(None), CellTest.start_time, CellTest.id)
        )
        return list(self._session.scalars(statement))

    def table(
        self,
        cell_names: Sequence[str] | None = None,
        *,
        test_ids: Sequence[int] | None = None,
    ) -> pl.DataFrame:
        """Return one row per test: ``test_id, project_name, cell_name``, then its columns.

        Ordered by project, cell and start; tests with unknown start come last.
        """
        statement = (
            select(CellTest.id.label("test_id"), Project.name.label("project_name"), Cell.cell_name)
            .add_columns(*_OF_TEST)
            .join_from(CellTest, Cell)
            .join(Project)
            .order_by(
                Project.name,
                Cell.cell_name,
                CellTest.start_time.is_(None),
                CellTest.start_time,
                CellTest.id,
            )
        )
        if cell_names is not None:
            statement = statement.where(Cell.cell_name.in_(cell_names))
        if test_ids is not None:
            statement = statement.where(CellTest.id.in_(test_ids))
        return frame_of(self._session, statement)

    def refill(self, test_id: int, metadata: TestMetadata, **found: Any) -> CellTest:
        """Empty a test for a newer reading of it and return it: its number stays.

        All rows under it are removed; ``metadata`` and ``found`` as for :meth:`add`.
        """
        test = self._session.get_one(CellTest, test_id)
        for row in _ROWS_UNDER_A_TEST:
            self._session.execute(delete(row).where(row.__table__.c.test_id == test_id))
        said = {name: getattr(metadata, name) for name in _OF_FILE}
        values = {"extra": dict(metadata.extra) or None, **said, **found}
        for name, value in values.items():
            if name not in CellTest.__mapper__.attrs:
                raise TypeError(f"a test has no column '{name}'")
            setattr(test, name, value)
        self._session.flush()
        return test

    def remove(self, test_id: int) -> None:
        """Take a test and all rows under it away; its files no longer lead to it."""
        self._session.execute(
            update(SourceFile).where(SourceFile.test_id == test_id).values(test_id=None)
        )
        for row in _ROWS_UNDER_A_TEST:
            self._session.execute(delete(row).where(row.__table__.c.test_id == test_id))
        self._session.delete(self._session.get_one(CellTest, test_id))
        self._session.flush()
