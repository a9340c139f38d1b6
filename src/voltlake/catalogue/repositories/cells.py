"""Cells: the physical things that are tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voltlake.canonical.metadata import CellMetadata
from voltlake.catalogue.frames import frame_of
from voltlake.catalogue.models import Cell, CellTest, Project

__all__ = ["Cells"]

_DESCRIPTION = [Cell.__table__.c[name] for name in CellMetadata.model_fields if name != "cell_name"]


class Cells:
    """The cells of the lake."""

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def get(self, cell_id: int) -> Cell | None:
        """Return the cell with this id, if there is one."""
        return self._session.get(Cell, cell_id)

    def by_name(self, cell_name: str, project: str | None = None) -> list[Cell]:
        """Return the cells called ``cell_name``: at most one per project, by project name."""
        statement = select(Cell).join(Project).where(Cell.cell_name == cell_name)
        if project is not None:
            statement = statement.where(Project.name == project)
        return list(self._session.scalars(statement.order_by(Project.name)))

    def names(self) -> list[str]:
        """Return all cell names, sorted, each once."""
        statement = select(Cell.cell_name).distinct().order_by(Cell.cell_name)
        return list(self._session.scalars(statement))

    def get_or_add(
        self, project: Project, cell_name: str, metadata: CellMetadata | None = None
    ) -> Cell:
        """Return the cell of this name in ``project``; begin it where there is none.

        ``metadata`` fills in what the catalogue does not know yet; it never overwrites what
        is known. Its own ``cell_name`` is passed over.
        """
        statement = select(Cell).filter_by(project_id=project.id, cell_name=cell_name)
        cell = self._session.scalars(statement).first()
        if cell is None:
            cell = Cell(project_id=project.id, cell_name=cell_name, created=self._clock())
            self._session.add(cell)
        if metadata is not None:
            for name, value in metadata.model_dump(exclude={"cell_name"}).items():
                if value is not None and getattr(cell, name) is None:
                    setattr(cell, name, value)
        self._session.flush()
        return cell

    def table(
        self,
        *,
        projects: Sequence[str] | None = None,
        cell_names: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return one row per cell, by project and name.

        Columns: ``cell_id, project_name, cell_name``, those of ``CellMetadata``, then over
        the cell's tests ``test_number, sample_count, cycle_count, start_time, end_time``
        (null where no test knows it).
        """
        statement = (
            select(
                Cell.id.label("cell_id"),
                Project.name.label("project_name"),
                Cell.cell_name,
                *_DESCRIPTION,
                func.count(CellTest.id).label("test_number"),
                func.coalesce(func.sum(CellTest.sample_count), 0).label("sample_count"),
                func.coalesce(func.sum(CellTest.cycle_count), 0).label("cycle_count"),
                func.min(CellTest.start_time).label("start_time"),
                func.max(CellTest.end_time).label("end_time"),
            )
            .join(Project)
            .outerjoin(CellTest)
            .group_by(Cell.id, Project.name)
            .order_by(Project.name, Cell.cell_name)
        )
        if projects is not None:
            statement = statement.where(Project.name.in_(projects))
        if cell_names is not None:
            statement = statement.where(Cell.cell_name.in_(cell_names))
        return frame_of(self._session, statement)
