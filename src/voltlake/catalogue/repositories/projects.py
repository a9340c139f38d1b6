"""Projects: the names under which cells are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voltlake.catalogue.frames import frame_of
from voltlake.catalogue.models import Cell, Project

__all__ = ["Projects"]


class Projects:
    """The projects of the lake."""

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def by_name(self, name: str) -> Project | None:
        """Return the project called ``name``, if there is one."""
        return self._session.scalars(select(Project).filter_by(name=name)).first()

    def get_or_add(self, name: str) -> Project:
        """Return the project called ``name``; begin it where there is none."""
        project = self.by_name(name)
        if project is None:
            project = Project(name=name, created=self._clock())
            self._session.add(project)
            self._session.flush()
        return project

    def table(self) -> pl.DataFrame:
        """Return ``project_id, project_name, created, cell_number``, one row each, by name."""
        return frame_of(
            self._session,
            select(
                Project.id.label("project_id"),
                Project.name.label("project_name"),
                Project.created,
                func.count(Cell.id).label("cell_number"),
            )
            .outerjoin(Cell)
            .group_by(Project.id)
            .order_by(Project.name),
        )
