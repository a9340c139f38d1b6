"""Steps and cycles: the tables that are small enough to be rows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Select, Table, select
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
        own, wanted = self._table.c, _tests(test_ids, cell_names)
        statement = select(own.test_id, *self._columns(columns))
        if test_ids is not None or cell_names is not None:
            statement = statement.where(own.test_id.in_(wanted.with_only_columns(CellTest.id)))
        # In the order of the table's key: no sort in the database, then a join of few tests.
        rows = frame_of(self._session, statement.order_by(own.test_id, own.position))
        tests = frame_of(
            self._session,
            wanted.order_by(
                Cell.cell_name, CellTest.start_time.is_(None), CellTest.start_time, CellTest.id
            ),
        )
        joined = tests.join(rows, on="test_id", how="inner", maintain_order="left_right")
        return joined.select("cell_name", *rows.columns)

    def rows_of(self, test_id: int, key: str, numbers: Sequence[int]) -> list[tuple[int, int]]:
        """Return where in the samples some steps or cycles lie: (first row, number of rows).

        ``key`` is the column that holds the ``numbers``: ``cycle_index`` or ``step_count``.
        In the order of the samples; numbers that the test does not have are passed over.
        """
        own = self._table.c
        statement = (
            select(own.row_first, own.row_last)
            .where(own.test_id == test_id, own[key].in_(numbers), own.row_first.is_not(None))
            .order_by(own.row_first)
        )
        return [(first, last - first + 1) for first, last in self._session.execute(statement)]

    def _columns(self, wanted: Sequence[str] | None) -> list[object]:
        known = {c.name: c for c in self._table.c if c.name not in ("test_id", "position")}
        if wanted is None:
            return list(known.values())
        for name in wanted:
            if name not in known:
                raise NotFound(f"{self._table.name} have no column '{name}'", column=name)
        return [known[name] for name in wanted]


def _tests(test_ids: Sequence[int] | None, cell_names: Sequence[str] | None) -> Select[str, int]:
    """Select ``cell_name, test_id`` of the wanted tests."""
    statement = select(Cell.cell_name, CellTest.id.label("test_id")).join_from(CellTest, Cell)
    if test_ids is not None:
        statement = statement.where(CellTest.id.in_(test_ids))
    if cell_names is not None:
        statement = statement.where(Cell.cell_name.in_(cell_names))
    return statement


class Steps(_Summaries):
    """The steps of all tests."""

    _table = StepRow.__table__


class Cycles(_Summaries):
    """The cycles of all tests."""

    _table = CycleRow.__table__
