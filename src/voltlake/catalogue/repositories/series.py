"""Series: the Parquet objects of tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voltlake.catalogue.models import Series

__all__ = ["SeriesObjects"]


class SeriesObjects:
    """The Parquet objects that the catalogue knows, by test and stage.

    Stages: ``samples``, ``overview``, ``steps``, ``cycles``, ``curves``, ``reported_steps``,
    ``reported_cycles``, ``reported_curves``.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        test_id: int,
        stage: str,
        *,
        object_key: str,
        sha256: str,
        rows: int,
        bytes: int,
        stats: dict[str, Any] | None = None,
        schema_version: int = 1,
    ) -> Series:
        """Add the object of a stage; a test has one object per stage."""
        series = Series(
            test_id=test_id,
            stage=stage,
            object_key=object_key,
            sha256=sha256,
            rows=rows,
            bytes=bytes,
            stats=stats,
            schema_version=schema_version,
        )
        self._session.add(series)
        self._session.flush()
        return series

    def of(self, test_id: int, stage: str) -> Series | None:
        """Return the object of a stage, if the test has one."""
        statement = select(Series).filter_by(test_id=test_id, stage=stage)
        return self._session.scalars(statement).first()

    def of_test(self, test_id: int) -> list[Series]:
        """Return all objects of a test, by stage."""
        statement = select(Series).filter_by(test_id=test_id).order_by(Series.stage)
        return list(self._session.scalars(statement))

    def object_keys(self) -> set[str]:
        """Return the keys of all objects that must be kept."""
        return set(self._session.scalars(select(Series.object_key).distinct()))
