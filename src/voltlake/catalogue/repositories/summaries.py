"""Steps and cycles: the tables that are small enough to be rows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from voltlake.catalogue.frames import frame_of, insert_frame
from voltlake.catalogue.models import Cell, CellTest, CycleRow, StepRow
from voltlake.errors import NotFound

__all__ = ["Cycles", "Steps"]


class _Summaries:
    """Rows of a canonical table, by test."""

    _table: Table

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, test_id: int, frame: pl.DataFrame) -> None:
        """Add the rows of a test, in the frame's order; NaN becomes null."""
        insert_frame(self._session, self._table, test_id, frame)

    def table(
        self,
        *,
        test_ids: Sequence[int] | None = None,
        cell_names: Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return ``cell_name, test_id`` and ``columns`` (all by default).

        One row per row of the tests' tables, by cell name, start of the test, and position.
        ``NotFound`` names a column that does not exist.
        """
        statement = (
            select(Cell.cell_name, self._table.c.test_id, *self._columns(columns))
            .join_from(self._table, CellTest, self._table.c.test_id == CellTest.id)
            .join(Cell)
            .order_by(
                Cell.cell_name,
                CellTest.start_time.is_(None),
                CellTest.start_time,
                CellTest.id,
                self._table.c.position,
            )
        )
        if test_ids is not None:
            statement = statement.where(self._table.c.test_id.in_(test_ids))
        if cell_names is not None:
            statement = statement.where(Cell.cell_name.in_(cell_names))
        return frame_of(self._session, statement)

    def _columns(self, wanted: Sequence[str] | None) -> list[object]:
        known = {c.name: c for c in self._table.c if c.name not in ("test_id", "position")}
        if wanted is None:
            return list(known.values())
        for name in wanted:
            if name not in known:
                raise NotFound(f"{self._table.name} have no column '{name}'", column=name)
        return [known[name] for name in wanted]


class Steps(_Summaries):
    """The steps of all tests."""

    _table = StepRow.__table__


class Cycles(_Summaries):
    """The cycles of all tests."""

    _table = CycleRow.__table__
