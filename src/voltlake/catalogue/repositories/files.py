"""Source files: every content that was ever offered, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import polars as pl
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from voltlake.catalogue.frames import frame_of
from voltlake.catalogue.models import Cell, CellTest, FileRole, FileState, SourceFile
from voltlake.errors import VoltlakeError

__all__ = ["Files"]

_PATHS_PER_QUERY = 500
_IN_RAW = (FileState.STORED.value, FileState.GROWN.value)


class Files:
    """The source files of the lake."""

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def by_sha256(self, sha256: str) -> SourceFile | None:
        """Return the row of this content, if it was seen before."""
        return self._session.scalars(select(SourceFile).filter_by(sha256=sha256)).first()

    def by_path(self, path_seen: str) -> SourceFile | None:
        """Return the row last added for this path, if there is one."""
        statement = (
            select(SourceFile)
            .filter_by(path_seen=path_seen)
            .order_by(SourceFile.id.desc())
            .limit(1)
        )
        return self._session.scalars(statement).first()

    def test_of_contents(self, hashes: Sequence[str]) -> int | None:
        """Return the test that was read from exactly these contents, if there is one.

        ``hashes`` has the primary file first. An earlier, shorter state of a file counts:
        its rows are in the test. A companion may be shared by several tests (the same
        metadata file beside each), but must not be a test of its own.
        """
        statement = select(SourceFile).where(
            SourceFile.sha256.in_(hashes), SourceFile.state.in_(_IN_RAW)
        )
        held = {row.sha256: row for row in self._session.scalars(statement)}
        if len(held) < len(set(hashes)):
            return None
        test_id = held[hashes[0]].test_id
        beside = [held[sha256] for sha256 in hashes[1:]]
        apart = (row for row in beside if row.test_id != test_id)
        return None if any(row.role != FileRole.COMPANION.value for row in apart) else test_id

    def unread(self, paths: Sequence[str]) -> list[SourceFile]:
        """Return the rows of these paths that stand for bytes that could not be had."""
        statement = select(SourceFile).where(
            SourceFile.sha256.is_(None), SourceFile.path_seen.in_(paths)
        )
        return list(self._session.scalars(statement))

    def forget_unread(self, paths: Sequence[str]) -> None:
        """Drop what was said of these paths while their bytes could not be had: now they were."""
        for row in self.unread(paths):
            self._session.delete(row)
        self._session.flush()

    def last_contents(self, paths: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Return, for each path that a stored test was read from, its newest hash and size."""
        statement = (
            select(SourceFile.path_seen, SourceFile.sha256, SourceFile.size)
            .where(
                SourceFile.state == FileState.STORED.value,
                SourceFile.role == FileRole.PRIMARY.value,
                SourceFile.path_seen.in_(bindparam("paths", expanding=True)),
            )
            .order_by(SourceFile.id)
        )
        found: dict[str, tuple[str, int]] = {}
        for start in range(0, len(paths), _PATHS_PER_QUERY):
            some = list(paths[start : start + _PATHS_PER_QUERY])
            for path, sha256, size in self._session.execute(statement, {"paths": some}):
                if sha256 is not None and size is not None:
                    found[path] = (sha256, size)
        return found

    def of_test(self, test_id: int) -> list[SourceFile]:
        """Return the files of a test, the primary one first."""
        order = (SourceFile.role.desc(), SourceFile.id)
        statement = select(SourceFile).filter_by(test_id=test_id).order_by(*order)
        return list(self._session.scalars(statement))

    def record(
        self,
        *,
        path_seen: str,
        name: str,
        state: FileState,
        sha256: str | None = None,
        size: int | None = None,
        container: str | None = None,
        reader: str | None = None,
        reader_version: str | None = None,
        role: FileRole = FileRole.PRIMARY,
        test_id: int | None = None,
        error: VoltlakeError | None = None,
    ) -> SourceFile:
        """Write down what became of a content at this attempt.

        There is one row per content; without a ``sha256`` (the bytes could not be read) one
        per path. A later attempt replaces the outcome and counts up ``attempts``; the name
        and path of the first sight stay.
        """
        row = self._row_of(sha256, path_seen)
        if row is None:
            row = SourceFile(
                sha256=sha256, path_seen=path_seen, name=name, attempts=0, first_seen=self._clock()
            )
            self._session.add(row)
        row.size, row.container, row.role = size, container, role.value
        row.reader, row.reader_version, row.test_id = reader, reader_version, test_id
        row.state = state.value
        row.attempts += 1
        if state is FileState.STORED:
            row.ingested = self._clock()
        _write_error(row, error)
        self._session.flush()
        return row

    def _row_of(self, sha256: str | None, path_seen: str) -> SourceFile | None:
        if sha256 is not None:
            return self.by_sha256(sha256)
        statement = select(SourceFile).where(
            SourceFile.sha256.is_(None), SourceFile.path_seen == path_seen
        )
        return self._session.scalars(statement).first()

    def stored_hashes(self) -> set[str]:
        """Return the hashes whose raw objects must be kept."""
        statement = select(SourceFile.sha256).where(SourceFile.state.in_(_IN_RAW))
        return {sha256 for sha256 in self._session.scalars(statement) if sha256 is not None}

    def table(self, states: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one row per content, in the order of arrival.

        ``file_id``, the columns of ``SourceFile``, and the ``cell_name`` it led to.
        """
        columns = [column for column in SourceFile.__table__.columns if column.name != "id"]
        statement = (
            select(SourceFile.id.label("file_id"), *columns, Cell.cell_name)
            .outerjoin(CellTest, SourceFile.test_id == CellTest.id)
            .outerjoin(Cell, CellTest.cell_id == Cell.id)
            .order_by(SourceFile.id)
        )
        if states is not None:
            statement = statement.where(SourceFile.state.in_(states))
        return frame_of(self._session, statement)


def _write_error(row: SourceFile, error: VoltlakeError | None) -> None:
    row.error_code = error.slug if error else None
    row.error_message = error.message if error else None
    row.error_remedy = error.remedy if error else None
    row.error_place = error.place if error else None
