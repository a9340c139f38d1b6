"""A finding: one doubt about data, with its rows and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

import polars as pl

__all__ = ["FINDINGS_SCHEMA", "Finding", "Severity", "findings_table"]


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubt.

    Attributes
    ----------
    code
        Stable slug in capitals, such as ``CURRENT_SIGN_REVERSED``.
    message, remedy
        What was seen, with its numbers; what a person can do.
    column, row_first, row_last, count
        The place: rows count from 0 in the stored table; ``count`` rows are concerned.
    """

    code: str
    severity: Severity
    message: str
    remedy: str = ""
    column: str | None = None
    row_first: int | None = None
    row_last: int | None = None
    count: int = 1

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


FINDINGS_SCHEMA = pl.Schema(
    {
        "code": pl.String(),
        "severity": pl.String(),
        "message": pl.String(),
        "remedy": pl.String(),
        "column": pl.String(),
        "row_first": pl.Int64(),
        "row_last": pl.Int64(),
        "count": pl.Int64(),
    }
)


def findings_table(findings: list[Finding]) -> pl.DataFrame:
    """Return the findings as a table, one row each, in the given order."""
    return pl.DataFrame([finding.as_dict() for finding in findings], schema=FINDINGS_SCHEMA)
