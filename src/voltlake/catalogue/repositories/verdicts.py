"""Findings and certificates: what is doubted of a test, and what is known."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voltlake.canonical.certificate import Certificate
from voltlake.canonical.findings import Finding, findings_table
from voltlake.catalogue.frames import frame_of, insert_frame
from voltlake.catalogue.models import Cell, CellTest, CertificateRow, FindingRow

__all__ = ["Certificates", "Findings"]

_FINDINGS = FindingRow.__table__


class Findings:
    """The findings of all tests."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, test_id: int, findings: Sequence[Finding]) -> None:
        """Add the findings of a test, in their order."""
        insert_frame(self._session, _FINDINGS, test_id, findings_table(list(findings)))

    def table(
        self,
        *,
        test_ids: Sequence[int] | None = None,
        cell_names: Sequence[str] | None = None,
        severities: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return ``cell_name, test_id`` and the columns of a finding, one row each."""
        own = [column for column in _FINDINGS.c if column.name not in ("test_id", "position")]
        statement = (
            select(Cell.cell_name, _FINDINGS.c.test_id, *own)
            .join_from(_FINDINGS, CellTest, _FINDINGS.c.test_id == CellTest.id)
            .join(Cell)
            .order_by(Cell.cell_name, _FINDINGS.c.test_id, _FINDINGS.c.position)
        )
        if test_ids is not None:
            statement = statement.where(_FINDINGS.c.test_id.in_(test_ids))
        if cell_names is not None:
            statement = statement.where(Cell.cell_name.in_(cell_names))
        if severities is not None:
            statement = statement.where(_FINDINGS.c.severity.in_(severities))
        return frame_of(self._session, statement)

    def counts(self, test_id: int) -> dict[str, int]:
        """Return how many findings of each severity a test has."""
        severity = _FINDINGS.c.severity
        statement = (
            select(severity, func.count()).where(_FINDINGS.c.test_id == test_id).group_by(severity)
        )
        return {str(name): int(number) for name, number in self._session.execute(statement)}


class Certificates:
    """The certificates of all tests."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, test_id: int, certificate: Certificate) -> None:
        """Write the certificate of a test in the place of any earlier one."""
        self._session.merge(CertificateRow(test_id=test_id, entries=certificate.as_dicts()))
        self._session.flush()

    def get(self, test_id: int) -> Certificate | None:
        """Return the certificate of a test, if it has one."""
        row = self._session.get(CertificateRow, test_id)
        return None if row is None else Certificate.from_dicts(row.entries)
